import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Who relays one way and keeps the answers cuts the tunnel in the middle',
  about: 'What bob sends goes to her, and ends there.',
  duration: '40s',
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
    { do: 'ping', at: '1s', name: 'hello', from: 'alice', to: '10.0.0.2' },
    {
      do: 'probe',
      at: '3s',
      host: 'mallory',
      act: { kind: 'relay', message: 'data', from: 'alice', to: 'bob', hold: true, back: 'none', for: '8s' },
    },
    { do: 'ping', at: '4s', name: 'by way of her', from: 'alice', to: '10.0.0.2', count: 3 },
  ],
  expect: [{ see: 'lost', name: 'no answer comes', step: 'by way of her' }],
  twin: {
    about: 'The answers go on.',
    changes: [{ path: '/steps/1/act/back', remove: true }],
    fails: 'no answer comes',
  },
} satisfies Scenario
