import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A router that drops what is too large and says nothing',
  about: 'Its line takes 1400 bytes.',
  duration: '20s',
  networks: { office: { kind: 'lan', gateway: '192.0.2.1' }, internet: {} },
  routers: {
    gate: {
      interfaces: {
        office: '192.0.2.1/24',
        internet: { address: ['198.51.100.1', '192.0.2.254/24'], up: { mtu: 1400 } },
      },
      too_big: 'silent',
    },
  },
  hosts: {
    alice: { interfaces: { office: '192.0.2.2/24' } },
    bob: { interfaces: { internet: '203.0.113.2' } },
    carol: { interfaces: { internet: '203.0.113.8' } },
  },
  steps: [{ do: 'send', at: '1s', name: 'large', from: 'alice', to: '203.0.113.2:9', size: 1440, df: true, count: 3 }],
  expect: [
    { see: 'lost', step: 'large' },
    { see: 'received', name: 'nobody tells', host: 'alice', what: 'icmp-too-big', count: 0 },
  ],
  twin: {
    about: 'It says how much fits.',
    changes: [{ path: '/routers/gate/too_big', remove: true }],
    fails: 'nobody tells',
  },
} satisfies Scenario
