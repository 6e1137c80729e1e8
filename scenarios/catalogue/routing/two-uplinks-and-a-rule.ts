import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A server with two uplinks answers on the one it was asked on only with a routing rule',
  about:
    "WireGuard remembers the address it was spoken to on, but in Linux the main table still sends the answer out by the first uplink, where that address is a stranger's. WireGuard then takes the other address, and the client's NAT lets nobody else in. A rule for the source keeps each uplink to itself.",
  claims: ['roam-06'],
  duration: '30s',

  networks: { fibre: {}, dsl: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  hosts: {
    client: {
      interfaces: { home: '192.168.1.2/24' },
      wg: {
        wg0: `[Interface]
PrivateKey = <client>
Address = 10.0.0.1/24
ListenPort = 51820

[Peer]
PublicKey = <server.pub>
Endpoint = 198.51.100.2:51820
AllowedIPs = 10.0.0.2/32
`,
      },
    },
    server: {
      interfaces: { fibre: '203.0.113.2', dsl: '198.51.100.2' },
      wg: {
        wg0: `[Interface]
PrivateKey = <server>
Address = 10.0.0.2/24
ListenPort = 51820
PostUp = ip route add default dev eth1 table 100; ip rule add from 198.51.100.2 table 100

[Peer]
PublicKey = <client.pub>
AllowedIPs = 10.0.0.1/32
`,
      },
    },
  },
  routers: { exchange: { interfaces: { fibre: '203.0.113.254', dsl: '198.51.100.254' } } },
  nats: { nat: { inside: { home: '192.168.1.1/24' }, outside: { dsl: '198.51.100.9' } } },

  steps: [{ do: 'ping', at: '1s', name: 'hello', from: 'client', to: '10.0.0.2', count: 5 }],
  expect: [
    { see: 'delivered', name: 'answers come back', step: 'hello' },
    { see: 'endpoint', host: 'client', peer: 'server', is: '198.51.100.2:51820' },
  ],
  twin: {
    about: 'Without the rule.',
    changes: [
      {
        path: '/hosts/server/wg/wg0',
        replace: 'PostUp = ip route add default dev eth1 table 100; ip rule add from 198.51.100.2 table 100\n',
        with: '',
      },
    ],
    fails: 'answers come back',
  },
} satisfies Scenario
