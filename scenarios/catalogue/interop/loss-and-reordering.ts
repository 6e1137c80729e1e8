import type { Scenario } from '../../language/scenario.ts'
import { pair } from '../../samples/pair.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Ten minutes over a way that loses, doubles and reorders',
  about: 'What the network lets pass arrives once. Handshakes that are lost are tried again.',
  duration: '10m',
  networks: {
    internet: { link: { loss: 0.02, duplicate: 0.02, delay: '20ms', jitter: '60ms', reorder: true } },
  },
  hosts: pair(),
  steps: [
    { do: 'ping', at: '1s', name: 'steady', from: 'initiator', to: '10.0.0.2', count: 290, interval: '2s' },
    { do: 'send', at: '300s', name: 'burst', from: 'responder', to: '10.0.0.1:9', count: 400, interval: '5ms' },
  ],
  expect: [
    { see: 'delivered', step: 'steady', count: { min: 230 } },
    { see: 'delivered', step: 'burst', count: { min: 350 } },
    { see: 'messages', name: 'sessions are renewed', message: 'response', from: 'responder', count: { min: 4 } },
  ],
  twin: {
    about: 'Half of everything is lost.',
    changes: [{ path: '/networks/internet/link/loss', set: 0.3 }],
    fails: 'delivered steady',
  },
} satisfies Scenario
