import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A router that claims 600 bytes where 1400 fit is believed',
  about: 'After the first datagram those of 1300 bytes are not even sent.',
  duration: '20s',
  networks: { office: { kind: 'lan', gateway: '192.0.2.1' }, internet: {} },
  routers: {
    gate: {
      interfaces: {
        office: '192.0.2.1/24',
        internet: { address: ['198.51.100.1', '192.0.2.254/24'], up: { mtu: 1400 } },
      },
      claims_mtu: 600,
    },
  },
  hosts: {
    alice: { interfaces: { office: '192.0.2.2/24' } },
    bob: { interfaces: { internet: '203.0.113.2' } },
    carol: { interfaces: { internet: '203.0.113.8' } },
  },
  steps: [
    { do: 'send', at: '1s', name: 'large', from: 'alice', to: '203.0.113.2:9', size: 1440, df: true, count: 1 },
    { do: 'send', at: '5s', name: 'fits', from: 'alice', to: '203.0.113.2:9', size: 1300, df: true },
  ],
  expect: [{ see: 'lost', name: 'believed', step: 'fits' }],
  twin: { about: 'The true size.', changes: [{ path: '/routers/gate/claims_mtu', remove: true }], fails: 'believed' },
} satisfies Scenario
