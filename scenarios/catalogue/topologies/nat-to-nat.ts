import type { Scenario } from '../../language/scenario.ts'
import { SAMPLES } from '../../samples/texts.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Two peers behind NATs that keep ports',
  about: 'Fixed ports, the address of the other NAT as endpoint, keepalive on both sides.',
  claims: ['ops-09', 'nat-06'],
  duration: '60s',
  networks: {
    internet: {},
    westlan: { kind: 'lan', gateway: '10.201.0.1' },
    eastlan: { kind: 'lan', gateway: '10.202.0.1' },
  },
  nats: {
    westgate: { inside: { westlan: '10.201.0.1/24' }, outside: { internet: '198.51.100.7' } },
    eastgate: { inside: { eastlan: '10.202.0.1/24' }, outside: { internet: '203.0.113.9' } },
  },
  hosts: {
    left: { interfaces: { westlan: '10.201.0.2/24' }, wg: { wg0: SAMPLES['nat-to-nat/left'] } },
    right: { interfaces: { eastlan: '10.202.0.2/24' }, wg: { wg0: SAMPLES['nat-to-nat/right'] } },
  },
  steps: [{ do: 'ping', at: '30s', name: 'across', from: 'left', to: '10.0.0.2', count: 5 }],
  expect: [
    { see: 'delivered', name: 'connected', step: 'across' },
    { see: 'endpoint', host: 'left', peer: 'right', is: '203.0.113.9:51820' },
  ],
  twin: {
    about: 'One listens on a port of the moment.',
    changes: [
      { path: '/hosts/left/wg/wg0', replace: 'ListenPort = 51820', with: '' },
      { path: '/nats/eastgate/mapping', set: 'address-and-port-dependent' },
      { path: '/nats/eastgate/ports', set: 'random' },
    ],
    fails: 'connected',
  },
} satisfies Scenario
