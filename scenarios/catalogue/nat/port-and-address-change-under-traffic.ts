import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'The NAT changes port and address between two packets, and not one is lost',
  about:
    'The mapping lives on with another outer end. The next packet of the laptop tells the server, by being authentic.',
  claims: ['nat-13'],
  duration: '60s',
  networks: {
    internet: {},
    home: {
      kind: 'lan',
      gateway: '192.168.1.1',
    },
  },
  nats: {
    router: {
      inside: {
        home: '192.168.1.1/24',
      },
      outside: {
        internet: '203.0.113.77',
      },
    },
  },
  hosts: {
    laptop: {
      interfaces: {
        home: '192.168.1.10/24',
      },
      wg: {
        wg0: `[Interface]
PrivateKey = <laptop>
Address = 10.8.0.2/24
ListenPort = 51820

[Peer]
PublicKey = <server.pub>
Endpoint = 198.51.100.1:51820
AllowedIPs = 10.8.0.0/24
`,
      },
    },
    server: {
      interfaces: {
        internet: '198.51.100.1',
      },
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
    {
      do: 'ping',
      at: '1s',
      name: 'stream',
      from: 'laptop',
      to: '10.8.0.1',
      count: 40,
    },
    {
      do: 'nat',
      at: '15.5s',
      nat: 'router',
      rebind: 'port',
    },
    {
      do: 'nat',
      at: '25.5s',
      nat: 'router',
      rebind: 'both',
      outside: {
        internet: '203.0.113.99',
      },
    },
  ],
  expect: [
    { see: 'endpoint', name: 'another port', host: 'server', peer: 'laptop', is: '203.0.113.77:51821', at: '22s' },
    { see: 'endpoint', name: 'another end', host: 'server', peer: 'laptop', is: '203.0.113.99:51820' },
    {
      see: 'delivered',
      name: 'none is lost',
      step: 'stream',
    },
    {
      see: 'messages',
      message: 'initiation',
      from: 'laptop',
      count: 1,
    },
    {
      see: 'messages',
      name: 'nor from the server',
      message: 'initiation',
      from: 'server',
      count: 0,
    },
  ],
  twin: {
    about: 'The change comes while a packet is on its way, and the old end is gone for the answer.',
    changes: [
      {
        path: '/steps/1/at',
        set: '16.01s',
      },
    ],
    fails: 'none is lost',
  },
} satisfies Scenario
