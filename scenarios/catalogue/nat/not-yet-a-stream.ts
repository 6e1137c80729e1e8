import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A flow has to talk for long enough to be taken for a stream',
  about: 'This NAT wants a minute of talk. The tunnel stopped after ten seconds, and gets the short time.',
  duration: '2m',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: {
      inside: { home: '192.168.1.1/24' },
      outside: { internet: '203.0.113.77' },
      timeout: '30s',
      timeout_stream: '120s',
      stream_after: '60s',
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
    { do: 'ping', at: '60s', name: 'knock', from: 'server', to: '10.8.0.2' },
  ],
  expect: [{ see: 'lost', name: 'it never was a stream', step: 'knock' }],
  twin: {
    about: 'Two seconds are enough.',
    changes: [{ path: '/nats/router/stream_after', remove: true }],
    fails: 'it never was a stream',
  },
} satisfies Scenario
