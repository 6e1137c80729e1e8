/** Rules of nftables: of boxes on the way, of cables, of NATs; and who is where. */
import { describe, expect, it } from 'vitest'
import { scenario as oneRoundTrip } from '../../scenarios/catalogue/handshake/one-round-trip.ts'
import type { Nat } from '../../scenarios/language/nat.ts'
import type { Scenario } from '../../scenarios/language/scenario.ts'
import { fateLines } from './cloud.ts'
import { seatsOf } from './layout.ts'
import { natRefusal } from './nat.ts'
import { policyRules } from './policy.ts'
import { servantOf } from './servant.ts'
import { partOf, planOf } from './testing.ts'

describe('what a box on the way does', () => {
  it('refuses, holds down, marks and keeps silent', () => {
    const rules = policyRules(
      {
        block: [{ protocol: 'udp', port: 443, how: 'reject' }],
        police: [{ with: '192.0.2.0/24', rate: '1Mbit' }],
        icmp_pass: ['echo', 'unreachable', 'time-exceeded'],
        ecn: 'bleach',
        errors_per_s: 1,
        fragments: 'drop',
      },
      [
        { device: 'a', mtu: 1500 },
        { device: 'b', mtu: 1400 },
      ],
    )
    expect(rules).toBe(`  limit police0 {
    rate over 125000 bytes/second burst 15000 bytes
  }
  chain pieces {
    type filter hook prerouting priority -450;
    ip frag-off & 0x3fff != 0 drop
    exthdr frag exists drop
  }
  chain path {
    type filter hook forward priority filter;
    oifname "a" meta nfproto ipv4 meta length > 1500 ip frag-off & 0x4000 == 0 drop
    oifname "b" meta nfproto ipv4 meta length > 1400 ip frag-off & 0x4000 == 0 drop
    meta l4proto udp th sport 443 reject with icmpx admin-prohibited
    meta l4proto udp th dport 443 reject with icmpx admin-prohibited
    ip saddr 192.0.2.0/24 limit name "police0" drop
    ip daddr 192.0.2.0/24 limit name "police0" drop
    icmp type destination-unreachable icmp code 4 drop
    icmpv6 type packet-too-big drop
    ip ecn set not-ect
    ip6 ecn set not-ect
  }
  chain said {
    type filter hook output priority filter;
    icmp type { destination-unreachable, time-exceeded } limit rate over 1/second burst 1 packets drop
    icmpv6 type { destination-unreachable, packet-too-big, time-exceeded } limit rate over 1/second burst 1 packets drop
  }
`)
  })

  it('a cable loses exactly what is named', () => {
    const lines = fateLines('iifname "bob"', {
      lose: [{ message: 'response', nth: [1, 3] }, { message: 'keepalive', nth: [2] }, { size: { min: 1400 } }],
    })
    expect(lines).toEqual([
      'iifname "bob" meta l4proto udp @th,64,32 0x02000000 numgen inc mod 4000000000 { 0, 2 } drop',
      'iifname "bob" meta l4proto udp @th,64,32 0x04000000 udp length 40 numgen inc mod 4000000000 { 1 } drop',
      'iifname "bob" meta length 1400-65535 drop',
    ])
  })
})

describe('a NAT', () => {
  const ends = { inside: { home: '192.168.1.1/24' }, outside: { internet: '203.0.113.77' } } as const
  const table: readonly (readonly [Partial<Nat>, string | undefined])[] = [
    [{}, undefined],
    [{ preset: 'linux-masquerade' }, undefined],
    [{ preset: 'linux-fullcone' }, undefined],
    [{ preset: 'openwrt' }, undefined],
    [{ preset: 'symmetric' }, undefined],
    [{ preset: 'cgn-rfc6888' }, 'has ports random, and conntrack does not do that'],
    [{ mapping: 'endpoint-independent' }, 'has mapping endpoint-independent, and conntrack does not do that'],
    [{ hairpin: 'external' }, 'has hairpin external, and conntrack does not do that'],
    [{ timeout: '1500ms' }, 'has a timeout of 1500ms, and conntrack counts whole seconds'],
    [{ nat64: '64:ff9b::/96' }, 'has "nat64", which Linux does not bring along'],
    [{ max_mappings: 3 }, 'has room for 3 mappings, and the size of the table belongs to the whole machine'],
    [{ port_range: [20000, 20000] }, undefined],
    [
      { port_range: [20000, 30000] },
      'has port_range 20000-30000 and gives the first free one of it, and Linux begins anywhere in it',
    ],
    [{ port_range: [20000, 30000], ports_taken: 'linux' }, undefined],
    [{ ttl: 'keep' }, 'keeps the TTL, and Linux takes one off'],
  ]
  for (const [keys, because] of table) {
    it(`${JSON.stringify(keys)}: ${because ?? 'Linux does it'}`, () => {
      expect(natRefusal({ ...ends, ...keys }, [])).toBe(because)
    })
  }

  it('with a port forwarded by hand', () => {
    const scenario: Scenario = {
      ...oneRoundTrip,
      networks: { internet: {}, home: { kind: 'lan' } },
      nats: { router: { ...ends, forward: [{ port: 51820, to: '192.168.1.10:51820' }] } },
    }
    expect(partOf(planOf(scenario), 'router')).toContain(
      'map forwards { type inet_proto . inet_service : ipv4_addr . inet_service; flags timeout; elements = { udp . 51820 : 192.168.1.10 . 51820 } }',
    )
    expect(servantOf(scenario, '10.0.0.2:80')).toBe('bob')
    expect(servantOf(scenario, '203.0.113.9:80')).toBe(undefined)
  })
})

describe('who is where', () => {
  it('a prefix of its own is routed to a machine, and a common one to nobody', () => {
    const at = (address: string): Scenario['hosts'][string] => ({ interfaces: { internet: address } })
    const scenario: Scenario = {
      ...oneRoundTrip,
      hosts: {
        a: at('2001:db8:1::1/48'),
        b: at('192.0.2.1/24'),
        c: at('192.0.2.2/24'),
        'a-name-of-twenty-one': at('192.0.2.3'),
      },
    }
    expect(seatsOf(scenario, true).map(({ port, behind }) => [port, behind])).toEqual([
      ['a', ['2001:db8:1::/48']],
      ['b', []],
      ['c', []],
      ['port3', []],
    ])
  })
})
