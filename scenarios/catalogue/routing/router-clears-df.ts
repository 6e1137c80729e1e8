import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A router that clears DF cuts what was not to be cut',
  about: 'Everything arrives, and nobody learns that the line is narrow.',
  duration: '20s',
  networks: { office: { kind: 'lan', gateway: '192.0.2.1' }, internet: {} },
  routers: {
    gate: {
      interfaces: {
        office: '192.0.2.1/24',
        internet: { address: ['198.51.100.1', '192.0.2.254/24'], up: { mtu: 1400 } },
      },
      too_big: 'clear-df',
    },
  },
  hosts: {
    alice: { interfaces: { office: '192.0.2.2/24' } },
    bob: { interfaces: { internet: '203.0.113.2' } },
    carol: { interfaces: { internet: '203.0.113.8' } },
  },
  steps: [{ do: 'send', at: '1s', name: 'large', from: 'alice', to: '203.0.113.2:9', size: 1440, df: true, count: 3 }],
  expect: [{ see: 'delivered', name: 'cut and carried', step: 'large' }],
  twin: {
    about: 'DF is honoured.',
    changes: [{ path: '/routers/gate/too_big', remove: true }],
    fails: 'cut and carried',
  },
} satisfies Scenario
