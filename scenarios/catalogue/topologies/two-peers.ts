import type { Scenario } from '../../language/scenario.ts'
import { SAMPLES } from '../../samples/texts.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Two peers with public addresses; either may begin',
  about: 'The smallest network that works, in both families inside.',
  claims: ['ops-09', 'ops-15'],
  duration: '20s',
  networks: { internet: {} },
  hosts: {
    alice: { interfaces: { internet: '192.0.2.1' }, wg: { wg0: SAMPLES['two-peers/alice'] } },
    bob: { interfaces: { internet: '198.51.100.1' }, wg: { wg0: SAMPLES['two-peers/bob'] } },
  },
  steps: [
    { do: 'ping', at: '1s', name: 'bob begins', from: 'bob', to: '10.0.0.1', count: 3 },
    { do: 'ping', at: '10s', name: 'over IPv6 inside', from: 'alice', to: 'fd00::2', count: 3 },
  ],
  expect: [
    { see: 'delivered', step: 'bob begins' },
    { see: 'delivered', name: 'IPv6 works', step: 'over IPv6 inside' },
    { see: 'endpoint', host: 'alice', peer: 'bob', is: '198.51.100.1:51820' },
  ],
  twin: {
    about: 'Bob forgets the IPv6 range.',
    changes: [
      { path: '/hosts/bob/wg/wg0', replace: 'AllowedIPs = 10.0.0.1/32, fd00::1/128', with: 'AllowedIPs = 10.0.0.1/32' },
    ],
    fails: 'IPv6 works',
  },
} satisfies Scenario
