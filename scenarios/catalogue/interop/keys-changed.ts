import type { Scenario } from '../../language/scenario.ts'
import { pair } from '../../samples/pair.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Keys are changed while the tunnel is up',
  about:
    'The responder takes a new private key and is not heard until the initiator knows it; then both take a preshared key, which counts from the next handshake on.',
  duration: '9m',
  networks: { internet: {} },
  hosts: pair(),
  steps: [
    { do: 'ping', at: '1s', name: 'before', from: 'initiator', to: '10.0.0.2' },
    { do: 'run', at: '10s', host: 'responder', command: 'wg set wg0 private-key <responder-new>' },
    { do: 'ping', at: '200s', name: 'cut off', from: 'initiator', to: '10.0.0.2', count: 3 },
    {
      do: 'run',
      at: '250s',
      host: 'initiator',
      command:
        'wg set wg0 peer <responder.pub> remove peer <responder-new.pub> endpoint 203.0.113.2:51820 allowed-ips 10.0.0.2/32',
    },
    { do: 'ping', at: '260s', name: 'told', from: 'initiator', to: '10.0.0.2', count: 3 },
    {
      do: 'run',
      at: '270s',
      host: 'initiator',
      command: 'wg set wg0 peer <responder-new.pub> preshared-key <late.psk>',
    },
    { do: 'run', at: '270s', host: 'responder', command: 'wg set wg0 peer <initiator.pub> preshared-key <late.psk>' },
    { do: 'ping', at: '8m', name: 'with a preshared key', from: 'initiator', to: '10.0.0.2', count: 3 },
  ],
  expect: [
    { see: 'delivered', step: 'before' },
    { see: 'lost', name: 'silence', step: 'cut off' },
    { see: 'delivered', step: 'told' },
    { see: 'delivered', step: 'with a preshared key' },
  ],
  twin: {
    about: 'The responder is not given the preshared key.',
    changes: [{ path: '/steps/6/command', set: 'wg set wg0 listen-port 51820' }],
    fails: 'delivered with a preshared key',
  },
} satisfies Scenario
