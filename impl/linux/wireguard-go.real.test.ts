/**
 * Our Device against an unmodified wireguard-go: two network namespaces, a veth pair, real time.
 * Needs root, /dev/net/tun, ip, wg and wireguard-go; what is missing is named in the skipped test.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { accessSync, constants, rmSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { nodeCrypto } from '../crypto/node/provider.ts'
import type { ChildAnswer, ChildCommand, ChildOpen } from './udp-peer.child.ts'
import { systemRandom } from './udp-peer.ts'

const missing = whatIsMissing()
const LONG = process.env['WGLAB_LONG'] === '1'
/** Long for a machine that does much else. */
const DEADLINE_MS = 120_000

interface Lab {
  readonly tag: string
  readonly ours: string
  readonly theirs: string
  readonly children: ChildProcess[]
}

interface Secrets {
  readonly ours: Uint8Array
  readonly theirs: Uint8Array
  readonly psk: string | undefined
}

const labs: Lab[] = []
afterAll(() => {
  for (const lab of labs) tearDown(lab)
})

describe.skipIf(missing !== undefined)(
  `Device and wireguard-go${missing === undefined ? '' : ` (missing: ${missing})`}`,
  () => {
    for (const psk of [false, true]) {
      for (const role of ['initiator', 'responder'] as const) {
        it.concurrent(`handshake and echo, ours is the ${role}, ${psk ? 'with a PSK' : 'without a PSK'}`, async () => {
          const lab = setUp(`${psk ? 'p' : 'n'}${role[0]}`)
          try {
            const { child, ping } = await connect(lab, { role, psk, pace: 1 })
            await (role === 'initiator' ? child.ping(1, 56) : ping())
            // Both directions, and sizes at and around the padding boundary and the MTU.
            await ping()
            for (const [position, size] of [0, 7, 8, 1391, 1392].entries()) await child.ping(10 + position, size)
            expect(child.seen.filter(each => each.is === 'drop')).toEqual([])
            // Theirs counts what ours sent, to the byte, and the other way round, once nothing is on its way.
            await until('the same numbers', async () => {
              const [received, sent] = wg(lab, 'show', lab.tag, 'transfer').trim().split(/\s+/).slice(1).map(Number)
              const status = await child.status()
              return status.tx === received && status.rx === sent
            })
          } finally {
            tearDown(lab)
          }
        }, 300_000)
      }
    }

    it.concurrent('survives a rekey that ours starts (its clock runs 20 times as fast)', async () => {
      const lab = setUp('rk')
      try {
        const { child } = await connect(lab, { role: 'initiator', psk: true, pace: 20 })
        await child.ping(1, 56)
        let sequence = 1
        await until('the second handshake', async () => {
          await child.ping(++sequence, 56)
          return child.seen.filter(each => each.is === 'handshake' && each.what === 'completed').length >= 2
        })
        await child.ping(++sequence, 56)
        expect(handshakeSeconds(lab)).toBeGreaterThan(0)
      } finally {
        tearDown(lab)
      }
    }, 300_000)

    it.skipIf(!LONG).concurrent(
      'survives a rekey that wireguard-go starts after two minutes (WGLAB_LONG=1)',
      async () => {
        const lab = setUp('rl')
        try {
          const { child, ping } = await connect(lab, { role: 'responder', psk: false, pace: 1 })
          await ping()
          const first = handshakeSeconds(lab)
          await until(
            'the second handshake',
            async () => {
              await ping()
              await new Promise(resolve => setTimeout(resolve, 1000))
              return handshakeSeconds(lab) > first
            },
            300_000,
          )
          await child.ping(2, 56)
        } finally {
          tearDown(lab)
        }
      },
      420_000,
    )
  },
)

async function connect(lab: Lab, options: { role: 'initiator' | 'responder'; psk: boolean; pace: number }) {
  const secrets: Secrets = {
    ours: systemRandom.bytes(32),
    theirs: systemRandom.bytes(32),
    psk: options.psk ? base64(systemRandom.bytes(32)) : undefined,
  }
  await startWireguardGo(lab, secrets, options.role === 'responder')
  const child = await startOurs(lab, {
    bind: '10.99.0.1',
    listenPort: 51820,
    privateKey: base64(secrets.ours),
    pace: options.pace,
    peer: {
      publicKey: publicKey(secrets.theirs),
      ...(secrets.psk === undefined ? {} : { presharedKey: secrets.psk }),
      ...(options.role === 'initiator' ? { endpoint: '10.99.0.2:51820' } : {}),
      allowedIps: ['10.98.0.2/32'],
    },
  })
  const ping = () =>
    until('an answer to their ping', async () =>
      succeeds(() => run('ip', ['netns', 'exec', lab.theirs, 'ping', '-c1', '-W5', '10.98.0.1'])),
    )
  return { child, ping }
}

function setUp(name: string): Lab {
  const tag = `wgl${process.pid % 100000}${name}`
  const lab: Lab = { tag, ours: `${tag}-a`, theirs: `${tag}-b`, children: [] }
  labs.push(lab)
  for (const namespace of [lab.ours, lab.theirs]) run('ip', ['netns', 'add', namespace])
  run('ip', ['link', 'add', 'va', 'netns', lab.ours, 'type', 'veth', 'peer', 'name', 'vb', 'netns', lab.theirs])
  run('ip', ['-n', lab.ours, 'addr', 'add', '10.99.0.1/24', 'dev', 'va'])
  run('ip', ['-n', lab.theirs, 'addr', 'add', '10.99.0.2/24', 'dev', 'vb'])
  for (const [namespace, device] of [
    [lab.ours, 'va'],
    [lab.theirs, 'vb'],
    [lab.ours, 'lo'],
    [lab.theirs, 'lo'],
  ] as const) {
    run('ip', ['-n', namespace, 'link', 'set', device, 'up'])
  }
  return lab
}

function tearDown(lab: Lab): void {
  for (const child of lab.children.splice(0)) child.kill('SIGKILL')
  for (const namespace of [lab.ours, lab.theirs]) {
    try {
      run('ip', ['netns', 'del', namespace])
    } catch {
      // It is gone already: tearing down twice is no failure.
    }
  }
  rmSync(`/var/run/wireguard/${lab.tag}.sock`, { force: true })
}

async function startWireguardGo(lab: Lab, secrets: Secrets, initiates: boolean): Promise<void> {
  lab.children.push(spawn('ip', ['netns', 'exec', lab.theirs, 'wireguard-go', '-f', lab.tag], { stdio: 'ignore' }))
  await until('the interface of wireguard-go', async () => succeeds(() => wg(lab, 'show', lab.tag)))
  const peer = ['peer', publicKey(secrets.ours), 'allowed-ips', '10.98.0.1/32']
  if (initiates) peer.push('endpoint', '10.99.0.1:51820')
  if (secrets.psk !== undefined) peer.push('preshared-key', '/dev/stdin')
  // The private key and the PSK go in by a pipe, never by an argument.
  // Node's own pipes are sockets, which wg can not open by name: cat makes a real one.
  const set = (args: string[], input: string) =>
    run('sh', ['-c', 'cat | ip netns exec "$@"', 'sh', lab.theirs, 'wg', 'set', lab.tag, ...args], input)
  set(['listen-port', '51820', 'private-key', '/dev/stdin'], base64(secrets.theirs))
  set(peer, secrets.psk ?? '')
  run('ip', ['-n', lab.theirs, 'addr', 'add', '10.98.0.2/24', 'dev', lab.tag])
  run('ip', ['-n', lab.theirs, 'link', 'set', lab.tag, 'up', 'mtu', '1420'])
}

async function startOurs(lab: Lab, options: ChildOpen) {
  const script = fileURLToPath(new URL('./udp-peer.child.ts', import.meta.url))
  const child = spawn('ip', ['netns', 'exec', lab.ours, process.execPath, '--import', 'tsx', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  lab.children.push(child)
  const seen: ChildAnswer[] = []
  createInterface({ input: child.stdout }).on('line', line => seen.push(JSON.parse(line)))
  const tell = (what: ChildOpen | ChildCommand) => child.stdin.write(`${JSON.stringify(what)}\n`)
  tell(options)
  await until('our process', async () => seen.some(each => each.is === 'open'))
  return {
    seen,
    async ping(sequence: number, size: number): Promise<void> {
      tell({ do: 'ping', from: '10.98.0.1', to: '10.98.0.2', sequence, size })
      await until(`the echo reply ${sequence} of ${size} bytes`, async () =>
        seen.some(each => each.is === 'pong' && each.sequence === sequence && each.size === size),
      )
    },
    async status() {
      const before = seen.length
      tell({ do: 'status' })
      await until('the status', async () => seen.slice(before).some(each => each.is === 'status'))
      const found = seen.slice(before).find(each => each.is === 'status')
      if (found?.is !== 'status') throw new Error('no status')
      return found
    },
  }
}

function handshakeSeconds(lab: Lab): number {
  return Number(wg(lab, 'show', lab.tag, 'latest-handshakes').trim().split(/\s+/)[1])
}

function wg(lab: Lab, ...args: string[]): string {
  return run('ip', ['netns', 'exec', lab.theirs, 'wg', ...args])
}

function run(command: string, args: readonly string[], input = ''): string {
  return execFileSync(command, args, { input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] })
}

function succeeds(action: () => unknown): boolean {
  try {
    action()
    return true
  } catch {
    return false
  }
}

/** Polls until the condition holds; fails with what was waited for. */
async function until(what: string, condition: () => Promise<boolean>, deadline_ms = DEADLINE_MS): Promise<void> {
  const started = performance.now()
  while (!(await condition())) {
    if (performance.now() - started > deadline_ms)
      throw new Error(`${what} did not come within ${deadline_ms / 1000} s`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

function publicKey(privateKey: Uint8Array): string {
  return base64(nodeCrypto.privateKey(privateKey).publicKey)
}

function whatIsMissing(): string | undefined {
  if (process.platform !== 'linux') return 'Linux'
  if (process.getuid?.() !== 0) return 'root'
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK)
  } catch {
    return '/dev/net/tun'
  }
  const found = (tool: string) =>
    (process.env['PATH'] ?? '')
      .split(delimiter)
      .some(folder => succeeds(() => accessSync(join(folder, tool), constants.X_OK)))
  return ['ip', 'wg', 'wireguard-go', 'ping'].find(tool => !found(tool))
}
