import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A tunnel whose datagrams may not be cut loses what the path does not carry',
  about:
    'The path takes 1400 bytes, the tunnel believes in 1500. Linux lets its datagrams be cut; some programs in user space do not.',
  duration: '30s',
  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: { internet: '198.51.100.1' },
      wg: {
        wg0: `[Interface]
PrivateKey = <alice>
Address = 10.0.0.1/24
ListenPort = 51820

[Peer]
PublicKey = <bob.pub>
Endpoint = 203.0.113.2:51820
AllowedIPs = 10.0.0.2/32
`,
      },
      outer_df: true,
    },
    bob: {
      interfaces: { internet: { address: '203.0.113.2', down: { mtu: 1400 } } },
      wg: {
        wg0: `[Interface]
PrivateKey = <bob>
Address = 10.0.0.2/24
ListenPort = 51820

[Peer]
PublicKey = <alice.pub>
AllowedIPs = 10.0.0.1/32
`,
      },
    },
  },
  steps: [
    { do: 'ping', at: '1s', name: 'hello', from: 'alice', to: '10.0.0.2' },
    { do: 'send', at: '5s', name: 'large', from: 'alice', to: '10.0.0.2:9', count: 3, size: 1360 },
  ],
  expect: [
    { see: 'delivered', step: 'hello' },
    { see: 'lost', name: 'not cut, not carried', step: 'large' },
  ],
  twin: {
    about: 'They may be cut.',
    changes: [{ path: '/hosts/alice/outer_df', remove: true }],
    fails: 'not cut, not carried',
  },
} satisfies Scenario
