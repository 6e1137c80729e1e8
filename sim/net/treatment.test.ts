import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { buildIcmpError, type IcmpError } from '../../impl/ip/icmp.ts'
import { checkIp, ipTos } from '../../impl/ip/packet.ts'
import { setTos } from '../../impl/ip/rewrite.ts'
import type { IcmpErrorName, IcmpMessageName } from '../../scenarios/language/policy.ts'
import { Cloud } from './cloud.ts'
import { Router } from './router.ts'
import { address, Bench, echo, packets, udp } from './testing.ts'
import { mayTell, Treatment } from './treatment.ts'

const ERRORS: readonly IcmpError[] = [
  { kind: 'too-big', mtu: 1280 },
  { kind: 'no-route' },
  { kind: 'host-unreachable' },
  { kind: 'prohibited' },
  { kind: 'port-unreachable' },
  { kind: 'time-exceeded' },
  { kind: 'reassembly-timeout' },
]

function cloud(spec: ConstructorParameters<typeof Cloud>[0]['spec']): Bench {
  const bench = new Bench(new Cloud({ name: 'net', spec }))
  bench.attach('alice', ['192.0.2.1/32', '2001:db8::1/128'])
  bench.attach('bob', ['192.0.2.2/32', '2001:db8::2/128'], [], 1280)
  return bench
}

test('which errors a box says: by name, and the rare ones with their kind', () => {
  const said = (icmp: boolean | readonly IcmpErrorName[] | undefined) =>
    ERRORS.filter(error => mayTell(icmp, error)).map(({ kind }) => kind)
  expect(said(undefined).length).toBe(ERRORS.length)
  expect(said(true).length).toBe(ERRORS.length)
  expect(said(false)).toEqual([])
  expect(said(['too-big'])).toEqual(['too-big'])
  expect(said(['no-route'])).toEqual(['no-route', 'host-unreachable', 'prohibited'])
  expect(said(['time-exceeded', 'port-unreachable'])).toEqual([
    'port-unreachable',
    'time-exceeded',
    'reassembly-timeout',
  ])
})

test('marks: a table of all ECN and DSCP, in both families, with right checksums', () => {
  for (const ends of [
    ['192.0.2.1:1', '192.0.2.2:2'],
    ['[2001:db8::1]:1', '[2001:db8::2]:2'],
  ] as const) {
    for (let tos = 0; tos < 256; tos++) {
      for (const ecn of ['pass', 'bleach', 'mark'] as const) {
        for (const dscp of ['pass', 'bleach', 46] as const) {
          const packet = udp(ends[0], ends[1])
          setTos(packet, tos)
          new Treatment({ ecn, dscp }).mark(packet)
          const [bits, code] = [tos & 3, tos >> 2]
          const wantEcn = { pass: bits, bleach: 0, mark: bits === 0 ? 0 : 3 }[ecn]
          const wantDscp = dscp === 'pass' ? code : dscp === 'bleach' ? 0 : 46
          expect([ipTos(packet), checkIp(packet)]).toEqual([(wantDscp << 2) | wantEcn, undefined])
        }
      }
    }
  }
})

describe("other people's ICMP", () => {
  const kinds: readonly (readonly [IcmpMessageName, Uint8Array])[] = [
    ['echo', echo('192.0.2.1', '192.0.2.2', 7)],
    ['echo', echo('2001:db8::1', '2001:db8::2', 7, true)],
    ['too-big', error({ kind: 'too-big', mtu: 1300 })],
    ['unreachable', error({ kind: 'port-unreachable' })],
    ['unreachable', error({ kind: 'no-route' })],
    ['time-exceeded', error({ kind: 'time-exceeded' })],
  ]

  function error(what: IcmpError): Uint8Array {
    const original = udp('192.0.2.2:2', '192.0.2.1:1')
    return buildIcmpError({ source: address('192.0.2.1'), error: what, original })
  }

  it('passes by its name', () => {
    const names = fc.subarray(['echo', 'too-big', 'unreachable', 'time-exceeded'] as const)
    fc.assert(
      fc.property(fc.oneof(fc.boolean(), names), pass => {
        const treatment = new Treatment({ icmp_pass: pass })
        for (const [name, packet] of kinds) {
          const may = typeof pass === 'boolean' ? pass : pass.includes(name)
          expect(treatment.refusal(packet)).toBe(may ? undefined : `ICMP ${name}`)
        }
        expect(treatment.refusal(udp('192.0.2.1:1', '192.0.2.2:2'))).toBeUndefined()
      }),
    )
  })

  it('is dropped with a name, and nobody is told', () => {
    const bench = cloud({ icmp_pass: ['too-big'] })
    expect(bench.lines('alice', echo('192.0.2.1', '192.0.2.2', 7))).toEqual(['drop icmp-filtered'])
    expect(bench.lines('alice', error({ kind: 'too-big', mtu: 1300 })).length).toBe(1)
  })

  it('an error the box makes itself is another matter', () => {
    const big = udp('192.0.2.1:1', '192.0.2.2:2', { size: 1400, df: true })
    expect(cloud({ icmp: ['too-big'], icmp_pass: false }).lines('alice', big)).toEqual([
      'drop df-too-big',
      'born net:alice/1',
      expect.stringMatching(/^alice: too-big 1280 /),
    ])
    expect(cloud({ icmp: ['no-route'] }).lines('alice', big)).toEqual(['drop df-too-big'])
  })
})

test('a router asks the routes for a source first, and its own answers do not take them', () => {
  const routes = [
    { to: '0.0.0.0/0', via: '10.1.0.1' },
    { to: '0.0.0.0/0', via: '10.2.0.1', from: '192.0.2.0/25' },
  ]
  const bench = new Bench(new Router({ name: 'r', spec: { routes } }))
  bench.attach('lan', ['192.0.2.254/24'])
  bench.attach('one', ['10.1.0.2/30'])
  bench.attach('two', ['10.2.0.2/30'])
  const way = (from: string) =>
    packets(bench.give('lan', udp(`${from}:1`, '203.0.113.9:9'))).length === 1
      ? bench.lines('lan', udp(`${from}:1`, '203.0.113.9:9'))[0]?.split(':')[0]
      : 'nowhere'
  expect([way('192.0.2.1'), way('192.0.2.127'), way('192.0.2.128'), way('198.51.100.1')]).toEqual([
    'two',
    'two',
    'one',
    'one',
  ])
})
