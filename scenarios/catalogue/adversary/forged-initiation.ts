import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Who changes an initiation on its way and makes the MAC right is stopped by the next check',
  about:
    'The MAC needs the public key alone. Whether it stays wrong or is made right decides how far the message comes.',
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
    {
      do: 'probe',
      at: '500ms',
      host: 'mallory',
      act: {
        kind: 'forge',
        message: 'initiation',
        from: 'alice',
        count: 1,
        alter: [{ field: 'static', flip: 0 }],
        macs: 'valid',
      },
    },
    { do: 'ping', at: '1s', name: 'hello', from: 'alice', to: '10.0.0.2' },
    { do: 'ping', at: '10s', name: 'second try', from: 'alice', to: '10.0.0.2' },
  ],
  expect: [
    { see: 'dropped', name: 'past the MAC', because: 'bad-static', at: 'bob:wg0', count: 1 },
    { see: 'delivered', step: 'second try' },
  ],
  twin: {
    about: 'The MAC stays as it was.',
    changes: [{ path: '/steps/0/act/macs', remove: true }],
    fails: 'past the MAC',
  },
} satisfies Scenario
