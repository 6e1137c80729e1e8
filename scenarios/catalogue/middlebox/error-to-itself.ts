import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A NAT that writes the error after translating sends it to itself',
  about:
    'The uplink carries 1400 bytes. The NAT drops what is larger and does say so, but to the address that the packet has after translation, which is its own.',
  claims: ['mtu-01'],
  duration: '30s',
  networks: { internet: {}, home: { kind: 'lan', gateway: 'fd00:1::1' } },
  nats: {
    router: {
      inside: { home: 'fd00:1::1/64' },
      outside: { internet: { address: '2001:db8:77::1/64', up: { mtu: 1400 } } },
      ipv6: { translate: 'masquerade' },
      too_big: 'tell-outside',
    },
  },
  hosts: {
    laptop: {
      interfaces: { home: 'fd00:1::10/64' },
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
      interfaces: { internet: '2001:db8:5::1' },
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
      see: 'dropped',
      name: 'the error goes to the router itself',
      because: 'error-to-itself',
      at: 'router',
      count: { min: 5 },
    },
  ],
  twin: {
    about: 'The NAT speaks to who has sent the packet.',
    changes: [{ path: '/nats/router/too_big', set: 'tell' }],
    fails: 'large ones hang',
  },
} satisfies Scenario
