import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'An error that quotes the outside address: over IPv6 Linux believes it all the same',
  about:
    'The path carries 1400 bytes, and a router says so. The NAT gives the error to the laptop, but the packet quoted in it still has the outside address. Linux looks for a socket on the quoted port and does not ask whose the address is; over IPv4 it would (middlebox/error-not-translated).',
  duration: '30s',
  networks: { internet: {}, home: { kind: 'lan', gateway: 'fd00:1::1' } },
  nats: {
    router: {
      inside: { home: 'fd00:1::1/64' },
      outside: { internet: '2001:db8:77::1/64' },
      ipv6: { translate: 'masquerade' },
      icmp_errors: 'outer-only',
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
