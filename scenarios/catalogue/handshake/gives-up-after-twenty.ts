import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Nobody answers: twenty initiations, then silence',
  about:
    'The paper says 90 seconds; the Linux kernel sends 20 initiations, which takes about 100. One packet asks for it all.',
  claims: ['proto-11'],
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
      autostart: false,
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

  steps: [{ do: 'ping', at: '1s', name: 'unheard', from: 'alice', to: '10.0.0.2' }],
  expect: [
    { see: 'messages', name: 'twenty initiations', message: 'initiation', from: 'alice', count: 20 },
    { see: 'spacing', message: 'initiation', from: 'alice', each: { min: '5s', max: '5.6s' } },
    { see: 'messages', name: 'then silence', message: 'any', from: 'alice', between: ['110s', '5m'], count: 0 },
    { see: 'lost', step: 'unheard', because: ['handshake-given-up'] },
  ],
  twin: {
    about: 'Somebody keeps asking, so the retries never end.',
    changes: [{ path: '/steps/0/count', set: 200 }],
    fails: 'twenty initiations',
  },
} satisfies Scenario
