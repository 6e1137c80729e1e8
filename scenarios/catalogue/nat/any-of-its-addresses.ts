import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'With several outside addresses, flows of one laptop may come from anywhere',
  about:
    'Sixteen flows to sixteen ports. A NAT that pairs hosts and addresses uses one address for all, this one both: who writes a rule for one address shuts out the other half.',
  duration: '30s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: {
      inside: { home: '192.168.1.1/24' },
      outside: { internet: ['203.0.113.77', '203.0.113.78'] },
      pooling: 'arbitrary',
      block: [{ with: '203.0.113.78' }],
    },
  },
  hosts: { laptop: { interfaces: { home: '192.168.1.10/24' } }, web: { interfaces: { internet: '198.51.100.9' } } },
  steps: [
    { do: 'send', at: '1s', name: 'flow 1', from: 'laptop', to: '198.51.100.9:7' },
    { do: 'send', at: '2s', name: 'flow 2', from: 'laptop', to: '198.51.100.9:7' },
    { do: 'send', at: '3s', name: 'flow 3', from: 'laptop', to: '198.51.100.9:7' },
    { do: 'send', at: '4s', name: 'flow 4', from: 'laptop', to: '198.51.100.9:7' },
    { do: 'send', at: '5s', name: 'flow 5', from: 'laptop', to: '198.51.100.9:7' },
    { do: 'send', at: '6s', name: 'flow 6', from: 'laptop', to: '198.51.100.9:7' },
    { do: 'send', at: '7s', name: 'flow 7', from: 'laptop', to: '198.51.100.9:7' },
    { do: 'send', at: '8s', name: 'flow 8', from: 'laptop', to: '198.51.100.9:7' },
    { do: 'send', at: '9s', name: 'flow 9', from: 'laptop', to: '198.51.100.9:7' },
    { do: 'send', at: '10s', name: 'flow 10', from: 'laptop', to: '198.51.100.9:7' },
    { do: 'send', at: '11s', name: 'flow 11', from: 'laptop', to: '198.51.100.9:7' },
    { do: 'send', at: '12s', name: 'flow 12', from: 'laptop', to: '198.51.100.9:7' },
  ],
  expect: [{ see: 'dropped', name: 'some are shut out', because: 'blocked', at: 'router', count: { min: 1, max: 11 } }],
  twin: {
    about: 'One address for each host.',
    changes: [{ path: '/nats/router/pooling', set: 'paired' }],
    fails: 'some are shut out',
  },
} satisfies Scenario
