import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A company router sends guests out by another way than the office',
  about:
    'Policy routing: one route for everybody, one for what comes from the guests. Their tunnels live on the other uplink, and stand still when it is cut.',
  duration: '30s',

  networks: {
    office: { kind: 'lan', gateway: '192.0.2.1' },
    guests: { kind: 'lan', gateway: '192.0.2.129' },
    fibre: {},
    dsl: {},
    internet: {},
  },
  hosts: {
    worker: {
      interfaces: { office: '192.0.2.2/25' },
      wg: {
        wg0: `[Interface]
PrivateKey = <worker>
Address = 10.0.0.1/24
ListenPort = 51820

[Peer]
PublicKey = <server.pub>
Endpoint = 203.0.113.2:51820
AllowedIPs = 10.0.0.9/32
`,
      },
    },
    guest: {
      interfaces: { guests: '192.0.2.130/25' },
      wg: {
        wg0: `[Interface]
PrivateKey = <guest>
Address = 10.0.0.2/24
ListenPort = 51820

[Peer]
PublicKey = <server.pub>
Endpoint = 203.0.113.2:51820
AllowedIPs = 10.0.0.9/32
`,
      },
    },
    server: {
      interfaces: { internet: '203.0.113.2' },
      wg: {
        wg0: `[Interface]
PrivateKey = <server>
Address = 10.0.0.9/24
ListenPort = 51820

[Peer]
PublicKey = <worker.pub>
AllowedIPs = 10.0.0.1/32

[Peer]
PublicKey = <guest.pub>
AllowedIPs = 10.0.0.2/32
`,
      },
    },
  },
  routers: {
    company: {
      interfaces: {
        office: '192.0.2.1/25',
        guests: '192.0.2.129/25',
        fibre: ['198.51.100.1/25', '192.0.2.126/25'],
        dsl: ['198.51.100.129/25', '192.0.2.254/25'],
      },
      routes: [
        { to: '0.0.0.0/0', via: '198.51.100.126' },
        { to: '0.0.0.0/0', via: '198.51.100.254', from: '192.0.2.128/25' },
      ],
    },
    exchange: {
      interfaces: {
        internet: ['203.0.113.254/24', '192.0.2.253/24'],
        fibre: ['198.51.100.126/25', '203.0.113.253/24'],
        dsl: ['198.51.100.254/25', '203.0.113.252/24'],
      },
      routes: [
        { to: '192.0.2.0/25', via: '198.51.100.1' },
        { to: '192.0.2.128/25', via: '198.51.100.129' },
      ],
    },
  },

  steps: [
    { do: 'ping', at: '1s', name: 'worker', from: 'worker', to: '10.0.0.9', count: 3 },
    { do: 'ping', at: '1s', name: 'guest', from: 'guest', to: '10.0.0.9', count: 3 },
    { do: 'link', at: '10s', node: 'company', network: 'dsl', direction: 'up', set: { cut: true } },
    { do: 'ping', at: '15s', name: 'worker later', from: 'worker', to: '10.0.0.9', count: 3 },
    { do: 'ping', at: '15s', name: 'guest later', from: 'guest', to: '10.0.0.9', count: 3 },
  ],
  expect: [
    { see: 'delivered', step: 'worker' },
    { see: 'delivered', step: 'guest' },
    { see: 'delivered', step: 'worker later' },
    { see: 'lost', name: 'guests stand still with the DSL line', step: 'guest later', because: ['link-cut'] },
  ],
  twin: {
    about: 'One way for all.',
    changes: [{ path: '/routers/company/routes/1', remove: true }],
    fails: 'guests stand still with the DSL line',
  },
} satisfies Scenario
