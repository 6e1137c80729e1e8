/** Needs root (for the interface in a namespace of its own) and the optional package cap. */
import { execFileSync, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { captureMissing, openCapture } from './capture.ts'

const missing = process.platform !== 'linux' ? 'Linux' : process.getuid?.() !== 0 ? 'root' : captureMissing()

describe.skipIf(missing !== undefined)(`capture${missing === undefined ? '' : ` (missing: ${missing})`}`, () => {
  it('sees each datagram on a loopback interface, whole', async () => {
    const namespace = `wgl${process.pid}cap`
    execFileSync('ip', ['netns', 'add', namespace])
    const child = spawn(
      'ip',
      [
        'netns',
        'exec',
        namespace,
        process.execPath,
        '--import',
        'tsx',
        fileURLToPath(new URL('./capture.child.ts', import.meta.url)),
      ],
      {
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    )
    try {
      execFileSync('ip', ['-n', namespace, 'link', 'set', 'lo', 'up'])
      child.stdin.write('go\n')
      const lines: string[] = []
      for await (const line of createInterface({ input: child.stdout })) lines.push(line)
      // 14 bytes Ethernet, 20 IPv4, 8 UDP, then the payload; libpcap shows each loopback frame once.
      expect(lines).toEqual(['ETHERNET', ...Array.from({ length: 50 }, (_, n) => `${42 + n * 20} ${n}`)])
    } finally {
      child.kill('SIGKILL')
      execFileSync('ip', ['netns', 'del', namespace])
    }
  }, 30_000)

  it('says what is wrong when the interface is not there', () => {
    expect(() => openCapture({ device: 'wglab-none', onFrame: () => {} })).toThrow(
      /^can not capture on wglab-none: .*interface/,
    )
  })
})
