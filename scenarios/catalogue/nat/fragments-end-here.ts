import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A NAT that drops fragments ends every datagram that is larger than the path',
  about: 'The small ones pass.',
  duration: '50s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: { router: { inside: { home: '192.168.1.1/24' }, outside: { internet: '203.0.113.77' }, fragments: 'drop' } },
  hosts: {
    laptop: { interfaces: { home: '192.168.1.10/24' } },
    web: { interfaces: { internet: '198.51.100.9' } },
    other: { interfaces: { internet: '198.51.100.8' } },
  },
  steps: [
    { do: 'send', at: '1s', name: 'small', from: 'laptop', to: '198.51.100.9:9', size: 1000 },
    { do: 'send', at: '2s', name: 'large', from: 'laptop', to: '198.51.100.9:9', size: 3000, count: 3 },
  ],
  expect: [
    { see: 'delivered', step: 'small' },
    { see: 'lost', name: 'none in pieces', step: 'large', because: ['fragment-dropped'] },
  ],
  twin: {
    about: 'They are put together, translated and sent on.',
    changes: [{ path: '/nats/router/fragments', remove: true }],
    fails: 'none in pieces',
  },
} satisfies Scenario
