import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A ping that is answered after five seconds is answered in vain',
  about: 'This NAT keeps the number of a ping for two seconds.',
  duration: '20s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: { inside: { home: '192.168.1.1/24' }, outside: { internet: '203.0.113.77' }, query: { timeout: '2s' } },
  },
  hosts: {
    laptop: { interfaces: { home: '192.168.1.10/24' } },
    web: { interfaces: { internet: { address: '198.51.100.9', down: { delay: '5s' } } } },
  },
  steps: [{ do: 'ping', at: '1s', name: 'slow', from: 'laptop', to: '198.51.100.9' }],
  expect: [{ see: 'lost', name: 'in vain', step: 'slow', because: ['nat-mapping-expired'] }],
  twin: {
    about: 'A minute (RFC 5508 REQ-2).',
    changes: [{ path: '/nats/router/query/timeout', remove: true }],
    fails: 'in vain',
  },
} satisfies Scenario
