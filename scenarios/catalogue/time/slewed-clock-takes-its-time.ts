import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A clock that is set right in small steps is wrong for a long while',
  about:
    'Somebody sets the clock ten minutes back. The time service may not jump: at 500 parts per million ten minutes take two weeks, and bob, who has seen later timestamps, refuses every new handshake until then.',
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
      clock: { ntp: { after: '5s', how: 'slew' } },
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
    { do: 'clock', at: '2s', host: 'alice', jump: '-10m' },
    { do: 'ping', at: '200s', name: 'after', from: 'alice', to: '10.0.0.2' },
  ],
  expect: [
    { see: 'delivered', step: 'before' },
    { see: 'lost', name: 'still wrong', step: 'after' },
  ],
  twin: { about: 'At once.', changes: [{ path: '/hosts/alice/clock/ntp/how', remove: true }], fails: 'still wrong' },
} satisfies Scenario
