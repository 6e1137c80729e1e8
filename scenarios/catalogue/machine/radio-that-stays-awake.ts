import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A radio that stays awake for a second after the last packet answers a conversation without delay',
  about: 'The pings are half a second apart. With a short nap in between each would wait for the next beacon.',
  duration: '30s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: { router: { inside: { home: '192.168.1.1/24' }, outside: { internet: '203.0.113.77' } } },
  hosts: {
    phone: { interfaces: { home: '192.168.1.10/24' }, radio: { home: { beacon: '900ms', awake: '1s' } } },
    friend: { interfaces: { home: '192.168.1.11/24' } },
  },
  steps: [
    { do: 'ping', at: '1s', name: 'wake up', from: 'phone', to: '192.168.1.11' },
    { do: 'ping', at: '1500ms', name: 'talk', from: 'friend', to: '192.168.1.10', count: 20, interval: '500ms' },
  ],
  expect: [{ see: 'delivered', name: 'without delay', step: 'talk', within: '50ms' }],
  twin: {
    about: 'It falls asleep after 100 ms.',
    changes: [{ path: '/hosts/phone/radio/home/awake', remove: true }],
    fails: 'without delay',
  },
} satisfies Scenario
