import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A port scan tells an open WireGuard port by its silence, unless the closed ports are silent too',
  about:
    'WireGuard answers nothing, not even to a valid initiation of a stranger. But a closed UDP port of a host without a firewall is denied by ICMP, and the one port that is not denied stands out. Only where everything is silent does the port look closed.',
  claims: ['quiet-02'],
  duration: '10s',

  networks: { internet: {} },
  hosts: {
    mallory: { interfaces: { internet: '192.0.2.66' }, probe: true },
    bob: {
      interfaces: { internet: '203.0.113.2' },
      firewall: 'stateful',
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
      at: '1s',
      host: 'mallory',
      act: { kind: 'scan', to: '203.0.113.2', ports: [51816, 51824], interval: '200ms' },
    },
    {
      do: 'probe',
      at: '5s',
      host: 'mallory',
      act: { kind: 'scan', to: '203.0.113.2', ports: [51820, 51820], with: 'initiation', peer: 'bob' },
    },
  ],
  expect: [
    {
      see: 'noted',
      name: 'all ports look alike',
      host: 'mallory',
      text: '0 open; 0 closed; 9 silent',
      between: ['4s', '5s'],
      count: 1,
    },
    { see: 'received', name: 'no port is denied', host: 'mallory', what: 'icmp-unreachable', count: 0 },
    { see: 'messages', name: 'bob says nothing', message: 'any', from: 'bob', count: 0 },
    { see: 'dropped', name: 'the stranger is refused in silence', because: 'unknown-peer', at: 'bob:wg0', count: 1 },
  ],
  twin: {
    about: 'Without a firewall eight ports are closed loudly, and the ninth is found.',
    changes: [{ path: '/hosts/bob/firewall', remove: true }],
    fails: 'all ports look alike',
  },
} satisfies Scenario
