import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A NAT with three rules: what they do not mean passes',
  about: 'UDP to port 7, TCP to port 9, ping to one host. Each of the others goes through.',
  duration: '20s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: {
      inside: { home: '192.168.1.1/24' },
      outside: { internet: '203.0.113.77' },
      block: [
        { protocol: 'udp', port: 7, how: 'reject' },
        { protocol: 'tcp', port: 9 },
        { protocol: 'icmp', with: '198.51.100.8' },
      ],
    },
  },
  hosts: {
    laptop: { interfaces: { home: '192.168.1.10/24' } },
    web: { interfaces: { internet: '198.51.100.9' } },
    other: { interfaces: { internet: '198.51.100.8' } },
  },
  steps: [
    { do: 'send', at: '1s', name: 'udp 7', from: 'laptop', to: '198.51.100.9:7' },
    { do: 'tcp', at: '1s', name: 'tcp 7', from: 'laptop', to: '198.51.100.9:7', bytes: 1000, deadline: '8s' },
    { do: 'tcp', at: '1s', name: 'tcp 9', from: 'laptop', to: '198.51.100.9:9', bytes: 1000, deadline: '8s' },
    { do: 'send', at: '1s', name: 'udp 9', from: 'laptop', to: '198.51.100.9:9' },
    { do: 'ping', at: '1s', name: 'ping shut', from: 'laptop', to: '198.51.100.8' },
    { do: 'send', at: '1s', name: 'udp past', from: 'laptop', to: '198.51.100.8:9' },
    { do: 'ping', at: '1s', name: 'ping open', from: 'laptop', to: '198.51.100.9' },
  ],
  expect: [
    { see: 'lost', name: 'refused by port', step: 'udp 7', because: ['blocked'] },
    { see: 'received', name: 'told so', host: 'laptop', what: 'icmp-unreachable', count: 1 },
    { see: 'completed', name: 'TCP to that port', step: 'tcp 7' },
    { see: 'broken', name: 'no TCP to the other', step: 'tcp 9', because: 'not finished' },
    { see: 'delivered', name: 'UDP to the other', step: 'udp 9' },
    { see: 'lost', name: 'no ping there', step: 'ping shut', because: ['blocked'] },
    { see: 'delivered', name: 'UDP there', step: 'udp past' },
    { see: 'delivered', name: 'ping elsewhere', step: 'ping open' },
  ],
  twin: {
    about: 'The first rule is silent.',
    changes: [{ path: '/nats/router/block/0/how', remove: true }],
    fails: 'told so',
  },
} satisfies Scenario
