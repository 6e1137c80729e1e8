import type { Scenario } from '../../language/scenario.ts'
import { pair } from '../../samples/pair.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Who receives data and has nothing to say sends one keepalive after ten seconds',
  about: 'One datagram that nobody answers, each way.',
  duration: '60s',
  networks: { internet: {} },
  hosts: pair(),
  steps: [
    { do: 'send', at: '1s', name: 'forth', from: 'initiator', to: '10.0.0.2:9' },
    { do: 'send', at: '30s', name: 'back', from: 'responder', to: '10.0.0.1:9' },
  ],
  expect: [
    { see: 'delivered', step: 'forth' },
    { see: 'delivered', step: 'back' },
    {
      see: 'messages',
      name: 'the responder confirms',
      message: 'keepalive',
      from: 'responder',
      between: ['10.9s', '11.7s'],
      count: 1,
      size: 32,
    },
    {
      see: 'messages',
      name: 'the initiator confirms',
      message: 'keepalive',
      from: 'initiator',
      between: ['39.9s', '40.7s'],
      count: 1,
      size: 32,
    },
    { see: 'messages', name: 'and no other keepalive', message: 'keepalive', from: 'responder', count: 1 },
    { see: 'messages', name: 'no new handshake', message: 'initiation', from: 'initiator', count: 1 },
  ],
  twin: {
    about: 'The datagram is answered, so nothing else is owed.',
    changes: [{ path: '/steps/0/to', set: '10.0.0.2:7' }],
    fails: 'the responder confirms',
  },
} satisfies Scenario
