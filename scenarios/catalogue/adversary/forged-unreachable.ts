import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A forged "port unreachable" does not end a tunnel; a cable that is cut does',
  about:
    'The kernel passes ICMP errors to the sockets of connected programs. WireGuard does not listen to them: whatever routers or liars say, it goes on.',
  duration: '30s',

  networks: { internet: {} },
  hosts: {
    mallory: { interfaces: { internet: '192.0.2.66' }, probe: true },
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
    { do: 'ping', at: '1s', name: 'before', from: 'alice', to: '10.0.0.2' },
    {
      do: 'probe',
      at: '3s',
      host: 'mallory',
      act: {
        kind: 'icmp',
        error: 'port-unreachable',
        about: { from: '198.51.100.1:51820', to: '203.0.113.2:51820' },
      },
    },
    {
      do: 'probe',
      at: '3s',
      host: 'mallory',
      act: {
        kind: 'icmp',
        error: 'host-unreachable',
        about: { from: '198.51.100.1:51820', to: '203.0.113.2:51820' },
        from: '192.0.2.1',
      },
    },
    { do: 'ping', at: '5s', name: 'after', from: 'alice', to: '10.0.0.2', count: 5 },
  ],
  expect: [
    { see: 'received', name: 'the lies arrive', host: 'alice', what: 'icmp-unreachable', count: 2 },
    { see: 'delivered', name: 'nothing happens', step: 'after' },
    { see: 'messages', name: 'no new handshake', message: 'initiation', from: 'alice', count: 1 },
  ],
  twin: {
    about: "Bob's cable is cut: now it is true, and nobody says so.",
    changes: [
      { path: '/steps/1', set: { do: 'link', at: '3s', node: 'bob', network: 'internet', set: { cut: true } } },
    ],
    fails: 'nothing happens',
  },
} satisfies Scenario
