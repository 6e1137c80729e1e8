/**
 * Worlds of random NATs, cables, machines and accidents: the same seed gives the same trace, strangers change nothing of
 * it, no packet is lost without a word, and it does not matter in how many pieces time passes.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nodeCrypto } from '../impl/crypto/node/provider.ts'
import { rowToJson } from '../scenarios/language/canonical.ts'
import { LINK_PRESETS } from '../scenarios/language/link-presets.ts'
import { NAT_PRESET_NAMES } from '../scenarios/language/nat-presets.ts'
import type { Scenario } from '../scenarios/language/scenario.ts'
import type { Step } from '../scenarios/language/step.ts'
import type { Host, Link, Nat } from '../scenarios/language/topology.ts'
import { checkScenario } from '../sim/check.ts'
import { simWorld } from '../sim/world.ts'
import { runOne } from './evidence.ts'

/** The same worlds in every run; another number shows others. */
const SEED = Number(process.env['WGLAB_RANDOM_WORLDS'] ?? 4)
const RUNS = { numRuns: 30, seed: SEED }

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 2 })
const ms = (min: number, max: number) => fc.integer({ min, max }).map(value => `${value}ms` as const)
const chance = (most: number) => fc.integer({ min: 1, max: 100 }).map(percent => (percent * most) / 100)
const behaviour = fc.constantFrom('endpoint-independent', 'address-dependent', 'address-and-port-dependent')
const direction = fc.constantFrom('outbound', 'inbound', 'both')

/** Without the keys that are undefined. */
function trim<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as never
}

const times = fc.record({
  ...{ timeout: ms(500, 9000), timeout_unreplied: maybe(ms(500, 9000)), timeout_first: maybe(ms(500, 9000)) },
  ...{ timeout_stream: maybe(ms(500, 20_000)), filter_timeout: maybe(ms(500, 9000)), stream_after: maybe(ms(0, 4000)) },
  ...{ refresh: maybe(direction), filter_refresh: maybe(direction) },
  ...{ refresh_scope: maybe(fc.constantFrom('session', 'mapping')), hold_down: maybe(ms(1, 9000)) },
  tcp: maybe(fc.record({ timeout: ms(1000, 9000), timeout_reset: ms(0, 3000), pick_up: fc.boolean() })),
  query: maybe(fc.record({ timeout: ms(100, 9000) })),
})
const limits = fc.record({
  ...{ max_mappings: maybe(fc.integer({ min: 1, max: 9 })), max_per_host: maybe(fc.integer({ min: 1, max: 5 })) },
  when_full: maybe(fc.constantFrom('drop-new', 'evict-oldest', 'evict-unreplied')),
  refusal: maybe(fc.constantFrom('silent', 'icmp')),
  hairpin: maybe(fc.constantFrom('off', 'external', 'internal')),
  ...{
    hairpin_filter: maybe(fc.boolean()),
    fragments: maybe(fc.constantFrom('pass', 'drop')),
    icmp: maybe(fc.boolean()),
  },
  unsolicited: maybe(fc.constantFrom('ignored', 'occupies')),
})
const edges = fc.record({
  too_big: maybe(fc.constantFrom('tell', 'silent', 'clear-df', 'tell-outside')),
  ...{ errors_per_s: maybe(fc.integer({ min: 0, max: 2 })), ttl: maybe(fc.constantFrom('decrement', 'keep')) },
  checksums: maybe(fc.constantFrom('update', 'leave', 'fill', 'refuse-none', 'clear')),
  ip_id: maybe(fc.constantFrom('keep', 'rewrite', 'zero')),
  fragment_order: maybe(fc.constantFrom('joined', 'any', 'in-order', 'first-only')),
  icmp_errors: maybe(fc.constantFrom('translate', 'outer-only', 'bad-checksum', 'kill-mapping')),
  police: maybe(fc.constant([{ protocol: 'udp' as const, rate: '100kbit' as const }])),
})
/** Ways to give ports, each a set of keys that fit together. */
const ports = fc.oneof(
  fc.record({
    ...{ mapping: behaviour, filtering: behaviour, ports: fc.constantFrom('preserving', 'sequential', 'random') },
    ...{ ports_taken: maybe(fc.constantFrom('next', 'random', 'linux', 'drop')), port_parity: maybe(fc.boolean()) },
    port_class: maybe(fc.constantFrom('rfc4787', 'linux', 'none')),
    port_range: maybe(fc.constantFrom<[number, number]>([1024, 65_535], [2000, 2003])),
    pooling: maybe(fc.constantFrom('paired', 'round-robin', 'arbitrary')),
  }),
  fc.record({
    mapping: fc.constantFrom('address-dependent', 'address-and-port-dependent'),
    ...{ filtering: behaviour, sharing: fc.constant('by-remote'), ports_reuse: fc.boolean() },
    ports_taken: maybe(fc.constantFrom('next', 'linux')),
  }),
  fc.record({ filtering: behaviour, sharing: fc.constant('always'), ports: fc.constant('preserving') }),
  fc.record({ mapping: behaviour, on_conflict: fc.constant('other-class'), ports: fc.constant('preserving') }),
  fc.record({
    ...{ mapping: behaviour, port_class: fc.constant('none'), port_range: fc.constant<[number, number]>([2000, 2063]) },
    blocks: fc.record({ size: fc.constantFrom(1, 4, 8), order: fc.constantFrom('next', 'random', 'deterministic') }),
  }),
  fc.record({ preset: fc.constantFrom(...NAT_PRESET_NAMES) }),
)
const nat = fc.tuple(ports, times, limits, edges).map(([way, ...rest]): Partial<Nat> => {
  const [life, room, edge] = rest.map(trim)
  // A preset has its own idea of times and room.
  return ('preset' in way ? { ...way, ...edge } : { ...trim(way), ...life, ...room, ...edge }) as Partial<Nat>
})

const link = fc
  .tuple(
    fc.record({
      ...{
        delay: maybe(ms(0, 60)),
        jitter: maybe(ms(1, 40)),
        reorder: maybe(fc.boolean()),
        mtu: maybe(fc.integer({ min: 1280, max: 1500 })),
      },
      distribution: maybe(fc.constantFrom('normal', 'pareto', 'paretonormal')),
      ...{ jitter_correlation: maybe(chance(0.9)), loss: maybe(chance(0.2)), loss_correlation: maybe(chance(0.9)) },
      gilbert_elliott: maybe(fc.record({ p: chance(0.2), r: chance(1), good: chance(0.1), bad: chance(1) })),
      loss_burst: maybe(fc.record({ chance: chance(0.05), length: fc.integer({ min: 1, max: 9 }) })),
      blackouts: maybe(fc.tuple(fc.record({ at: ms(0, 5000), for: ms(1, 2000), every: fc.constant('5s' as const) }))),
      duplicate: maybe(fc.record({ chance: chance(0.3), count: fc.integer({ min: 1, max: 3 }), delay: ms(0, 900) })),
      replays: maybe(fc.tuple(fc.record({ chance: chance(0.3), after: ms(1, 4000) }))),
      ...{
        corrupt: maybe(chance(0.1)),
        ecn: maybe(fc.constantFrom('pass', 'bleach', 'mark')),
        dscp: maybe(fc.nat(63)),
      },
      police: maybe(fc.constant({ rate: '200kbit' as const, burst: 5000 })),
    }),
    maybe(
      fc.record({
        rate: fc.constantFrom('64kbit', '1Mbit'),
        ...{ queue: fc.integer({ min: 1, max: 40 }), queue_bytes: maybe(fc.integer({ min: 1500, max: 9000 })) },
        burst: maybe(fc.integer({ min: 1500, max: 9000 })),
        discipline: maybe(
          fc.oneof(
            fc.constant({ kind: 'drop-tail' as const }),
            fc.record({ kind: fc.constant('codel' as const), ecn: fc.boolean() }),
            fc.record({ kind: fc.constant('fq-codel' as const), flows: fc.constantFrom(1, 8, 1024) }),
          ),
        ),
      }),
    ),
    maybe(fc.constantFrom(...LINK_PRESETS.map(({ name }) => name))),
  )
  .map(([faults, shape, preset]): Link => trim({ ...faults, ...trim(shape ?? {}), preset }) as Link)

const NAMES = ['alice', 'bob', 'carol', 'dave'] as const
const ACTS = ['ping', 'ping', 'send', 'tcp', 'roam', 'reboot', 'suspend', 'clock', 'link', 'nat', 'service'] as const
const world = fc.record({
  seed: fc.string({ maxLength: 4 }),
  ...{ nat, cloud: link, cables: fc.array(link, { minLength: 4, maxLength: 4 }) },
  clock: fc.record({
    ...{ offset: ms(-5000, 5000), drift_ppm: fc.integer({ min: -500, max: 500 }) },
    rtc: fc.constantFrom('battery', 'none', 'saved'),
  }),
  radio: fc.boolean(),
  internet: fc.record({
    fragments: fc.constantFrom('pass', 'drop'),
    too_big: fc.constantFrom('tell', 'silent', 'clear-df'),
    ecn: fc.constantFrom('pass', 'bleach', 'mark'),
  }),
  steps: fc.array(
    fc.record({
      act: fc.constantFrom(...ACTS),
      ...{
        at: fc.integer({ min: 0, max: 9000 }),
        from: fc.nat(3),
        to: fc.nat(3),
        count: fc.integer({ min: 1, max: 5 }),
      },
      ...{ inside: fc.boolean(), link },
    }),
    { minLength: 3, maxLength: 14 },
  ),
})
type World = typeof world extends fc.Arbitrary<infer T> ? T : never

const number = (name: string): number => NAMES.indexOf(name as never) + 1
const isHome = (name: string): boolean => number(name) > 2
const addressOf = (name: string): string => `${isHome(name) ? '192.168.1' : '203.0.113'}.${number(name) + 1}`

/** Alice and bob on the internet, carol and dave at home behind the NAT; each has a tunnel to each. */
function scenarioOf(small: World): Scenario {
  const hosts = Object.fromEntries(NAMES.map((name, i) => [name, hostOf(name, small.cables[i]!)]))
  const { alice, carol, dave } = hosts
  hosts['alice'] = { ...alice!, clock: small.clock, services: { signal: { kind: 'signal-server', iface: 'wg0' } } }
  hosts['carol'] = {
    ...carol!,
    services: {
      finder: { kind: 'signal-client', iface: 'wg0', server: '10.0.0.1:5351', peers: ['dave'], every: '2s' },
    },
  }
  if (small.radio) hosts['dave'] = { ...dave!, radio: { home: {} } }
  return {
    schema: 'wglab/scenario@1',
    title: 'random',
    duration: '25s',
    networks: { internet: { link: small.cloud, ...small.internet }, home: { kind: 'lan', gateway: '192.168.1.1' } },
    nats: { gate: { inside: { home: '192.168.1.1/24' }, outside: { internet: OUTSIDE }, ...small.nat } },
    hosts,
    steps: small.steps.map((each, i) => stepOf(each, i)),
    expect: [{ see: 'received', host: 'alice', what: 'fragment', count: { min: 0 } }],
  }
}

const OUTSIDE = ['203.0.113.77', '203.0.113.78']

function hostOf(name: string, up: Link): Host {
  const peers = NAMES.filter(other => other !== name).map(other => {
    const endpoint = isHome(other) ? '' : `Endpoint = ${addressOf(other)}:51820\n`
    return `\n[Peer]\nPublicKey = <${other}.pub>\nAllowedIPs = 10.0.0.${number(other)}/32\n${endpoint}`
  })
  const own = `[Interface]\nPrivateKey = <${name}>\nAddress = 10.0.0.${number(name)}/24\nListenPort = 51820\n`
  const at = isHome(name) ? { address: `${addressOf(name)}/24`, up } : { address: addressOf(name), up }
  return { interfaces: { [isHome(name) ? 'home' : 'internet']: at }, wg: { wg0: own + peers.join('') } }
}

function stepOf({ act, at: time, from, to, count, inside, link: set }: World['steps'][number], index: number): Step {
  const at = `${time}ms` as const
  const host = NAMES[from]!
  const other = NAMES[to]!
  const network = isHome(host) ? 'home' : 'internet'
  const target = inside || isHome(other) ? `10.0.0.${to + 1}` : addressOf(other)
  switch (act) {
    case 'ping':
      return { do: 'ping', at, from: host, to: target, count, size: 300 * count, df: count > 4 }
    case 'send':
      return { do: 'send', at, from: host, to: `${target}:7`, count, interval: '10ms', size: 500 * count, tos: count }
    case 'tcp':
      return { do: 'tcp', at, from: host, to: `${target}:80`, bytes: 4000 * count, direction: 'both', deadline: '9s' }
    case 'roam': {
      const attachment = isHome(host) ? `192.168.1.${index + 101}/24` : `198.51.100.${index + 1}`
      return { do: 'roam', at, host, network, attachment }
    }
    case 'reboot':
      return { do: 'reboot', at, host, off: `${count}s` }
    case 'suspend':
      return { do: 'suspend', at, host, for: `${count}s` }
    case 'clock':
      return inside ? { do: 'clock', at, host, jump: '-1h' } : { do: 'clock', at, host, drift_ppm: 100 * count }
    case 'link':
      return { do: 'link', at, node: host, network, set }
    case 'nat':
      if (inside) return { do: 'nat', at, nat: 'gate', rebind: count > 2 ? 'both' : 'port' }
      return { do: 'nat', at, nat: 'gate', flush: true, ports: count > 2 ? 'same' : 'other' }
    case 'service':
      return { do: 'service', at, host: 'carol', service: 'finder', act: count > 2 ? 'now' : 'stop' }
  }
}

function linesOf(scenario: Scenario, seed: string, progress?: () => void): string[] {
  const lines: string[] = []
  const sink = { row: (row: Parameters<typeof rowToJson>[0]) => void lines.push(rowToJson(row)) }
  simWorld.run({ scenario, cast: {}, seed, sink, crypto: nodeCrypto, ...(progress === undefined ? {} : { progress }) })
  return lines
}

test('twice the same trace, every check on it holds, and time may pass in pieces', () => {
  fc.assert(
    fc.property(world, small => {
      const scenario = scenarioOf(small)
      expect(checkScenario(scenario)).toEqual([])
      const named = { id: 'random', scenario }
      const first = runOne(named, { cast: {}, seed: small.seed })
      // A step can not be done on a machine that is off: that is for the checks to say, and no fault here.
      const wrong = first.checks.filter(check => check.result !== 'pass' && check.name !== 'every step is done')
      expect(wrong).toEqual([])
      expect(first.checks.map(check => check.name)).toContain('every packet is explained')
      const again = runOne(named, { cast: {}, seed: small.seed, onProgress: () => {} })
      expect(again.trace_sha256).toBe(first.trace_sha256)
    }),
    RUNS,
  )
})

test('one stranger who is silent and two who talk change no row of the others', () => {
  fc.assert(
    fc.property(world, small => {
      const scenario = scenarioOf(small)
      const key = 'PrivateKey = <%>\nAddress = 10.0.0.1/24\nListenPort = 51820\n'
      const text = `[Interface]\n${key.replace('%', 'a-stranger')}\n[Peer]\nPublicKey = <z-stranger.pub>\n`
      const tunnel = `${text}AllowedIPs = 10.0.0.2/32\nEndpoint = 192.0.2.2:51820\n`
      const talker: Host = { interfaces: { internet: '192.0.2.1' }, wg: { wg0: tunnel } }
      const steps: Step[] = [
        ...scenario.steps,
        { do: 'ping', at: '0s', from: 'a-stranger', to: '192.0.2.2', count: 9 },
        { do: 'tcp', at: '1s', from: 'z-stranger', to: '192.0.2.1:80', bytes: 9000 },
        { do: 'ping', at: '2s', from: 'a-stranger', to: '10.0.0.2' },
      ]
      const hosts = {
        ...{ 'a-stranger': talker, 'm-stranger': { interfaces: { internet: '192.0.2.3' } }, ...scenario.hosts },
        'z-stranger': { interfaces: { internet: '192.0.2.2' } },
      }
      const more = linesOf({ ...scenario, hosts, steps }, small.seed)
      const others = more.filter(line => !line.includes('stranger'))
      expect(others).toEqual(linesOf(scenario, small.seed))
      expect(more.length).toBeGreaterThan(others.length + 20)
    }),
    RUNS,
  )
})

test('the worlds are worlds in which things happen', () => {
  const seen = new Set<string>()
  for (const small of fc.sample(world, { numRuns: 30, seed: SEED })) {
    for (const line of linesOf(scenarioOf(small), small.seed)) {
      const row = JSON.parse(line)
      if (row.kind === 'drop') seen.add(row.reason)
      if (row.kind === 'step') seen.add(row.what)
    }
  }
  expect([...seen]).toEqual(expect.arrayContaining(['answered', 'arrived', 'link-loss', 'policed', 'replayed']))
  expect(seen.size).toBeGreaterThan(20)
})
