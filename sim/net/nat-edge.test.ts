import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { instant } from '../../impl/box.ts'
import { get16, set16 } from '../../impl/ip/bytes.ts'
import { fragmentIpv4 } from '../../impl/ip/fragment.ts'
import { buildIcmpError, type IcmpError, icmpQuote } from '../../impl/ip/icmp.ts'
import { checkIp, checkTransport, ipDestination, ipTtl, transportPayload } from '../../impl/ip/packet.ts'
import { udpPayload } from '../../impl/ip/udp.ts'
import type { Nat as NatSpec } from '../../scenarios/language/topology.ts'
import { seededRandom } from '../random.ts'
import { Nat } from './nat.ts'
import { Reassembly } from './reassembly.ts'
import { address, Bench, echo, packets, udp } from './testing.ts'

const S = 1_000_000_000
const LAPTOP = '192.168.1.10'
const SERVER = '198.51.100.1:9'

/** A NAT with the lan 192.168.1.0/24 and fd00:1::/64 inside, 203.0.113.77 and 2001:db8:77::1 outside. */
function nat(spec: Partial<NatSpec> = {}, mtu = 1500): Bench {
  const whole = { inside: { lan: '192.168.1.1/24' }, outside: { wan: '203.0.113.77' }, ...spec }
  const bench = new Bench(new Nat({ name: 'nat', random: seededRandom('1'), spec: whole }))
  bench.attach('lan', ['192.168.1.1/24', 'fd00:1::1/64'])
  bench.attach('wan', ['203.0.113.77/32', '2001:db8:77::1/48'], [], mtu)
  return bench
}

/** An error from a router on the way about what `bytes` became outside. */
function errorAbout(bytes: Uint8Array, error: IcmpError, from = '192.0.2.9'): Uint8Array {
  return buildIcmpError({ source: address(from), error, original: bytes })
}

function out(bench: Bench, bytes: Uint8Array): Uint8Array {
  return packets(bench.give('lan', bytes))[0]?.bytes ?? expect.fail('nothing came out')
}

describe('ICMP errors from outside', () => {
  const about = (bench: Bench) => errorAbout(out(bench, udp(`${LAPTOP}:5`, SERVER)), { kind: 'port-unreachable' })

  it.each([
    ['translate', `port-unreachable 192.0.2.9 > ${LAPTOP} about (udp ${LAPTOP}:5 > ${SERVER}) ttl 63 length 56`],
    ['outer-only', `port-unreachable 192.0.2.9 > ${LAPTOP} about (udp 203.0.113.77:5 > ${SERVER}) ttl 63 length 56`],
    ['bad-checksum', `port-unreachable 192.0.2.9 > ${LAPTOP} about (udp ${LAPTOP}:5 > ${SERVER}) ttl 63 length 56`],
    ['kill-mapping', `port-unreachable 192.0.2.9 > ${LAPTOP} about (udp ${LAPTOP}:5 > ${SERVER}) ttl 63 length 56`],
  ] as const)('%s', (icmp_errors, line) => {
    const bench = nat({ icmp_errors })
    const bytes = about(bench)
    const [sent] = packets(bench.give('wan', bytes))
    const quote = icmpQuote(transportPayload(sent?.bytes ?? expect.fail('dropped')))
    expect(checkTransport(sent?.bytes ?? expect.fail('dropped'))).toBeUndefined()
    expect(checkIp(quote)).toBe(icmp_errors === 'bad-checksum' ? 'IPv4 header checksum is wrong' : undefined)
    const again = nat({ icmp_errors })
    expect(again.lines('wan', about(again))).toEqual([`lan: ${line}`])
    const answer = bench.lines('wan', udp(SERVER, '203.0.113.77:5'))
    expect(answer).toEqual([
      icmp_errors === 'kill-mapping' ? 'drop nat-no-mapping' : `lan: udp ${SERVER} > ${LAPTOP}:5 ttl 63 length 28`,
    ])
  })

  it('a quote with a damaged header is thrown away (RFC 5508 REQ-3)', () => {
    const bench = nat()
    const original = out(bench, udp(`${LAPTOP}:5`, SERVER)).slice()
    original[8] = 3
    expect(bench.lines('wan', errorAbout(original, { kind: 'port-unreachable' }))).toEqual(['drop icmp-bad-quote'])
  })

  it('between two inside, by way of the outside address (RFC 5508 REQ-7)', () => {
    const bench = nat({ hairpin: 'external', filtering: 'endpoint-independent' })
    bench.give('lan', udp('192.168.1.11:6', SERVER))
    const hairpinned = out(bench, udp(`${LAPTOP}:5`, '203.0.113.77:6'))
    expect(
      bench.lines(
        'lan',
        buildIcmpError({ source: address('192.168.1.11'), error: { kind: 'port-unreachable' }, original: hairpinned }),
      ),
    ).toEqual([
      `lan: port-unreachable 203.0.113.77 > ${LAPTOP} about (udp ${LAPTOP}:5 > 203.0.113.77:6) ttl 63 length 56`,
    ])
  })
})

describe('what does not fit', () => {
  const large = udp(`${LAPTOP}:5`, SERVER, { size: 1400, df: true })
  const told = (mtu: number) => [
    'drop df-too-big',
    'born nat:lan/1',
    `lan: too-big ${mtu} 192.168.1.1 > ${LAPTOP} about (udp ${LAPTOP}:5 > ${SERVER}) ttl 64 length 576`,
  ]

  it.each<[string, Partial<NatSpec>, string[]]>([
    ['tell', {}, told(1300)],
    ['a lie', { claims_mtu: 68 }, told(68)],
    ['silent', { too_big: 'silent' }, ['drop df-too-big']],
    ['no errors left', { errors_per_s: 0 }, ['drop df-too-big']],
    ['tell-outside', { too_big: 'tell-outside' }, ['drop df-too-big', 'born nat:lan/1', 'drop error-to-itself']],
    [
      'clear-df',
      { too_big: 'clear-df' },
      [
        `wan: fragment at 0 203.0.113.77 > 198.51.100.1 ttl 63 length 1300`,
        `wan: fragment at 1280 203.0.113.77 > 198.51.100.1 ttl 63 length 148`,
      ],
    ],
  ])('%s', (_, spec, lines) => {
    expect(nat(spec, 1300).lines('lan', large)).toEqual(lines)
  })

  it('rations errors by the second', () => {
    const bench = nat({ errors_per_s: 1 }, 1300)
    const errors = [0, 0.5, 1, 1.9, 3].map(at => {
      bench.at(at * S)
      return bench.lines('lan', large).length > 1
    })
    expect(errors).toEqual([true, false, true, false, true])
  })
})

describe('TTL, identification and checksums', () => {
  const bare = (bytes: Uint8Array): Uint8Array => {
    set16(bytes, 26, 0)
    return bytes
  }

  it.each<[string, Partial<NatSpec>, Uint8Array, (sent: Uint8Array) => unknown, unknown]>([
    ['a hop less', {}, udp(`${LAPTOP}:5`, SERVER), ipTtl, 63],
    ['no hop', { ttl: 'keep' }, udp(`${LAPTOP}:5`, SERVER, { ttl: 1 }), ipTtl, 1],
    ['the same identification', {}, udp(`${LAPTOP}:5`, SERVER, { id: 77 }), sent => get16(sent, 4), 77],
    ['one of its own', { ip_id: 'rewrite' }, udp(`${LAPTOP}:5`, SERVER, { id: 77 }), sent => get16(sent, 4), 1],
    ['none', { ip_id: 'zero' }, udp(`${LAPTOP}:5`, SERVER, { id: 77 }), sent => get16(sent, 4), 0],
    ['a right checksum', {}, udp(`${LAPTOP}:5`, SERVER), checkTransport, undefined],
    ['no checksum stays none', {}, bare(udp(`${LAPTOP}:5`, SERVER)), sent => get16(sent, 26), 0],
    ['a wrong one', { checksums: 'leave' }, udp(`${LAPTOP}:5`, SERVER), checkTransport, 'UDP checksum is wrong'],
    ['one taken away', { checksums: 'clear' }, udp(`${LAPTOP}:5`, SERVER), sent => get16(sent, 26), 0],
    [
      'one made',
      { checksums: 'fill' },
      bare(udp(`${LAPTOP}:5`, SERVER)),
      sent => [get16(sent, 26) > 0, checkTransport(sent)],
      [true, undefined],
    ],
  ])('%s', (_, spec, bytes, look, expected) => {
    expect(look(out(nat(spec), bytes))).toEqual(expected)
  })

  it('refuses UDP without a checksum where it is set to', () => {
    expect(nat({ checksums: 'refuse-none' }).lines('lan', bare(udp(`${LAPTOP}:5`, SERVER)))).toEqual([
      'drop udp-checksum-missing',
    ])
  })
})

describe('fragments one by one', () => {
  const answer = (bench: Bench): Uint8Array[] => {
    bench.give('lan', udp(`${LAPTOP}:5`, SERVER))
    return fragmentIpv4(udp(SERVER, '203.0.113.77:5', { size: 2000, id: 7 }), 1500)
  }
  const first = `lan: fragment at 0 198.51.100.1 > ${LAPTOP} ttl 63 length 1500`
  const second = `lan: fragment at 1480 198.51.100.1 > ${LAPTOP} ttl 63 length 548`

  it.each([
    ['any', 'in order', [first, second]],
    ['any', 'swapped', [first, second]],
    ['in-order', 'in order', [first, second]],
    ['in-order', 'swapped', ['drop fragment-out-of-order', first]],
    ['first-only', 'in order', [first, 'drop fragment-dropped']],
  ] as const)('%s, %s', (fragment_order, way, lines) => {
    const bench = nat({ fragment_order })
    const pieces = answer(bench)
    const given = way === 'swapped' ? pieces.toReversed() : pieces
    expect(given.flatMap(piece => bench.lines('wan', piece))).toEqual(lines)
  })

  it('those without a first one are given up, and follow the fate of one that is dropped', () => {
    const bench = nat({ fragment_order: 'any', fragment_timeout: '5s' })
    const [, later] = answer(bench)
    expect(bench.lines('wan', later ?? expect.fail('no fragment'))).toEqual([])
    expect(bench.at(5 * S)).toEqual(['drop reassembly-timeout'])
    const stray = fragmentIpv4(udp(SERVER, '203.0.113.77:6', { size: 2000, id: 8 }), 1500)
    expect(stray.flatMap(piece => bench.lines('wan', piece))).toEqual(['drop nat-no-mapping', 'drop fragment-dropped'])
  })

  it('put together give what was cut, in any order of the pieces', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6000 }),
        fc.integer({ min: 28, max: 187 }),
        fc.infiniteStream(fc.nat()),
        (size, mtu, dice) => {
          const bench = nat({ fragment_order: 'any' })
          bench.give('lan', udp(`${LAPTOP}:5`, SERVER))
          const pieces = fragmentIpv4(udp(SERVER, '203.0.113.77:5', { size, id: 7 }), mtu * 8)
          const shuffled = pieces.map(piece => ({ piece, at: dice.next().value })).sort((a, b) => a.at - b.at)
          const inner = shuffled.flatMap(({ piece }) => packets(bench.give('wan', piece)).map(({ bytes }) => bytes))
          expect(inner).toHaveLength(pieces.length)
          const memory = new Reassembly()
          const last = inner
            .map((bytes, n) => memory.add(instant(0), { id: { box: 'test', n }, copy: 0, bytes }))
            .at(-1)
          const whole = last?.kind === 'whole' ? last.packet.bytes : expect.fail('not whole')
          expect(checkTransport(whole)).toBeUndefined()
          expect(udpPayload(transportPayload(whole))).toEqual(Uint8Array.from({ length: size }, (_, i) => i))
        },
      ),
      { numRuns: 50 },
    )
  })
})

describe('forwarded ports', () => {
  it('let anybody in, and what comes back has the forwarded port', () => {
    const bench = nat({ forward: [{ port: 51820, to: `${LAPTOP}:4` }] })
    expect(bench.lines('wan', udp('192.0.2.200:7', '203.0.113.77:51820'))).toEqual([
      `lan: udp 192.0.2.200:7 > ${LAPTOP}:4 ttl 63 length 28`,
    ])
    expect(bench.lines('lan', udp(`${LAPTOP}:4`, '192.0.2.200:7'))).toEqual([
      'wan: udp 203.0.113.77:51820 > 192.0.2.200:7 ttl 63 length 28',
    ])
  })

  it('are nobody else’s: a mapping gets another port', () => {
    const bench = nat({ forward: [{ port: 51820, to: `${LAPTOP}:4` }] })
    expect(bench.lines('lan', udp('192.168.1.11:51820', SERVER))).toEqual([
      `wan: udp 203.0.113.77:51821 > ${SERVER} ttl 63 length 28`,
    ])
  })

  it('are reached from inside where the NAT hairpins', () => {
    const bench = nat({ forward: [{ port: 51820, to: `${LAPTOP}:4` }], hairpin: 'external' })
    expect(bench.lines('lan', udp('192.168.1.11:6', '203.0.113.77:51820'))).toEqual([
      `lan: udp 203.0.113.77:6 > ${LAPTOP}:4 ttl 63 length 28`,
    ])
  })

  const asked = (bench: Bench, map: object) =>
    bench.tell({
      kind: 'step',
      name: '#0',
      step: { do: 'nat', at: '0s', nat: 'nat', map: { port: 51820, to: `${LAPTOP}:4`, ...map } },
    })
  const knock = (bench: Bench, port: number) => bench.lines('wan', udp('192.0.2.200:7', `203.0.113.77:${port}`))

  it('end with their lease, traffic or none, to the nanosecond', () => {
    const bench = nat()
    asked(bench, { lease: '60s' })
    bench.at(60 * S - 1)
    expect(knock(bench, 51820)).toHaveLength(1)
    bench.at(60 * S)
    expect(knock(bench, 51820)).toEqual(['drop nat-no-mapping'])
  })

  it('are forgotten by a flush, those made by hand are not', () => {
    const bench = nat({ forward: [{ port: 51821, to: `${LAPTOP}:5` }] })
    asked(bench, {})
    bench.tell({ kind: 'step', name: '#1', step: { do: 'nat', at: '0s', nat: 'nat', flush: true } })
    expect([...knock(bench, 51820), ...knock(bench, 51821)]).toEqual([
      'drop nat-no-mapping',
      `lan: udp 192.0.2.200:7 > ${LAPTOP}:5 ttl 63 length 28`,
    ])
  })

  it('are lied about', () => {
    const nothing = nat()
    asked(nothing, { lie: 'nothing' })
    expect(knock(nothing, 51820)).toEqual(['drop nat-no-mapping'])
    const other = nat()
    asked(other, { lie: 'other-port' })
    expect([...knock(other, 51820), ...knock(other, 51821)]).toEqual([
      'drop nat-no-mapping',
      `lan: udp 192.0.2.200:7 > ${LAPTOP}:4 ttl 63 length 28`,
    ])
  })

  it('stay with who had them first', () => {
    const bench = nat()
    asked(bench, {})
    const [note] = asked(bench, { to: '192.168.1.11:4' })
    expect(note).toMatchObject({ row: { text: `port mapping: refused: udp port 51820 is ${LAPTOP}:4 inside already` } })
  })
})

describe('application-level gateways', () => {
  it('payload: the four bytes change out and in, and the checksum with them', () => {
    const bench = nat({ alg: ['payload'] })
    const packet = udp(`${LAPTOP}:5`, SERVER, { size: 12 })
    packet.set(address(LAPTOP), 28 + 3)
    packet.set([0, 0], 26)
    const sent = out(bench, packet)
    expect([...udpPayload(transportPayload(sent))]).toEqual([0, 1, 2, 203, 0, 113, 77, 7, 8, 9, 10, 11])
    const back = udp(SERVER, '203.0.113.77:5', { size: 4 })
    const before = [...udpPayload(transportPayload(back))]
    back.set([203, 0, 113, 77], 28)
    set16(back, 26, 0)
    const [inner] = packets(bench.give('wan', back))
    expect([before, [...udpPayload(transportPayload(inner?.bytes ?? expect.fail('dropped')))]]).toEqual([
      [0, 1, 2, 3],
      [...address(LAPTOP)],
    ])
  })

  it('payload: a datagram with a checksum keeps a right one, whatever is in it', () => {
    const bench = nat({ alg: ['payload'] })
    const bytes = fc.array(fc.constantFrom(192, 168, 1, 10, 0), { minLength: 4, maxLength: 40 })
    fc.assert(
      fc.property(bytes, payload => {
        const packet = udp(`${LAPTOP}:5`, SERVER, { size: payload.length })
        packet.set(payload, 28)
        const sum = get16(packet, 26)
        set16(packet, 26, 0)
        expect(sum).toBeGreaterThan(0)
        const sent = out(nat({ alg: ['payload'], checksums: 'fill' }), packet)
        expect(checkTransport(sent)).toBeUndefined()
        expect(sent.join(',')).not.toContain('192,168,1,10')
        expect(bench).toBeDefined()
      }),
    )
  })

  it.each([
    ['no SIP', 'x', ['drop alg-refused']],
    ['SIP', 'OPTIONS sip:a SIP/2.0', ['wan: udp 203.0.113.77:5060 > 198.51.100.1:5060 ttl 63 length 49']],
  ])('sip: %s', (_, text, lines) => {
    const packet = udp(`${LAPTOP}:5060`, '198.51.100.1:5060', { size: text.length })
    packet.set(
      [...text].map(letter => letter.charCodeAt(0)),
      28,
    )
    set16(packet, 26, 0)
    expect(nat({ alg: ['sip'] }).lines('lan', packet)).toEqual(lines)
  })

  it('ipsec: one inner host at a time, until it was silent for five minutes', () => {
    const bench = nat({ alg: ['ipsec'] })
    const from = (host: string) =>
      bench.lines('lan', udp(`${host}:7`, '198.51.100.1:4500')).map(text => text.slice(0, 4))
    expect([from(LAPTOP), from('192.168.1.11')]).toEqual([['wan:'], ['drop']])
    bench.at(300 * S)
    expect([from('192.168.1.11'), from(LAPTOP)]).toEqual([['wan:'], ['drop']])
  })

  it('dns: one answer to port 53, elsewhere as many as come', () => {
    const bench = nat({ alg: ['dns'] })
    for (const port of [53, 54]) bench.give('lan', udp(`${LAPTOP}:${port + 1000}`, `198.51.100.1:${port}`))
    const answer = (port: number) =>
      bench.lines('wan', udp(`198.51.100.1:${port}`, `203.0.113.77:${port + 1000}`))[0]?.slice(0, 4)
    expect([53, 53, 54, 54].map(answer)).toEqual(['lan:', 'drop', 'lan:', 'lan:'])
  })
})

describe('rules', () => {
  it.each<[NonNullable<NatSpec['block']>[number], boolean]>([
    [{ protocol: 'udp', port: 9 }, true],
    [{ protocol: 'udp', port: 10 }, false],
    [{ protocol: 'tcp' }, false],
    [{ with: '198.51.100.0/24' }, true],
    [{ with: '198.51.101.0/24' }, false],
    [{}, true],
  ])('%j: blocked %s', (rule, blocked) => {
    expect(nat({ block: [rule] }).lines('lan', udp(`${LAPTOP}:5`, SERVER))[0] === 'drop blocked').toBe(blocked)
  })

  it('reject tells the sender', () => {
    const [, , line] = nat({ block: [{ how: 'reject' }] }).lines('lan', udp(`${LAPTOP}:5`, SERVER))
    expect(line).toMatch(/^lan: prohibited 192\.168\.1\.1 > 192\.168\.1\.10/)
  })

  it('police: in the long run the rate passes, and at once no more than the burst', () => {
    // 1000 bytes each; one every millisecond is 8 Mbit/s, of which 1 Mbit/s may pass.
    const bench = nat({ police: [{ protocol: 'udp', rate: '1Mbit', burst: 5000 }] })
    const passed = Array.from({ length: 1000 }, (_, i) => {
      bench.at(i * 1_000_000)
      return bench.lines('lan', udp(`${LAPTOP}:5`, SERVER, { size: 972 }))[0] !== 'drop policed'
    })
    expect(passed.slice(0, 6)).toEqual([true, true, true, true, true, false])
    expect(passed.filter(Boolean).length).toBe(5 + Math.floor(999 / 8))
  })
})

describe('IPv6', () => {
  const HOST = 'fd00:1::10'
  const PEER = '[2001:db8:5::1]:9'

  it('NAT66: the outside sees one address, answers come back', () => {
    const bench = nat({ ipv6: { translate: 'masquerade' } })
    expect(bench.lines('lan', udp(`[${HOST}]:5`, PEER))).toEqual([
      `wan: udp [2001:db8:77::1]:5 > ${PEER} ttl 63 length 48`,
    ])
    expect(bench.lines('lan', udp('[fd00:1::11]:5', PEER))).toEqual([
      `wan: udp [2001:db8:77::1]:1024 > ${PEER} ttl 63 length 48`.replace('1024', '6'),
    ])
    expect(bench.lines('wan', udp(PEER, '[2001:db8:77::1]:5'))).toEqual([
      `lan: udp ${PEER} > [${HOST}]:5 ttl 63 length 48`,
    ])
    expect(bench.lines('wan', udp('[2001:db8:5::2]:9', '[2001:db8:77::1]:5'))).toEqual(['drop nat-filtered'])
  })

  it('the filter has times of its own', () => {
    const bench = nat({ timeout: '30s', ipv6: { timeout: '5m' } })
    bench.give('lan', udp(`[${HOST}]:5`, PEER))
    bench.give('lan', udp(`${LAPTOP}:5`, SERVER))
    bench.at(299 * S)
    expect(bench.lines('wan', udp(PEER, `[${HOST}]:5`))).toHaveLength(1)
    expect(bench.lines('wan', udp(SERVER, '203.0.113.77:5'))).toEqual(['drop nat-mapping-expired'])
    bench.at(300 * S)
    expect(bench.lines('wan', udp(PEER, `[${HOST}]:5`))).toEqual(['drop nat-mapping-expired'])
  })

  it('an open filter lets strangers in', () => {
    expect(nat({ ipv6: { filter: 'open' } }).lines('wan', udp(PEER, `[${HOST}]:5`))).toEqual([
      `lan: udp ${PEER} > [${HOST}]:5 ttl 63 length 48`,
    ])
  })

  it('NPTv6: addresses change, ports and checksums do not, and so it is in errors', () => {
    const prefixes = { inside: 'fd00:1::/48', outside: '2001:db8:77::/48' }
    const bench = nat({ ipv6: { translate: 'prefix', prefixes, filter: 'open' } })
    const before = udp(`[${HOST}]:5`, PEER, { size: 3 })
    const after = out(bench, before)
    expect(get16(after, 46)).toBe(get16(before, 46))
    const outer = `2001:db8:77:ced1::10`
    expect(bench.lines('lan', before)).toEqual([`wan: udp [${outer}]:5 > ${PEER} ttl 63 length 51`])
    expect(bench.lines('wan', udp(PEER, `[${outer}]:5`))).toEqual([`lan: udp ${PEER} > [${HOST}]:5 ttl 63 length 48`])
    const error = errorAbout(after, { kind: 'too-big', mtu: 1400 }, '2001:db8:9::9')
    expect(bench.lines('wan', error)).toEqual([
      `lan: too-big 1400 2001:db8:9::9 > ${HOST} about (udp [${HOST}]:5 > ${PEER}) ttl 63 length 99`,
    ])
    expect(bench.lines('lan', udp('[fd00:2::1]:5', PEER))).toEqual(['drop nat-ipv6-mismatch'])
  })
})

describe('NAT64', () => {
  const HOST = 'fd00:1::10'
  const PEER = '[64:ff9b::c633:6401]:9'
  const nat64 = (spec: Partial<NatSpec> = {}, mtu = 1500) => nat({ nat64: '64:ff9b::/96', ...spec }, mtu)

  it('leaves as IPv4 and comes back as IPv6; the filter holds', () => {
    const bench = nat64()
    expect(bench.lines('lan', udp(`[${HOST}]:5`, PEER, { size: 4 }))).toEqual([
      `wan: udp 203.0.113.77:5 > ${SERVER} ttl 63 length 32`,
    ])
    expect(bench.lines('wan', udp(SERVER, '203.0.113.77:5', { size: 4 }))).toEqual([
      `lan: udp ${PEER} > [${HOST}]:5 ttl 63 length 52`,
    ])
    expect(bench.lines('wan', udp('198.51.100.2:9', '203.0.113.77:5'))).toEqual(['drop nat-filtered'])
  })

  it('echo goes by its id, and IPv4 inside is translated as ever', () => {
    const bench = nat64()
    expect(bench.lines('lan', echo(HOST, '64:ff9b::c633:6401', 7))).toEqual([
      'wan: icmp 8 id 7 203.0.113.77 > 198.51.100.1 ttl 63 length 28',
    ])
    expect(bench.lines('wan', echo('198.51.100.1', '203.0.113.77', 7, true))).toEqual([
      `lan: icmp 129 id 7 64:ff9b::c633:6401 > ${HOST} ttl 63 length 48`,
    ])
    expect(bench.lines('lan', udp(`${LAPTOP}:5`, SERVER))).toEqual([
      `wan: udp 203.0.113.77:5 > ${SERVER} ttl 63 length 28`,
    ])
  })

  it('errors cross over with what they quote, 20 bytes more', () => {
    const bench = nat64()
    const sent = out(bench, udp(`[${HOST}]:5`, PEER, { size: 1300 }))
    expect(bench.lines('wan', errorAbout(sent, { kind: 'too-big', mtu: 1300 }))).toEqual([
      `lan: too-big 1320 64:ff9b::c000:209 > ${HOST} about (udp [${HOST}]:5 > ${PEER}) ttl 63 length 616`,
    ])
    const [inner] = packets(bench.give('wan', udp(SERVER, '203.0.113.77:5')))
    const back = buildIcmpError({
      source: address(HOST),
      error: { kind: 'port-unreachable' },
      original: inner?.bytes ?? expect.fail('dropped'),
    })
    expect(bench.lines('lan', back)).toEqual([
      `wan: port-unreachable 203.0.113.77 > 198.51.100.1 about (udp ${SERVER} > 203.0.113.77:5) ttl 63 length 56`,
    ])
  })

  it('what does not fit outside: the inner sender is told 20 bytes more', () => {
    expect(nat64({}, 1400).lines('lan', udp(`[${HOST}]:5`, PEER, { size: 1400 }))[2]).toMatch(
      /^lan: too-big 1420 fd00:1::1 > fd00:1::10/,
    )
  })

  it.each([
    ['without DF is cut to 1280 bytes', { size: 1400 }, [1280, 40 + 8 + 8 + 1400 - 1232]],
    ['with DF is whole', { size: 1400, df: true }, [1448]],
    ['small is whole', { size: 1232 }, [1280]],
  ])('what comes in %s', (_, extras, lengths) => {
    const bench = nat64()
    bench.give('lan', udp(`[${HOST}]:5`, PEER))
    const inner = packets(bench.give('wan', udp(SERVER, '203.0.113.77:5', extras)))
    expect(inner.map(({ bytes }) => bytes.length)).toEqual(lengths)
  })

  it('what comes in with DF and does not fit inside: the outer sender is told 20 bytes less', () => {
    const bench = nat64()
    bench.give('lan', udp(`[${HOST}]:5`, PEER))
    const lines = bench.lines('wan', udp(SERVER, '203.0.113.77:5', { size: 1470, df: true }))
    expect(lines[2]).toMatch(/^wan: too-big 1480 203\.0\.113\.77 > 198\.51\.100\.1/)
  })

  it('there and back through a CLAT as well: ports and payload are what they were', () => {
    const spec = {
      inside: { lan: '192.168.1.1/24' },
      outside: { wan: '2001:db8:77::1' },
      clat: { plat: '64:ff9b::/96', source: '2001:db8:77:1::/96' },
    }
    const clat = new Bench(new Nat({ name: 'clat', random: seededRandom('1'), spec }))
    clat.attach('lan', ['192.168.1.1/24'])
    clat.attach('wan', ['2001:db8:77::1/48'])
    const plat = new Bench(
      new Nat({
        name: 'plat',
        random: seededRandom('1'),
        spec: { inside: { lan: 'fd00::1/64' }, outside: { wan: '203.0.113.77' }, nat64: '64:ff9b::/96' },
      }),
    )
    plat.attach('lan', ['2001:db8:77:ffff::1/48'])
    plat.attach('wan', ['203.0.113.77/32'])
    const port = fc.integer({ min: 1024, max: 65535 })
    fc.assert(
      fc.property(port, port, fc.integer({ min: 0, max: 1200 }), (from, to, size) => {
        const before = udp(`${LAPTOP}:${from}`, `198.51.100.1:${to}`, { size })
        const six = packets(clat.give('lan', before))[0]?.bytes ?? expect.fail('the CLAT dropped it')
        const four = packets(plat.give('lan', six))[0]?.bytes ?? expect.fail('the NAT64 dropped it')
        expect(udpPayload(transportPayload(four))).toEqual(udpPayload(transportPayload(before)))
        const mapped = get16(transportPayload(four), 0)
        const answer = packets(plat.give('wan', udp(`198.51.100.1:${to}`, `203.0.113.77:${mapped}`, { size })))[0]
          ?.bytes
        const inner =
          packets(clat.give('wan', answer ?? expect.fail('no answer')))[0]?.bytes ?? expect.fail('no answer inside')
        expect([checkIp(inner), checkTransport(inner), [...ipDestination(inner)]]).toEqual([
          undefined,
          undefined,
          [...address(LAPTOP)],
        ])
        expect([get16(transportPayload(inner), 0), get16(transportPayload(inner), 2)]).toEqual([to, from])
        expect(udpPayload(transportPayload(inner))).toEqual(udpPayload(transportPayload(before)))
      }),
    )
  })
})

describe('fragments that wait', () => {
  it.each([
    ['joined', 0],
    ['any', 1],
  ] as const)(
    '%s: are held for as long as is said, told of meanwhile, and then dropped by name',
    (fragment_order, piece) => {
      const bench = nat({ fragment_order, fragment_timeout: '5s' })
      bench.give('lan', udp(`${LAPTOP}:5`, SERVER))
      const [first, second] = fragmentIpv4(udp(SERVER, '203.0.113.77:5', { size: 2000, id: 7 }), 1500)
      const waiting = (piece === 0 ? first : second) ?? expect.fail('no fragment')
      expect(bench.lines('wan', waiting)).toEqual([])
      const held = () => [...(bench.node.holding?.() ?? [])].map(({ id }) => id.n)
      expect(held()).toEqual([2])
      expect(bench.at(5 * S - 1)).toEqual([])
      expect(bench.at(5 * S)).toEqual(['drop reassembly-timeout'])
      expect(held()).toEqual([])
    },
  )

  it('are dropped by name when the NAT is switched off', () => {
    const bench = nat({ fragment_order: 'any' })
    const [, second] = fragmentIpv4(udp(SERVER, '203.0.113.77:5', { size: 2000, id: 7 }), 1500)
    bench.give('wan', second ?? expect.fail('no fragment'))
    const rows = bench.tell({ kind: 'step', name: '#0', step: { do: 'nat', at: '0s', nat: 'nat', off: '1s' } })
    expect(rows[0]).toMatchObject({ row: { kind: 'drop', reason: 'nat-off' } })
  })
})
