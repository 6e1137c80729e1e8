import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A rule is about a protocol, a port, an address: what is not meant passes',
  about: 'UDP to port 7, TCP to port 9, ping to one host. Each of the others goes through.',
  duration: '20s',
  networks: { office: { kind: 'lan', gateway: '192.0.2.1' }, internet: {} },
  routers: {
    gate: {
      interfaces: { office: '192.0.2.1/24', internet: ['198.51.100.1', '192.0.2.254/24'] },
      block: [
        { protocol: 'udp', port: 7, how: 'reject' },
        { protocol: 'tcp', port: 9 },
        { protocol: 'icmp', with: '203.0.113.8' },
      ],
    },
  },
  hosts: {
    alice: { interfaces: { office: '192.0.2.2/24' } },
    bob: { interfaces: { internet: '203.0.113.2' } },
    carol: { interfaces: { internet: '203.0.113.8' } },
  },
  steps: [
    { do: 'send', at: '1s', name: 'udp 7', from: 'alice', to: '203.0.113.2:7' },
    { do: 'tcp', at: '1s', name: 'tcp 7', from: 'alice', to: '203.0.113.2:7', bytes: 1000, deadline: '8s' },
    { do: 'tcp', at: '1s', name: 'tcp 9', from: 'alice', to: '203.0.113.2:9', bytes: 1000, deadline: '8s' },
    { do: 'send', at: '1s', name: 'udp 9', from: 'alice', to: '203.0.113.2:9' },
    { do: 'ping', at: '1s', name: 'ping shut', from: 'alice', to: '203.0.113.8' },
    { do: 'send', at: '1s', name: 'udp past', from: 'alice', to: '203.0.113.8:9' },
    { do: 'ping', at: '1s', name: 'ping open', from: 'alice', to: '203.0.113.2' },
  ],
  expect: [
    { see: 'lost', name: 'refused by port', step: 'udp 7', because: ['blocked'] },
    { see: 'received', name: 'told so', host: 'alice', what: 'icmp-unreachable', count: 1 },
    { see: 'completed', name: 'TCP to that port', step: 'tcp 7' },
    { see: 'broken', name: 'no TCP to the other', step: 'tcp 9', because: 'not finished' },
    { see: 'delivered', name: 'UDP to the other', step: 'udp 9' },
    { see: 'lost', name: 'no ping there', step: 'ping shut', because: ['blocked'] },
    { see: 'delivered', name: 'UDP there', step: 'udp past' },
    { see: 'delivered', name: 'ping elsewhere', step: 'ping open' },
  ],
  twin: {
    about: 'The first rule is silent.',
    changes: [{ path: '/routers/gate/block/0/how', remove: true }],
    fails: 'told so',
  },
} satisfies Scenario
