import type { Scenario } from '../../language/scenario.ts'
import { pair } from '../../samples/pair.ts'

const MALLORY = { peer: '\n[Peer]\nPublicKey = <mallory.pub>\nAllowedIPs = 10.0.0.66/32\n' }
const hosts = pair(MALLORY, MALLORY)

/** The last counter that every reading of Reject-After-Messages allows: one below 2^64 - 2^13 - 1. */
const LAST = '18446744073709543422'
/** Beyond every reading: 2^64 - 8000. */
const BEYOND = '18446744073709543616'

const ping = (to: string) => ({ ping: to, from: '10.0.0.66' })

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A message whose counter is at the end of its range is refused',
  about:
    'Nobody sends 2^60 messages to see a session renewed by their number, but the other limit, Reject-After-Messages, can be reached by who chooses the counter.',
  duration: '30s',
  networks: { internet: {} },
  hosts: { ...hosts, mallory: { interfaces: { internet: '192.0.2.66' }, probe: true } },
  steps: [
    {
      do: 'probe',
      at: '1s',
      host: 'mallory',
      act: { kind: 'initiate', peer: 'responder', to: '203.0.113.2:51820', save: 'one' },
    },
    {
      do: 'probe',
      at: '2s',
      host: 'mallory',
      act: { kind: 'data', session: 'one', payload: ping('10.0.0.2'), counter: LAST },
    },
    {
      do: 'probe',
      at: '4s',
      host: 'mallory',
      act: { kind: 'data', session: 'one', payload: ping('10.0.0.2'), counter: BEYOND },
    },
    {
      do: 'probe',
      at: '11s',
      host: 'mallory',
      act: { kind: 'initiate', peer: 'initiator', to: '198.51.100.1:51820', save: 'two' },
    },
    {
      do: 'probe',
      at: '12s',
      host: 'mallory',
      act: { kind: 'data', session: 'two', payload: ping('10.0.0.1'), counter: LAST },
    },
    {
      do: 'probe',
      at: '14s',
      host: 'mallory',
      act: { kind: 'data', session: 'two', payload: ping('10.0.0.1'), counter: BEYOND },
    },
    { do: 'ping', at: '20s', name: 'unimpressed', from: 'initiator', to: '10.0.0.2', count: 3 },
  ],
  expect: [
    {
      see: 'messages',
      name: 'the responder takes the last',
      message: 'data',
      from: 'responder',
      to: 'mallory',
      between: ['2s', '3s'],
      count: 1,
    },
    {
      see: 'messages',
      name: 'and refuses what is beyond',
      message: 'data',
      from: 'responder',
      to: 'mallory',
      between: ['4s', '5s'],
      count: 0,
    },
    {
      see: 'messages',
      name: 'the initiator takes the last',
      message: 'data',
      from: 'initiator',
      to: 'mallory',
      between: ['12s', '13s'],
      count: 1,
    },
    {
      see: 'messages',
      name: 'and refuses it, too',
      message: 'data',
      from: 'initiator',
      to: 'mallory',
      between: ['14s', '15s'],
      count: 0,
    },
    { see: 'delivered', step: 'unimpressed' },
  ],
  twin: {
    about: 'The counter stays within.',
    changes: [
      { path: '/steps/1/act/counter', set: 5 },
      { path: '/steps/2/act/counter', set: 6 },
    ],
    fails: 'and refuses what is beyond',
  },
} satisfies Scenario
