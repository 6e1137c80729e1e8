import type { Scenario } from '../../language/scenario.ts'
import { pair } from '../../samples/pair.ts'

const MTU = { lines: 'MTU = 8840\n' }

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Jumbo frames: packets of almost 9000 bytes in one piece',
  duration: '20s',
  networks: { internet: { link: { mtu: 8920 } } },
  hosts: pair(MTU, MTU),
  steps: [
    { do: 'ping', at: '1s', name: 'largest', from: 'initiator', to: '10.0.0.2', count: 3, size: 8812, df: true },
    { do: 'ping', at: '5s', name: 'back', from: 'responder', to: 'fd00:0::1', count: 3, size: 8792 },
  ],
  expect: [
    { see: 'delivered', step: 'largest' },
    { see: 'delivered', step: 'back' },
    { see: 'received', name: 'in one piece', host: 'responder', what: 'fragment', count: 0 },
  ],
  twin: {
    about: 'The tunnel takes 1420 bytes.',
    changes: [{ path: '/hosts/initiator/wg/wg0', replace: 'MTU = 8840', with: 'MTU = 1420' }],
    fails: 'delivered largest',
  },
} satisfies Scenario
