import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A buffer of seconds keeps a handshake from ever completing',
  about:
    'An upload fills the modem. The response comes back after more than five seconds: by then alice has sent another initiation, and the answer to the old one is worth nothing. Flow queues let the handshake pass.',
  duration: '40s',

  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: { internet: { address: '198.51.100.1', up: { rate: '128kbit', queue: 1000 } } },
      wg: {
        wg0: `[Interface]
PrivateKey = <alice>
Address = 10.0.0.1/24
ListenPort = 51820

[Peer]
PublicKey = <bob.pub>
Endpoint = 203.0.113.2:51820
AllowedIPs = 10.0.0.2/32
`,
      },
    },
    bob: {
      interfaces: { internet: '203.0.113.2' },
      wg: {
        wg0: `[Interface]
PrivateKey = <bob>
Address = 10.0.0.2/24
ListenPort = 51820

[Peer]
PublicKey = <alice.pub>
AllowedIPs = 10.0.0.1/32
`,
      },
    },
  },

  steps: [
    {
      do: 'send',
      at: '0s',
      name: 'upload',
      from: 'alice',
      to: '203.0.113.2:9',
      count: 750,
      interval: '52ms',
      size: 1200,
    },
    { do: 'ping', at: '15s', name: 'hello', from: 'alice', to: '10.0.0.2' },
  ],
  expect: [
    { see: 'handshakes', name: 'no handshake', host: 'alice', peer: 'bob', count: 0 },
    { see: 'messages', name: 'again and again', message: 'initiation', from: 'alice', count: { min: 4 } },
    { see: 'messages', name: 'bob answers all the same', message: 'response', from: 'bob', count: { min: 2 } },
    { see: 'dropped', name: 'answers come too late', because: 'unknown-handshake', at: 'alice', count: { min: 2 } },
  ],
  twin: {
    about: 'fq_codel (RFC 8290): the thin flow goes past the thick one.',
    changes: [{ path: '/hosts/alice/interfaces/internet/up/discipline', set: { kind: 'fq-codel' } }],
    fails: 'no handshake',
  },
} satisfies Scenario
