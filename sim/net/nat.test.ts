import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatAddress } from '../../impl/ip/address.ts'
import { get16 } from '../../impl/ip/bytes.ts'
import { fragmentIpv4, fragmentIpv6 } from '../../impl/ip/fragment.ts'
import { buildIcmpError } from '../../impl/ip/icmp.ts'
import { buildIp, ipSource, transportPayload } from '../../impl/ip/packet.ts'
import type { NatBehaviour, Nat as NatSpec } from '../../scenarios/language/topology.ts'
import { seededRandom } from '../random.ts'
import { Nat } from './nat.ts'
import { address, Bench, echo, line, packets, udp } from './testing.ts'

const S = 1e9
const EI = 'endpoint-independent'
const AD = 'address-dependent'
const APD = 'address-and-port-dependent'
const BEHAVIOURS: readonly NatBehaviour[] = [EI, AD, APD]

function home(spec: Partial<NatSpec> = {}, outside: readonly string[] = ['203.0.113.5/32']): Bench {
  const full: NatSpec = { inside: { lan: '192.168.1.1/24' }, outside: { wan: '203.0.113.5' }, ...spec }
  const bench = new Bench(new Nat({ name: 'home', random: seededRandom('1').split('home'), spec: full }))
  bench.attach('lan', ['192.168.1.1/24', '2001:db8:1::1/64'])
  bench.attach('wan', [...outside, '2001:db8:ffff::5/128'])
  return bench
}

/** The outside end a packet from the inside gets, as `203.0.113.5:1024`. */
function outsideEnd(bench: Bench, from: string, to: string): string {
  const [packet] = packets(bench.give('lan', udp(from, to)))
  if (packet === undefined) throw new Error('nothing came out')
  return `${formatAddress(ipSource(packet.bytes))}:${get16(transportPayload(packet.bytes), 0)}`
}

const X = '192.168.1.2:5000'

describe('mapping (RFC 4787 §4.1): X:x sends to Y1:y1, and then elsewhere', () => {
  const table: readonly [NatBehaviour, string, boolean][] = [
    [EI, '198.51.100.1:2', true],
    [EI, '198.51.100.2:1', true],
    [AD, '198.51.100.1:2', true],
    [AD, '198.51.100.2:1', false],
    [APD, '198.51.100.1:2', false],
    [APD, '198.51.100.2:1', false],
  ]
  for (const filtering of BEHAVIOURS) {
    it.each(table)(`%s, to %s: the same mapping is %s (filtering ${filtering})`, (mapping, second, same) => {
      const bench = home({ mapping, filtering })
      const first = outsideEnd(bench, X, '198.51.100.1:1')
      expect(first).toBe('203.0.113.5:5000')
      expect(outsideEnd(bench, X, second) === first).toBe(same)
      expect(outsideEnd(bench, X, '198.51.100.1:1')).toBe(first)
    })
  }
})

describe('filtering (RFC 4787 §5): X:x has sent to Y1:y1, and this comes back', () => {
  const table: readonly [NatBehaviour, string, boolean][] = [
    [EI, '198.51.100.1:1', true],
    [EI, '198.51.100.1:2', true],
    [EI, '198.51.100.2:1', true],
    [AD, '198.51.100.1:1', true],
    [AD, '198.51.100.1:2', true],
    [AD, '198.51.100.2:1', false],
    [APD, '198.51.100.1:1', true],
    [APD, '198.51.100.1:2', false],
    [APD, '198.51.100.2:1', false],
  ]
  for (const mapping of BEHAVIOURS) {
    it.each(table)(`%s, from %s: passes is %s (mapping ${mapping})`, (filtering, from, passes) => {
      const bench = home({ mapping, filtering })
      bench.give('lan', udp(X, '198.51.100.1:1'))
      expect(bench.lines('wan', udp(from, '203.0.113.5:5000'))).toEqual([
        passes ? `lan: udp ${from} > ${X} ttl 63 length 28` : 'drop nat-filtered',
      ])
    })
  }
})

describe('timers', () => {
  const reply = udp('198.51.100.1:1', '203.0.113.5:5000')

  it('ends a mapping at the nanosecond, and says so', () => {
    const bench = home({ timeout: '120s' })
    bench.give('lan', udp(X, '198.51.100.1:1'))
    bench.at(120 * S - 1)
    expect(bench.lines('wan', reply)).toEqual([`lan: udp 198.51.100.1:1 > ${X} ttl 63 length 28`])
    expect(bench.at(120 * S)).toEqual([`note udp ${X} is no longer 203.0.113.5:5000 outside: expired`])
    expect(bench.lines('wan', reply)).toEqual(['drop nat-mapping-expired'])
  })

  it('ends it for a packet of the same instant that comes before the timeout', () => {
    const bench = home({ timeout: '120s' })
    bench.give('lan', udp(X, '198.51.100.1:1'))
    bench.now = (120 * S) as typeof bench.now
    expect(bench.lines('wan', reply)).toEqual(['drop nat-mapping-expired'])
  })

  it.each([
    ['outbound', 100, 'out', 219, true],
    ['outbound', 100, 'in', 121, false],
    ['inbound', 100, 'out', 121, false],
    ['inbound', 100, 'in', 219, true],
    ['both', 100, 'out', 219, true],
    ['both', 100, 'in', 219, true],
  ] as const)('refresh %s: a packet at %i s %s; at %i s it is there: %s', (refresh, first, way, then, there) => {
    const bench = home({ timeout: '120s', refresh })
    bench.give('lan', udp(X, '198.51.100.1:1'))
    bench.at(first * S)
    if (way === 'out') bench.give('lan', udp(X, '198.51.100.1:1'))
    else bench.give('wan', reply)
    bench.at(then * S)
    expect(bench.lines('wan', reply)[0]?.startsWith('lan: udp')).toBe(there)
  })

  it.each([
    ['30s', '120s', 30],
    ['120s', '30s', 120],
  ] as const)('unreplied %s, replied %s', (timeout_unreplied, timeout, silent) => {
    const bench = home({ timeout, timeout_unreplied, refresh: 'outbound' })
    bench.give('lan', udp(X, '198.51.100.1:1'))
    expect(bench.at(silent * S - 1)).toEqual([])
    expect(bench.at(silent * S)).toHaveLength(1)
    const answered = home({ timeout, timeout_unreplied, refresh: 'outbound' })
    answered.give('lan', udp(X, '198.51.100.1:1'))
    answered.give('wan', reply)
    const life = timeout === '120s' ? 120 : 30
    expect(answered.at(life * S - 1)).toEqual([])
    expect(answered.at(life * S)).toHaveLength(1)
  })

  it('a filtered packet refreshes nothing', () => {
    const bench = home({ refresh: 'both', timeout: '120s' })
    bench.give('lan', udp(X, '198.51.100.1:1'))
    bench.at(100 * S)
    expect(bench.lines('wan', udp('198.51.100.9:1', '203.0.113.5:5000'))).toEqual(['drop nat-filtered'])
    expect(bench.at(120 * S)).toHaveLength(1)
  })

  it('a session of a living mapping has its own life', () => {
    const bench = home({ timeout: '120s' })
    bench.give('lan', udp(X, '198.51.100.1:1'))
    bench.at(100 * S)
    bench.give('lan', udp(X, '198.51.100.2:1'))
    bench.at(130 * S)
    expect(bench.lines('wan', reply)).toEqual(['drop nat-filtered'])
    expect(bench.lines('wan', udp('198.51.100.2:1', '203.0.113.5:5000'))[0]).toContain('lan: udp')
  })

  it('never had one: no mapping; a flush and a new address forget', () => {
    const bench = home()
    expect(bench.lines('wan', reply)).toEqual(['drop nat-no-mapping'])
    bench.give('lan', udp(X, '198.51.100.1:1'))
    const step = { do: 'nat', at: '1s', nat: 'home' } as const
    expect(bench.tell({ kind: 'step', name: '#0', step: { ...step, flush: true } }).map(line)).toEqual([
      `note udp ${X} is no longer 203.0.113.5:5000 outside: flushed`,
    ])
    expect(bench.lines('wan', reply)).toEqual(['drop nat-no-mapping'])
    bench.give('lan', udp(X, '198.51.100.1:1'))
    bench.tell({ kind: 'step', name: '#1', step: { ...step, outside: { wan: '203.0.113.77' } } })
    expect(bench.lines('wan', reply)).toEqual(['drop nat-no-mapping'])
    expect(outsideEnd(bench, X, '198.51.100.1:1')).toBe('203.0.113.77:5000')
  })
})

describe('ports (RFC 4787 §4.2)', () => {
  it('preserving: the next free one of the same range when it is taken', () => {
    const bench = home()
    expect(outsideEnd(bench, '192.168.1.2:5000', '198.51.100.1:1')).toBe('203.0.113.5:5000')
    expect(outsideEnd(bench, '192.168.1.3:5000', '198.51.100.1:1')).toBe('203.0.113.5:5001')
    expect(outsideEnd(bench, '192.168.1.2:65535', '198.51.100.1:1')).toBe('203.0.113.5:65535')
    expect(outsideEnd(bench, '192.168.1.3:65535', '198.51.100.1:1')).toBe('203.0.113.5:1024')
    expect(outsideEnd(bench, '192.168.1.2:1023', '198.51.100.1:1')).toBe('203.0.113.5:1023')
    expect(outsideEnd(bench, '192.168.1.3:1023', '198.51.100.1:1')).toBe('203.0.113.5:1')
  })

  it('sequential', () => {
    const bench = home({ ports: 'sequential', mapping: APD })
    const ends = [1, 2, 3].map(port => outsideEnd(bench, X, `198.51.100.1:${port}`))
    expect(ends).toEqual(['203.0.113.5:1024', '203.0.113.5:1025', '203.0.113.5:1026'])
  })

  it('random: other ports each time, the same for the same seed, never one twice', () => {
    const run = () => {
      const bench = home({ ports: 'random', mapping: APD })
      return Array.from({ length: 500 }, (_, i) => outsideEnd(bench, X, `198.51.100.1:${i + 1}`))
    }
    const ends = run()
    expect(new Set(ends).size).toBe(500)
    expect(run()).toEqual(ends)
    expect(ends.slice(0, 5)).not.toEqual(ends.slice(0, 5).sort())
  })

  it('the low range is used up by name, and is free again after the timeout', () => {
    const bench = home({ timeout: '60s' })
    for (let i = 0; i < 1023; i++)
      bench.give('lan', udp(`192.168.1.${2 + (i % 200)}:${1 + Math.floor(i / 200)}`, '198.51.100.1:1'))
    expect(bench.lines('lan', udp('192.168.1.250:7', '198.51.100.1:1'))).toEqual(['drop nat-exhausted'])
    bench.at(60 * S)
    expect(outsideEnd(bench, '192.168.1.250:7', '198.51.100.1:1')).toBe('203.0.113.5:7')
  })

  it('pools outside addresses in pairs', () => {
    const bench = home({}, ['203.0.113.5/32', '203.0.113.6/32'])
    expect(outsideEnd(bench, '192.168.1.2:5000', '198.51.100.1:1')).toBe('203.0.113.5:5000')
    expect(outsideEnd(bench, '192.168.1.3:5000', '198.51.100.1:1')).toBe('203.0.113.6:5000')
    expect(outsideEnd(bench, '192.168.1.2:5001', '198.51.100.1:1')).toBe('203.0.113.5:5001')
    expect(outsideEnd(bench, '192.168.1.3:5001', '198.51.100.1:1')).toBe('203.0.113.6:5001')
  })
})

describe('hairpin (RFC 4787 §6)', () => {
  const prepared = (hairpin: 'off' | 'external' | 'internal', filtering: NatBehaviour) => {
    const bench = home({ hairpin, filtering })
    bench.give('lan', udp('192.168.1.3:7000', '198.51.100.1:1'))
    return bench
  }
  it.each([
    ['off', EI, 'drop nat-no-hairpin'],
    ['external', EI, 'lan: udp 203.0.113.5:5000 > 192.168.1.3:7000 ttl 63 length 28'],
    ['internal', EI, 'lan: udp 192.168.1.2:5000 > 192.168.1.3:7000 ttl 63 length 28'],
    ['external', APD, 'drop nat-filtered'],
    ['internal', APD, 'drop nat-filtered'],
  ] as const)('%s with filtering %s: %s', (hairpin, filtering, outcome) => {
    expect(prepared(hairpin, filtering).lines('lan', udp(X, '203.0.113.5:7000'))).toEqual([outcome])
  })

  it('passes the strict filter when both sides have sent, and errors find their way back', () => {
    const bench = prepared('external', APD)
    bench.give('lan', udp(X, '203.0.113.5:7000'))
    expect(bench.lines('lan', udp('192.168.1.3:7000', '203.0.113.5:5000'))).toEqual([
      'lan: udp 203.0.113.5:7000 > 192.168.1.2:5000 ttl 63 length 28',
    ])
    const [seen] = packets(bench.give('lan', udp(X, '203.0.113.5:7000')))
    const error = buildIcmpError({
      source: address('192.168.1.3'),
      error: { kind: 'port-unreachable' },
      original: seen!.bytes,
    })
    expect(bench.lines('lan', error)).toEqual([
      'lan: port-unreachable 203.0.113.5 > 192.168.1.2 about (udp 192.168.1.2:5000 > 203.0.113.5:7000) ttl 63 length 56',
    ])
  })

  it('a ping to an address of the NAT is answered by the NAT', () => {
    for (const to of ['192.168.1.1', '203.0.113.5']) {
      expect(home().lines('lan', echo('192.168.1.2', to, 77))).toEqual([
        'done test/1',
        'born home:lan/1',
        `lan: icmp 0 id 77 ${to} > 192.168.1.2 ttl 64 length 28`,
      ])
    }
  })
})

describe('ICMP', () => {
  it('translates echo by its id', () => {
    const bench = home()
    const out = (from: string) => bench.lines('lan', echo(from, '198.51.100.1', 9))
    expect(out('192.168.1.2')).toEqual(['wan: icmp 8 id 9 203.0.113.5 > 198.51.100.1 ttl 63 length 28'])
    expect(out('192.168.1.3')).toEqual(['wan: icmp 8 id 10 203.0.113.5 > 198.51.100.1 ttl 63 length 28'])
    expect(bench.lines('wan', echo('198.51.100.1', '203.0.113.5', 10, true))).toEqual([
      'lan: icmp 0 id 9 198.51.100.1 > 192.168.1.3 ttl 63 length 28',
    ])
    expect(bench.lines('wan', echo('198.51.100.2', '203.0.113.5', 10, true))).toEqual(['drop nat-filtered'])
    expect(bench.lines('wan', echo('198.51.100.1', '203.0.113.5', 10))).toEqual(['drop nat-no-mapping'])
  })

  const errorTo = (bench: Bench, from: string) => {
    const [sent] = packets(bench.give('lan', udp(X, '198.51.100.1:1', { size: 600 })))
    return buildIcmpError({ source: address(from), error: { kind: 'too-big', mtu: 1280 }, original: sent!.bytes })
  }

  it('translates errors inside and out, from whatever router they come, and lets the mapping be', () => {
    const bench = home({ refresh: 'both', timeout: '120s' })
    const error = errorTo(bench, '198.51.100.254')
    bench.at(100 * S)
    expect(bench.lines('wan', error)).toEqual([
      `lan: too-big 1280 198.51.100.254 > 192.168.1.2 about (udp ${X} > 198.51.100.1:1) ttl 63 length 576`,
    ])
    expect(bench.at(120 * S)).toHaveLength(1)
    expect(bench.lines('wan', error)).toEqual(['drop nat-mapping-expired'])
  })

  it('translates errors about echo', () => {
    const bench = home()
    bench.give('lan', echo('192.168.1.2', '198.51.100.1', 9))
    const [sent] = packets(bench.give('lan', echo('192.168.1.3', '198.51.100.1', 9)))
    const error = buildIcmpError({
      source: address('198.51.100.9'),
      error: { kind: 'time-exceeded' },
      original: sent!.bytes,
    })
    expect(bench.lines('wan', error)).toEqual([
      'lan: time-exceeded 198.51.100.9 > 192.168.1.3 about (icmp id 9 192.168.1.3 > 198.51.100.1) ttl 63 length 56',
    ])
  })

  it('drops them by name when it is set to', () => {
    const bench = home({ icmp: false })
    expect(bench.lines('wan', errorTo(bench, '198.51.100.254'))).toEqual(['drop nat-icmp-off'])
  })

  it('translates errors of the inside', () => {
    const bench = home()
    bench.give('lan', udp(X, '198.51.100.1:1'))
    const [got] = packets(bench.give('wan', udp('198.51.100.1:1', '203.0.113.5:5000')))
    const error = buildIcmpError({
      source: address('192.168.1.2'),
      error: { kind: 'port-unreachable' },
      original: got!.bytes,
    })
    expect(bench.lines('lan', error)).toEqual([
      'wan: port-unreachable 203.0.113.5 > 198.51.100.1 about (udp 198.51.100.1:1 > 203.0.113.5:5000) ttl 63 length 56',
    ])
  })
})

describe('a NAT forwards as a router does', () => {
  it('TTL and MTU, with errors about the packet as it came, before any mapping is made', () => {
    const bench = home()
    bench.tell({ kind: 'mtu', port: 'wan', mtu: 1000 })
    expect(bench.lines('lan', udp(X, '198.51.100.1:1', { ttl: 1 }))).toEqual([
      'drop ttl-expired',
      'born home:lan/1',
      `lan: time-exceeded 192.168.1.1 > 192.168.1.2 about (udp ${X} > 198.51.100.1:1) ttl 64 length 56`,
    ])
    expect(bench.lines('lan', udp(X, '198.51.100.1:1', { size: 1100, df: true }))).toEqual([
      'drop df-too-big',
      'born home:lan/2',
      `lan: too-big 1000 192.168.1.1 > 192.168.1.2 about (udp ${X} > 198.51.100.1:1) ttl 64 length 576`,
    ])
    expect(bench.lines('wan', udp('198.51.100.1:1', '203.0.113.5:5000'))).toEqual(['drop nat-no-mapping'])
    expect(bench.lines('lan', udp(X, '198.51.100.1:1', { size: 1100 }))).toEqual([
      'wan: fragment at 0 203.0.113.5 > 198.51.100.1 ttl 63 length 996',
      'wan: fragment at 976 203.0.113.5 > 198.51.100.1 ttl 63 length 152',
    ])
  })

  it('other protocols, unknown ways, neighbours inside', () => {
    const bench = home()
    const ends = { source: address('192.168.1.2'), destination: address('198.51.100.1') }
    const gre = buildIp({ ...ends, protocol: 47, payload: new Uint8Array(20) })
    expect(bench.lines('lan', gre)).toEqual(['drop nat-unsupported-protocol'])
    expect(bench.lines('lan', udp(X, '224.0.0.1:1'))).toEqual(['drop multicast'])
    expect(bench.lines('lan', udp(X, '192.168.1.9:1'))).toEqual([`lan: udp ${X} > 192.168.1.9:1 ttl 63 length 28`])
    expect(bench.lines('wan', udp('198.51.100.1:1', '192.168.1.2:1'))).toEqual(['drop nat-no-mapping'])
  })

  it('fragments: put together, translated, sent on in pieces no larger than they came', () => {
    const bench = home()
    const pieces = fragmentIpv4(udp(X, '198.51.100.1:1', { size: 3000, id: 5 }), 1200)
    expect(pieces).toHaveLength(3)
    expect(bench.lines('lan', pieces[2]!)).toEqual([])
    expect(bench.lines('lan', pieces[0]!)).toEqual([])
    expect(bench.lines('lan', pieces[1]!)).toEqual([
      'wan: fragment at 0 203.0.113.5 > 198.51.100.1 ttl 63 length 1196',
      'wan: fragment at 1176 203.0.113.5 > 198.51.100.1 ttl 63 length 1196',
      'wan: fragment at 2352 203.0.113.5 > 198.51.100.1 ttl 63 length 676',
    ])
    expect(bench.lines('lan', pieces[0]!)).toEqual([])
    expect(bench.at(30 * S)).toEqual(['drop reassembly-timeout'])
    expect(home({ fragments: 'drop' }).lines('lan', pieces[0]!)).toEqual(['drop fragment-dropped'])
  })
})

describe('IPv6 is routed behind a stateful filter (RFC 6092)', () => {
  const inner = '[2001:db8:1::2]:5000'
  const remote = '[2001:db8:2::1]:1'

  it.each([
    [EI, '[2001:db8:2::2]:9', true],
    [AD, '[2001:db8:2::1]:9', true],
    [AD, '[2001:db8:2::2]:1', false],
    [APD, '[2001:db8:2::1]:1', true],
    [APD, '[2001:db8:2::1]:9', false],
  ] as const)('%s: an answer from %s passes: %s', (filtering, from, passes) => {
    const bench = home({ filtering })
    expect(bench.lines('wan', udp(from, inner))).toEqual(['drop nat-filtered'])
    expect(bench.lines('lan', udp(inner, remote))).toEqual([`wan: udp ${inner} > ${remote} ttl 63 length 48`])
    expect(bench.lines('wan', udp(from, inner))).toEqual([
      passes ? `lan: udp ${from} > ${inner} ttl 63 length 48` : 'drop nat-filtered',
    ])
    bench.at(120 * S)
    expect(bench.lines('wan', udp(from, inner))).toEqual(['drop nat-mapping-expired'])
  })

  it('echo, errors, and fragments as they came', () => {
    const bench = home()
    bench.give('lan', echo('2001:db8:1::2', '2001:db8:2::1', 4))
    expect(bench.lines('wan', echo('2001:db8:2::1', '2001:db8:1::2', 4, true))).toEqual([
      'lan: icmp 129 id 4 2001:db8:2::1 > 2001:db8:1::2 ttl 63 length 48',
    ])
    const [sent] = packets(bench.give('lan', udp(inner, remote)))
    const error = buildIcmpError({
      source: address('2001:db8:9::9'),
      error: { kind: 'too-big', mtu: 1280 },
      original: sent!.bytes,
    })
    expect(bench.lines('wan', error)).toEqual([
      `lan: too-big 1280 2001:db8:9::9 > 2001:db8:1::2 about (udp ${inner} > ${remote}) ttl 63 length 96`,
    ])
    const pieces = fragmentIpv6(udp(remote, inner, { size: 2000 }), 1280, 7)
    expect(bench.lines('wan', pieces[1]!)).toEqual([])
    expect(bench.lines('wan', pieces[0]!)).toHaveLength(2)
    const stranger = fragmentIpv6(udp('[2001:db8:2::9]:1', inner, { size: 2000 }), 1280, 7)
    expect(stranger.flatMap(piece => bench.lines('wan', piece))).toEqual(['drop nat-filtered'])
  })
})

interface Behaviour {
  readonly mapping: NatBehaviour
  readonly filtering: NatBehaviour
  readonly refresh: NonNullable<NatSpec['refresh']>
}

/** The definitions of RFC 4787 and of the scenario language, written down as lists that are searched from the front. */
class Oracle {
  readonly #spec: Behaviour
  readonly #timeout: number
  readonly #unreplied: number
  #mappings: {
    inside: string
    to: string
    port: number
    at: number
    replied: boolean
    sessions: { from: string; at: number; replied: boolean }[]
  }[] = []

  constructor(spec: Behaviour, timeout: number, unreplied: number) {
    this.#spec = spec
    this.#timeout = timeout
    this.#unreplied = unreplied
  }

  out(now: number, host: string, port: number, remoteHost: string, remotePort: number): number {
    this.#forget(now)
    const inside = `${host}:${port}`
    const to = part(this.#spec.mapping, remoteHost, remotePort)
    let mapping = this.#mappings.find(one => one.inside === inside && one.to === to)
    if (mapping === undefined) {
      let free = port
      while (this.#mappings.some(one => one.port === free)) free = free === 65535 ? 1024 : free + 1
      mapping = { inside, to, port: free, at: now, replied: false, sessions: [] }
      this.#mappings.push(mapping)
    }
    const from = part(this.#spec.filtering, remoteHost, remotePort)
    const session = mapping.sessions.find(one => one.from === from)
    if (this.#spec.refresh !== 'inbound') mapping.at = now
    if (session === undefined) mapping.sessions.push({ from, at: now, replied: false })
    else if (this.#spec.refresh !== 'inbound') session.at = now
    return mapping.port
  }

  /** The inner end it reaches, or the reason why not; `anything` stands for the two reasons of no mapping. */
  in(now: number, port: number, remoteHost: string, remotePort: number): string {
    this.#forget(now)
    const mapping = this.#mappings.find(one => one.port === port)
    if (mapping === undefined) return 'unmapped'
    const from = part(this.#spec.filtering, remoteHost, remotePort)
    const session = mapping.sessions.find(one => one.from === from)
    if (session === undefined && this.#spec.filtering !== EI) return 'filtered'
    mapping.replied = true
    if (this.#spec.refresh !== 'outbound') mapping.at = now
    if (session !== undefined) {
      session.replied = true
      if (this.#spec.refresh !== 'outbound') session.at = now
    }
    return mapping.inside
  }

  #forget(now: number): void {
    const life = (one: { replied: boolean }) => (one.replied ? this.#timeout : this.#unreplied)
    this.#mappings = this.#mappings.filter(one => now - one.at < life(one))
    for (const mapping of this.#mappings) {
      mapping.sessions = mapping.sessions.filter(one => now - one.at < life(one))
    }
  }
}

function part(behaviour: NatBehaviour, host: string, port: number): string {
  return behaviour === EI ? '' : behaviour === AD ? host : `${host}:${port}`
}

describe('against a model that only searches lists', () => {
  const behaviour = fc.constantFrom(...BEHAVIOURS)
  const traffic = fc.array(
    fc.record({
      way: fc.constantFrom('out', 'out', 'in', 'in', 'in'),
      host: fc.integer({ min: 2, max: 4 }),
      port: fc.constantFrom(5000, 5001, 65535),
      outer: fc.constantFrom(5000, 5001, 5002, 5003, 65535, 1024),
      remote: fc.integer({ min: 1, max: 3 }),
      remotePort: fc.integer({ min: 1, max: 2 }),
      wait: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 10 }), fc.constantFrom(29, 30, 31, 60, 90, 120)),
    }),
    { maxLength: 60 },
  )

  it('says the same of any traffic', () => {
    fc.assert(
      fc.property(
        behaviour,
        behaviour,
        fc.constantFrom('outbound', 'inbound', 'both'),
        fc.constantFrom(30, 60, 120),
        fc.constantFrom(30, 60, 120),
        fc.boolean(),
        traffic,
        (mapping, filtering, refresh, timeout, unreplied, timely, events) => {
          const spec = { mapping, filtering, refresh } as const
          const bench = home({ ...spec, timeout: `${timeout}s`, timeout_unreplied: `${unreplied}s` })
          const oracle = new Oracle(spec, timeout * S, unreplied * S)
          let now = 0
          for (const event of events) {
            now += event.wait * S
            if (timely) bench.at(now)
            else bench.now = now as typeof bench.now
            const remote = `198.51.100.${event.remote}`
            if (event.way === 'out') {
              const host = `192.168.1.${event.host}`
              const want = oracle.out(now, host, event.port, remote, event.remotePort)
              const end = outsideEnd(bench, `${host}:${event.port}`, `${remote}:${event.remotePort}`)
              expect(end).toBe(`203.0.113.5:${want}`)
              continue
            }
            const want = oracle.in(now, event.outer, remote, event.remotePort)
            const [got] = bench.lines('wan', udp(`${remote}:${event.remotePort}`, `203.0.113.5:${event.outer}`))
            const reasons = ['drop nat-no-mapping', 'drop nat-mapping-expired']
            if (want === 'unmapped') expect(reasons).toContain(got)
            else if (want === 'filtered') expect(got).toBe('drop nat-filtered')
            else expect(got).toContain(`> ${want} ttl 63`)
          }
        },
      ),
      { numRuns: 400 },
    )
  })
})
