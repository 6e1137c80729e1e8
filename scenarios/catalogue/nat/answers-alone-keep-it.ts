import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A NAT that counts only what comes in forgets the one who only talks',
  about:
    'The laptop sends every ten seconds and hears nothing. After half a minute this NAT gives it a new port, though it never stopped.',
  duration: '2m',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: {
      inside: { home: '192.168.1.1/24' },
      outside: { internet: '203.0.113.77' },
      ports: 'sequential',
      timeout: '12s',
      refresh: 'inbound',
      filtering: 'endpoint-independent',
    },
  },
  hosts: {
    laptop: {
      interfaces: { home: '192.168.1.10/24' },
      wg: {
        wg0: `[Interface]
PrivateKey = <laptop>
Address = 10.8.0.2/24
ListenPort = 51820

[Peer]
PublicKey = <server.pub>
Endpoint = 198.51.100.1:51820
AllowedIPs = 10.8.0.0/24
`,
      },
    },
    server: {
      interfaces: { internet: '198.51.100.1' },
      wg: {
        wg0: `[Interface]
PrivateKey = <server>
Address = 10.8.0.1/24
ListenPort = 51820

[Peer]
PublicKey = <laptop.pub>
AllowedIPs = 10.8.0.2/32
`,
      },
    },
  },
  steps: [
    { do: 'ping', at: '1s', name: 'hello', from: 'laptop', to: '10.8.0.1' },
    { do: 'send', at: '3s', name: 'talk', from: 'laptop', to: '10.8.0.1:9', count: 9, interval: '8s' },
  ],
  expect: [
    { see: 'dropped', name: 'nothing strange', because: 'no-listener', count: 0 },
    { see: 'endpoint', name: 'a new port', host: 'server', peer: 'laptop', is: '203.0.113.77:1027', at: '80s' },
  ],
  twin: {
    about: 'What goes out counts.',
    changes: [{ path: '/nats/router/refresh', set: 'outbound' }],
    fails: 'a new port',
  },
} satisfies Scenario
