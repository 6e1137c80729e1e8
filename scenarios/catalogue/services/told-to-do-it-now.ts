import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A client that is told to ask now hears of a revocation before its time',
  about: 'Its next question would come at thirty seconds.',
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
    { do: 'service', at: '6s', host: 'alice', service: 'plane', act: 'now' },
    { do: 'ping', at: '8s', name: 'shut out', from: 'phone', to: '10.7.0.1' },
  ],
  expect: [
    { see: 'delivered', step: 'before' },
    { see: 'lost', name: 'heard of it', step: 'shut out' },
  ],
  twin: {
    about: 'It is started instead, which it was.',
    changes: [
      { path: '/steps/2', set: { do: 'link', at: '6s', node: 'alice', network: 'internet', set: { cut: false } } },
    ],
    fails: 'heard of it',
  },
} satisfies Scenario
