import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'One lost segment of a TCP carrier holds up every packet behind it; by UDP the others do not wait',
  about:
    'A small packet every 20 ms, and one packet in the middle is lost on the way. By UDP that one is missing, and the others are in time. By TCP none is missing, and a whole row comes late: it waits for the one that is sent again.',
  claims: ['ops-06'],
  duration: '30s',

  networks: { internet: {}, hotel: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    gate: {
      inside: { hotel: '192.168.1.1/24' },
      outside: {
        internet: { address: '203.0.113.77', up: { delay: '40ms', lose: [{ size: { min: 150 }, nth: [100] }] } },
      },
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
Endpoint = 198.51.100.1:51820
AllowedIPs = 10.8.0.0/24
`,
      },
      services: {
        carrier: { kind: 'udp-over-tcp-client', listen: 7000, server: '198.51.100.1:443' },
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
    { do: 'ping', at: '2s', name: 'first', from: 'laptop', to: '10.8.0.1' },
    { do: 'send', at: '5s', name: 'stream', from: 'laptop', to: '10.8.0.1:9', count: 200, interval: '20ms', size: 100 },
  ],
  expect: [
    { see: 'delivered', step: 'first' },
    { see: 'delivered', name: 'nobody waits', step: 'stream', within: '60ms', count: { min: 198 } },
    { see: 'lost', name: 'one is missing', step: 'stream', count: 1, because: ['listed-loss'] },
  ],
  twin: {
    about: 'By TCP none is missing, and a whole row of them comes late.',
    changes: [{ path: '/hosts/laptop/wg/wg0', replace: '198.51.100.1:51820', with: '127.0.0.1:7000' }],
    fails: 'nobody waits',
  },
} satisfies Scenario
