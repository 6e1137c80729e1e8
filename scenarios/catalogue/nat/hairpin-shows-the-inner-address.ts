import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A hairpin that leaves the inner source address makes the answer go astray',
  about:
    'Ann speaks to Ben by the outside address. Ben sees her inner address and answers her directly, from an address that she has never written to. WireGuard follows; TCP and plain UDP do not.',
  duration: '30s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: {
      inside: { home: '192.168.1.1/24' },
      outside: { internet: '203.0.113.77' },
      hairpin: 'internal',
      filtering: 'endpoint-independent',
      forward: [{ protocol: 'tcp', port: 80, to: '192.168.1.11:80' }],
    },
  },
  hosts: { ann: { interfaces: { home: '192.168.1.10/24' } }, ben: { interfaces: { home: '192.168.1.11/24' } } },
  steps: [{ do: 'tcp', at: '2s', name: 'page', from: 'ann', to: '203.0.113.77:80', bytes: 1000, deadline: '10s' }],
  expect: [{ see: 'broken', name: 'answers from a stranger', step: 'page', because: 'not finished' }],
  twin: {
    about: 'Ben sees the outside address.',
    changes: [{ path: '/nats/router/hairpin', set: 'external' }],
    fails: 'answers from a stranger',
  },
} satisfies Scenario
