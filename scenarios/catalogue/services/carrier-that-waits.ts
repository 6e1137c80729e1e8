import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A carrier that waits half a minute for its next connection keeps what fits, and loses the rest',
  about:
    'The far end is away for two seconds. The near end tries again after thirty; meanwhile it keeps three thousand bytes.',
  claims: ['ops-06'],
  duration: '60s',

  networks: { internet: {}, hotel: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    gate: {
      inside: { hotel: '192.168.1.1/24' },
      outside: { internet: '203.0.113.77' },
      block: [{ protocol: 'udp' }],
    },
  },
  hosts: {
    laptop: {
      interfaces: { hotel: '192.168.1.10/24' },
      wg: {
        wg0: `[Interface]
PrivateKey = <laptop>
Address = 10.8.0.2/24
MTU = 1380

[Peer]
PublicKey = <server.pub>
Endpoint = 127.0.0.1:7000
AllowedIPs = 10.8.0.0/24
`,
      },
      services: {
        carrier: { kind: 'udp-over-tcp-client', listen: 7000, retry: '30s', queue: 3000, server: '198.51.100.1:443' },
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
      services: {
        carrier: { kind: 'udp-over-tcp-server', port: 443, to: '127.0.0.1:51820' },
      },
    },
  },

  steps: [
    { do: 'ping', at: '2s', name: 'before', from: 'laptop', to: '10.8.0.1' },
    { do: 'service', at: '10s', host: 'server', service: 'carrier', act: 'stop' },
    { do: 'service', at: '12s', host: 'server', service: 'carrier', act: 'start' },
    { do: 'send', at: '16s', name: 'meanwhile', from: 'laptop', to: '10.8.0.1:9', count: 5, size: 1200 },
    { do: 'ping', at: '50s', name: 'after', from: 'laptop', to: '10.8.0.1' },
  ],
  expect: [
    { see: 'delivered', step: 'before' },
    {
      see: 'noted',
      name: 'it waits',
      host: 'laptop',
      text: 'connected to 198.51.100.1:443 by TCP',
      between: ['11s', '35s'],
      count: 0,
    },
    { see: 'lost', name: 'no room for all', step: 'meanwhile', count: { min: 2 }, because: ['carrier-queue-full'] },
    { see: 'delivered', step: 'after' },
  ],
  twin: {
    about: 'There is room for all.',
    changes: [{ path: '/hosts/laptop/services/carrier/queue', remove: true }],
    fails: 'no room for all',
  },
} satisfies Scenario
