import type { Scenario } from '../../language/scenario.ts'
import { INITIATOR, initiatorConf, RESPONDER, responderConf } from '../../samples/pair.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'IPv4 and IPv6, inside and outside, in all four combinations',
  about: 'wg0 runs over IPv4, wg1 over IPv6; each carries both.',
  duration: '12s',
  networks: { internet: {} },
  hosts: {
    initiator: {
      interfaces: { internet: [INITIATOR.v4, INITIATOR.v6] },
      wg: { wg0: initiatorConf(), wg1: initiatorConf({}, `[${RESPONDER.v6}]:51821`, 1) },
    },
    responder: {
      interfaces: { internet: [RESPONDER.v4, RESPONDER.v6] },
      wg: { wg0: responderConf(), wg1: responderConf({}, 1) },
    },
  },
  steps: [
    { do: 'ping', at: '1s', name: '4 in 4', from: 'initiator', to: '10.0.0.2', count: 3 },
    { do: 'ping', at: '1s', name: '6 in 4', from: 'initiator', to: 'fd00:0::2', count: 3 },
    { do: 'ping', at: '5s', name: '4 in 6', from: 'initiator', to: '10.0.1.2', count: 3 },
    { do: 'ping', at: '5s', name: '6 in 6', from: 'initiator', to: 'fd00:1::2', count: 3 },
  ],
  expect: [
    { see: 'delivered', step: '4 in 4' },
    { see: 'delivered', step: '6 in 4' },
    { see: 'delivered', step: '4 in 6' },
    { see: 'delivered', step: '6 in 6' },
  ],
  twin: {
    about: 'The IPv6 range is forgotten on one side.',
    changes: [{ path: '/hosts/responder/wg/wg1', replace: ', fd00:1::1/128', with: '' }],
    fails: 'delivered 6 in 6',
  },
} satisfies Scenario
