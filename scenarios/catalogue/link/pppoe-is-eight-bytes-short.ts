import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'PPPoE takes eight bytes, and over IPv6 the usual MTU no longer fits',
  about:
    'wg-quick takes 80 bytes off 1500. Bob does not know that alice sits behind PPPoE with 1492, his large packets are 1500 bytes outside, and routers do not fragment IPv6.',
  claims: ['mtu-01'],
  duration: '30s',

  networks: { internet: { icmp: false } },
  hosts: {
    alice: {
      interfaces: { internet: { address: '2001:db8:a::1', link: { preset: 'dsl-pppoe' } } },
      wg: {
        wg0: `[Interface]
PrivateKey = <alice>
Address = 10.0.0.1/24
ListenPort = 51820

[Peer]
PublicKey = <bob.pub>
Endpoint = [2001:db8:b::2]:51820
AllowedIPs = 10.0.0.2/32
`,
      },
    },
    bob: {
      interfaces: { internet: '2001:db8:b::2' },
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
    { do: 'ping', at: '1s', name: 'small', from: 'alice', to: '10.0.0.2', count: 5 },
    { do: 'send', at: '10s', name: 'large', from: 'bob', to: '10.0.0.1:9', count: 5, size: 1390 },
  ],
  expect: [
    { see: 'delivered', step: 'small' },
    { see: 'lost', name: 'large ones hang', step: 'large', because: ['df-too-big'] },
  ],
  twin: {
    about: 'A wire in the office instead.',
    changes: [{ path: '/hosts/alice/interfaces/internet/link/preset', set: 'ethernet' }],
    fails: 'large ones hang',
  },
} satisfies Scenario
