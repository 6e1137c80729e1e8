import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'DNS = sends every question into the tunnel, where the old resolvers are shut out',
  about:
    "wg-quick asks resolvconf for exclusive resolvers (-x). Where that is heeded the provider's resolver hears nothing more; where it is not, questions go to both in turn, and leak.",
  claims: ['ops-05'],
  duration: '30s',

  networks: { internet: {} },
  names: { 'intranet.example.com': '10.0.0.80' },
  hosts: {
    alice: {
      interfaces: { internet: '198.51.100.1' },
      resolver: '203.0.113.53',
      resolves: 'exclusive',
      wg: {
        wg0: `[Interface]
PrivateKey = <alice>
Address = 10.0.0.1/24
ListenPort = 51820
DNS = 10.0.0.53

[Peer]
PublicKey = <server.pub>
Endpoint = 203.0.113.2:51820
AllowedIPs = 10.0.0.0/24
`,
      },
    },
    server: {
      interfaces: { internet: '203.0.113.2' },
      wg: {
        wg0: `[Interface]
PrivateKey = <server>
Address = 10.0.0.2/24, 10.0.0.53/32
ListenPort = 51820

[Peer]
PublicKey = <alice.pub>
AllowedIPs = 10.0.0.1/32
`,
      },
    },
    provider: { interfaces: { internet: '203.0.113.53' } },
  },

  steps: [
    { do: 'lookup', at: '2s', name: 'first', host: 'alice', domain: 'intranet.example.com' },
    { do: 'lookup', at: '4s', name: 'second', host: 'alice', domain: 'intranet.example.com' },
    { do: 'run', at: '10s', host: 'alice', command: 'wg-quick down wg0' },
    { do: 'lookup', at: '12s', name: 'without the tunnel', host: 'alice', domain: 'intranet.example.com' },
  ],
  expect: [
    { see: 'delivered', step: 'first' },
    { see: 'delivered', step: 'second' },
    {
      see: 'received',
      name: 'the provider hears nothing',
      host: 'provider',
      what: 'dns-query',
      between: ['0s', '10s'],
      count: 0,
    },
    {
      see: 'received',
      name: 'before and after it does',
      host: 'provider',
      what: 'dns-query',
      between: ['10s', '30s'],
      count: 1,
    },
  ],
  twin: {
    about: 'Nobody heeds -x: the resolvers form a pool.',
    changes: [{ path: '/hosts/alice/resolves', set: 'pool' }],
    fails: 'the provider hears nothing',
  },
} satisfies Scenario
