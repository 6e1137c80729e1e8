import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A forged "too big" from anywhere makes the tunnel cut its packets, and where fragments die so do they',
  about:
    'Mallory is not on the path. She knows both addresses and both ports, and sends one ICMP error with a made-up quotation. For ten minutes alice believes that only 552 bytes fit: her large packets leave as fragments, which this internet drops. Small ones pass.',
  duration: '30s',

  networks: { internet: { fragments: 'drop' } },
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
    { do: 'ping', at: '1s', name: 'before', from: 'alice', to: '10.0.0.2', size: 1200 },
    {
      do: 'probe',
      at: '5s',
      host: 'mallory',
      act: {
        kind: 'icmp',
        error: 'too-big',
        mtu: 576,
        about: { from: '198.51.100.1:51820', to: '203.0.113.2:51820' },
        from: '192.0.2.1',
      },
    },
    { do: 'ping', at: '10s', name: 'small', from: 'alice', to: '10.0.0.2', size: 56 },
    { do: 'ping', at: '15s', name: 'large', from: 'alice', to: '10.0.0.2', size: 1200 },
  ],
  expect: [
    { see: 'delivered', step: 'before' },
    { see: 'delivered', step: 'small' },
    { see: 'lost', name: 'large packets die', step: 'large', because: ['fragment-dropped'] },
  ],
  twin: {
    about: 'She does not know the port that alice sends from: the error is about no socket of hers.',
    changes: [{ path: '/steps/1/act/about/from', set: '198.51.100.1:51821' }],
    fails: 'large packets die',
  },
} satisfies Scenario
