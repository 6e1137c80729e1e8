import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'wg-quick takes the MTU of the tunnel from the route to the endpoint',
  about:
    'The uplink is PPPoE: 1492 bytes. wg-quick sees it on the route to the endpoint and sets 1412, so nothing outside has to be cut. A packet with DF that is larger is refused where it begins, by its sender.',
  claims: ['mtu-06'],
  duration: '20s',

  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: { internet: { address: '198.51.100.1', up: { mtu: 1492 }, down: { mtu: 1492 } } },
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
    },
    bob: {
      interfaces: { internet: '203.0.113.2' },
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
    { do: 'ping', at: '1s', name: 'fits', from: 'alice', to: '10.0.0.2', size: 1384, df: true },
    { do: 'ping', at: '3s', name: 'a byte more', from: 'alice', to: '10.0.0.2', size: 1385, df: true },
    { do: 'ping', at: '5s', name: 'large', from: 'alice', to: '10.0.0.2', size: 1392, count: 3 },
  ],
  expect: [
    { see: 'delivered', step: 'fits' },
    { see: 'lost', name: 'refused at home', step: 'a byte more', because: ['df-too-big'] },
    { see: 'delivered', step: 'large' },
    { see: 'received', name: 'nothing is cut outside', host: 'bob', what: 'fragment', count: 0 },
  ],
  twin: {
    about: 'MTU = 1420 in the file, as for a path of 1500 bytes.',
    changes: [{ path: '/hosts/alice/wg/wg0', replace: 'ListenPort = 51820', with: 'ListenPort = 51820\nMTU = 1420' }],
    fails: 'refused at home',
  },
} satisfies Scenario
