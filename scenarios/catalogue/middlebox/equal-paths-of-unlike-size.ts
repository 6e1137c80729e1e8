import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Every second large packet vanishes: two paths of equal cost, one of them narrow',
  about:
    'A router deals packets in turn over two paths. One carries 1500 bytes, the other 1400 and loses fragments. Small pings are fine, and of the large ones exactly half arrive.',
  claims: ['mtu-01'],
  duration: '100s',
  networks: {
    internet: {},
    rack: { kind: 'lan', gateway: '198.51.100.9' },
    wide: { kind: 'lan' },
    narrow: { kind: 'lan' },
  },
  routers: {
    near: {
      interfaces: {
        rack: '198.51.100.9/29',
        wide: '10.2.0.1/24',
        narrow: { address: '10.3.0.1/24', up: { mtu: 1400 } },
      },
      routes: [{ to: '0.0.0.0/0', via: '10.2.0.2', equal: ['10.3.0.2'] }],
      spread: 'packet',
    },
    far: {
      interfaces: { wide: '10.2.0.2/24', narrow: '10.3.0.2/24', internet: '198.51.100.254/24' },
      fragments: 'drop',
      routes: [{ to: '198.51.100.8/29', via: '10.2.0.1' }],
    },
  },
  hosts: {
    laptop: {
      interfaces: { internet: '203.0.113.5' },
      wg: {
        wg0: `[Interface]
PrivateKey = <laptop>
Address = 10.8.0.2/24
ListenPort = 51821

[Peer]
PublicKey = <server.pub>
Endpoint = 198.51.100.10:51820
AllowedIPs = 10.8.0.0/24
`,
      },
    },
    server: {
      interfaces: { rack: '198.51.100.10/29' },
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
    { do: 'ping', at: '1s', name: 'small', from: 'laptop', to: '10.8.0.1', count: 5 },
    {
      do: 'send',
      at: '20s',
      name: 'large',
      from: 'server',
      to: '10.8.0.2:9',
      count: 20,
      interval: '100ms',
      size: 1372,
    },
  ],
  expect: [
    { see: 'delivered', step: 'small' },
    {
      see: 'lost',
      name: 'every second one',
      step: 'large',
      count: 10,
      because: ['fragment-dropped'],
    },
  ],
  twin: {
    about: 'The router keeps each flow on one path.',
    changes: [{ path: '/routers/near/spread', set: 'flow' }],
    fails: 'every second one',
  },
} satisfies Scenario
