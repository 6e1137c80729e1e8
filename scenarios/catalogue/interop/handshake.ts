import type { Scenario } from '../../language/scenario.ts'
import { pair } from '../../samples/pair.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Two implementations shake hands in one round trip',
  about: 'One initiation, one response, and the first data confirms. Nothing else is sent.',
  duration: '10s',
  networks: { internet: {} },
  hosts: pair(),
  steps: [
    { do: 'ping', at: '1s', name: 'hello', from: 'initiator', to: '10.0.0.2', count: 3 },
    { do: 'ping', at: '5s', name: 'back', from: 'responder', to: '10.0.0.1', count: 3 },
  ],
  expect: [
    { see: 'delivered', step: 'hello' },
    { see: 'delivered', step: 'back' },
    { see: 'messages', name: 'one initiation', message: 'initiation', from: 'initiator', count: 1, size: 148 },
    { see: 'messages', name: 'one response', message: 'response', from: 'responder', count: 1, size: 92 },
    { see: 'messages', name: 'the responder never starts', message: 'initiation', from: 'responder', count: 0 },
    { see: 'endpoint', host: 'responder', peer: 'initiator', is: '198.51.100.1:51820' },
    { see: 'handshakes', host: 'initiator', peer: 'responder', count: 1 },
  ],
  twin: {
    about: 'The responder expects somebody else.',
    changes: [{ path: '/hosts/responder/wg/wg0', replace: '<initiator.pub>', with: '<stranger.pub>' }],
    fails: 'delivered hello',
  },
} satisfies Scenario
