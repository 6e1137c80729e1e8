import type { Scenario } from '../../language/scenario.ts'
import { pair } from '../../samples/pair.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A preshared key is mixed in the same way by both',
  duration: '10s',
  networks: { internet: {} },
  hosts: pair({ peer: 'PresharedKey = <pair.psk>' }, { peer: 'PresharedKey = <pair.psk>' }),
  steps: [{ do: 'ping', at: '1s', name: 'hello', from: 'initiator', to: '10.0.0.2', count: 3 }],
  expect: [
    { see: 'delivered', step: 'hello' },
    { see: 'messages', name: 'one initiation', message: 'initiation', from: 'initiator', count: 1 },
  ],
  twin: {
    about: 'One side has another one.',
    changes: [{ path: '/hosts/responder/wg/wg0', replace: '<pair.psk>', with: '<other.psk>' }],
    fails: 'delivered hello',
  },
} satisfies Scenario
