import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'What has talked for a while may be silent for longer',
  about:
    'Linux gives an answered flow half a minute and a stream two. The tunnel has talked for ten seconds, and is still known after a minute of silence.',
  duration: '2m',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: {
      inside: { home: '192.168.1.1/24' },
      outside: { internet: '203.0.113.77' },
      timeout: '30s',
      timeout_stream: '120s',
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
    { do: 'ping', at: '1s', name: 'hello', from: 'laptop', to: '10.8.0.1', count: 10 },
    { do: 'ping', at: '80s', name: 'after a minute', from: 'server', to: '10.8.0.2' },
  ],
  expect: [{ see: 'delivered', name: 'still known', step: 'after a minute' }],
  twin: {
    about: 'A stream is a flow like others.',
    changes: [{ path: '/nats/router/timeout_stream', remove: true }],
    fails: 'still known',
  },
} satisfies Scenario
