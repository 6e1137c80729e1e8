import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A NAT that takes fragments only in their order loses what a network swaps',
  about:
    'Two paths of equal cost take packets in turn, and one is slower: the second fragment overtakes the first. RFC 4787 REQ-14 wants a NAT to take fragments in any order.',
  duration: '100s',
  networks: {
    internet: {},
    home: { kind: 'lan', gateway: '192.168.1.1' },
    rack: { kind: 'lan', gateway: '198.51.100.9' },
    slow: { kind: 'lan', link: { delay: '20ms' } },
    fast: { kind: 'lan', link: { delay: '1ms' } },
  },
  nats: {
    router: {
      inside: { home: '192.168.1.1/24' },
      outside: { internet: '203.0.113.77' },
      fragment_order: 'in-order',
    },
  },
  routers: {
    near: {
      interfaces: { rack: '198.51.100.9/29', slow: '10.2.0.1/24', fast: '10.3.0.1/24' },
      routes: [{ to: '0.0.0.0/0', via: '10.2.0.2', equal: ['10.3.0.2'] }],
      spread: 'packet',
    },
    far: {
      interfaces: { slow: '10.2.0.2/24', fast: '10.3.0.2/24', internet: '198.51.100.254/24' },
      routes: [{ to: '198.51.100.8/29', via: '10.3.0.1' }],
    },
  },
  hosts: {
    laptop: {
      interfaces: { home: '192.168.1.10/24' },
      wg: {
        wg0: `[Interface]
PrivateKey = <laptop>
Address = 10.8.0.2/24

[Peer]
PublicKey = <server.pub>
Endpoint = 198.51.100.10:51820
AllowedIPs = 10.8.0.0/24
`,
      },
    },
    server: {
      interfaces: { rack: { address: '198.51.100.10/29', up: { mtu: 1400 } } },
      wg: {
        wg0: `[Interface]
PrivateKey = <server>
Address = 10.8.0.1/24
ListenPort = 51820
MTU = 1420

[Peer]
PublicKey = <laptop.pub>
AllowedIPs = 10.8.0.2/32
`,
      },
    },
  },
  steps: [
    { do: 'ping', at: '1s', name: 'small', from: 'laptop', to: '10.8.0.1', count: 4 },
    { do: 'ping', at: '20s', name: 'large', from: 'server', to: '10.8.0.2', count: 6, size: 1372 },
  ],
  expect: [
    { see: 'delivered', step: 'small' },
    { see: 'lost', name: 'large ones are lost', step: 'large', count: { min: 3 } },
    {
      see: 'dropped',
      name: 'fragments came too early',
      because: 'fragment-out-of-order',
      at: 'router',
      count: { min: 3 },
    },
  ],
  twin: {
    about: 'Early fragments wait for the first one.',
    changes: [{ path: '/nats/router/fragment_order', set: 'any' }],
    fails: 'large ones are lost',
  },
} satisfies Scenario
