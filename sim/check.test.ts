import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Scenario } from '../scenarios/language/scenario.ts'
import { checkScenario } from './check.ts'

const ALICE = `[Interface]
PrivateKey = <alice>
Address = 10.0.0.1/24

[Peer]
PublicKey = <bob.pub>
Endpoint = vpn.example.com:51820
AllowedIPs = 10.0.0.2/32
`

/** Everything a scenario can have, and nothing wrong with it. A fresh one each time, to be spoiled. */
function good(): Scenario {
  return {
    schema: 'wglab/scenario@1',
    title: 'good',
    duration: '60s',
    networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' }, mobile: {} },
    hosts: {
      alice: { interfaces: { home: '192.168.1.2/24' }, wg: { wg0: ALICE } },
      bob: {
        interfaces: { internet: ['203.0.113.2', '2001:db8::2'] },
        wg: {
          wg0: '[Interface]\nPrivateKey = <bob>\nListenPort = 51820\nAddress = 10.0.0.2/24\n[Peer]\nPublicKey = <alice.pub>\nAllowedIPs = 10.0.0.1/32\n',
        },
      },
      mallory: { interfaces: { internet: '203.0.113.66' }, probe: true },
    },
    nats: { nat: { inside: { home: '192.168.1.1/24' }, outside: { internet: '198.51.100.1' } } },
    routers: {
      core: {
        interfaces: { internet: '203.0.113.254', mobile: '100.64.0.1' },
        routes: [{ to: '10.9.0.0/16', via: '203.0.113.2' }],
      },
    },
    names: { 'vpn.example.com': ['203.0.113.2', '2001:db8::2'] },
    steps: [
      { do: 'ping', at: '1s', name: 'hello', from: 'alice', to: '10.0.0.2', count: 3 },
      { do: 'send', at: '2s', name: 'stream', from: 'bob', to: '10.0.0.1:9', count: 10, interval: '20ms' },
      { do: 'roam', at: '20s', host: 'alice', network: 'home', to: 'mobile', attachment: '100.64.0.7' },
      { do: 'link', at: '30s', node: 'alice', network: 'mobile', set: { cut: true } },
      { do: 'nat', at: '40s', nat: 'nat', flush: true },
      { do: 'clock', at: '41s', host: 'alice', jump: '-1h' },
      {
        do: 'probe',
        at: '42s',
        host: 'mallory',
        act: { kind: 'initiate', peer: 'bob', to: '203.0.113.2:51820', save: 'first' },
      },
      { do: 'probe', at: '43s', host: 'mallory', act: { kind: 'replay', slot: 'first' } },
    ],
    expect: [
      { see: 'delivered', step: 'hello' },
      { see: 'lost', step: 'stream', because: ['no-route'] },
      { see: 'dropped', because: 'link-cut', at: 'alice:mobile', count: { min: 1 } },
      { see: 'endpoint', host: 'bob', peer: 'alice', is: '198.51.100.1:51820', at: '10s' },
      { see: 'messages', message: 'initiation', from: 'alice', to: 'bob', between: ['0s', '10s'], count: 1 },
    ],
    twin: { about: 'never', changes: [{ path: '/duration', set: '1s' }], fails: 'delivered hello' },
  }
}

type Change = (scenario: Scenario) => void
type Parts = Record<string, unknown>

/** A change of what stands at a JSON pointer; undefined removes it. */
function set(pointer: string, value: unknown): Change {
  return scenario => {
    const path = pointer.slice(1).split('/')
    const last = path.pop() ?? ''
    let parent = scenario as unknown as Parts
    for (const part of path) parent = parent[part] as Parts
    if (value === undefined) delete parent[last]
    else parent[last] = value
  }
}

const remove = (pointer: string): Change => set(pointer, undefined)
const withText = (text: string): Change => set('/hosts/alice/wg/wg0', text)

const problemsOf = (change: Change): string[] => {
  const scenario = good()
  change(scenario)
  return checkScenario(scenario).map(
    ({ path, reason, instead }) => `${path}: ${reason}${instead === undefined ? '' : ` → ${instead}`}`,
  )
}

test('nothing is wrong with the good one', () => {
  expect(problemsOf(() => {})).toEqual([])
})

const TABLE: readonly (readonly [title: string, change: Change, problem: string])[] = [
  [
    'an address outside of its lan',
    set('/hosts/alice/interfaces/home', { address: '192.168.2.2/24' }),
    '/hosts/alice/interfaces/home/address: 192.168.2.2/24 is outside of the prefix of home, 192.168.1.0/24 → an address in 192.168.1.0/24',
  ],
  [
    'the address of the network itself',
    set('/hosts/alice/interfaces/home', '192.168.1.0/24'),
    "/hosts/alice/interfaces/home: 192.168.1.0/24 is the network address of its prefix, not a machine's → another address of the prefix",
  ],
  [
    'a multicast address',
    set('/hosts/bob/interfaces/internet/1', 'ff02::1'),
    '/hosts/bob/interfaces/internet/1: ff02::1 is a multicast address: no machine can have it on a network → a unicast address',
  ],
  [
    'no gateway where a NAT is',
    remove('/networks/home/gateway'),
    '/networks/home: alice has no gateway here, so it will never use nat → "gateway": "192.168.1.1" in /networks/home',
  ],
  [
    'a gateway that is nobody',
    set('/networks/home/gateway', '192.168.1.9'),
    "/networks/home/gateway: no machine on home has the gateway's address 192.168.1.9 → the address of a NAT, router or host there",
  ],
  [
    'a gateway with a prefix length',
    set('/networks/home/gateway', '192.168.1.1/24'),
    '/networks/home/gateway: "192.168.1.1/24" is no gateway: an address without a prefix length → 192.168.1.1',
  ],
  [
    'a gateway of the other family',
    set('/hosts/alice/interfaces/home', { address: '192.168.1.2/24', gateway: ['192.168.1.1', 'fd00::1'] }),
    '/hosts/alice/interfaces/home/gateway: the gateway fd00::1 is IPv6, and no address here is → a gateway of the same family',
  ],
  [
    'a gateway of an internet',
    set('/networks/internet/gateway', '203.0.113.254'),
    '/networks/internet/gateway: an internet knows every way itself: only a lan has a gateway → "kind": "lan", or no gateway',
  ],
  [
    'a NAT without an outside',
    set('/nats/nat/outside', {}),
    '/nats/nat/outside: a NAT needs a network outside → "outside": { "internet": "203.0.113.1" }',
  ],
  [
    'a lan that reads packets',
    set('/networks/home/ecn', 'bleach'),
    '/networks/home/ecn: a lan is a switch: it does not look into packets → it at a router',
  ],
  [
    'a rate of nothing',
    set('/networks/internet/link', { rate: '0bit' }),
    '/networks/internet/link/rate: a rate of 0bit lets nothing pass → "cut": true',
  ],
  [
    'a route across families',
    set('/routers/core/routes/0/via', '2001:db8::2'),
    '/routers/core/routes/0/via: 10.9.0.0/16 is IPv4, and 2001:db8::2 is IPv6 → both of one family',
  ],
  [
    'a typo in a text',
    withText(ALICE.replace('AllowedIPs', 'AlowedIPs')),
    '/hosts/alice/wg/wg0: line 8, column 1: unknown key "AlowedIPs"; did you mean AllowedIPs? → AllowedIPs = 10.0.0.2/32',
  ],
  [
    'a name that does not resolve',
    withText(ALICE.replace('vpn.example.com', 'vpn.example.net')),
    '/hosts/alice/wg/wg0: line 7, column 12: the name vpn.example.net does not resolve in this scenario → "names": { "vpn.example.net": "203.0.113.5" }',
  ],
  [
    'an endpoint of the other family',
    withText(ALICE.replace('vpn.example.com', '[2001:db8::2]')),
    '/hosts/alice/wg/wg0: line 7, column 12: the Endpoint is IPv6, and alice has only IPv4 on its networks → an Endpoint of IPv4, or an IPv6 address for alice',
  ],
  [
    'a key with a typo',
    withText(ALICE.replace('<bob.pub>', '<bbo.pub>')),
    '/hosts/alice/wg/wg0: there is no key (line 6, column 13) called "bbo" → "bob"',
  ],
  [
    'a ping across families',
    set('/steps/0/to', 'fd00::2'),
    '/steps/0/to: fd00::2 is IPv6, and alice has no such address → an IPv6 address for alice',
  ],
  [
    'pings beyond the end',
    set('/steps/0/count', 61),
    '/steps/0/count: the run ends before all 61 are sent → "count": 60, a shorter interval, or a longer duration',
  ],
  [
    'a link that was left',
    set('/steps/3/network', 'home'),
    '/steps/3/network: alice is not on home at 30s: it is on mobile → mobile',
  ],
  ['an unknown NAT', set('/steps/4/nat', 'home-nat'), '/steps/4/nat: there is no NAT "home-nat" → one of nat'],
  [
    'an unknown reason',
    set('/expect/2/because', 'link-cutt'),
    '/expect/2/because: there is no reason "link-cutt" → "link-cut"',
  ],
  [
    'an endpoint as nobody writes it',
    set('/expect/3/is', '[2001:DB8::1]:1'),
    '/expect/3/is: `wg show` does not write "[2001:DB8::1]:1" → [2001:db8::1]:1',
  ],
  ['an unknown peer', set('/expect/3/peer', 'alcie'), '/expect/3/peer: there is no peer "alcie" → "alice"'],
]

/** Said by the language: that it is said, and where. */
const PLAIN: readonly (readonly [title: string, change: Change, path: string])[] = [
  ['a name twice', set('/routers/bob', { interfaces: {} }), '/routers/bob'],
  ['an unknown network', set('/hosts/bob/interfaces', { interent: '203.0.113.2' }), '/hosts/bob/interfaces/interent'],
  ['an address that is none', set('/hosts/bob/interfaces/internet', '203.0.113.256'), '/hosts/bob/interfaces/internet'],
  [
    'a lan address without its prefix length',
    set('/hosts/alice/interfaces/home', '192.168.1.2'),
    '/hosts/alice/interfaces/home',
  ],
  ['an address twice', set('/hosts/mallory/interfaces/internet', '203.0.113.2'), '/hosts/mallory/interfaces/internet'],
  ['a negative delay', set('/networks/internet/link', { delay: '-1ms' }), '/networks/internet/link/delay'],
  [
    'a resolver that answers nonsense',
    set('/names/vpn.example.com', ['203.0.113.2', '1.2.3']),
    '/names/vpn.example.com',
  ],
  ['a step after the end', set('/steps/5/at', '61s'), '/steps/5/at'],
  ['a step before the start', set('/steps/5/at', '-1s'), '/steps/5/at'],
  ['two steps of one name', set('/steps/1/name', 'hello'), '/steps/1/name'],
  ['a ping by nobody', set('/steps/0/from', 'alcie'), '/steps/0/from'],
  ['a ping to a prefix', set('/steps/0/to', '10.0.0.2/32'), '/steps/0/to'],
  ['a datagram without a port', set('/steps/1/to', '10.0.0.1'), '/steps/1/to'],
  ['a roam from elsewhere', set('/steps/2/network', 'internet'), '/steps/2/network'],
  ['a link of nobody', set('/steps/3/node', 'internet'), '/steps/3/node'],
  ['a clock that does nothing', remove('/steps/5/jump'), '/steps/5'],
  ['a probe that is none', set('/steps/6/host', 'bob'), '/steps/6/host'],
  ['a slot that nobody fills', set('/steps/7/act/slot', 'frist'), '/steps/7/act/slot'],
  ['an unknown step', set('/expect/0/step', 'helo'), '/expect/0/step'],
  ['a step that sends nothing', set('/expect/0/step', '#5'), '/expect/0/step'],
  ['an endpoint that is none', set('/expect/3/is', '198.51.100.1'), '/expect/3/is'],
  ['a time after the end', set('/expect/3/at', '2m'), '/expect/3/at'],
  ['an empty span', set('/expect/4/between', ['10s', '10s']), '/expect/4/between'],
]

test.each(TABLE)('%s', (_title, change, problem) => {
  const problems = problemsOf(change)
  expect(problems).toContain(problem)
})

test.each(PLAIN)('%s', (_title, change, path) => {
  expect(problemsOf(change).map(problem => problem.split(': ')[0])).toContain(path)
})

test('one mistake is one problem, unless something else hangs on it', () => {
  const several = TABLE.flatMap(([title, change]) => {
    const count = problemsOf(change).length
    return count === 1 ? [] : [`${title}: ${count}`]
  })
  // Whoever has no address on the network leaves others without their gateway, or steps without their host.
  expect(several).toMatchInlineSnapshot(`
    [
      "an address outside of its lan: 2",
      "a gateway with a prefix length: 2",
      "a gateway of the other family: 2",
    ]
  `)
})

test('whatever text stands anywhere: problems, never an exception', () => {
  const spoil = (value: unknown, path: readonly number[], text: string): unknown => {
    if (typeof value !== 'object' || value === null || path.length === 0) return text
    const parts: Parts = { ...value }
    const keys = Object.keys(parts)
    const key = keys[path[0]! % keys.length]
    if (key === undefined) return text
    const next = spoil(parts[key], path.slice(1), text)
    // A text is spoiled by a text: the shape is the schema's business.
    if (typeof parts[key] === typeof next) parts[key] = next
    return Array.isArray(value) ? Object.values(parts) : parts
  }
  const text = fc.oneof(
    fc.string(),
    fc.constantFrom('', '0s', '-5s', '99d', '10.0.0.1/33', '::', 'constructor', '__proto__', '#99'),
  )
  fc.assert(
    fc.property(fc.array(fc.nat(30), { minLength: 1, maxLength: 6 }), text, (path, value) => {
      const problems = checkScenario(spoil(good(), path, value) as Scenario)
      for (const { path, reason } of problems) {
        expect(path).toMatch(/^\//)
        expect(reason.length).toBeGreaterThan(3)
      }
    }),
    { numRuns: 2000 },
  )
})
