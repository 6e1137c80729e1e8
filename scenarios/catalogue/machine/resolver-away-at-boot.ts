import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A resolver that is away during a reboot delays the tunnel, no more',
  about: 'wg asks again for as long as it gets no answer.',
  duration: '60s',
  networks: { internet: {} },
  names: { 'vpn.example.com': '203.0.113.2' },
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
Endpoint = vpn.example.com:51820
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
    { do: 'dns', at: '10s', domain: 'vpn.example.com', to: 'no-answer' },
    { do: 'reboot', at: '12s', host: 'alice' },
    { do: 'dns', at: '16s', domain: 'vpn.example.com', to: '203.0.113.2' },
    { do: 'ping', at: '50s', name: 'after', from: 'alice', to: '10.0.0.2' },
    { do: 'ping', at: '15s', name: 'too early', from: 'alice', to: '10.0.0.2' },
  ],
  expect: [
    { see: 'lost', name: 'not up yet', step: 'too early' },
    { see: 'delivered', step: 'hello' },
    {
      see: 'messages',
      name: 'late, but there',
      message: 'initiation',
      from: 'alice',
      between: ['13s', '16s'],
      count: 0,
    },
    { see: 'delivered', step: 'after' },
  ],
  twin: {
    about: 'The name is gone for good.',
    changes: [{ path: '/steps/1/to', set: 'no-such-name' }],
    fails: 'delivered after',
  },
} satisfies Scenario
