import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title:
    'A script that looks every seven seconds, and trusts a handshake for twenty, finds a server within half a minute',
  about:
    'The server has moved, and its name tells where to. What the script does by itself takes two minutes; this one is told to be quick.',
  claims: ['roam-04'],
  duration: '2m',

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
      services: { reresolve: { kind: 'reresolve-dns', iface: 'wg0', every: '7s', after: '20s' } },
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
    { do: 'ping', at: '1s', name: 'before', from: 'laptop', to: '10.8.0.1' },
    { do: 'roam', at: '15s', host: 'server', network: 'internet', attachment: '203.0.113.99' },
    { do: 'dns', at: '15s', domain: 'home.example.com', to: '203.0.113.99' },
    { do: 'ping', at: '40s', name: 'found', from: 'laptop', to: '10.8.0.1' },
  ],
  expect: [
    { see: 'delivered', step: 'before' },
    {
      see: 'noted',
      name: 'in less than half a minute',
      host: 'laptop',
      text: 'server moves from 203.0.113.2:51820 to 203.0.113.99:51820',
      count: 1,
      between: ['20s', '29s'],
    },
    { see: 'delivered', step: 'found' },
  ],
  twin: {
    about: 'A handshake is trusted for as long as the script does by itself.',
    changes: [{ path: '/hosts/laptop/services/reresolve/after', remove: true }],
    fails: 'in less than half a minute',
  },
} satisfies Scenario
