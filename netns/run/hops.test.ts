import { describe, expect, it } from 'vitest'
import { icmp, ipv4, udp } from '../../scenarios/decode/testing.ts'
import { hopRows } from './hops.ts'
import type { Sighting } from './pcap.ts'
import { readLinks } from './watch.ts'

const ZERO = 1_800_000_000_000_000_000n
const packet = udp('192.0.2.1', 1000, '192.0.2.2', 9, [1, 2, 3])
const at = (t: number, iface: number, dir: 'in' | 'out', bytes: Uint8Array = packet): Sighting => ({
  at_ns: ZERO + BigInt(t),
  interface: iface,
  dir,
  bytes,
})
const vantage = (host: string, network: string, iface: string, layer: 'wire' | 'inner' = 'wire') => ({
  name: `${host}:${network}`,
  layer,
  host,
  on: host,
  iface,
})
const vantages = [vantage('alice', 'lan', 'eth0'), vantage('bob', 'lan', 'eth0'), vantage('bob', 'wg0', 'wg0', 'inner')]
const rows = (alice: Sighting[], bob: Sighting[]) =>
  hopRows(
    [
      { space: 'alice', sightings: alice, interfaces: new Map([[2, 'eth0']]) },
      {
        space: 'bob',
        sightings: bob,
        interfaces: new Map([
          [2, 'eth0'],
          [7, 'wg0'],
          [9, 'wg0'],
        ]),
      },
    ],
    { vantages, zero_ns: ZERO, end: 1000 },
  ).map(
    ({ t, at, dir, layer, packet, copy, size }) =>
      `${t} ${at} ${dir} ${layer} ${packet.box}/${packet.n}+${copy} ${size}`,
  )

describe('hopRows', () => {
  it('all places in one order of time, an interface by whatever number it has', () => {
    expect(rows([at(10, 2, 'out'), at(900, 2, 'out')], [at(15, 2, 'in'), at(20, 7, 'out'), at(30, 9, 'out')])).toEqual([
      '10 alice:lan out wire alice/1+0 31',
      '15 bob:lan in wire alice/1+0 31',
      '20 bob:wg0 out inner bob/1+0 31',
      '30 bob:wg0 out inner bob/2+0 31',
      '900 alice:lan out wire alice/2+0 31',
    ])
  })

  it('before the beginning is 0, after the end is nothing; no vantage point, no row', () => {
    expect(rows([at(-5, 2, 'out'), at(1001, 2, 'out'), at(6, 3, 'out')], [])).toEqual([
      '0 alice:lan out wire alice/1+0 31',
    ])
  })

  it('what neighbours tell each other is not of the scenario', () => {
    const solicit = icmp('fe80::1', 'ff02::1', 135, 0, [0, 0, 0, 0])
    const igmp = ipv4('192.0.2.1', '224.0.0.22', 2, [0x22, 0, 0, 0])
    const echo = icmp('2001:db8::1', '2001:db8::2', 128, 0, [0, 1, 0, 1])
    expect(rows([at(1, 2, 'out', solicit), at(2, 2, 'out', igmp), at(3, 2, 'out', echo)], [])).toEqual([
      '3 alice:lan out wire alice/1+0 48',
    ])
  })
})

describe('readLinks', () => {
  it('numbers and names, whatever the other end of a cable is called', () => {
    const text = '1: lo: <LOOPBACK> mtu 65536\n12: eth0@if11: <BROADCAST>\n40: wg-home: <POINTOPOINT,NOARP>\n'
    expect(readLinks(text)).toEqual([
      [1, 'lo'],
      [12, 'eth0'],
      [40, 'wg-home'],
    ])
  })
})
