import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Paths chosen by address alone carry all flows of a host alike, or none',
  about:
    'One of two equal paths is broken. All eight flows of this host take the other one; spread by ports, half of them would be lost.',
  duration: '20s',
  networks: {
    internet: {},
    rack: { kind: 'lan', gateway: '198.51.100.9' },
    wide: { kind: 'lan' },
    broken: { kind: 'lan' },
  },
  routers: {
    near: {
      interfaces: {
        rack: '198.51.100.9/29',
        wide: '10.2.0.1/24',
        broken: { address: '10.3.0.1/24', up: { cut: true } },
      },
      routes: [{ to: '0.0.0.0/0', via: '10.3.0.2', equal: ['10.2.0.2'] }],
      spread: 'address',
    },
    far: {
      interfaces: { wide: '10.2.0.2/24', broken: '10.3.0.2/24', internet: '198.51.100.254/24' },
      routes: [{ to: '198.51.100.8/29', via: '10.2.0.1' }],
    },
  },
  hosts: { server: { interfaces: { rack: '198.51.100.10/29' } }, laptop: { interfaces: { internet: '203.0.113.6' } } },
  steps: [
    { do: 'send', at: '1s', name: 'flow 0', from: 'server', to: '203.0.113.6:9' },
    { do: 'send', at: '1s', name: 'flow 1', from: 'server', to: '203.0.113.6:9' },
    { do: 'send', at: '1s', name: 'flow 2', from: 'server', to: '203.0.113.6:9' },
    { do: 'send', at: '1s', name: 'flow 3', from: 'server', to: '203.0.113.6:9' },
    { do: 'send', at: '1s', name: 'flow 4', from: 'server', to: '203.0.113.6:9' },
    { do: 'send', at: '1s', name: 'flow 5', from: 'server', to: '203.0.113.6:9' },
  ],
  expect: [
    { see: 'delivered', step: 'flow 0' },
    { see: 'delivered', step: 'flow 1' },
    { see: 'delivered', step: 'flow 2' },
    { see: 'delivered', step: 'flow 3' },
    { see: 'delivered', step: 'flow 4' },
    { see: 'delivered', step: 'flow 5' },
  ],
  twin: {
    about: 'Spread by ports too.',
    changes: [{ path: '/routers/near/spread', remove: true }],
    fails: 'delivered flow 5',
  },
} satisfies Scenario
