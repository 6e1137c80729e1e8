import type { Scenario } from '../../language/scenario.ts'
import { pair } from '../../samples/pair.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'The responder gets another address, and is followed as soon as it speaks',
  duration: '40s',
  networks: { internet: {} },
  hosts: pair(),
  steps: [
    { do: 'ping', at: '1s', name: 'before', from: 'initiator', to: '10.0.0.2', count: 3 },
    { do: 'roam', at: '8s', host: 'responder', network: 'internet', attachment: '203.0.113.77' },
    { do: 'ping', at: '10s', name: 'it speaks', from: 'responder', to: '10.0.0.1', count: 3 },
    { do: 'ping', at: '20s', name: 'after', from: 'initiator', to: '10.0.0.2', count: 3 },
  ],
  expect: [
    { see: 'delivered', step: 'before' },
    { see: 'delivered', step: 'it speaks' },
    { see: 'delivered', step: 'after' },
    { see: 'messages', name: 'one handshake', message: 'initiation', from: 'initiator', count: 1 },
    { see: 'endpoint', host: 'initiator', peer: 'responder', is: '203.0.113.77:51820' },
  ],
  twin: {
    about: 'The responder says nothing before it is spoken to.',
    changes: [
      { path: '/steps/2/at', set: '30s' },
      { path: '/steps/3/at', set: '14s' },
    ],
    fails: 'delivered after',
  },
} satisfies Scenario
