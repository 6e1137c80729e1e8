import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatAddress } from '../../impl/ip/address.ts'
import { get16 } from '../../impl/ip/bytes.ts'
import { buildIcmpError } from '../../impl/ip/icmp.ts'
import { buildIp, ipSource, transportPayload } from '../../impl/ip/packet.ts'
import { ACK, buildTcp, FIN, RST, SYN } from '../../impl/ip/tcp.ts'
import type { StepOf } from '../../scenarios/language/step.ts'
import type { Nat as NatSpec } from '../../scenarios/language/topology.ts'
import { seededRandom } from '../random.ts'
import { Nat } from './nat.ts'
import { address, Bench, echo, line, packets, udp } from './testing.ts'

const S = 1e9
const EI = 'endpoint-independent'
const APD = 'address-and-port-dependent'
const A = '192.168.1.2:5000'
const B = '192.168.1.3:5000'
const R = '198.51.100.1:1'
const Q = '198.51.100.2:1'

function home(spec: Partial<NatSpec> = {}, outside: readonly string[] = ['203.0.113.5']): Bench {
  const full: NatSpec = { inside: { lan: '192.168.1.1/24' }, outside: { wan: [...outside] }, ...spec }
  const bench = new Bench(new Nat({ name: 'home', random: seededRandom('1').split('home'), spec: full }))
  bench.attach('lan', ['192.168.1.1/24'])
  bench.attach('wan', [...outside.map(each => `${each}/32`)])
  return bench
}

/** The outer end of what `from` sends, or the reason why nothing comes out. */
function out(bench: Bench, from: string, to: string, make: typeof udp = udp): string {
  const outputs = bench.give('lan', make(from, to))
  const [packet] = packets(outputs)
  if (packet !== undefined && !line(outputs[0]!).startsWith('drop'))
    return `${formatAddress(ipSource(packet.bytes))}:${get16(transportPayload(packet.bytes), 0)}`
  return outputs.map(line).find(text => text.startsWith('drop')) ?? 'nothing'
}

function portOf(end: string): number {
  return Number(end.split(':')[1])
}

/** Who inside gets what `from` sends to this outer end, or the reason why nobody does. */
function into(bench: Bench, from: string, to: string, make: typeof udp = udp): string {
  const [text = 'nothing'] = bench.lines('wan', make(from, to))
  return /> (\S+) ttl/.exec(text)?.[1] ?? text
}

function step(bench: Bench, what: Omit<StepOf<'nat'>, 'do' | 'at' | 'nat'>): string[] {
  const whole = { do: 'nat', at: '1s', nat: 'home', ...what } as const
  return bench.tell({ kind: 'step', name: '#0', step: whole }).map(line)
}

describe('ports', () => {
  it('sequential with a stride, and around', () => {
    const bench = home({ mapping: APD, ports: 'sequential', ports_step: 3, port_range: [2000, 2004] })
    const ends = [1, 2, 3, 4, 5].map(port => portOf(out(bench, A, `198.51.100.1:${port}`)))
    expect(ends).toEqual([2000, 2003, 2001, 2004, 2002])
    expect(out(bench, A, '198.51.100.1:6')).toBe('drop nat-exhausted')
  })

  it.each([
    ['rfc4787', 500, 501, 1023],
    ['linux', 500, 1, 511],
    ['linux', 700, 600, 1023],
    ['linux', 5000, 1024, 65_535],
  ] as const)('class %s: a second host with port %i gets one from %i to %i', (port_class, inner, least, most) => {
    const bench = home({ port_class, ports_taken: port_class === 'linux' ? 'linux' : 'next' })
    expect(out(bench, `192.168.1.2:${inner}`, R)).toBe(`203.0.113.5:${inner}`)
    const second = portOf(out(bench, `192.168.1.3:${inner}`, R))
    expect(second).not.toBe(inner)
    expect(second).toBeGreaterThanOrEqual(least)
    expect(second).toBeLessThanOrEqual(most)
  })

  it('a second port between the classes of Linux is looked for within its class', () => {
    const bench = home({ port_class: 'linux', ports_taken: 'next' })
    expect(out(bench, '192.168.1.2:520', R)).toBe('203.0.113.5:520')
    expect(out(bench, '192.168.1.3:520', R)).toBe('203.0.113.5:600')
  })

  it('Linux keeps a port between its classes, and class none moves a low one up', () => {
    expect(out(home({ port_class: 'linux' }), '192.168.1.2:550', R)).toBe('203.0.113.5:550')
    expect(out(home({ port_class: 'none' }), '192.168.1.2:550', R)).toBe('203.0.113.5:1024')
  })

  it('parity is kept whatever is taken, and the other half stays free', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('preserving', 'sequential', 'random'),
        fc.constantFrom('next', 'random', 'linux'),
        fc.integer({ min: 2000, max: 2015 }),
        (ports, ports_taken, port) => {
          const bench = home({ mapping: APD, ports, ports_taken, port_parity: true, port_range: [2000, 2015] })
          for (let i = 1; i <= 8; i++) {
            expect(portOf(out(bench, `192.168.1.2:${port}`, `198.51.100.1:${i}`)) % 2).toBe(port % 2)
          }
          expect(out(bench, `192.168.1.2:${port}`, '198.51.100.1:9')).toBe('drop nat-exhausted')
          expect(portOf(out(bench, `192.168.1.2:${port + 1}`, '198.51.100.1:1')) % 2).toBe((port + 1) % 2)
        },
      ),
    )
  })

  it('none at all: static ports', () => {
    const bench = home({ ports_taken: 'drop' })
    expect([out(bench, A, R), out(bench, B, R)]).toEqual(['203.0.113.5:5000', 'drop nat-exhausted'])
  })

  it('held down for other hosts, not for the one that had it', () => {
    const bench = home({ hold_down: '60s', timeout: '30s', port_range: [5000, 5000], port_class: 'none' })
    expect(out(bench, A, R)).toBe('203.0.113.5:5000')
    bench.at(30 * S)
    expect(out(bench, B, R)).toBe('drop nat-exhausted')
    expect(out(bench, A, R)).toBe('203.0.113.5:5000')
    bench.at(120 * S - 1)
    expect(out(bench, B, R)).toBe('drop nat-exhausted')
    bench.at(120 * S)
    expect(out(bench, B, R)).toBe('203.0.113.5:5000')
  })
})

describe('shared ports', () => {
  it('by remote: one outer port, told apart; a clash alone moves the second (row 4)', () => {
    const bench = home({ preset: 'linux-masquerade' })
    expect(out(bench, A, R)).toBe('203.0.113.5:5000')
    expect(out(bench, B, Q)).toBe('203.0.113.5:5000')
    const clash = out(bench, B, R)
    expect(clash).not.toBe('203.0.113.5:5000')
    expect([into(bench, R, '203.0.113.5:5000'), into(bench, Q, '203.0.113.5:5000'), into(bench, R, clash)]).toEqual([
      A,
      B,
      B,
    ])
    expect(into(bench, '198.51.100.3:1', '203.0.113.5:5000')).toBe('drop nat-filtered')
  })

  it('always: the last to send gets the answers', () => {
    const bench = home({ sharing: 'always' })
    expect([out(bench, A, R), out(bench, B, R)]).toEqual(['203.0.113.5:5000', '203.0.113.5:5000'])
    expect(into(bench, R, '203.0.113.5:5000')).toBe(B)
    out(bench, A, R)
    expect(into(bench, R, '203.0.113.5:5000')).toBe(A)
    out(bench, B, Q)
    expect([into(bench, R, '203.0.113.5:5000'), into(bench, Q, '203.0.113.5:5000')]).toEqual([A, B])
    bench.at(119 * S)
    out(bench, A, R)
    bench.at(120 * S)
    expect([into(bench, R, '203.0.113.5:5000'), into(bench, Q, '203.0.113.5:5000')]).toEqual([A, 'drop nat-filtered'])
  })

  it('a knock from outside takes the port towards its sender, for as long as it goes on', () => {
    const bench = home({ preset: 'linux-masquerade' })
    expect(into(bench, R, '203.0.113.5:5000')).toBe('drop nat-no-mapping')
    bench.at(29 * S)
    const moved = out(bench, A, R)
    expect(moved).not.toBe('203.0.113.5:5000')
    // The port that the socket got last is used towards others too; a preset without that keeps its own there.
    expect(out(bench, A, Q)).toBe(moved)
    expect(out(bench, B, Q)).toBe('203.0.113.5:5000')
    expect(out(bench, '192.168.1.4:5000', R)).not.toBe('203.0.113.5:5000')
    const forgetful = home({ preset: 'linux-masquerade', ports_reuse: false })
    into(forgetful, R, '203.0.113.5:5000')
    expect([out(forgetful, A, R) === '203.0.113.5:5000', out(forgetful, A, Q)]).toEqual([false, '203.0.113.5:5000'])
    const later = home({ preset: 'linux-masquerade' })
    into(later, R, '203.0.113.5:5000')
    later.at(30 * S)
    expect(out(later, A, R)).toBe('203.0.113.5:5000')
    const deaf = home({ preset: 'openwrt' })
    into(deaf, R, '203.0.113.5:5000')
    expect(out(deaf, A, R)).toBe('203.0.113.5:5000')
  })
})

describe('timers', () => {
  const table: readonly [NonNullable<NatSpec['preset']>, readonly string[], number][] = [
    ['linux-masquerade', ['0 out'], 30],
    ['linux-masquerade', ['0 out', '1 in', '1 out'], 31],
    ['linux-masquerade', ['0 out', '1 in', '3 out'], 123],
    // The answer itself still finds the flow unanswered.
    ['linux-masquerade', ['0 out', '5 in'], 35],
    ['linux-masquerade', ['0 out', '5 in', '6 in'], 126],
    ['openwrt', ['0 out', '1 in', '3 out'], 183],
    ['pf', ['0 out'], 60],
    ['pf', ['0 out', '10 out'], 40],
    ['pf', ['0 out', '10 in'], 70],
    ['routeros', ['0 out', '2 in', '3 out'], 183],
    ['aws-nat-gateway', ['0 out', '100 in'], 450],
    ['home-router-worst-of-imc10', ['0 out'], 30],
  ]
  it.each(table)('%s: after %j it ends at %i s', (preset, script, ends) => {
    const bench = home({ preset })
    let outer = ''
    for (const text of script) {
      const [at, way] = text.split(' ')
      bench.at(Number(at) * S)
      if (way === 'out') outer = out(bench, A, R)
      else expect(into(bench, R, outer)).toBe(A)
    }
    expect(bench.at(ends * S - 1).filter(text => text.includes('expired'))).toEqual([])
    expect(bench.at(ends * S).filter(text => text.includes('expired'))).toHaveLength(1)
  })

  it('by destination port: of the mapping the first one, of a permission its own', () => {
    const bench = home({ preset: 'cisco-ios' })
    const dns = out(bench, A, '198.51.100.1:53')
    expect(dns).toBe(out(bench, A, R))
    bench.at(60 * S)
    expect(into(bench, '198.51.100.1:53', dns)).toBe('drop nat-filtered')
    expect(into(bench, R, dns)).toBe(A)
  })

  it('a lifetime ends it in the middle of traffic, and the spread is drawn for each', () => {
    const bench = home({ lifetime: '50s', refresh: 'both' })
    for (let at = 0; at < 50; at += 5) {
      bench.at(at * S)
      out(bench, A, R)
    }
    expect(bench.at(50 * S)).toEqual([`note udp ${A} is no longer 203.0.113.5:5000 outside: lifetime over`])
    const spread = home({ lifetime: '50s', lifetime_spread: '25s', timeout: '1h', mapping: APD })
    for (let i = 1; i <= 50; i++) out(spread, A, `198.51.100.1:${i}`)
    expect(spread.at(50 * S - 1)).toEqual([])
    const early = spread.at(62 * S).length
    expect(early).toBeGreaterThan(5)
    expect(early).toBeLessThan(45)
    expect(spread.at(75 * S).length + early).toBe(50)
  })

  it('a permission has its own time, renewed by outbound packets only where that is asked', () => {
    const bench = home({ filter_timeout: '30s', filter_refresh: 'outbound', refresh: 'both', timeout: '2m' })
    out(bench, A, R)
    bench.at(20 * S)
    expect(into(bench, R, '203.0.113.5:5000')).toBe(A)
    bench.at(30 * S)
    expect(into(bench, R, '203.0.113.5:5000')).toBe('drop nat-filtered')
    out(bench, A, R)
    expect(into(bench, R, '203.0.113.5:5000')).toBe(A)
  })
})

describe('room', () => {
  it.each([
    ['drop-new', 'drop nat-table-full', [A, B]],
    ['evict-oldest', '203.0.113.5:5002', [undefined, B]],
  ] as const)('%s: the third gets %s', (when_full, third, left) => {
    const bench = home({ max_mappings: 2, when_full })
    out(bench, A, R)
    out(bench, B, R)
    expect(out(bench, '192.168.1.4:5002', R)).toBe(third)
    for (const [i, who] of left.entries())
      expect(into(bench, R, `203.0.113.5:${5000 + i}`)).toBe(who ?? 'drop nat-no-mapping')
  })

  it('early_drop: what is a stream stays, and with nothing else the new one is dropped', () => {
    const bench = home({ max_mappings: 2, when_full: 'evict-unreplied' })
    out(bench, A, R)
    into(bench, R, '203.0.113.5:5000')
    out(bench, B, R)
    bench.at(3 * S)
    out(bench, A, R)
    bench.at(4 * S)
    out(bench, B, R)
    // B was used last, but nothing answered it.
    expect(out(bench, '192.168.1.4:5002', R)).toBe('203.0.113.5:5002')
    expect(into(bench, R, '203.0.113.5:5000')).toBe(A)
    for (const port of [5002]) into(bench, R, `203.0.113.5:${port}`)
    bench.at(8 * S)
    out(bench, '192.168.1.4:5002', R)
    expect(out(bench, '192.168.1.5:5009', R)).toBe('drop nat-table-full')
  })

  it('of one host, silently or with an ICMP error', () => {
    const bench = home({ max_per_host: 1 })
    out(bench, A, R)
    expect(bench.lines('lan', udp('192.168.1.2:5001', R))).toEqual(['drop nat-host-limit'])
    expect(out(bench, B, R)).toBe('203.0.113.5:5001')
    const spoken = home({ max_per_host: 1, refusal: 'icmp' })
    out(spoken, A, R)
    expect(spoken.lines('lan', udp('192.168.1.2:5001', R))).toEqual([
      'drop nat-host-limit',
      'born home:lan/1',
      `lan: prohibited 192.168.1.1 > 192.168.1.2 about (udp 192.168.1.2:5001 > ${R}) ttl 64 length 56`,
    ])
  })
})

describe('blocks and addresses', () => {
  const blocks = (size: number, more: object = {}) =>
    ({ port_class: 'none', port_range: [1000, 1099], blocks: { size, ...more } }) as Partial<NatSpec>

  it('a host stays in its block, and its neighbour gets the next', () => {
    const bench = home({ ...blocks(50), mapping: APD, ports: 'random' })
    const ends = (host: string) =>
      Array.from({ length: 50 }, (_, i) => portOf(out(bench, `${host}:5000`, `198.51.100.1:${i + 1}`)))
    const first = ends('192.168.1.2')
    expect([Math.min(...first), Math.max(...first), new Set(first).size]).toEqual([1000, 1049, 50])
    expect(out(bench, A, '198.51.100.1:99')).toBe('drop nat-exhausted')
    expect(Math.min(...ends('192.168.1.3'))).toBe(1050)
    expect(out(bench, '192.168.1.4:5000', R)).toBe('drop nat-exhausted')
    bench.at(120 * S)
    expect(portOf(out(bench, '192.168.1.4:5000', R))).toBeLessThan(1050)
  })

  it('more blocks of one host, while there are', () => {
    const bench = home({ ...blocks(25, { per_host: 2 }), mapping: APD, ports: 'sequential' })
    for (let i = 0; i < 50; i++) expect(out(bench, A, `198.51.100.1:${i + 1}`)).toBe(`203.0.113.5:${1000 + i}`)
    expect(out(bench, A, '198.51.100.1:99')).toBe('drop nat-exhausted')
    expect(out(bench, B, R)).toBe('203.0.113.5:1050')
  })

  it('deterministic: block and outside address are those of its number (RFC 7422)', () => {
    const spec = { ...blocks(25, { order: 'deterministic' }), ports: 'sequential' } as const
    const bench = home(spec, ['203.0.113.5', '203.0.113.6'])
    expect(out(bench, '192.168.1.3:5000', R)).toBe('203.0.113.5:1075')
    expect(out(bench, '192.168.1.6:5000', R)).toBe('203.0.113.6:1050')
    expect(out(bench, '192.168.1.9:5000', R)).toBe('drop nat-exhausted')
  })

  it('pooling: paired, by turns, by chance', () => {
    const four = (pooling: NonNullable<NatSpec['pooling']>) => {
      const bench = home({ mapping: APD, pooling }, ['203.0.113.5', '203.0.113.6'])
      return Array.from({ length: 40 }, (_, i) => out(bench, A, `198.51.100.1:${i + 1}`).split(':')[0])
    }
    expect(new Set(four('paired'))).toEqual(new Set(['203.0.113.5']))
    expect(four('round-robin').slice(0, 3)).toEqual(['203.0.113.5', '203.0.113.6', '203.0.113.5'])
    const chance = four('arbitrary')
    expect(new Set(chance).size).toBe(2)
    expect(chance).not.toEqual(four('round-robin'))
    expect(four('arbitrary')).toEqual(chance)
  })

  it('a conflict changes the class of the second host, until all its mappings are over', () => {
    const bench = home({ on_conflict: 'other-class', ports_taken: 'random' })
    expect([out(bench, A, R), out(bench, A, Q)]).toEqual(['203.0.113.5:5000', '203.0.113.5:5000'])
    expect(out(bench, B, R)).not.toBe(out(bench, B, Q))
    bench.at(120 * S)
    expect([out(bench, B, R), out(bench, B, Q)]).toEqual(['203.0.113.5:5000', '203.0.113.5:5000'])
  })
})

describe('changes from without', () => {
  it('rebind: another port, address, or both; who may answer stays, the old end is gone', () => {
    const bench = home({}, ['203.0.113.5', '203.0.113.6'])
    out(bench, A, R)
    expect(step(bench, { rebind: 'port' })).toEqual([
      `note udp ${A} is 203.0.113.5:5001 outside from now on, and no longer 203.0.113.5:5000`,
    ])
    expect(into(bench, R, '203.0.113.5:5000')).toBe('drop nat-no-mapping')
    expect(into(bench, R, '203.0.113.5:5001')).toBe(A)
    expect(into(bench, Q, '203.0.113.5:5001')).toBe('drop nat-filtered')
    step(bench, { rebind: 'address' })
    expect(out(bench, A, R)).toBe('203.0.113.6:5001')
    step(bench, { rebind: 'both' })
    expect(out(bench, A, R)).toBe('203.0.113.5:5000')
    expect(out(bench, '192.168.1.2:6000', R).split(':')[0]).toBe('203.0.113.5')
    expect(bench.at(120 * S)).toHaveLength(2)
  })

  it('rebind of one host, and to an address that comes with the step', () => {
    const bench = home()
    out(bench, A, R)
    out(bench, B, R)
    step(bench, { rebind: 'port', inside: '192.168.1.2' })
    expect([out(bench, A, R), out(bench, B, R)]).toEqual(['203.0.113.5:5002', '203.0.113.5:5001'])
    step(bench, { rebind: 'address', outside: { wan: '203.0.113.9' } })
    expect([out(bench, A, R), out(bench, B, R)]).toEqual(['203.0.113.9:5002', '203.0.113.9:5001'])
    expect(into(bench, R, '203.0.113.9:5001')).toBe(B)
  })

  it('flush with the same ports, with other ones, of one host', () => {
    const bench = home({ ports: 'random' })
    const before = out(bench, A, R)
    step(bench, { flush: true, ports: 'same' })
    expect(into(bench, R, before)).toBe('drop nat-no-mapping')
    expect(out(bench, A, R)).toBe(before)
    const narrow = home({ port_range: [5000, 5001] })
    expect(out(narrow, A, R)).toBe('203.0.113.5:5000')
    step(narrow, { flush: true, ports: 'other' })
    expect(out(narrow, A, R)).toBe('203.0.113.5:5001')
    expect(out(narrow, B, R)).toBe('203.0.113.5:5000')
    step(narrow, { flush: true, inside: '192.168.1.3' })
    expect([into(narrow, R, '203.0.113.5:5001'), into(narrow, R, '203.0.113.5:5000')]).toEqual([
      A,
      'drop nat-no-mapping',
    ])
  })

  it('off: nothing passes until the time is over, to the nanosecond, and then it knows nothing', () => {
    const bench = home()
    out(bench, A, R)
    expect(step(bench, { off: '1m' })).toContain('note switched off for 1m')
    expect([out(bench, A, R), into(bench, R, '203.0.113.5:5000')]).toEqual(['drop nat-off', 'drop nat-off'])
    expect(bench.at(60 * S - 1)).toEqual([])
    expect(bench.at(60 * S)).toEqual(['note switched on again'])
    expect(into(bench, R, '203.0.113.5:5000')).toBe('drop nat-no-mapping')
    expect(out(bench, A, R)).toBe('203.0.113.5:5000')
  })
})

describe('TCP', () => {
  const tcp =
    (flags: number): typeof udp =>
    (from, to) => {
      const [sourceHost = '', sourcePort] = from.split(':')
      const [host = '', port] = to.split(':')
      const ends = { source: address(sourceHost), destination: address(host) }
      const ports = { sourcePort: Number(sourcePort), destinationPort: Number(port) }
      const rest = { sequence: 7, acknowledgement: 9, window: 100, payload: Uint8Array.of(1, 2, 3) }
      return buildIp({ ...ends, protocol: 6, payload: buildTcp({ ...ends, ...ports, ...rest, flags }) })
    }
  const O = '203.0.113.5:5000'
  const open = (spec: Partial<NatSpec> = {}) => {
    const bench = home(spec)
    expect(out(bench, A, R, tcp(SYN))).toBe(O)
    expect(into(bench, R, O, tcp(SYN | ACK))).toBe('192.168.1.2')
    expect(out(bench, A, R, tcp(ACK))).toBe(O)
    return bench
  }
  const endsAt = (bench: Bench, at: number, why: 'expired' | 'closed') => {
    expect(bench.at(at * S - 1)).toEqual([])
    expect(bench.at(at * S)).toEqual([`note tcp ${A} is no longer ${O} outside: ${why}`])
  }

  it('translates with sound checksums, apart from UDP', () => {
    const bench = open()
    expect(bench.lines('lan', tcp(ACK)(A, R))).toEqual([expect.not.stringContaining('WRONG')])
    expect(out(bench, A, R)).toBe(O)
    expect(into(bench, Q, O, tcp(SYN))).toBe('drop nat-filtered')
    expect(into(bench, R, '203.0.113.5:5009', tcp(SYN))).toBe('drop nat-no-mapping')
  })

  it.each([
    ['a handshake that is not done', [], 240],
    ['established', ['out ACK'], 7440],
    ['after a FIN', ['out FIN'], 240],
    ['after a FIN of the other side', ['in FIN'], 240],
    ['after a RST', ['in RST'], 240],
    ['a new SYN after a RST', ['in RST', 'out SYN'], 240],
  ] as const)('%s', (_, script, life) => {
    const bench = home()
    out(bench, A, R, tcp(SYN))
    if (script.length > 0) {
      into(bench, R, O, tcp(SYN | ACK))
      out(bench, A, R, tcp(ACK))
    }
    const flags = { ACK, FIN: FIN | ACK, RST, SYN } as const
    for (const text of script) {
      const [way, flag] = text.split(' ') as ['in' | 'out', keyof typeof flags]
      if (way === 'in') into(bench, R, O, tcp(flags[flag]))
      else out(bench, A, R, tcp(flags[flag]))
    }
    endsAt(bench, life, script.at(-1) === 'in RST' ? 'closed' : 'expired')
  })

  it('a RST that ends it at once; a timeout of nought', () => {
    const bench = open({ tcp: { timeout_reset: '0s' } })
    expect(into(bench, R, O, tcp(RST))).toBe('192.168.1.2')
    expect(into(bench, R, O, tcp(ACK))).toBe('drop nat-no-mapping')
  })

  it('without a SYN: picked up, or dropped by name', () => {
    expect(out(home(), A, R, tcp(ACK))).toBe(O)
    const strict = home({ tcp: { pick_up: false } })
    expect(out(strict, A, R, tcp(ACK))).toBe('drop nat-tcp-no-connection')
    expect(out(strict, A, R, tcp(SYN))).toBe(O)
  })

  it('one mapping of many connections lives as long as the longest, and each may be answered by its own time', () => {
    const bench = open()
    out(bench, A, Q, tcp(SYN))
    bench.at(240 * S)
    expect(into(bench, Q, O, tcp(SYN | ACK))).toBe('drop nat-filtered')
    expect(into(bench, R, O, tcp(ACK))).toBe('192.168.1.2')
  })

  it('hairpins, and errors about it are translated', () => {
    const bench = home({ hairpin: 'external', filtering: EI })
    out(bench, B, R, tcp(SYN))
    const [seen] = packets(bench.give('lan', tcp(SYN)('192.168.1.2:6000', '203.0.113.5:5000')))
    expect(formatAddress(ipSource(seen!.bytes))).toBe('203.0.113.5')
    const other = open()
    const [sent] = packets(other.give('lan', tcp(ACK)(A, R)))
    const error = buildIcmpError({
      source: address('198.51.100.254'),
      error: { kind: 'too-big', mtu: 1280 },
      original: sent!.bytes,
    })
    expect(other.lines('wan', error)[0]).toContain('lan: too-big 1280 198.51.100.254 > 192.168.1.2')
  })
})

describe('hairpin and the filter', () => {
  it.each([
    [true, 'drop nat-filtered'],
    [false, 'lan: udp 203.0.113.5:5000 > 192.168.1.3:7000 ttl 63 length 28'],
  ] as const)('hairpin_filter %s: %s', (hairpin_filter, outcome) => {
    const bench = home({ hairpin: 'external', hairpin_filter })
    out(bench, '192.168.1.3:7000', R)
    expect(bench.lines('lan', udp(A, '203.0.113.5:7000'))).toEqual([outcome])
  })
})

it('ICMP echo has its own class and time', () => {
  const bench = home({ mapping: EI, query: { mapping: APD, timeout: '30s' } })
  expect(bench.lines('lan', echo('192.168.1.2', '198.51.100.1', 9))[0]).toContain('id 9')
  expect(bench.lines('lan', echo('192.168.1.2', '198.51.100.2', 9))[0]).toContain('id 10')
  expect(bench.at(30 * S)).toHaveLength(2)
})
