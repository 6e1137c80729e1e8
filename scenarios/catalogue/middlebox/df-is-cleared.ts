import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Where a router clears DF, ping -M do measures nothing',
  about:
    'The path carries 1400 bytes. A firewall on it takes the DF bit away and cuts, so that pings of 1500 bytes pass, and who looks for the MTU finds a wrong one.',
  duration: '20s',
  networks: { internet: { too_big: 'clear-df' } },
  hosts: {
    laptop: { interfaces: { internet: '203.0.113.5' } },
    server: { interfaces: { internet: { address: '198.51.100.1', down: { mtu: 1400 } } } },
  },
  steps: [
    {
      do: 'ping',
      at: '1s',
      name: 'must not be cut',
      from: 'laptop',
      to: '198.51.100.1',
      count: 3,
      size: 1472,
      df: true,
    },
  ],
  expect: [
    { see: 'delivered', name: 'passes', step: 'must not be cut' },
    { see: 'received', name: 'cut all the same', host: 'server', what: 'fragment', count: 6 },
  ],
  twin: {
    about: 'The router leaves DF as it is, and says what fits.',
    changes: [{ path: '/networks/internet/too_big', set: 'tell' }],
    fails: 'passes',
  },
} satisfies Scenario
