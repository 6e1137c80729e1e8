import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A new private key cuts off every peer that holds the old public key',
  about: 'Bob changes his key; alice goes on with the old one and hears nothing, until she is given the new one.',
  claims: ['proto-16'],
  duration: '5m',

  networks: { internet: {} },
  hosts: {
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
    { do: 'run', at: '10s', host: 'bob', command: 'wg set wg0 private-key <bob-new>' },
    { do: 'ping', at: '200s', name: 'cut off', from: 'alice', to: '10.0.0.2', count: 3 },
    {
      do: 'run',
      at: '250s',
      host: 'alice',
      command: 'wg set wg0 peer <bob.pub> remove peer <bob-new.pub> endpoint 203.0.113.2:51820 allowed-ips 10.0.0.2/32',
    },
    { do: 'ping', at: '260s', name: 'told', from: 'alice', to: '10.0.0.2', count: 3 },
  ],
  expect: [
    { see: 'delivered', step: 'before' },
    { see: 'lost', name: 'silence', step: 'cut off' },
    { see: 'delivered', step: 'told' },
  ],
  twin: {
    about: 'Bob keeps his key.',
    changes: [
      { path: '/steps/1/command', set: 'wg set wg0 listen-port 51820' },
      { path: '/steps/3/command', set: 'wg set wg0 peer <bob.pub> endpoint 203.0.113.2:51820' },
    ],
    fails: 'silence',
  },
} satisfies Scenario
