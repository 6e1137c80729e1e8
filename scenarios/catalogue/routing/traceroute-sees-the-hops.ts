import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Through the tunnel the whole Internet is one hop',
  about:
    'Pings with a TTL of 1, 2 and 3, as traceroute sends them. Outside, every router on the way answers for itself. Inside, the first hop is the far end already.',
  duration: '20s',

  networks: { office: { kind: 'lan', gateway: '192.0.2.1' }, internet: {} },
  hosts: {
    alice: {
      interfaces: { office: '192.0.2.2/24' },
      wg: {
        wg0: `[Interface]
PrivateKey = <alice>
Address = 10.0.0.1/24
ListenPort = 51820

[Peer]
PublicKey = <bob.pub>
Endpoint = 203.0.113.2:51820
AllowedIPs = 10.0.0.2/32
`,
      },
    },
    bob: {
      interfaces: { internet: '203.0.113.2' },
      wg: {
        wg0: `[Interface]
PrivateKey = <bob>
Address = 10.0.0.2/24
ListenPort = 51820

[Peer]
PublicKey = <alice.pub>
AllowedIPs = 10.0.0.1/32
`,
      },
    },
  },
  routers: { gate: { interfaces: { office: '192.0.2.1/24', internet: ['198.51.100.1', '192.0.2.254/24'] } } },

  steps: [
    { do: 'ping', at: '1s', name: 'outside 1', from: 'alice', to: '203.0.113.2', ttl: 1 },
    { do: 'ping', at: '3s', name: 'outside 2', from: 'alice', to: '203.0.113.2', ttl: 2 },
    { do: 'ping', at: '5s', name: 'outside 3', from: 'alice', to: '203.0.113.2', ttl: 3 },
    { do: 'ping', at: '7s', name: 'inside 1', from: 'alice', to: '10.0.0.2', ttl: 1 },
  ],
  expect: [
    { see: 'lost', step: 'outside 1', because: ['ttl-expired'] },
    { see: 'lost', step: 'outside 2', because: ['ttl-expired'] },
    { see: 'delivered', step: 'outside 3' },
    { see: 'delivered', name: 'one hop inside', step: 'inside 1' },
    { see: 'received', name: 'two hops answer', host: 'alice', what: 'icmp-time-exceeded', count: 2 },
  ],
  twin: {
    about: 'The router on the way says nothing about TTL.',
    changes: [{ path: '/routers/gate/icmp', set: ['too-big', 'no-route'] }],
    fails: 'two hops answer',
  },
} satisfies Scenario
