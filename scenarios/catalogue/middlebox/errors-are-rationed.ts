import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A router with few words: who asks second learns the path MTU a second later',
  about:
    'The router sends one ICMP error a second. Laptop and phone send large packets at the same time; the error about the phone comes only when the laptop has stopped to ask.',
  duration: '30s',
  networks: { internet: { errors_per_s: 1 } },
  hosts: {
    laptop: {
      interfaces: { internet: '2001:db8:7::2' },
      wg: {
        wg0: `[Interface]
PrivateKey = <laptop>
Address = 10.8.0.2/24

[Peer]
PublicKey = <server.pub>
Endpoint = [2001:db8:5::1]:51820
AllowedIPs = 10.8.0.0/24
`,
      },
    },
    server: {
      interfaces: { internet: { address: '2001:db8:5::1', down: { mtu: 1400 } } },
      wg: {
        wg0: `[Interface]
PrivateKey = <server>
Address = 10.8.0.1/24
ListenPort = 51820

[Peer]
PublicKey = <laptop.pub>
AllowedIPs = 10.8.0.2/32

[Peer]
PublicKey = <phone.pub>
AllowedIPs = 10.8.0.3/32
`,
      },
    },
    phone: {
      interfaces: { internet: '2001:db8:7::3' },
      wg: {
        wg0: `[Interface]
PrivateKey = <phone>
Address = 10.8.0.3/24

[Peer]
PublicKey = <server.pub>
Endpoint = [2001:db8:5::1]:51820
AllowedIPs = 10.8.0.0/24
`,
      },
    },
  },
  steps: [
    { do: 'ping', at: '1s', name: 'small', from: 'laptop', to: '10.8.0.1' },
    { do: 'ping', at: '1s', name: 'small phone', from: 'phone', to: '10.8.0.1' },
    { do: 'ping', at: '5s', name: 'laptop', from: 'laptop', to: '10.8.0.1', count: 5, size: 1372 },
    { do: 'ping', at: '5.1s', name: 'phone', from: 'phone', to: '10.8.0.1', count: 5, size: 1372 },
  ],
  expect: [
    { see: 'lost', name: 'the laptop loses one', step: 'laptop', count: 1 },
    { see: 'lost', name: 'the phone loses two', step: 'phone', count: 2 },
  ],
  twin: {
    about: 'The router answers everybody.',
    changes: [{ path: '/networks/internet/errors_per_s', remove: true }],
    fails: 'the phone loses two',
  },
} satisfies Scenario
