import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A NAT that remembers who knocked gives the tunnel another port',
  about:
    'The server knocks before the laptop speaks. The NAT keeps a note of it, as Linux does where its own firewall accepts; towards that server the port is taken.',
  duration: '20s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: {
      inside: { home: '192.168.1.1/24' },
      outside: { internet: '203.0.113.77' },
      mapping: 'address-dependent',
      sharing: 'by-remote',
      unsolicited: 'occupies',
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
    { do: 'send', at: '1s', name: 'knock', from: 'server', to: '203.0.113.77:51820' },
    { do: 'ping', at: '5s', name: 'hello', from: 'laptop', to: '10.8.0.1' },
  ],
  expect: [
    { see: 'delivered', step: 'hello' },
    { see: 'endpoint', name: 'another port', host: 'server', peer: 'laptop', is: '203.0.113.77:51821' },
  ],
  twin: {
    about: 'What nobody asked for is not remembered.',
    changes: [{ path: '/nats/router/unsolicited', remove: true }],
    fails: 'another port',
  },
} satisfies Scenario
