import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A control plane that pushes takes a revoked key away at once',
  about: 'The clients ask every half minute; the server does not wait for it.',
  duration: '60s',
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
          push: true,
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
      services: { plane: { kind: 'control-client', iface: 'wg0', member: 'alice', server: '192.0.2.10:5999' } },
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
      services: { plane: { kind: 'control-client', iface: 'wg0', member: 'phone', server: '192.0.2.10:5999' } },
    },
  },
  steps: [
    { do: 'ping', at: '3s', name: 'before', from: 'phone', to: '10.7.0.1' },
    { do: 'service', at: '5s', host: 'control', service: 'plane', act: 'revoke', member: 'phone' },
    { do: 'ping', at: '7s', name: 'right after', from: 'phone', to: '10.7.0.1' },
  ],
  expect: [
    { see: 'delivered', step: 'before' },
    { see: 'lost', name: 'shut out at once', step: 'right after' },
  ],
  twin: {
    about: 'The clients have to ask.',
    changes: [{ path: '/hosts/control/services/plane/push', remove: true }],
    fails: 'shut out at once',
  },
} satisfies Scenario
