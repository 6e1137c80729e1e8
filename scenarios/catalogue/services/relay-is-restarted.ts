import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A relay that is stopped is a hole in the path, and after its start all is as before',
  // Alice's keepalives are the more frequent: else it were chance whose come first.
  about: 'It holds no key and no session: whoever sends first is known again.',
  duration: '50s',
  networks: { internet: {} },
  hosts: {
    relay: { interfaces: { internet: '192.0.2.1' }, services: { relay: { kind: 'udp-relay', ports: [3478] } } },
    alice: {
      interfaces: { internet: '198.51.100.1' },
      wg: {
        wg0: `[Interface]
PrivateKey = <alice>
Address = 10.0.0.1/24
ListenPort = 51820

[Peer]
PublicKey = <bob.pub>
Endpoint = 192.0.2.1:3478
AllowedIPs = 10.0.0.2/32
PersistentKeepalive = 5
`,
      },
    },
    bob: {
      interfaces: { internet: '198.51.100.2' },
      wg: {
        wg0: `[Interface]
PrivateKey = <bob>
Address = 10.0.0.2/24
ListenPort = 51820

[Peer]
PublicKey = <alice.pub>
Endpoint = 192.0.2.1:3478
AllowedIPs = 10.0.0.1/32
PersistentKeepalive = 7
`,
      },
    },
  },
  steps: [
    { do: 'ping', at: '12s', name: 'before', from: 'alice', to: '10.0.0.2' },
    { do: 'service', at: '15s', host: 'relay', service: 'relay', act: 'stop' },
    { do: 'ping', at: '17s', name: 'meanwhile', from: 'alice', to: '10.0.0.2' },
    { do: 'service', at: '20s', host: 'relay', service: 'relay', act: 'start' },
    { do: 'ping', at: '40s', name: 'after', from: 'alice', to: '10.0.0.2' },
  ],
  expect: [
    { see: 'delivered', step: 'before' },
    { see: 'lost', name: 'a hole', step: 'meanwhile' },
    { see: 'delivered', step: 'after' },
  ],
  twin: { about: 'It is not stopped.', changes: [{ path: '/steps/1/act', set: 'now' }], fails: 'a hole' },
} satisfies Scenario
