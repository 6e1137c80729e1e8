import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A revoked key works until the news has reached every peer',
  about:
    'A control plane hands out keys and addresses; its clients ask every 30 seconds. The stolen phone is revoked, and still talks to alice until she has asked: WireGuard itself knows no revocation.',
  duration: '90s',

  networks: { internet: {} },
  hosts: {
    control: {
      interfaces: { internet: '192.0.2.10' },
      services: {
        plane: {
          kind: 'control-server',
          members: {
            alice: { allowed_ips: ['10.7.0.1/32'], endpoint: '198.51.100.1:51820' },
            bob: { allowed_ips: ['10.7.0.2/32'], endpoint: '203.0.113.2:51820' },
            phone: { allowed_ips: ['10.7.0.3/32'], endpoint: '198.51.100.3:51820' },
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
        plane: { kind: 'control-client', iface: 'wg0', member: 'alice', server: '192.0.2.10:5380' },
      },
    },
    bob: {
      interfaces: { internet: '203.0.113.2' },
      wg: {
        wg0: `[Interface]
PrivateKey = <bob>
Address = 10.7.0.2/24
ListenPort = 51820
`,
      },
      services: {
        plane: { kind: 'control-client', iface: 'wg0', member: 'bob', server: '192.0.2.10:5380' },
      },
    },
    phone: {
      interfaces: { internet: '198.51.100.3' },
      wg: {
        wg0: `[Interface]
PrivateKey = <phone>
Address = 10.7.0.3/24
ListenPort = 51820
`,
      },
      services: {
        plane: { kind: 'control-client', iface: 'wg0', member: 'phone', server: '192.0.2.10:5380' },
      },
    },
  },

  steps: [
    { do: 'ping', at: '5s', name: 'everybody talks', from: 'alice', to: '10.7.0.2' },
    { do: 'ping', at: '6s', name: 'the phone too', from: 'phone', to: '10.7.0.1' },
    { do: 'service', at: '35s', host: 'control', service: 'plane', act: 'revoke', member: 'phone' },
    { do: 'ping', at: '36s', name: 'revoked, and still in', from: 'phone', to: '10.7.0.1', count: 20 },
    { do: 'ping', at: '65s', name: 'out at last', from: 'phone', to: '10.7.0.1', count: 5 },
    { do: 'ping', at: '75s', name: 'the others stay', from: 'alice', to: '10.7.0.2' },
  ],
  expect: [
    { see: 'delivered', step: 'everybody talks' },
    { see: 'delivered', step: 'the phone too' },
    { see: 'delivered', name: 'a key outlives its revocation', step: 'revoked, and still in' },
    { see: 'noted', name: 'alice hears of it', host: 'alice', text: 'phone is no member any more: removed', count: 1 },
    { see: 'lost', name: 'then it is over', step: 'out at last' },
    { see: 'delivered', step: 'the others stay' },
  ],
  twin: {
    about: 'The control plane pushes its news: the key is dead at once.',
    changes: [{ path: '/hosts/control/services/plane/push', set: true }],
    fails: 'a key outlives its revocation',
  },
} satisfies Scenario
