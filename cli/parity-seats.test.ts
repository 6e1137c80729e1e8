import { expect, it } from 'vitest'
import type { Scenario } from '../scenarios/language/scenario.ts'
import { seatsOf } from './parity-seats.ts'

const host = (address: string, tunnel: string) => ({
  interfaces: { internet: address },
  wg: { wg0: `[Interface]\nPrivateKey = <x>\nAddress = ${tunnel}\n` },
})
const scenario = (...steps: Scenario['steps']): Scenario => ({
  schema: 'wglab/scenario@1',
  title: 't',
  about: 'a',
  duration: '1s',
  networks: { internet: {} },
  hosts: {
    alice: host('198.51.100.1', '10.0.0.1/24, fd00::1/64'),
    bob: host('203.0.113.2', '10.0.0.2/24'),
    carol: { interfaces: { internet: '203.0.113.3' } },
    mallory: { interfaces: { internet: '203.0.113.4' }, probe: true },
  },
  steps,
  expect: [],
})
const tcp = (from: string, to: string) => ({ do: 'tcp' as const, at: '1s' as const, from, to, bytes: 1 })

it.each<[string, Scenario, string[] | string]>([
  ['hosts with WireGuard', scenario(), ['alice', 'bob']],
  ['not an end of TCP: who begins', scenario(tcp('alice', '203.0.113.3:80')), ['bob']],
  ['not an end of TCP: who is asked, in the tunnel', scenario(tcp('carol', '[fd00:0::1]:80')), ['bob']],
  ['not an end of TCP: who is asked, outside it', scenario(tcp('carol', '203.0.113.2:80')), ['alice']],
  [
    'nobody, and why',
    scenario(tcp('alice', '10.0.0.2:80')),
    "alice has an end of a TCP connection, and two systems' TCP is not the same",
  ],
])('seats: %s', (_, of, expected) => {
  expect(seatsOf(of)).toEqual(expected)
})
