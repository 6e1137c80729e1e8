import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Forged errors that say "no way", "prohibited", "too far" do not stop a tunnel',
  about: 'They quote a real packet. WireGuard has no ear for them; a TCP connection that is just being made has.',
  duration: '20s',
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
    {
      do: 'probe',
      at: '500ms',
      host: 'mallory',
      act: { kind: 'capture', message: 'data', from: 'alice', save: 'seen' },
    },
    { do: 'ping', at: '1s', name: 'hello', from: 'alice', to: '10.0.0.2' },
    { do: 'probe', at: '4s', host: 'mallory', act: { kind: 'icmp', error: 'no-route', about: 'seen' } },
    { do: 'probe', at: '5s', host: 'mallory', act: { kind: 'icmp', error: 'prohibited', about: 'seen' } },
    { do: 'probe', at: '6s', host: 'mallory', act: { kind: 'icmp', error: 'time-exceeded', about: 'seen' } },
    { do: 'ping', at: '10s', name: 'undisturbed', from: 'alice', to: '10.0.0.2' },
  ],
  expect: [
    { see: 'received', name: 'two say no way', host: 'alice', what: 'icmp-unreachable', count: 2 },
    { see: 'received', name: 'one says too far', host: 'alice', what: 'icmp-time-exceeded', count: 1 },
    { see: 'delivered', step: 'undisturbed' },
  ],
  twin: {
    about: 'One more says that it was too large.',
    changes: [{ path: '/steps/2/act', set: { kind: 'icmp', error: 'too-big', mtu: 600, about: 'seen' } }],
    fails: 'two say no way',
  },
} satisfies Scenario
