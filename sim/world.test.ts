import fc from 'fast-check'
import { expect, test } from 'vitest'
import { noble } from '../impl/crypto/noble.ts'
import { nodeCrypto } from '../impl/crypto/node/provider.ts'
import type { Scenario } from '../scenarios/language/scenario.ts'
import type { Step } from '../scenarios/language/step.ts'
import { Lines } from './testing.ts'
import { simWorld } from './world.ts'

function runLines(scenario: Scenario, seed = '1') {
  const sink = new Lines()
  const end = simWorld.run({ scenario, cast: {}, seed, sink, crypto: nodeCrypto })
  return { lines: sink.lines, rows: sink.lines.map(line => JSON.parse(line)), end }
}

const peer = (name: string, allowed: string, more = ''): string =>
  `\n[Peer]\nPublicKey = <${name}.pub>\nAllowedIPs = ${allowed}\n${more}`
const iface = (name: string, address: string, more = ''): string =>
  `[Interface]\nPrivateKey = <${name}>\nAddress = ${address}\n${more}`

function pair(steps: Step[]): Scenario {
  return {
    schema: 'wglab/scenario@1',
    title: 'two peers',
    duration: '30s',
    networks: { internet: {} },
    hosts: {
      alice: {
        interfaces: { internet: '203.0.113.1' },
        wg: { wg0: iface('alice', '10.0.0.1/24') + peer('bob', '10.0.0.2/32', 'Endpoint = 203.0.113.2:51820\n') },
      },
      bob: {
        interfaces: { internet: '203.0.113.2' },
        wg: { wg0: iface('bob', '10.0.0.2/24', 'ListenPort = 51820\n') + peer('alice', '10.0.0.1/32') },
      },
    },
    steps,
    expect: [{ see: 'received', host: 'alice', what: 'fragment', count: 0 }],
  }
}

test('two hosts ping through the tunnel: the way of the first packet', () => {
  const { rows, end } = runLines(
    pair([{ do: 'ping', at: '1s', name: 'hello', from: 'alice', to: '10.0.0.2', count: 2 }]),
  )
  const steps = rows
    .filter(row => row.kind === 'step')
    .map(row => `${row.t / 1e6} ${row.host} ${row.step} ${row.what} ${row.seq ?? ''}`.trim())
  expect(steps.filter(line => line.includes('answered'))).toEqual([
    '1080 alice hello answered 1',
    '2040 alice hello answered 2',
  ])
  const first = rows.find(row => row.kind === 'step' && row.what === 'sent')
  const way = rows
    .filter(row => row.kind === 'hop' && row.packet.box === first.packet.box && row.packet.n === first.packet.n)
    .map(
      row =>
        `${row.t / 1e6} ${row.at} ${row.dir} ${row.layer} ${row.size}${row.bytes === undefined ? '' : ' with bytes'}`,
    )
  expect(way.join('\n')).toMatchInlineSnapshot(`
    "1000 alice born inner 84
    1000 alice:wg0 out inner 84 with bytes
    1040 alice:internet out wire 156 with bytes
    1050 internet in wire 156
    1060 bob:internet in wire 156 with bytes
    1060 bob:wg0 in inner 84 with bytes
    1060 bob done inner 84"
  `)
  expect(rows.filter(row => row.kind === 'drop')).toEqual([])
  const state = rows.filter(row => row.kind === 'state' && row.t === 30e9)
  expect(state.map(row => `${row.host} ${row.iface} ${row.peer} ${row.endpoint}`)).toEqual([
    'alice wg0 bob 203.0.113.2:51820',
    expect.stringMatching(/^bob wg0 alice 203\.0\.113\.1:\d+$/),
  ])
  expect(end.ended_at).toBe(30e9)
  expect(end.warnings).toEqual([])
  expect(Object.values(end.names).sort()).toEqual(['alice', 'bob'])
  expect(end.vantages.map(({ name }) => name)).toEqual(['alice:internet', 'alice:wg0', 'bob:internet', 'bob:wg0'])
})

test('the key log has each secret once, and no secret is in a row', () => {
  const { lines, end } = runLines(pair([{ do: 'ping', at: '1s', from: 'alice', to: '10.0.0.2' }]))
  const secrets = end.keylog.map(line => `${line.kind} ${line.reveal()}`)
  expect(new Set(secrets).size).toBe(secrets.length)
  const kinds = (kind: string): number => end.keylog.filter(line => line.kind === kind).length
  expect(kinds('LOCAL_STATIC_PRIVATE_KEY')).toBe(2)
  expect(kinds('LOCAL_EPHEMERAL_PRIVATE_KEY')).toBe(2)
  const shown = lines.join('\n')
  for (const line of end.keylog) {
    expect(shown).not.toContain(line.reveal())
    expect(shown).not.toContain(Array.from(Buffer.from(line.reveal(), 'base64')).join())
  }
})

test('roaming: another address, then another network, and the tunnel goes on; what was on its way is lost by name', () => {
  const scenario: Scenario = {
    ...pair([
      { do: 'ping', at: '1s', name: 'before', from: 'alice', to: '10.0.0.2' },
      { do: 'roam', at: '5s', name: 'address', host: 'alice', network: 'internet', attachment: '198.51.100.9' },
      { do: 'ping', at: '6s', name: 'moved', from: 'alice', to: '10.0.0.2' },
      { do: 'ping', at: '9965ms', name: 'too late', from: 'alice', to: '10.0.0.2' },
      {
        do: 'roam',
        at: '10s',
        name: 'network',
        host: 'alice',
        network: 'internet',
        to: 'home',
        attachment: '192.168.1.2/24',
      },
      { do: 'ping', at: '11s', name: 'home', from: 'alice', to: '10.0.0.2' },
      { do: 'link', at: '12s', name: 'slow', node: 'alice', network: 'home', direction: 'up', set: { delay: '100ms' } },
      { do: 'ping', at: '13s', name: 'slowly', from: 'alice', to: '10.0.0.2' },
    ]),
    nats: { gate: { inside: { home: '192.168.1.1/24' }, outside: { internet: '203.0.113.77' } } },
    expect: [6, 10, 12].map(second => ({
      see: 'endpoint' as const,
      name: `after ${second} s`,
      host: 'bob',
      peer: 'alice',
      is: '203.0.113.77:1',
      at: `${second * 1000 + 500}ms` as const,
    })),
  }
  const { rows } = runLines({ ...scenario, networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } } })
  const answers = rows.filter(row => row.what === 'answered').map(row => `${row.t / 1e6} ${row.step}`)
  expect(answers).toEqual(['1080 before', '6040 moved', '11040 home', '13140 slowly'])
  const told = rows
    .filter(row => row.kind === 'step' && row.packet === undefined)
    .map(row => `${row.t / 1e6} ${row.step} ${row.what}`)
  for (const line of ['5000 address begun', '5000 address done', '10000 network done', '12000 slow done'])
    expect(told).toContain(line)
  const drops = rows.filter(row => row.kind === 'drop').map(row => `${row.t / 1e6} ${row.at} ${row.reason}`)
  expect(drops).toEqual(['10005 alice:internet unplugged'])
  const endpoints = rows
    .filter(row => row.kind === 'state' && row.host === 'bob')
    .map(row => row.endpoint.split(':')[0])
  expect([...new Set(endpoints)]).toEqual(['(none)', '203.0.113.1', '198.51.100.9', '203.0.113.77'])
  // The cloud has no way back to the old place any more.
  expect(rows.some(row => row.kind === 'hop' && row.at === 'alice:internet' && row.t > 10e9)).toBe(false)
})

test('whichever provider computes: the same rows', () => {
  const scenario = pair([{ do: 'ping', at: '1s', from: 'alice', to: '10.0.0.2', count: 3 }])
  const other = new Lines()
  simWorld.run({ scenario, cast: {}, seed: '1', sink: other, crypto: noble })
  expect(other.lines).toEqual(runLines(scenario).lines)
})

test('a run that stops early is the beginning of the whole one, but for its last report', () => {
  const scenario = pair([{ do: 'ping', at: '1s', from: 'alice', to: '10.0.0.2', count: 20 }])
  const sink = new Lines()
  const seen: number[] = []
  const progress = (now: number) => seen.push(now)
  const end = simWorld.run({ scenario, cast: {}, seed: '1', sink, crypto: nodeCrypto, until: 10e9, progress })
  const last = sink.lines.findIndex(line => line.startsWith('{"kind":"state","t":10000000000,'))
  expect(sink.lines.slice(0, last)).toEqual(runLines(scenario).lines.slice(0, last))
  expect(end.ended_at).toBe(10e9)
  expect(seen.at(-1)).toBe(10e9)
  expect(seen).toEqual(seen.toSorted((a, b) => a - b))
})

test('a state is told when an expectation asks for it, after all else of that instant', () => {
  const scenario = pair([{ do: 'ping', at: '1s', from: 'alice', to: '10.0.0.2' }])
  const asked = { see: 'transfer', host: 'alice', peer: 'bob', at: '1080ms', rx: 220 } as const
  const { rows } = runLines({ ...scenario, expect: [asked] })
  const now = rows.filter(row => row.t === 1_080_000_000)
  // The answer to the first ping arrives at this very instant: 92 bytes of response, 128 of data.
  expect(now.map(row => row.kind)).toContain('hop')
  expect(now.at(-1)).toMatchObject({ kind: 'state', host: 'alice', peer: 'bob', rx_bytes: 220 })
})

test('keys of people do their work under other names, and are in no row', () => {
  const secret = (n: number): string => Buffer.alloc(32, n).toString('base64')
  const publicKey = (n: number): string =>
    Buffer.from(noble.privateKey(Buffer.alloc(32, n)).publicKey).toString('base64')
  const scenario = pair([{ do: 'ping', at: '1s', name: 'hello', from: 'alice', to: '10.0.0.2' }])
  const literal = (text: string): string =>
    text
      .replace('<alice>', secret(1))
      .replace('<bob>', secret(2))
      .replace('<alice.pub>', publicKey(1))
      .replace('<bob.pub>', publicKey(2))
  const hosts = Object.fromEntries(
    Object.entries(scenario.hosts).map(([name, host]) => [
      name,
      { ...host, wg: { wg0: literal(host.wg?.['wg0'] ?? '') } },
    ]),
  )
  const { rows, lines, end } = runLines({ ...scenario, hosts })
  expect(rows.some(row => row.kind === 'step' && row.what === 'answered')).toBe(true)
  expect(Object.values(end.names).sort()).toEqual(['alice', 'bob'])
  const told = JSON.stringify([lines, end, end.keylog.map(line => line.reveal())])
  for (const n of [1, 2]) {
    expect(told).not.toContain(secret(n))
    expect(told).not.toContain(publicKey(n))
  }
})

test('unsupported casts are named, problems are listed', () => {
  const scenario = pair([])
  const named: Scenario = {
    ...scenario,
    hosts: { ...scenario.hosts, eve: { interfaces: { internet: '203.0.113.9' }, probe: true } },
  }
  expect(simWorld.supports(named, { alice: 'ours' })).toEqual({ ok: true })
  const because = (cast: Record<string, string>) => {
    const support = simWorld.supports(named, cast)
    return support.ok ? undefined : `${support.verdict}: ${support.because}`
  }
  expect(because({ alice: 'kernel-6.12' })).toBe(
    'unsupported: the simulator plays "ours" only, and alice is to be kernel-6.12',
  )
  expect(because({ eve: 'boringtun' })).toBe('unsupported: eve is a probe, which the lab itself plays, not boringtun')
  expect(because({ carol: 'ours' })).toBe(
    'unsupported: the cast names a host "carol", which the scenario does not have',
  )
  expect(() => runLines({ ...scenario, expect: [{ see: 'delivered', step: 'x' }] })).toThrow(
    'the scenario can not run:\n/expect/0/step: there is no step "x"',
  )
})

/** A random world of hosts with tunnels to each other, traffic, faults, roams and reboots. */
const NAMES = ['alice', 'bob', 'carol', 'dave']
const world = fc.record({
  seed: fc.string({ maxLength: 4 }),
  hosts: fc.uniqueArray(fc.constantFrom(...NAMES), { minLength: 2, maxLength: 4 }),
  link: fc.record(
    {
      jitter: fc.constant('4ms' as const),
      loss: fc.constantFrom(0.05, 0.3),
      duplicate: fc.constant(0.2),
      corrupt: fc.constant(0.1),
      reorder: fc.boolean(),
    },
    { requiredKeys: [] },
  ),
  steps: fc.array(
    fc.record({
      what: fc.constantFrom('ping', 'ping', 'send', 'roam', 'reboot', 'suspend', 'clock', 'cut', 'narrow', 'flush'),
      at: fc.integer({ min: 0, max: 9_000 }),
      from: fc.nat(3),
      to: fc.nat(3),
      count: fc.integer({ min: 1, max: 5 }),
    }),
    { maxLength: 12 },
  ),
})
type World = typeof world extends fc.Arbitrary<infer T> ? T : never

/** Alice and bob on the internet, carol and dave at home behind a NAT: they know where alice and bob are, and nobody else. */
function scenarioOf({ hosts, link, steps }: World): Scenario {
  const number = (name: string): number => NAMES.indexOf(name) + 1
  const isHome = (name: string): boolean => number(name) > 2
  const network = (name: string): string => (isHome(name) ? 'home' : 'internet')
  return {
    schema: 'wglab/scenario@1',
    title: 'random',
    duration: '40s',
    networks: { internet: { link }, home: { kind: 'lan', gateway: '192.168.1.1' } },
    nats: { gate: { inside: { home: '192.168.1.1/24' }, outside: { internet: '203.0.113.9' }, timeout: '5s' } },
    hosts: Object.fromEntries(
      hosts.map(name => {
        const peers = hosts
          .filter(other => other !== name)
          .map(other => {
            const endpoint = isHome(other) ? '' : `Endpoint = 203.0.113.${number(other)}:51820\n`
            return peer(other, `10.0.0.${number(other)}/32`, endpoint)
          })
        const text = iface(name, `10.0.0.${number(name)}/24`, 'ListenPort = 51820\n') + peers.join('')
        const address = isHome(name) ? `192.168.1.${number(name)}/24` : `203.0.113.${number(name)}`
        return [name, { interfaces: { [network(name)]: address }, wg: { wg0: text } }]
      }),
    ),
    steps: steps.map(({ what, at: ms, from, to, count }, index): Step => {
      const host = hosts[from % hosts.length]!
      const target = `10.0.0.${number(hosts[to % hosts.length]!)}`
      const at = `${ms}ms` as const
      switch (what) {
        case 'ping':
          return { do: 'ping', at, from: host, to: target, count }
        case 'send':
          return { do: 'send', at, from: host, to: `${target}:7`, count, interval: '10ms', size: 500 * count }
        case 'roam': {
          const attachment = isHome(host) ? `192.168.1.${index + 101}/24` : `198.51.100.${index + 1}`
          return { do: 'roam', at, host, network: network(host), attachment }
        }
        case 'reboot':
          return { do: 'reboot', at, host }
        case 'suspend':
          return { do: 'suspend', at, host, for: '3s' }
        case 'clock':
          return { do: 'clock', at, host, jump: '-1h' }
        case 'flush':
          return { do: 'nat', at, nat: 'gate', flush: true, outside: { internet: `203.0.113.${index + 50}` } }
        case 'narrow':
          return { do: 'link', at, node: host, network: network(host), set: { mtu: 1300 } }
        default:
          return { do: 'link', at, node: host, network: network(host), set: { cut: count > 2 } }
      }
    }),
    expect: [{ see: 'received', host: hosts[0]!, what: 'fragment', count: { min: 0 } }],
  }
}

test('the same seed gives the same rows, another seed others', () => {
  fc.assert(
    fc.property(world, small => {
      const scenario = scenarioOf(small)
      const first = runLines(scenario, small.seed)
      expect(runLines(scenario, small.seed).lines).toEqual(first.lines)
      const times = first.rows.map(row => row.t)
      expect(times).toEqual(times.toSorted((a, b) => a - b))
      const sealed = first.rows.some(row => row.kind === 'hop' && row.layer === 'wire')
      if (sealed) expect(runLines(scenario, `${small.seed}!`).lines).not.toEqual(first.lines)
    }),
    { numRuns: 25 },
  )
})

test('two strangers with a tunnel of their own change no row of the others', () => {
  fc.assert(
    fc.property(world, small => {
      const scenario = scenarioOf(small)
      const strangers = {
        'a-stranger': {
          interfaces: { internet: '192.0.2.1' },
          wg: {
            wg0:
              iface('a-stranger', '10.0.0.1/24', 'ListenPort = 51820\n') +
              peer('z-stranger', '10.0.0.2/32', 'Endpoint = 192.0.2.2:51820\n'),
          },
        },
        'z-stranger': {
          interfaces: { internet: '192.0.2.2' },
          wg: { wg0: iface('z-stranger', '10.0.0.2/24', 'ListenPort = 51820\n') + peer('a-stranger', '10.0.0.1/32') },
        },
      }
      // Steps keep their numbers: those of the strangers come last, at the moments of the others.
      const steps: Step[] = [
        ...scenario.steps,
        { do: 'ping', at: '0s', from: 'a-stranger', to: '10.0.0.2', count: 9 },
        { do: 'send', at: '0s', from: 'z-stranger', to: '192.0.2.200:9', count: 9 },
      ]
      const { 'a-stranger': first, 'z-stranger': last } = strangers
      const hosts = { 'a-stranger': first, ...scenario.hosts, 'z-stranger': last }
      const more = runLines({ ...scenario, hosts, steps }, small.seed).lines
      const others = more.filter(line => !line.includes('stranger'))
      expect(others).toEqual(runLines(scenario, small.seed).lines)
      expect(more.length).toBeGreaterThan(others.length + 20)
    }),
    { numRuns: 25 },
  )
})

test('every packet is done, dropped with a name that the legend explains, or still waits at the end', () => {
  fc.assert(
    fc.property(world, small => {
      const { rows, end } = runLines(scenarioOf(small), small.seed)
      const ended = new Set<string>()
      const last = new Map<string, string>()
      for (const row of rows) {
        if (row.packet === undefined || (row.kind !== 'hop' && row.kind !== 'drop')) continue
        const id = `${row.packet.box}/${row.packet.n}`
        // What moved in the last second may be on a cable.
        if (row.t > 39e9) last.delete(id)
        else last.set(id, `${row.kind} ${row.at} ${row.dir ?? row.reason}`)
        if (row.kind === 'drop') expect(Object.keys(end.legend)).toContain(row.reason)
        if (row.kind === 'drop' || row.dir === 'done') ended.add(id)
      }
      // Waits for a handshake: it went into the tunnel and no further.
      const open = [...last].filter(([id, where]) => !ended.has(id) && !/^hop [a-z]+:wg0 out$/.test(where))
      expect(open).toEqual([])
    }),
    { numRuns: 40 },
  )
})
