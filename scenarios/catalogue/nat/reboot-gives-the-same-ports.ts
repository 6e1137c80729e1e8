import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A router that gives the old ports again after its reboot is hardly noticed',
  about: 'It counts its ports, and after a reboot would begin anew: Ben, who speaks first, would get the port of Ann.',
  duration: '40s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: { router: { inside: { home: '192.168.1.1/24' }, outside: { internet: '203.0.113.77' }, ports: 'sequential' } },
  hosts: {
    ann: {
      interfaces: { home: '192.168.1.10/24' },
      wg: {
        wg0: `[Interface]
PrivateKey = <ann>
Address = 10.8.0.2/24
ListenPort = 51820

[Peer]
PublicKey = <server.pub>
Endpoint = 198.51.100.1:51820
AllowedIPs = 10.8.0.0/24
`,
      },
    },
    ben: {
      interfaces: { home: '192.168.1.11/24' },
      wg: {
        wg0: `[Interface]
PrivateKey = <ben>
Address = 10.8.0.3/24
ListenPort = 51820

[Peer]
PublicKey = <server.pub>
Endpoint = 198.51.100.1:51820
AllowedIPs = 10.8.0.0/24
`,
      },
    },
    server: {
      interfaces: { internet: '198.51.100.1' },
      wg: {
        wg0: `[Interface]
PrivateKey = <server>
Address = 10.8.0.1/24
ListenPort = 51820

[Peer]
PublicKey = <ann.pub>
AllowedIPs = 10.8.0.2/32

[Peer]
PublicKey = <ben.pub>
AllowedIPs = 10.8.0.3/32
`,
      },
    },
  },
  steps: [
    { do: 'ping', at: '1s', name: 'hello', from: 'ann', to: '10.8.0.1' },
    { do: 'ping', at: '3s', name: 'second', from: 'ben', to: '10.8.0.1' },
    { do: 'nat', at: '20s', nat: 'router', flush: true, ports: 'same' },
    { do: 'ping', at: '22s', name: 'ben first', from: 'ben', to: '10.8.0.1' },
  ],
  expect: [
    { see: 'delivered', step: 'ben first' },
    { see: 'endpoint', name: 'the port he had', host: 'server', peer: 'ben', is: '203.0.113.77:1025' },
  ],
  twin: {
    about: 'Whatever comes next.',
    changes: [{ path: '/steps/2/ports', remove: true }],
    fails: 'the port he had',
  },
} satisfies Scenario
