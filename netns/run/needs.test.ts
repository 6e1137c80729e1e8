import { describe, expect, it } from 'vitest'
import { lacking, otherKernel } from './needs.ts'
import type { Job } from './site.ts'

/** A machine that has these programs and kinds of qdisc, and WireGuard or not. */
function machine(programs: readonly string[], qdiscs: readonly string[], wireguard: boolean) {
  const answer = (line: string): { status: number; output: string } => {
    if (line.includes('type wireguard')) return { status: wireguard ? 0 : 2, output: '' }
    const kind = /root (\S+)/.exec(line)?.[1]
    if (kind !== undefined) return { status: qdiscs.includes(kind) ? 0 : 2, output: '' }
    const asked = [...line.matchAll(/command -v '([^']+)'/g)].map(([, name = '']) => name)
    return { status: 0, output: asked.filter(name => !programs.includes(name)).join('\n') }
  }
  const start = (line: string): Job => {
    const ended = Promise.resolve(answer(line))
    return { output: () => '', ended, wait: () => ended, signal() {} }
  }
  return { start }
}

const OWN = ['ip', 'tcpdump', 'bash', 'sh']
const ask = (has: ReturnType<typeof machine>, needs: string[], needsModule = false, needsQdiscs: string[] = []) =>
  lacking({ needs, needsModule, needsQdiscs }, has, 'this machine')

describe('lacking', () => {
  it('nothing', async () => {
    expect(await ask(machine([...OWN, 'nft'], ['netem'], true), ['nft'], true, ['netem'])).toBeUndefined()
  })

  it('programs, with what to install; packages once', async () => {
    const text = await ask(machine(['ip', 'bash', 'sh'], [], true), ['wg', 'wg-quick', '/opt/mine'])
    expect(text).toBe(
      'this machine lacks tcpdump, wg, wg-quick, /opt/mine; run: sudo apt-get install -y tcpdump wireguard-tools',
    )
  })

  it('WireGuard in the kernel, and kinds of qdisc', async () => {
    expect(await ask(machine(OWN, [], false), [], true)).toContain('has no WireGuard')
    expect(await ask(machine(OWN, ['tbf'], true), [], false, ['netem', 'tbf'])).toBe(
      'the kernel of this machine has no netem (sch_netem), which the cables of this scenario need',
    )
  })
})

describe('otherKernel', () => {
  it.each([
    ['kernel-6.12', '6.12.9-amd64', undefined],
    [
      'kernel-6.1',
      '6.12.9-amd64',
      'kernel-6.1 was asked for and this machine runs Linux 6.12.9-amd64; use --world netns:guest for it',
    ],
    ['kernel', '5.4.0', undefined],
    ['wireguard-go', '5.4.0', undefined],
  ])('%s on %s', (implementation, release, expected) => expect(otherKernel(implementation, release)).toBe(expected))
})
