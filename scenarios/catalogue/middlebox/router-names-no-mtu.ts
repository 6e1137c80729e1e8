import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A router that names an MTU of 0 is not believed, and large packets are lost',
  about:
    'No path of IPv6 carries less than 1280 bytes, so a host ignores whoever says so (RFC 8201, section 4; Linux: __ip6_rt_update_pmtu). The message that would have healed the path is thrown away with the lie in it.',
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
    { see: 'lost', name: 'large ones hang', step: 'large', count: 10, because: ['df-too-big'] },
  ],
  twin: {
    about: 'The router names the size that passes.',
    changes: [{ path: '/networks/internet/claims_mtu', remove: true }],
    fails: 'large ones hang',
  },
} satisfies Scenario
