import type { Scenario } from '../../language/scenario.ts'
import { pair } from '../../samples/pair.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Both start at the same instant, and one session comes of it',
  about: 'Each answers the other. Whatever becomes of the two attempts, in the end data flows both ways.',
  duration: '60s',
  networks: { internet: {} },
  hosts: pair({}, { peer: 'Endpoint = 198.51.100.1:51820' }),
  steps: [
    { do: 'ping', at: '1s', name: 'one way', from: 'initiator', to: '10.0.0.2', count: 50 },
    { do: 'ping', at: '1s', name: 'other way', from: 'responder', to: '10.0.0.1', count: 50 },
  ],
  expect: [
    {
      see: 'messages',
      name: 'both start',
      message: 'initiation',
      from: 'responder',
      between: ['1s', '1.1s'],
      count: 1,
    },
    { see: 'messages', name: 'both answer', message: 'response', from: 'initiator', between: ['1s', '1.1s'], count: 1 },
    { see: 'delivered', step: 'one way', count: { min: 30 } },
    { see: 'delivered', step: 'other way', count: { min: 30 } },
  ],
  twin: {
    about: 'The responder starts a second later: nothing crosses.',
    changes: [{ path: '/steps/1/at', set: '2s' }],
    fails: 'both start',
  },
} satisfies Scenario
