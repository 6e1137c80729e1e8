import type { Scenario } from '../../language/scenario.ts'
import { pair } from '../../samples/pair.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'The initiator gets another address, and the session goes with it',
  duration: '40s',
  networks: { internet: {} },
  hosts: pair(),
  steps: [
    { do: 'ping', at: '1s', name: 'on the move', from: 'initiator', to: '10.0.0.2', count: 20 },
    { do: 'roam', at: '10.5s', host: 'initiator', network: 'internet', attachment: '198.51.100.77' },
    { do: 'ping', at: '30s', name: 'found again', from: 'responder', to: '10.0.0.1', count: 3 },
  ],
  expect: [
    { see: 'delivered', step: 'on the move', count: { min: 19 } },
    { see: 'delivered', step: 'found again' },
    { see: 'messages', name: 'one handshake', message: 'initiation', from: 'initiator', count: 1 },
    { see: 'endpoint', host: 'responder', peer: 'initiator', is: '198.51.100.77:51820' },
  ],
  twin: {
    about: 'It moves after it has spoken.',
    changes: [{ path: '/steps/1/at', set: '25s' }],
    fails: 'delivered found again',
  },
} satisfies Scenario
