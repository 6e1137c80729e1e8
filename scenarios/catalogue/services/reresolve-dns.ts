import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A script that resolves the name again finds a server that has moved, two minutes late',
  about:
    'The server gets a new address by dynamic DNS. WireGuard resolved the name once, when the tunnel was configured. reresolve-dns.sh looks every 30 seconds, and moves peers whose last handshake is older than 135 seconds.',
  claims: ['roam-04'],
  duration: '10m',

  networks: { internet: {} },
  names: { 'home.example.com': '203.0.113.2' },
  hosts: {
    laptop: {
      interfaces: { internet: '198.51.100.1' },
      wg: {
        wg0: `[Interface]
PrivateKey = <laptop>
Address = 10.8.0.2/24

[Peer]
PublicKey = <server.pub>
Endpoint = home.example.com:51820
AllowedIPs = 10.8.0.0/24
`,
      },
      services: { reresolve: { kind: 'reresolve-dns', iface: 'wg0' } },
    },
    server: {
      interfaces: { internet: '203.0.113.2' },
      wg: {
        wg0: `[Interface]
PrivateKey = <server>
Address = 10.8.0.1/24
ListenPort = 51820

[Peer]
PublicKey = <laptop.pub>
AllowedIPs = 10.8.0.2/32
`,
      },
    },
  },

  steps: [
    { do: 'ping', at: '1s', name: 'before', from: 'laptop', to: '10.8.0.1', count: 40 },
    { do: 'roam', at: '60s', host: 'server', network: 'internet', attachment: '203.0.113.99' },
    { do: 'dns', at: '60s', domain: 'home.example.com', to: '203.0.113.99' },
    { do: 'ping', at: '70s', name: 'not yet', from: 'laptop', to: '10.8.0.1', count: 5 },
    { do: 'ping', at: '200s', name: 'found', from: 'laptop', to: '10.8.0.1', count: 5 },
    { do: 'ping', at: '9m', name: 'for good', from: 'laptop', to: '10.8.0.1' },
  ],
  expect: [
    { see: 'delivered', step: 'before' },
    { see: 'lost', name: 'at first nobody knows', step: 'not yet', count: { min: 4 } },
    {
      see: 'noted',
      name: 'the script moves it once',
      host: 'laptop',
      text: 'server moves from 203.0.113.2:51820 to 203.0.113.99:51820',
      between: ['2m', '3m'],
      count: 1,
    },
    { see: 'delivered', name: 'the tunnel is back', step: 'found' },
    { see: 'delivered', step: 'for good' },
  ],
  twin: {
    about: 'No script: the name was resolved once.',
    changes: [{ path: '/hosts/laptop/services', remove: true }],
    fails: 'the tunnel is back',
  },
} satisfies Scenario
