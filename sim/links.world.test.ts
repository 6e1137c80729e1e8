/** Links as a world has them: what steps and presets do to both ends of a cable, and what a scenario may not ask. */
import { describe, expect, it } from 'vitest'
import { nodeCrypto } from '../impl/crypto/node/provider.ts'
import { LINK_PRESETS } from '../scenarios/language/link-presets.ts'
import type { Scenario } from '../scenarios/language/scenario.ts'
import type { Link } from '../scenarios/language/topology.ts'
import type { Row } from '../scenarios/language/trace.ts'
import { checkScenario } from './check.ts'
import { simWorld } from './world.ts'

function plain(up: Link | undefined, rest: Partial<Scenario> = {}): Scenario {
  return {
    schema: 'wglab/scenario@1',
    title: 'links',
    duration: '60s',
    networks: { internet: {} },
    hosts: {
      alice: { interfaces: { internet: { address: '198.51.100.1', ...(up === undefined ? {} : { up }) } } },
      bob: { interfaces: { internet: '203.0.113.2' } },
    },
    steps: [],
    expect: [{ see: 'dropped', because: 'link-loss', count: { min: 0 } }],
    ...rest,
  }
}

function rowsOf(scenario: Scenario, seed = '1'): Row[] {
  const rows: Row[] = []
  simWorld.run({ scenario, cast: {}, seed, crypto: nodeCrypto, sink: { row: row => rows.push(row) } })
  return rows
}

const drops = (rows: readonly Row[]) => rows.flatMap(row => (row.kind === 'drop' ? [`${row.at} ${row.reason}`] : []))
const told = (rows: readonly Row[], step: string) =>
  rows.flatMap(row => (row.kind === 'step' && row.step === step && row.seq !== undefined ? [row.what] : []))

describe('an MTU that changes in mid-flow is known at both ends', () => {
  const ping = (name: string, at: '2s' | '12s', df: boolean) =>
    ({ do: 'ping', at, name, from: 'alice', to: '203.0.113.2', size: 1400, df }) as const
  const step = (node: string, network: string, direction: 'up' | 'down', mtu: number) =>
    ({ do: 'link', at: '5s', node, network, direction, set: { mtu } }) as const

  it.each([
    ['alice', 'up', 'alice'],
    ['alice', 'down', 'internet'],
    ['bob', 'up', 'bob'],
    ['bob', 'down', 'internet'],
  ] as const)(
    '%s %s: %s cuts what is too large, and nothing reaches the cable that does not fit',
    (node, direction, who) => {
      const rows = rowsOf(
        plain(undefined, {
          steps: [ping('before', '2s', false), step(node, 'internet', direction, 1300), ping('after', '12s', false)],
        }),
      )
      expect(drops(rows)).toEqual([])
      expect([told(rows, 'before').at(-1), told(rows, 'after').at(-1)]).toEqual(['answered', 'answered'])
      const sizes = rows.flatMap(row => (row.kind === 'hop' && row.dir === 'in' && row.t >= 12e9 ? [row.size] : []))
      expect(Math.max(...sizes)).toBe(1428)
      // Whoever sends into the narrow cable makes the pieces.
      expect(sizes.filter(size => size < 1428 && size > 28).length).toBeGreaterThan(1)
      const cut = rows.find(row => row.kind === 'hop' && row.dir === 'out' && row.t >= 12e9 && row.size < 1428)
      if (who !== 'internet') expect(cut !== undefined && 'at' in cut ? cut.at : '').toBe(`${who}:internet`)
    },
  )

  it('a NAT and a router learn it as well: a packet that must not be cut is refused by them', () => {
    const nat: Scenario = {
      ...plain(undefined),
      networks: { internet: {}, lan: { kind: 'lan', gateway: '192.168.1.1' } },
      nats: { middle: { inside: { lan: '192.168.1.1/24' }, outside: { internet: '198.51.100.9' } } },
      hosts: { alice: { interfaces: { lan: '192.168.1.2/24' } }, bob: { interfaces: { internet: '203.0.113.2' } } },
    }
    const router: Scenario = {
      ...plain(undefined),
      networks: { lan: { kind: 'lan', gateway: '192.168.1.1' }, internet: { kind: 'lan', gateway: '203.0.113.1' } },
      routers: { middle: { interfaces: { lan: '192.168.1.1/24', internet: '203.0.113.1/24' } } },
      hosts: { alice: { interfaces: { lan: '192.168.1.2/24' } }, bob: { interfaces: { internet: '203.0.113.2/24' } } },
    }
    for (const scenario of [nat, router]) {
      const refused = (mtu: number) => {
        const steps = [ping('before', '2s', true), step('middle', 'internet', 'up', mtu), ping('after', '12s', true)]
        return drops(rowsOf({ ...scenario, steps }))
      }
      expect(refused(1427)).toEqual(['middle df-too-big'])
      expect(refused(1428)).toEqual([])
    }
  })
})

describe('presets', () => {
  const steps: Scenario['steps'] = [
    { do: 'ping', at: '1s', name: 'far', from: 'alice', to: '203.0.113.2', count: 20, interval: '2s' },
  ]
  it.each(LINK_PRESETS.map(({ name }) => name))(
    '%s runs, the same way each time, and most pings are answered',
    preset => {
      const scenario = plain(undefined, { steps })
      const alice = { interfaces: { internet: { address: '198.51.100.1', link: { preset } } } }
      const with_ = { ...scenario, hosts: { ...scenario.hosts, alice } }
      expect(checkScenario(with_)).toEqual([])
      const rows = rowsOf(with_)
      expect(rowsOf(with_)).toEqual(rows)
      expect(told(rows, 'far').filter(what => what === 'answered').length).toBeGreaterThan(9)
    },
  )

  it('by a step: what was there before is forgotten, at both ends', () => {
    const before: Link = { loss: 1, mtu: 1300, delay: '3s' }
    const change: Scenario['steps'][number] = {
      do: 'link',
      at: '5s',
      node: 'alice',
      network: 'internet',
      set: { preset: 'dsl-pppoe' },
    }
    const ping: Scenario['steps'][number] = {
      do: 'ping',
      at: '9s',
      name: 'late',
      from: 'alice',
      to: '203.0.113.2',
      size: 1464,
      df: true,
    }
    const rows = rowsOf(plain(before, { steps: [...steps.map(step => ({ ...step, count: 1 })), change, ping] }))
    expect(drops(rows)).toEqual(['alice:internet link-loss'])
    expect(told(rows, 'late')).toContain('answered')
  })

  it('of a network, under the keys of a machine', () => {
    const scenario = plain({ loss: 0, delay: '1ms' }, { networks: { internet: { link: { preset: 'geo' } } }, steps })
    const [first] = rowsOf(scenario).filter(row => row.kind === 'hop' && row.at === 'internet' && row.dir === 'in')
    // 1 ms of alice's own and not 270 ms; the jitter of the preset stays: 10 ms is its standard deviation.
    expect((first?.t ?? 0) / 1e6 - 1000).toBeLessThan(45)
  })
})

describe('what can not work is refused before it runs', () => {
  const said = (up: Link) =>
    checkScenario(plain(up)).map(({ path, reason, instead }) => `${path}: ${reason} (${instead})`)
  const at = '/hosts/alice/interfaces/internet/up'
  const inAlice = (text: string) => text.replace('/hosts/alice/interfaces/internet:', `${at}:`)

  it.each<[Link, string]>([
    [{ burst: 3000 }, `${at}: burst without a rate: nothing ever waits here ("rate": "10Mbit" beside it)`],
    [{ queue_bytes: 3000 }, `${at}: queue_bytes without a rate: nothing ever waits here ("rate": "10Mbit" beside it)`],
    [
      { discipline: { kind: 'codel' } },
      `${at}: discipline without a rate: nothing ever waits here ("rate": "10Mbit" beside it)`,
    ],
    [
      { rate: '1Mbit', burst: 1400 },
      `${at}: a packet of 1500 bytes does not fit into a burst of 1400 ("burst": 15000)`,
    ],
    [
      { police: { rate: '1Mbit', burst: 1000 } },
      `${at}: no packet of 1500 bytes ever passes a police of burst 1000 (15000)`,
    ],
    [
      { corrupt_field: [{ message: 'data', field: 'mac1', flip: 0 }] },
      `${at}/corrupt_field/0/field: a message of kind data has no field "mac1" (type, receiver, mac1 …)`,
    ],
    [
      { corrupt_field: [{ message: 'initiation', field: 'sender', hex: '0011223344' }] },
      `${at}/corrupt_field/0/hex: "sender" has 4 bytes, not 5 (at most 8 digits)`,
    ],
    [
      { corrupt_field: [{ message: 'keepalive', field: 'payload', flip: 0 }] },
      `${at}/corrupt_field/0/flip: "payload" has 0 bits; bit 0 is beyond (a bit of it, from 0)`,
    ],
  ])('%j', (up, expected) => {
    expect(said(up).map(inAlice)).toEqual([expected])
  })
})
