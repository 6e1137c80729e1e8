import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A network that holds UDP to a rate drops what is over it: nothing waits',
  about:
    'Two megabits go into a policer of one. It has no queue, so there is no delay to see; half of the packets are gone. TCP inside the tunnel would slow down, a video call breaks up.',
  duration: '30s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: {
      inside: { home: '192.168.1.1/24' },
      outside: { internet: '203.0.113.77' },
      police: [{ protocol: 'udp', rate: '1Mbit' }],
    },
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
    {
      do: 'send',
      at: '5s',
      name: 'stream',
      from: 'laptop',
      to: '10.8.0.1:9',
      count: 1000,
      interval: '5ms',
      size: 1200,
    },
  ],
  expect: [
    { see: 'delivered', step: 'hello' },
    {
      see: 'lost',
      name: 'half of it is lost',
      step: 'stream',
      count: { min: 450, max: 650 },
      because: ['policed'],
    },
  ],
  twin: {
    about: 'A rate that is enough.',
    changes: [{ path: '/nats/router/police/0/rate', set: '3Mbit' }],
    fails: 'half of it is lost',
  },
} satisfies Scenario
