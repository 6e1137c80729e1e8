import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Who is admitted again is let in when the others ask',
  about: 'Alice and the phone ask every ten seconds, and alice keeps the tunnel alive by a packet every five.',
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
  steps: [
    { do: 'ping', at: '8s', name: 'before', from: 'phone', to: '10.7.0.1' },
    { do: 'service', at: '10s', host: 'control', service: 'plane', act: 'revoke', member: 'phone' },
    { do: 'ping', at: '30s', name: 'shut out', from: 'phone', to: '10.7.0.1' },
    { do: 'service', at: '40s', host: 'control', service: 'plane', act: 'admit', member: 'phone' },
    { do: 'ping', at: '60s', name: 'again', from: 'phone', to: '10.7.0.1' },
  ],
  expect: [
    { see: 'delivered', step: 'before' },
    { see: 'lost', name: 'no member', step: 'shut out' },
    { see: 'delivered', name: 'a member again', step: 'again' },
    {
      see: 'messages',
      name: 'kept alive',
      message: 'keepalive',
      from: 'alice',
      between: ['65s', '90s'],
      count: { min: 3 },
    },
  ],
  twin: { about: 'Nobody admits it.', changes: [{ path: '/steps/3/act', set: 'revoke' }], fails: 'a member again' },
} satisfies Scenario
