import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A guessed mapping lets a stranger slip through a friendly NAT, and WireGuard stays silent',
  about:
    'The home router filters by nothing: whatever comes to a mapped port is let in. Mallory tries the ports around 51820, her initiation arrives at the laptop, and nothing answers: she can not even tell that she was through.',
  duration: '20s',

  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: {
      inside: { home: '192.168.1.1/24' },
      outside: { internet: '203.0.113.77' },
      mapping: 'endpoint-independent',
      filtering: 'endpoint-independent',
      ports: 'preserving',
    },
  },
  hosts: {
    mallory: { interfaces: { internet: '192.0.2.66' }, probe: true },
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
    { do: 'ping', at: '1s', name: 'the mapping', from: 'laptop', to: '10.8.0.1' },
    {
      do: 'probe',
      at: '3s',
      host: 'mallory',
      act: { kind: 'scan', to: '203.0.113.77', ports: [51811, 51830], with: 'initiation', peer: 'laptop' },
    },
    { do: 'ping', at: '10s', name: 'undisturbed', from: 'laptop', to: '10.8.0.1' },
  ],
  expect: [
    { see: 'delivered', step: 'the mapping' },
    { see: 'dropped', name: 'she is through', because: 'unknown-peer', at: 'laptop:wg0', count: 1 },
    { see: 'noted', name: 'she learns nothing', host: 'mallory', text: '0 open; 0 closed; 20 silent', count: 1 },
    { see: 'endpoint', host: 'laptop', peer: 'server', is: '198.51.100.1:51820' },
    { see: 'delivered', step: 'undisturbed' },
  ],
  twin: {
    about: 'This router lets in answers alone.',
    changes: [{ path: '/nats/router/filtering', set: 'address-and-port-dependent' }],
    fails: 'she is through',
  },
} satisfies Scenario
