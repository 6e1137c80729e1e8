import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A line with a token bucket is quick for a moment, and then as slow as it is sold',
  about: 'Speed tests and first pages of web sites are small enough for the bucket; a backup is not.',
  duration: '20s',

  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: { internet: { address: '198.51.100.1', up: { rate: '1Mbit', burst: 40000 } } },
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
    { do: 'send', at: '2s', name: 'page', from: 'alice', to: '10.0.0.2:9', count: 25, interval: '0s', size: 1200 },
    { do: 'send', at: '8s', name: 'backup', from: 'alice', to: '10.0.0.2:9', count: 200, interval: '0s', size: 1200 },
  ],
  expect: [
    { see: 'delivered', name: 'a page at once', step: 'page', within: '25ms' },
    { see: 'delivered', name: 'a backup in its time', step: 'backup', within: '2s' },
  ],
  twin: {
    about: 'Each packet takes its time on the line.',
    changes: [{ path: '/hosts/alice/interfaces/internet/up/burst', remove: true }],
    fails: 'a page at once',
  },
} satisfies Scenario
