import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A router that says "too big" and names a size that does not fit is a black hole that talks',
  about:
    'The next link carries 1400 bytes, the router says 9000. The sender believes nobody who would have it send more, and goes on as before.',
  claims: ['mtu-01'],
  duration: '30s',
  networks: { internet: { claims_mtu: 9000 } },
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
    {
      see: 'received',
      name: 'though the router speaks',
      host: 'laptop',
      what: 'icmp-too-big',
      count: { min: 5 },
    },
  ],
  twin: {
    about: 'The router tells the truth.',
    changes: [{ path: '/networks/internet/claims_mtu', remove: true }],
    fails: 'large ones hang',
  },
} satisfies Scenario
