import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'AllowedIPs pick the peer by longest prefix',
  about: 'A default route to one peer, a /32 inside it to another: the /32 wins for its address.',
  claims: ['route-01', 'route-05'],
  duration: '10s',
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
PublicKey = <wide.pub>
Endpoint = 203.0.113.2:51820
AllowedIPs = 10.0.0.0/8

[Peer]
PublicKey = <narrow.pub>
Endpoint = 203.0.113.3:51820
AllowedIPs = 10.0.0.3/32
`,
      },
    },
    wide: {
      interfaces: { internet: '203.0.113.2' },
      wg: {
        wg0: '[Interface]\nPrivateKey = <wide>\nAddress = 10.0.0.2/24\nListenPort = 51820\n\n[Peer]\nPublicKey = <alice.pub>\nAllowedIPs = 10.0.0.1/32\n',
      },
    },
    narrow: {
      interfaces: { internet: '203.0.113.3' },
      wg: {
        wg0: '[Interface]\nPrivateKey = <narrow>\nAddress = 10.0.0.3/24\nListenPort = 51820\n\n[Peer]\nPublicKey = <alice.pub>\nAllowedIPs = 10.0.0.1/32\n',
      },
    },
  },
  steps: [
    { do: 'ping', at: '1s', name: 'narrow', from: 'alice', to: '10.0.0.3' },
    { do: 'ping', at: '2s', name: 'wide', from: 'alice', to: '10.0.0.2' },
  ],
  expect: [
    { see: 'delivered', name: 'the /32 wins', step: 'narrow' },
    { see: 'delivered', step: 'wide' },
    { see: 'handshakes', name: 'narrow answered', host: 'narrow', peer: 'alice', count: 1 },
  ],
  twin: {
    about: 'Without the /32 the wide peer gets it all.',
    changes: [{ path: '/hosts/alice/wg/wg0', replace: 'AllowedIPs = 10.0.0.3/32', with: 'AllowedIPs =' }],
    fails: 'the /32 wins',
  },
} satisfies Scenario
