import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A router that names an MTU of 0 is believed down to 1280, and everything passes',
  about:
    'Routers older than RFC 1191 name no size. Over IPv6 a host never goes below 1280 bytes, so the lie costs some bytes and heals the path.',
  duration: '30s',
  networks: { internet: { claims_mtu: 0 } },
  hosts: {
    laptop: {
      interfaces: { internet: '2001:db8:7::2' },
      wg: {
        wg0: `[Interface]
PrivateKey = <laptop>
Address = 10.8.0.2/24

[Peer]
PublicKey = <server.pub>
Endpoint = [2001:db8:5::1]:51820
AllowedIPs = 10.8.0.0/24
`,
      },
    },
    server: {
      interfaces: { internet: { address: '2001:db8:5::1', down: { mtu: 1400 } } },
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
    { do: 'ping', at: '1s', name: 'small', from: 'laptop', to: '10.8.0.1', count: 3 },
    { do: 'ping', at: '5s', name: 'large', from: 'laptop', to: '10.8.0.1', count: 10, size: 1372 },
  ],
  expect: [
    { see: 'delivered', step: 'small' },
    { see: 'delivered', name: 'large ones pass', step: 'large', count: { min: 9 } },
  ],
  twin: {
    about: 'The router says nothing at all.',
    changes: [{ path: '/networks/internet/too_big', set: 'silent' }],
    fails: 'large ones pass',
  },
} satisfies Scenario
