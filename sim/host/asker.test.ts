import { expect, test } from 'vitest'
import { instant, NS_PER_S } from '../../impl/box.ts'
import { type TestHost, TestNet } from './testnet.ts'

const NAMES = { 'www.example.com': ['203.0.113.80', '2001:db8::80'] }

function lab(alice: Omit<TestHost, 'on'>): TestNet {
  const net = new TestNet(
    {
      alice: { on: { net: { addresses: ['198.51.100.1'] } }, ...alice },
      one: { on: { net: { addresses: ['203.0.113.53'] } } },
      two: { on: { net: { addresses: ['203.0.113.54'] } } },
    },
    { names: NAMES, steps: ['ask'] },
  )
  net.run(1)
  return net
}

function ask(net: TestNet, domain = 'www.example.com', seconds = 30): string[] {
  net.step('alice', { do: 'lookup', at: '0s', host: 'alice', domain }, 'ask')
  net.run(net.now + seconds * NS_PER_S)
  return net.story('ask')
}

test('a question and its answer over the network', () => {
  const net = lab({ resolver: '203.0.113.53' })
  expect(ask(net)).toEqual(['begun', 'sent 1 to 203.0.113.53', 'answered 1 203.0.113.80', 'done'])
  expect(net.wire('alice').length).toBe(1)
})

test('an answer that there is no such name is the end of it', () => {
  expect(ask(lab({ resolver: ['203.0.113.53', '203.0.113.54'] }), 'nowhere.example.com')).toEqual([
    'begun',
    'sent 1 to 203.0.113.53',
    'error 1 there is no nowhere.example.com',
    'done',
  ])
})

test('who does not answer in five seconds is left for the next one, twice round', () => {
  const net = lab({ resolver: ['203.0.113.53', '203.0.113.54'] })
  net.passes = (_, from) => from !== 'one'
  expect(ask(net)).toEqual([
    'begun',
    'sent 1 to 203.0.113.53',
    'sent 1 to 203.0.113.54',
    'answered 1 203.0.113.80',
    'done',
  ])
  net.passes = (_, from) => from === 'alice'
  const sent = net.wire('alice').length
  expect(ask(net).slice(-6)).toEqual([
    'sent 1 to 203.0.113.54',
    'sent 1 to 203.0.113.53',
    'sent 1 to 203.0.113.54',
    'sent 1 to 203.0.113.53',
    'error 1 no resolver answers',
    'done',
  ])
  const times = net
    .wire('alice')
    .slice(sent)
    .map(row => row.t)
  expect(times.map(t => t - (times[0] ?? 0))).toEqual([0, 5, 10, 15].map(s => s * NS_PER_S))
})

test('nobody to ask, and a reboot in the middle', () => {
  expect(ask(lab({}))).toEqual([
    'begun',
    'error 1 no resolver is set: neither `resolver` of the host nor DNS of a tunnel',
    'done',
  ])
  const net = lab({ resolver: '203.0.113.53' })
  net.passes = () => false
  net.step('alice', { do: 'lookup', at: '0s', host: 'alice', domain: 'www.example.com' }, 'ask')
  net.step('alice', { do: 'reboot', at: '0s', host: 'alice' }, 'off')
  expect(net.story('ask').slice(-2)).toEqual(['error 1 the machine was switched off', 'done'])
  expect(net.hosts.get('alice')?.pollTimeout()).toBe(instant(net.now + NS_PER_S))
})
