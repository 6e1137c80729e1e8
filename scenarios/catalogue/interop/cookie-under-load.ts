import type { Scenario } from '../../language/scenario.ts'
import { pair } from '../../samples/pair.ts'

const hosts = pair()

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Flooded with initiations, the responder asks for cookies, and the honest initiator still gets in',
  about:
    'Each wave is more than an implementation takes in at once. The honest initiation gets a cookie reply, and its retry with that cookie is answered under the next wave.',
  duration: '40s',
  networks: { internet: {} },
  hosts: {
    ...hosts,
    responder: { ...hosts.responder, handshake_cost: '2us' },
    mallory: { interfaces: { internet: '192.0.2.66' }, probe: true },
  },
  steps: [
    ...(['2s', '6.9s', '7.5s'] as const).map((at, wave) => ({
      do: 'probe' as const,
      at,
      name: `wave ${wave + 1}`,
      host: 'mallory',
      act: {
        kind: 'flood' as const,
        what: 'initiation' as const,
        peer: 'responder',
        to: '203.0.113.2:51820',
        count: 1000,
      },
    })),
    { do: 'ping', at: '2.1s', name: 'honest', from: 'initiator', to: '10.0.0.2', count: 30 },
  ],
  expect: [
    {
      see: 'messages',
      name: 'cookies are asked for',
      message: 'cookie-reply',
      from: 'responder',
      to: 'mallory',
      count: { min: 100 },
      size: 64,
    },
    {
      see: 'messages',
      name: 'the honest one is asked too',
      message: 'cookie-reply',
      from: 'responder',
      to: 'initiator',
      count: { min: 1, max: 3 },
    },
    { see: 'delivered', step: 'honest', count: { min: 15 } },
  ],
  twin: {
    about: 'There is no flood to speak of.',
    changes: [{ path: '/steps/0/act/count', set: 5 }],
    fails: 'the honest one is asked too',
  },
} satisfies Scenario
