/** The probe against NATs whose parameters are known: what it says must be so, and a NAT made from what it says acts alike. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Nat, NatBehaviours } from '../../scenarios/language/nat.ts'
import { type NatParameters, resolveNat } from '../../scenarios/language/nat-parameters.ts'
import { NAT_PRESET_NAMES } from '../../scenarios/language/nat-presets.ts'
import { type Duration, durationNs } from '../../scenarios/language/quantity.ts'
import { NatBench } from './bench.ts'
import { type Finding, type Measured, parametersOf } from './findings.ts'
import { KEYS, measureNat } from './measure.ts'
import { KNOWN_PORTS } from './measure-times.ts'
import { conduct, type EndText, type Seen } from './world.ts'

const PLACE = { inside: { lan: '192.168.1.1/24' }, outside: { internet: '203.0.113.5' } }
const RUNS = Number(process.env['WGLAB_PROBE_RUNS'] ?? 8)

function bench(behaviours: NatBehaviours, seed = '1'): NatBench {
  return new NatBench({ seed, spec: { ...PLACE, ...behaviours } as Nat })
}

function probe(behaviours: NatBehaviours, most: number, seed = '1'): Measured {
  const nat = bench(behaviours, seed)
  return conduct(measureNat(nat.world, { most }), nat)
}

/** Times in ns, so that 2m and 120s are one; the rest as it is. */
function plainValue(value: unknown): unknown {
  if (typeof value === 'string' && /^\d[\d.]*(ns|us|ms|s|m|h|d)$/.test(value)) return durationNs(value as Duration)
  if (Array.isArray(value)) return value.map(plainValue)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plainValue(one)]))
}

/**
 * Of several values that act alike towards everybody, the one that the probe names. Each line says why two are one.
 */
function canonical(given: NatParameters): NatParameters {
  const p: { -readonly [K in keyof NatParameters]: NatParameters[K] } = { ...given }
  const ordered = p.ports === 'sequential' && p.ports_taken !== 'linux'
  // Linux's search begins at a random place, whatever was counted.
  if (p.ports === 'sequential' && !ordered) p.ports = 'random'
  // Classes begin at 1024.
  if (p.port_class !== 'none') p.port_range = [Math.max(1024, p.port_range[0]), p.port_range[1]]
  // Kept or nothing: in a range from 1 on there are no classes.
  if (p.ports === 'preserving' && p.ports_taken === 'drop' && p.port_class === 'none' && p.port_range[0] === 1)
    p.port_range = [1024, p.port_range[1]]
  const known = Object.entries(p.timeout_ports).filter(([port]) => KNOWN_PORTS.includes(Number(port)))
  p.timeout_ports = Object.fromEntries(known)
  return p
}

/** `key: what it said; what is`: every parameter that was measured, and is not so. */
function lies(given: NatParameters, { parameters }: Measured): string[] {
  const truth = canonical(given)
  return KEYS.flatMap(key => {
    const finding = parameters[key] as Finding<unknown>
    if (finding.kind === 'unseen') return []
    const [said, is] = [JSON.stringify(plainValue(finding.value)), JSON.stringify(plainValue(truth[key]))]
    return said === is ? [] : [`${key}: ${said}; it is ${is} (${finding.how})`]
  })
}

/** What was measured; of what was not, that it was not. */
function seenValues({ parameters }: Measured): Record<string, unknown> {
  return Object.fromEntries(
    KEYS.map(key => [key, parameters[key].kind === 'unseen' ? 'unseen' : plainValue(parameters[key].value)]),
  )
}

describe('the presets', () => {
  it.each(NAT_PRESET_NAMES)(
    '%s: what is measured is so, and what was made of it measures alike',
    { timeout: 60_000 },
    preset => {
      const found = probe({ preset }, 1100)
      expect(lies(resolveNat({ preset }), found)).toEqual([])
      const again = probe(parametersOf(found.parameters), 1100, '2')
      expect(seenValues(again)).toEqual(seenValues(found))
    },
  )
})

const behaviour = fc.constantFrom('endpoint-independent', 'address-dependent', 'address-and-port-dependent')
const direction = fc.constantFrom('outbound', 'inbound', 'both')
const seconds = (min: number, max: number) => fc.integer({ min, max }).map(s => `${s}s` as Duration)
const rarely = <T, U>(usual: T, arbitrary: fc.Arbitrary<U>) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary })
const life = fc.oneof(
  seconds(10, 300),
  fc.integer({ min: 10_000, max: 200_000 }).map(ms => `${ms}ms` as Duration),
  fc.constantFrom<Duration>('30s', '60s', '120s', '180s'),
)

/** NATs of every kind that the language has; TCP, which the probe does not speak, is as it comes. */
const anyNat: fc.Arbitrary<NatBehaviours> = fc
  .record({
    mapping: behaviour,
    filtering: behaviour,
    filter_timeout: rarely('none' as const, life),
    filter_refresh: direction,
    ports: fc.constantFrom('preserving', 'sequential', 'random'),
    ports_taken: fc.constantFrom('next', 'random', 'linux', 'drop'),
    ports_step: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 40 })),
    port_range: rarely<[number, number], [number, number]>(
      [1024, 65_535],
      fc
        .tuple(fc.integer({ min: 1_024, max: 40_000 }), fc.integer({ min: 400, max: 20_000 }))
        .map(([a, n]) => [a, a + n]),
    ),
    port_class: fc.constantFrom('rfc4787', 'linux', 'none'),
    port_parity: fc.boolean(),
    sharing: rarely('none' as const, fc.constantFrom('by-remote', 'by-remote', 'always')),
    on_conflict: rarely('other-port' as const, fc.constant('other-class')),
    unsolicited: fc.constantFrom('ignored', 'occupies'),
    timeout: life,
    timeout_unreplied: life,
    timeout_first: life,
    timeout_stream: life,
    stream_after: fc.oneof(fc.constant<Duration>('0s'), seconds(1, 20)),
    timeout_ports: rarely({}, fc.dictionary(fc.constantFrom('53', '443', '51820'), life)),
    refresh: direction,
    refresh_scope: rarely('session' as const, fc.constant('mapping')),
    lifetime: rarely('none' as const, seconds(20, 600)),
    max_mappings: rarely('none' as const, fc.integer({ min: 12, max: 50 })),
    max_per_host: rarely('none' as const, fc.integer({ min: 10, max: 40 })),
    when_full: fc.constantFrom('drop-new', 'evict-oldest', 'evict-unreplied'),
    refusal: fc.constantFrom('silent', 'icmp'),
    hold_down: rarely<Duration, Duration>('0s', seconds(1, 200)),
    hairpin: fc.constantFrom('off', 'external', 'internal'),
    hairpin_filter: fc.boolean(),
    query: fc.record({ timeout: life }),
    icmp: rarely(true, fc.constant(false)),
    fragments: rarely('pass' as const, fc.constant('drop')),
  })
  .map(nat => nat as NatBehaviours)

interface Happening {
  readonly what: 'out' | 'out' | 'in' | 'literal' | 'across' | 'ping' | 'pong'
  readonly wait_ms: number
  readonly host: 'a' | 'b' | 'c'
  readonly port: number
  readonly server: 's1' | 's2' | 's3'
  readonly serverPort: number
  /** Which of the outer ends that were seen so far it goes to. */
  readonly target: number
}

const anyHappening: fc.Arbitrary<Happening> = fc.record({
  what: fc.constantFrom('out', 'out', 'out', 'in', 'in', 'in', 'literal', 'across', 'ping', 'pong'),
  wait_ms: fc.oneof(
    fc.constant(0),
    fc.integer({ min: 0, max: 3_000 }),
    fc.integer({ min: 0, max: 90_000 }),
    fc.constantFrom(9_999, 10_000, 30_000, 60_000, 120_000),
  ),
  host: fc.constantFrom('a', 'a', 'b', 'c'),
  port: fc.constantFrom(20_000, 20_000, 20_001, 30_500),
  server: fc.constantFrom('s1', 's1', 's2', 's3'),
  serverPort: fc.constantFrom(40_007, 40_007, 40_011, 53),
  target: fc.nat({ max: 20 }),
})

/** What becomes of everything that is sent, with outer ports by their value or, where they are drawn, by their first appearance. */
function fates(behaviours: NatBehaviours, happenings: readonly Happening[], drawn: boolean): string[] {
  const nat = bench(behaviours, 'traffic')
  const ends: EndText[] = []
  const names = new Map<EndText, string>()
  const nameOf = (end: EndText): string => {
    if (!end.startsWith('203.0.113.5:') || !drawn) return end
    if (!names.has(end)) names.set(end, `outer ${names.size + 1}`)
    return names.get(end) ?? end
  }
  const told = (seen: readonly Seen[]): string =>
    seen.map(one => `${one.kind} at ${one.at}: ${nameOf(one.source)} > ${nameOf(one.destination)}`).join(', ') ||
    'nothing'
  const fate = (one: Happening, i: number): string => {
    const { host, port, server, serverPort } = one
    nat.perform({ do: 'wait', ns: one.wait_ms * 1_000_000 })
    const place = nat.world.servers.find(({ name }) => name === server)?.address
    const n = i + 1
    const target = ends.length === 0 ? '203.0.113.5:20000' : (ends[one.target % ends.length] as EndText)
    const send = (shot: Parameters<NatBench['perform']>[0]) => nat.perform(shot)
    const udp = (from: string, fromPort: number, to: EndText) =>
      send({ do: 'send', shot: { kind: 'udp', n, from, port: fromPort, to } })
    switch (one.what) {
      case 'out': {
        const seen = udp(host, port, `${place}:${serverPort}`)
        for (const each of seen) if (each.kind === 'udp' && each.at === server) ends.push(each.source)
        return `${n} out: ${told(seen)}`
      }
      case 'in':
        return `${n} in: ${told(udp(server, serverPort, target))}`
      case 'literal':
        return drawn ? `${n}` : `${n} literal: ${told(udp(server, serverPort, `203.0.113.5:${port}`))}`
      case 'across':
        return `${n} across: ${told(udp(host, port, target))}`
      case 'ping': {
        const shot = { kind: 'echo', n, from: host, id: 7, to: place ?? '', reply: false } as const
        return `${n} ping: ${send({ do: 'send', shot }).length}`
      }
      case 'pong': {
        const shot = { kind: 'echo', n, from: server, id: 7, to: '203.0.113.5', reply: true } as const
        return `${n} pong: ${drawn ? '' : told(send({ do: 'send', shot }))}`
      }
    }
  }
  return happenings.map(fate)
}

/** Whether chance has a part in which outer ports there are. */
function draws(p: NatParameters): boolean {
  if (p.sharing === 'always') return false
  return (
    p.ports === 'random' ||
    p.ports_taken === 'linux' ||
    p.ports_taken === 'random' ||
    (p.blocks !== 'none' && p.blocks.order === 'random')
  )
}

/** What no probe can tell apart, and traffic could: said by the findings themselves as not observable. */
function isHidden(given: NatParameters, { parameters }: Measured): boolean {
  const unseen = (key: keyof NatParameters) => parameters[key].kind === 'unseen'
  const guessed = unseen('timeout') && given.lifetime === 'none'
  // A lifetime that is over before any timeout hides what would have kept the mapping.
  const brief = unseen('refresh')
  // The filter hides which of two mappings with one port an answer finds.
  const overloaded = given.sharing === 'always' && unseen('mapping')
  // Which flows are old shows in nothing but who is thrown out of a full table.
  const old = unseen('stream_after') && given.max_mappings !== 'none' && given.when_full === 'evict-unreplied'
  // Who can not have its port has none, and so no class to be seen.
  const refused = given.on_conflict === 'other-class' && given.ports_taken === 'drop'
  // Of few ports one is soon drawn twice, by one NAT and not by the other.
  const few = draws(given) && given.port_range[1] - given.port_range[0] < 20_000
  return guessed || brief || overloaded || old || few || refused
}

describe('any NAT', () => {
  it('what is measured is so, and a NAT that is made of it measures alike and treats any traffic alike', () => {
    fc.assert(
      fc.property(anyNat, fc.array(anyHappening, { minLength: 10, maxLength: 60 }), (nat, happenings) => {
        const given = resolveNat(nat)
        const found = probe(nat, 64)
        expect(lies(given, found)).toEqual([])
        if (isHidden(given, found)) return
        const made = parametersOf(found.parameters)
        expect(seenValues(probe(made, 64, '2'))).toEqual(seenValues(found))
        expect(fates(made, happenings, draws(given))).toEqual(fates(nat, happenings, draws(given)))
      }),
      { numRuns: RUNS, seed: 4, endOnFailure: true },
    )
  }, 600_000)
})

describe('several outside addresses', () => {
  it.each(['paired', 'round-robin', 'arbitrary'] as const)('%s', { timeout: 60_000 }, pooling => {
    const outside = { internet: ['203.0.113.5', '203.0.113.6', '203.0.113.7'] }
    const nat = new NatBench({ seed: '1', spec: { inside: PLACE.inside, outside, pooling, ports: 'random' } as Nat })
    const found = conduct(measureNat(nat.world, { most: 64 }), nat)
    expect(found.parameters.pooling).toMatchObject({ kind: 'measured', value: pooling })
  })
})

describe('blocks', () => {
  it.each([
    { size: 16, per_host: 1, order: 'next' },
    { size: 8, per_host: 3, order: 'next' },
    { size: 32, per_host: 1, order: 'deterministic' },
    { size: 20, per_host: 1, order: 'random' },
  ] as const)('$size ports, $per_host of them, $order', { timeout: 60_000 }, blocks => {
    const found = probe({ blocks, ports: 'random', port_class: 'none', refusal: 'icmp' }, 128)
    expect(found.parameters.blocks).toMatchObject({ kind: 'measured', value: blocks })
    expect(found.parameters.refusal).toMatchObject({ kind: 'measured', value: 'icmp' })
  })
})

describe('what is seen on the way', () => {
  const trait = (behaviours: Record<string, unknown>, name: string) =>
    probe(behaviours as NatBehaviours, 64).traits.find(one => one.name === name)?.value

  it('says what becomes of checksums, fragments, TTL and ICMP errors', { timeout: 60_000 }, () => {
    const { traits } = probe({}, 64)
    expect(Object.fromEntries(traits.map(({ name, value }) => [name, value]))).toEqual({
      'fragments out of order': 'pass',
      TTL: 'out 1 less, in 1 less',
      'UDP checksum 0': 'out stays 0, in stays 0',
      'UDP checksum': 'out right, in right',
      'payload with the inner address in it': 'arrives as it was',
      'ICMP errors': 'translated outside and inside, checksum right',
      'mapping after an ICMP error': 'stays',
      'TTL 1 from the inside': 'time-exceeded from 192.168.1.1',
    })
    expect(trait({ fragments: 'drop' }, 'fragments out of order')).toBe('do not pass')
  })
})

it('a world where nothing passes is told so', () => {
  const deaf = { ...bench({}).world }
  const measurer = measureNat(deaf)
  expect(() => conduct(measurer, { world: deaf, perform: () => [] })).toThrow(
    'nothing that an inner machine sends arrives at a server: there is no NAT to measure',
  )
})
