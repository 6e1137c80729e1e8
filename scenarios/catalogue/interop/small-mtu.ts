import type { Scenario } from '../../language/scenario.ts'
import { pair } from '../../samples/pair.ts'

const MTU = { lines: 'MTU = 1280\n' }

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'The smallest MTU of IPv6 inside, on a way that takes just that and no more',
  about: '1280 bytes inside are at most 1340 outside over IPv4: nothing is cut, nothing is lost.',
  duration: '20s',
  networks: { internet: { link: { mtu: 1340 } } },
  hosts: pair(MTU, MTU),
  steps: [
    { do: 'ping', at: '1s', name: 'largest', from: 'initiator', to: '10.0.0.2', count: 3, size: 1252 },
    { do: 'ping', at: '5s', name: 'largest of IPv6', from: 'responder', to: 'fd00:0::1', count: 3, size: 1232 },
    { do: 'ping', at: '9s', name: 'every size', from: 'initiator', to: '10.0.0.2', count: 3, size: 1239 },
    { do: 'ping', at: '13s', name: 'smallest', from: 'initiator', to: '10.0.0.2', count: 3, size: 0 },
  ],
  expect: [
    { see: 'delivered', step: 'largest' },
    { see: 'delivered', step: 'largest of IPv6' },
    { see: 'delivered', step: 'every size' },
    { see: 'delivered', step: 'smallest' },
    { see: 'received', name: 'no fragments', host: 'responder', what: 'fragment', count: 0 },
    { see: 'received', name: 'none back', host: 'initiator', what: 'fragment', count: 0 },
  ],
  twin: {
    about: 'The tunnel believes in the usual 1420.',
    changes: [
      { path: '/hosts/initiator/wg/wg0', replace: 'MTU = 1280', with: 'MTU = 1420' },
      { path: '/steps/0/size', set: 1392 },
    ],
    fails: 'no fragments',
  },
} satisfies Scenario
