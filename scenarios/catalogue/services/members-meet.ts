import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Two members that know nothing of each other are told by the control plane',
  about: 'Neither configuration names a peer. Both ask the control plane who is a member, and add each other.',
  duration: '90s',
  networks: { internet: {} },
  hosts: {
    control: {
      interfaces: { internet: '192.0.2.10' },
      services: {
        plane: {
          kind: 'control-server',
          port: 5999,
          members: {
            alice: { allowed_ips: ['10.7.0.1/32'], endpoint: '198.51.100.1:51820' },
            phone: { key: 'handset', allowed_ips: ['10.7.0.3/32'], endpoint: '198.51.100.3:51820' },
          },
        },
      },
    },
    alice: {
      interfaces: { internet: '198.51.100.1' },
      wg: {
        wg0: `[Interface]
PrivateKey = <alice>
Address = 10.7.0.1/24
ListenPort = 51820
`,
      },
      services: {
        plane: {
          kind: 'control-client',
          iface: 'wg0',
          member: 'alice',
          server: '192.0.2.10:5999',
          every: '10s',
          keepalive: 5,
        },
      },
    },
    phone: {
      interfaces: { internet: '198.51.100.3' },
      wg: {
        wg0: `[Interface]
PrivateKey = <handset>
Address = 10.7.0.3/24
ListenPort = 51820
`,
      },
      services: {
        plane: { kind: 'control-client', iface: 'wg0', member: 'phone', server: '192.0.2.10:5999', every: '10s' },
      },
    },
  },
  steps: [{ do: 'ping', at: '8s', name: 'hello', from: 'phone', to: '10.7.0.1' }],
  expect: [{ see: 'delivered', name: 'they meet', step: 'hello' }],
  twin: {
    about: 'Alice is no member.',
    changes: [{ path: '/hosts/control/services/plane/members/alice', remove: true }],
    fails: 'they meet',
  },
} satisfies Scenario
