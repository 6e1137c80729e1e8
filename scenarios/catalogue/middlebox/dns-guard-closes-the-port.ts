import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'On port 53 a firewall lets one answer through for each question',
  about:
    'A tunnel over port 53 passes many walled networks. But a firewall with a guard for DNS closes the mapping after one answer: pings work, a download does not.',
  duration: '30s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: { inside: { home: '192.168.1.1/24' }, outside: { internet: '203.0.113.77' }, alg: ['dns'] },
  },
  hosts: {
    laptop: {
      interfaces: { home: '192.168.1.10/24' },
      wg: {
        wg0: `[Interface]
PrivateKey = <laptop>
Address = 10.8.0.2/24

[Peer]
PublicKey = <server.pub>
Endpoint = 198.51.100.1:53
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
ListenPort = 53

[Peer]
PublicKey = <laptop.pub>
AllowedIPs = 10.8.0.2/32
`,
      },
    },
  },
  steps: [
    { do: 'ping', at: '1s', name: 'ping works', from: 'laptop', to: '10.8.0.1', count: 3 },
    {
      do: 'send',
      at: '10s',
      name: 'download',
      from: 'server',
      to: '10.8.0.2:9',
      count: 20,
      interval: '10ms',
    },
  ],
  expect: [
    { see: 'delivered', step: 'ping works' },
    {
      see: 'lost',
      name: 'a stream to the inside dies',
      step: 'download',
      count: { min: 19 },
      because: ['nat-no-mapping'],
    },
  ],
  twin: {
    about: 'No guard.',
    changes: [{ path: '/nats/router/alg', remove: true }],
    fails: 'a stream to the inside dies',
  },
} satisfies Scenario
