import type { Scenario } from '../../language/scenario.ts'
import { pair } from '../../samples/pair.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A persistent keepalive goes out whenever a line has been idle that long',
  about: 'The first one confirms the handshake. The timer wheel of a kernel makes 20 s up to 22.05 s.',
  duration: '110s',
  networks: { internet: {} },
  hosts: pair({ peer: 'PersistentKeepalive = 20' }),
  steps: [],
  expect: [
    { see: 'messages', name: 'it starts by itself', message: 'initiation', from: 'initiator', count: 1 },
    {
      see: 'messages',
      name: 'keepalives',
      message: 'keepalive',
      from: 'initiator',
      count: { min: 5, max: 6 },
      size: 32,
    },
    {
      see: 'spacing',
      name: 'every twenty seconds',
      message: 'keepalive',
      from: 'initiator',
      each: { min: '19.7s', max: '22.2s' },
    },
    { see: 'messages', name: 'nothing comes back', message: 'keepalive', from: 'responder', count: 0 },
  ],
  twin: {
    about: 'A shorter interval.',
    changes: [
      {
        path: '/hosts/initiator/wg/wg0',
        replace: 'PersistentKeepalive = 20',
        with: 'PersistentKeepalive = 7',
      },
    ],
    fails: 'every twenty seconds',
  },
} satisfies Scenario
