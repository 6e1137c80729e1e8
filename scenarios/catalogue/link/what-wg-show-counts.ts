import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'What wg show counts is what came through: lost packets count for the sender alone',
  about: 'Ten datagrams of a thousand bytes. Alice has sent them all, and half of them were lost on the way to bob.',
  duration: '20s',
  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: { internet: { address: '198.51.100.1', up: { lose: [{ message: 'data', nth: [3, 4, 5, 6, 7] }] } } },
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
    { do: 'send', at: '3s', name: 'ten', from: 'alice', to: '10.0.0.2:9', count: 10, interval: '100ms', size: 1000 },
  ],
  expect: [
    { see: 'transfer', name: 'sent by alice', host: 'alice', peer: 'bob', tx: { min: 10000, max: 13000 }, at: '10s' },
    { see: 'transfer', name: 'half of it at bob', host: 'bob', peer: 'alice', rx: { min: 5000, max: 8000 }, at: '10s' },
  ],
  twin: {
    about: 'Nothing is lost.',
    changes: [{ path: '/hosts/alice/interfaces/internet/up/lose', remove: true }],
    fails: 'half of it at bob',
  },
} satisfies Scenario
