import type { Scenario } from '../../language/scenario.ts'
import { pair } from '../../samples/pair.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Ten minutes of traffic: a new session every two minutes, and no packet is lost',
  about: 'REKEY_AFTER_TIME is 120 s; only who initiated the session acts on it.',
  duration: '10m',
  networks: { internet: {} },
  hosts: pair(),
  steps: [{ do: 'ping', at: '1s', name: 'steady', from: 'initiator', to: '10.0.0.2', count: 59, interval: '10s' }],
  expect: [
    { see: 'delivered', step: 'steady' },
    {
      see: 'spacing',
      name: 'every two minutes',
      message: 'initiation',
      from: 'initiator',
      each: { min: '119.9s', max: '130.6s' },
    },
    { see: 'messages', name: 'five sessions', message: 'response', from: 'responder', count: 5 },
    { see: 'messages', name: 'the responder never starts', message: 'initiation', from: 'responder', count: 0 },
  ],
  twin: {
    about: 'Traffic is rarer than the session lives long.',
    changes: [
      { path: '/steps/0/interval', set: '200s' },
      { path: '/steps/0/count', set: 3 },
    ],
    fails: 'every two minutes',
  },
} satisfies Scenario
