import fc from 'fast-check'
import { expect, test } from 'vitest'
import { instant } from '../impl/box.ts'
import type { Scenario } from '../scenarios/language/scenario.ts'
import type { Link } from '../scenarios/language/topology.ts'
import { layoutOf } from './layout.ts'
import { Loop } from './loop.ts'
import { Cloud } from './net/cloud.ts'
import { Copies } from './net/faults.ts'
import { Cable } from './net/link.ts'
import { Switch } from './net/switch.ts'
import { seededRandom } from './random.ts'
import { Resolver } from './resolver.ts'
import { planSteps } from './script.ts'
import { Tap } from './tap.ts'
import { Chatter, Lines } from './testing.ts'
import { Topology } from './topology.ts'

/** Nobody has it: the cloud answers with an error of its own. */
const NOWHERE = Uint8Array.of(192, 0, 2, 99)
const SPAN_NS = 200_000_000

interface Small {
  readonly seed: string
  readonly hosts: readonly {
    readonly name: string
    readonly network: 'world' | 'home'
    readonly count: number
    readonly up: Link
    readonly down: Link
  }[]
  readonly steps: readonly { readonly host: number; readonly at: number; readonly cut: boolean }[]
}

const link: fc.Arbitrary<Link> = fc.record(
  {
    delay: fc.constantFrom('0ms' as const, '1ms' as const, '10ms' as const),
    jitter: fc.constantFrom('0ms' as const, '3ms' as const),
    reorder: fc.boolean(),
    rate: fc.constantFrom('1Mbit' as const, '100kbit' as const),
    queue: fc.integer({ min: 1, max: 5 }),
    loss: fc.constantFrom(0, 0.1, 0.5),
    duplicate: fc.constantFrom(0, 0.3),
    corrupt: fc.constantFrom(0, 0.2),
  },
  { requiredKeys: [] },
)

const NAMES = ['alice', 'bob', 'carol', 'dave', 'erin', 'z', 'a', 'm']
const small: fc.Arbitrary<Small> = fc.record({
  seed: fc.string(),
  hosts: fc.uniqueArray(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 6 }).chain(names =>
    fc.tuple(
      ...names.map(name =>
        fc.record({
          name: fc.constant(name),
          network: fc.constantFrom('world' as const, 'home' as const),
          count: fc.nat(12),
          up: link,
          down: link,
        }),
      ),
    ),
  ),
  steps: fc.array(fc.record({ host: fc.nat(5), at: fc.integer({ min: 0, max: 200 }), cut: fc.boolean() }), {
    maxLength: 4,
  }),
})

/** Two strangers that talk to each other alone, on both networks, at the same moments as everybody else. */
const strangers: Small['hosts'] = [
  { name: 'b-stranger', network: 'world', count: 40, up: { loss: 0.2, duplicate: 0.2 }, down: { jitter: '5ms' } },
  { name: 'stranger', network: 'world', count: 40, up: {}, down: { rate: '1Mbit', queue: 2 } },
  { name: 'y-stranger', network: 'home', count: 40, up: {}, down: {} },
]

function addressOf(network: string, index: number): string {
  return network === 'home' ? `10.0.0.${index + 1}` : `203.0.113.${index + 1}`
}

function scenarioOf({ hosts, steps }: Small): Scenario {
  return {
    schema: 'wglab/scenario@1',
    title: 'small',
    duration: '1s',
    networks: { world: {}, home: { kind: 'lan' } },
    hosts: Object.fromEntries(
      hosts.map(({ name, network, up, down }) => {
        const index = name.includes('stranger') ? 100 + name.length : NAMES.indexOf(name)
        const address = addressOf(network, index)
        return [
          name,
          { interfaces: { [network]: { address: network === 'home' ? `${address}/24` : address, up, down } } },
        ]
      }),
    ),
    steps: steps.flatMap(({ host, at, cut }) => {
      const place = hosts[host]
      return place === undefined
        ? []
        : [{ do: 'link', at: `${at}ms`, node: place.name, network: place.network, set: { cut } } as const]
    }),
    expect: [{ see: 'delivered', step: '#0' }],
  }
}

function rowsOf(small: Small): string[] {
  const scenario = scenarioOf(small)
  const lines = new Lines()
  const loop = new Loop(new Tap(lines))
  const layout = layoutOf(scenario)
  const random = seededRandom(small.seed)
  const copies = new Copies()
  const topology = new Topology(loop, layout, {
    machine(name, role, seats) {
      if (role.kind === 'network')
        return role.network.kind === 'lan' ? new Switch({ name }) : new Cloud({ name, spec: role.network })
      const seat = seats[0]!
      const isStranger = (host: string): boolean => host.includes('stranger')
      const peers = layout.seats.filter(
        other => other.network === seat.network && isStranger(other.machine) === isStranger(name),
      )
      return new Chatter({
        name,
        random: random.split(name),
        port: seat.network,
        source: seat.addresses[0]!.address,
        targets: [
          ...peers.filter(peer => peer.machine !== name).flatMap(peer => peer.addresses.map(({ address }) => address)),
          NOWHERE,
        ],
        count: small.hosts.find(host => host.name === name)?.count ?? 0,
        span_ns: SPAN_NS,
        answers: true,
      })
    },
    cable: (name, place, options) =>
      new Cable({ name: place, random: random.split(`cable ${name}`), link: options, copies }),
  })
  planSteps({ scenario, loop, topology, row: row => lines.row(row), resolver: new Resolver(scenario.names) })
  loop.run(instant(SPAN_NS * 5))
  return lines.lines
}

test('the same seed gives the same rows', () => {
  fc.assert(
    fc.property(small, world => {
      expect(rowsOf(world)).toEqual(rowsOf(world))
    }),
    { numRuns: 60 },
  )
})

test('hosts that have nothing to do with the others change no row of theirs', () => {
  fc.assert(
    fc.property(small, world => {
      // First, last and in the middle: neither the order of the hosts nor their names matter.
      const [first, second, third] = strangers as [Small['hosts'][0], Small['hosts'][0], Small['hosts'][0]]
      const half = Math.floor(world.hosts.length / 2)
      const hosts = [first, ...world.hosts.slice(0, half), second, ...world.hosts.slice(half), third]
      const steps = world.steps.map(step => ({ ...step, host: hosts.indexOf(world.hosts[step.host]!) }))
      const rows = rowsOf({ ...world, hosts, steps })
      const others = rows.filter(line => !line.includes('stranger'))
      expect(others).toEqual(rowsOf(world))
      expect(rows.length).toBeGreaterThan(others.length)
    }),
    { numRuns: 60 },
  )
})

test('rows come in the order of time', () => {
  fc.assert(
    fc.property(small, world => {
      const times = rowsOf(world).map(line => (JSON.parse(line) as { t: number }).t)
      expect(times).toEqual(times.toSorted((a, b) => a - b))
    }),
    { numRuns: 30 },
  )
})

test('every packet that was born is done, dropped with a name, or copied', () => {
  fc.assert(
    fc.property(small, world => {
      const rows = rowsOf(world).map(line => JSON.parse(line))
      const ends = new Map<string, number>()
      for (const row of rows) {
        if (row.kind === 'drop') expect(row.reason).toMatch(/^[a-z-]+$/)
        if (row.kind !== 'drop' && row.dir !== 'done') continue
        const id = `${row.packet.box}/${row.packet.n}/${row.copy}`
        ends.set(id, (ends.get(id) ?? 0) + 1)
      }
      for (const row of rows) if (row.dir === 'born') expect(ends.get(`${row.packet.box}/${row.packet.n}/0`)).toBe(1)
      expect([...ends.values()].every(count => count === 1)).toBe(true)
    }),
    { numRuns: 60 },
  )
})

test('the way of one packet, whole', () => {
  const world: Small = {
    seed: '1',
    hosts: [
      { name: 'alice', network: 'world', count: 1, up: {}, down: {} },
      { name: 'bob', network: 'world', count: 0, up: { delay: '3ms' }, down: {} },
    ],
    steps: [],
  }
  const seen = rowsOf(world)
    .map(line => JSON.parse(line))
    .filter(row => row.packet.box === 'alice' && row.packet.n === 1)
    .map(row => `${row.t / 1e6} ${row.kind} ${row.at} ${row.dir} ${row.bytes === undefined ? '' : 'with bytes'}`.trim())
  expect(seen.join('\n')).toMatchInlineSnapshot(`
    "86 hop alice born
    86 hop alice:world out with bytes
    96 hop world in
    106 hop bob:world in with bytes
    106 hop bob done"
  `)
})
