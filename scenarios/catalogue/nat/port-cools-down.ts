import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A port that was in use is given to nobody else for two minutes',
  about:
    'What still comes for Ann must not reach Ben (RFC 6888 REQ-8). There is one port; Ben has to wait though Ann is gone.',
  duration: '60s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: {
      inside: { home: '192.168.1.1/24' },
      outside: { internet: '203.0.113.77' },
      timeout: '10s',
      hold_down: '120s',
      port_range: [5000, 5000],
      port_class: 'none',
    },
  },
  hosts: {
    ann: { interfaces: { home: '192.168.1.10/24' } },
    ben: { interfaces: { home: '192.168.1.11/24' } },
    web: { interfaces: { internet: '198.51.100.9' } },
  },
  steps: [
    { do: 'send', at: '1s', name: 'ann', from: 'ann', to: '198.51.100.9:9' },
    { do: 'send', at: '20s', name: 'ben', from: 'ben', to: '198.51.100.9:9' },
  ],
  expect: [
    { see: 'delivered', step: 'ann' },
    { see: 'lost', name: 'has to wait', step: 'ben', because: ['nat-exhausted'] },
  ],
  twin: {
    about: 'A port is free when it is free.',
    changes: [{ path: '/nats/router/hold_down', remove: true }],
    fails: 'has to wait',
  },
} satisfies Scenario
