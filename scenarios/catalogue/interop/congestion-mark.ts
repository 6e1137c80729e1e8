import type { Scenario } from '../../language/scenario.ts'
import { pair } from '../../samples/pair.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'ECN works through the tunnel, and DSCP stays inside',
  about:
    'Outside go the ECN bits of the inner packet. A congestion mark met on the way reaches the inner packet (RFC 6040).',
  duration: '20s',
  networks: { internet: { ecn: 'mark' } },
  hosts: pair(),
  steps: [
    { do: 'ping', at: '1s', name: 'hello', from: 'initiator', to: '10.0.0.2' },
    {
      do: 'send',
      at: '3s',
      name: 'capable',
      from: 'initiator',
      to: '10.0.0.2:9',
      count: 5,
      interval: '100ms',
      tos: 2,
    },
    {
      do: 'send',
      at: '5s',
      name: 'capable, back',
      from: 'responder',
      to: '10.0.0.1:9',
      count: 5,
      interval: '100ms',
      tos: 2,
    },
    {
      do: 'send',
      at: '7s',
      name: 'incapable',
      from: 'initiator',
      to: '10.0.0.2:9',
      count: 5,
      interval: '100ms',
      tos: 184,
    },
  ],
  expect: [
    { see: 'delivered', step: 'capable' },
    { see: 'delivered', step: 'capable, back' },
    { see: 'delivered', step: 'incapable' },
    { see: 'marked', name: 'the mark arrives', host: 'responder', layer: 'inner', ecn: 3, count: 5 },
    { see: 'marked', name: 'the mark arrives, back', host: 'initiator', layer: 'inner', ecn: 3, count: 5 },
    { see: 'marked', name: 'the DSCP stays inside', host: 'responder', layer: 'wire', dscp: 46, count: 0 },
    { see: 'marked', name: 'and arrives there', host: 'responder', layer: 'inner', dscp: 46, ecn: 0, count: 5 },
  ],
  twin: {
    about: 'The way clears the bits.',
    changes: [{ path: '/networks/internet/ecn', set: 'bleach' }],
    fails: 'the mark arrives',
  },
} satisfies Scenario
