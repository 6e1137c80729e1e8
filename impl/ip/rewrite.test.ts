import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatAddress, parseAddress } from './address.ts'
import { get16, set16 } from './bytes.ts'
import { fragmentIpv4, fragmentIpv6, fragmentOf, joinFragments } from './fragment.ts'
import {
  buildIcmpEcho,
  buildIcmpError,
  type IcmpError,
  icmpCode,
  icmpEcho,
  icmpEchoId,
  icmpEchoSequence,
  icmpError,
  icmpProtocol,
  icmpQuote,
  icmpType,
  mayAnswerWithError,
  quotedTransportOffset,
} from './icmp.ts'
import { buildIpv4, ipv4DontFragment, ipv4Id, ipv4MoreFragments, ipv4Options } from './ipv4.ts'
import { buildIpv6 } from './ipv6.ts'
import { buildIp, checkIp, checkTransport, ipDestination, ipSource, ipTos, ipTtl, transportPayload } from './packet.ts'
import {
  clampMss,
  decrementTtl,
  rewriteDestination,
  rewriteQuote,
  rewriteSource,
  setDontFragment,
  setEcn,
  setIpv4Id,
  setTos,
  setTtl,
} from './rewrite.ts'
import { ACK, buildTcp, SYN, tcpMss } from './tcp.ts'
import { buildUdp, udpChecksum, udpDestinationPort, udpSourcePort } from './udp.ts'

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const at = (text: string) => parseAddress(text) ?? expect.fail(text)
const A = { 4: at('10.0.0.1'), 6: at('fd00::1') }
const B = { 4: at('192.0.2.7'), 6: at('2001:db8::7') }
const C = { 4: at('203.0.113.9'), 6: at('2001:db8:ffff::9') }
const version = fc.constantFrom<4 | 6>(4, 6)
const port = fc.nat(65535)
const data = fc.uint8Array({ maxLength: 60 })

type Flow = {
  kind: 'udp' | 'tcp' | 'echo'
  v: 4 | 6
  source: Uint8Array
  destination: Uint8Array
  from: number
  to: number
  data: Uint8Array
  checksum?: boolean
}

function build(flow: Flow): Uint8Array {
  const { kind, source, destination, from, to } = flow
  const common = { source, destination, sourcePort: from, destinationPort: to, payload: flow.data }
  if (kind === 'udp')
    return buildIp({
      source,
      destination,
      protocol: 17,
      payload: buildUdp({ ...common, checksum: flow.checksum ?? true }),
    })
  if (kind === 'tcp')
    return buildIp({
      source,
      destination,
      protocol: 6,
      payload: buildTcp({ ...common, sequence: 1, acknowledgement: 2, flags: ACK, window: 9 }),
    })
  const echo = buildIcmpEcho({ source, destination, reply: false, id: from, sequence: to, payload: flow.data })
  return buildIp({ source, destination, protocol: icmpProtocol(source), payload: echo })
}

const flow = fc
  .record({ kind: fc.constantFrom<Flow['kind']>('udp', 'tcp', 'echo'), v: version, from: port, to: port, data })
  .map((given): Flow => ({ ...given, source: A[given.v], destination: B[given.v] }))

describe('rewriting', () => {
  it('source: the same packet as if it had been built so', () => {
    fc.assert(
      fc.property(flow, port, (given, newPort) => {
        const packet = build(given)
        rewriteSource(packet, C[given.v], newPort)
        expect(packet).toEqual(build({ ...given, source: C[given.v], from: newPort }))
        rewriteSource(packet, given.source, given.from)
        expect(packet).toEqual(build(given))
      }),
    )
  })

  it('destination: the same packet as if it had been built so', () => {
    fc.assert(
      fc.property(flow, port, (given, newPort) => {
        const packet = build(given)
        rewriteDestination(packet, C[given.v], newPort)
        const wanted = { ...given, destination: C[given.v] }
        expect(packet).toEqual(build(given.kind === 'echo' ? { ...wanted, from: newPort } : { ...wanted, to: newPort }))
      }),
    )
  })

  it('the address alone leaves the port', () => {
    fc.assert(
      fc.property(flow, given => {
        const packet = build(given)
        rewriteSource(packet, C[given.v])
        expect(packet).toEqual(build({ ...given, source: C[given.v] }))
      }),
    )
  })

  it('a UDP checksum of zero stays zero, a wrong one stays wrong', () => {
    const given: Flow = {
      kind: 'udp',
      v: 4,
      source: A[4],
      destination: B[4],
      from: 1,
      to: 2,
      data: hex('01'),
      checksum: false,
    }
    const none = build(given)
    rewriteSource(none, C[4], 7)
    expect(udpChecksum(transportPayload(none))).toBe(0)
    expect(udpSourcePort(transportPayload(none))).toBe(7)
    const wrong = build({ ...given, checksum: true })
    set16(wrong, 26, get16(wrong, 26) ^ 1)
    rewriteSource(wrong, C[4], 7)
    expect(checkIp(wrong)).toBeUndefined()
    expect(checkTransport(wrong)).toBe('UDP checksum is wrong')
  })

  it('other protocols: the address alone', () => {
    const packet = buildIp({ source: A[4], destination: B[4], protocol: 47, payload: hex('01020304') })
    rewriteDestination(packet, C[4], 9)
    expect(packet).toEqual(buildIp({ source: A[4], destination: C[4], protocol: 47, payload: hex('01020304') }))
  })

  it('a later fragment: the address alone', () => {
    const fields = { destination: B[4], protocol: 17, fragmentOffset: 8, payload: hex('0001 0002 0008 0000') }
    const packet = buildIpv4({ ...fields, source: A[4] })
    rewriteSource(packet, C[4], 99)
    expect(packet).toEqual(buildIpv4({ ...fields, source: C[4] }))
  })

  it('a segment cut before its ports and checksum', () => {
    const packet = buildIp({ source: A[4], destination: B[4], protocol: 6, payload: hex('00') })
    rewriteSource(packet, C[4], 99)
    expect(packet).toEqual(buildIp({ source: C[4], destination: B[4], protocol: 6, payload: hex('00') }))
  })

  it('refuses an address of the other family', () => {
    const packet = buildIp({ source: A[4], destination: B[4], protocol: 17, payload: hex('') })
    expect(() => rewriteSource(packet, C[6])).toThrow('other family')
  })
})

describe('header fields', () => {
  it('TTL, traffic class, DF and id leave the header sound', () => {
    fc.assert(
      fc.property(flow, fc.nat(255), fc.nat(255), fc.nat(3), (given, ttl, tos, ecn) => {
        const packet = build(given)
        setTtl(packet, ttl)
        setTos(packet, tos)
        expect([ipTtl(packet), ipTos(packet)]).toEqual([ttl, tos])
        setEcn(packet, ecn)
        expect(ipTos(packet)).toBe((tos & 0xfc) | ecn)
        expect(decrementTtl(packet)).toBe(ttl > 1)
        expect(ipTtl(packet)).toBe(ttl > 1 ? ttl - 1 : ttl)
        if (given.v === 4) {
          setDontFragment(packet, true)
          setIpv4Id(packet, 777)
          expect([ipv4DontFragment(packet), ipv4Id(packet)]).toEqual([true, 777])
          setDontFragment(packet, false)
          expect(ipv4DontFragment(packet)).toBe(false)
        }
        expect(checkIp(packet)).toBeUndefined()
        expect(checkTransport(packet)).toBeUndefined()
      }),
    )
  })

  it('clamping lowers the MSS of a SYN and nothing else', () => {
    const tcp = (flags: number, mss?: number) =>
      buildIp({
        source: A[4],
        destination: B[4],
        protocol: 6,
        payload: buildTcp({
          source: A[4],
          destination: B[4],
          sourcePort: 1,
          destinationPort: 2,
          sequence: 0,
          acknowledgement: 0,
          flags,
          window: 0,
          payload: hex(''),
          ...(mss === undefined ? {} : { mss }),
        }),
      })
    const syn = tcp(SYN, 1460)
    expect(clampMss(syn, 1380)).toBe(true)
    expect(syn).toEqual(tcp(SYN, 1380))
    expect(tcpMss(transportPayload(syn))).toBe(1380)
    expect([clampMss(tcp(SYN, 1000), 1380), clampMss(tcp(ACK, 1460), 1380), clampMss(tcp(SYN), 1380)]).toEqual([
      false,
      false,
      false,
    ])
    expect(
      clampMss(build({ kind: 'udp', v: 4, source: A[4], destination: B[4], from: 1, to: 2, data: hex('') }), 1380),
    ).toBe(false)
  })
})

describe('ICMP', () => {
  it('echo is read as it was built', () => {
    fc.assert(
      fc.property(version, fc.boolean(), port, port, data, (v, reply, id, sequence, payload) => {
        const message = buildIcmpEcho({ source: A[v], destination: B[v], reply, id, sequence, payload })
        expect(icmpEcho(message, v)).toBe(reply ? 'reply' : 'request')
        expect([icmpEchoId(message), icmpEchoSequence(message), icmpCode(message)]).toEqual([id, sequence, 0])
        expect(message.subarray(8)).toEqual(payload)
        const packet = buildIp({ source: A[v], destination: B[v], protocol: icmpProtocol(A[v]), payload: message })
        expect(checkTransport(packet)).toBeUndefined()
        expect(icmpError(message, v)).toBeUndefined()
      }),
    )
    expect(icmpEcho(hex('0800'), 4)).toBeUndefined()
    expect(icmpEcho(hex('0300 0000 0000 0000'), 4)).toBeUndefined()
  })

  it.each<[IcmpError, string, string]>([
    [{ kind: 'no-route' }, '3/0', '1/0'],
    [{ kind: 'host-unreachable' }, '3/1', '1/3'],
    [{ kind: 'protocol-unreachable' }, '3/2', '4/1'],
    [{ kind: 'port-unreachable' }, '3/3', '1/4'],
    [{ kind: 'too-big', mtu: 1280 }, '3/4', '2/0'],
    [{ kind: 'prohibited' }, '3/13', '1/1'],
    [{ kind: 'time-exceeded' }, '11/0', '3/0'],
    [{ kind: 'reassembly-timeout' }, '11/1', '3/1'],
  ])('$kind', (error, four, six) => {
    for (const v of [4, 6] as const) {
      const original = build({ kind: 'udp', v, source: A[v], destination: B[v], from: 1, to: 2, data: hex('01') })
      const packet = buildIcmpError({ source: C[v], error, original })
      const message = transportPayload(packet)
      expect(`${icmpType(message)}/${icmpCode(message)}`).toBe(v === 4 ? four : six)
      expect(icmpError(message, v)).toEqual(error)
      expect(icmpQuote(message)).toEqual(original)
      expect([formatAddress(ipSource(packet)), formatAddress(ipDestination(packet))]).toEqual([
        formatAddress(C[v]),
        formatAddress(A[v]),
      ])
      expect([checkIp(packet), checkTransport(packet)]).toEqual([undefined, undefined])
      expect(mayAnswerWithError(packet, error)).toBe(false)
    }
  })

  it('quotes up to 576 bytes in IPv4 and 1280 in IPv6, without bytes after the packet', () => {
    for (const [v, limit] of [
      [4, 576],
      [6, 1280],
    ] as const) {
      const long = build({
        kind: 'udp',
        v,
        source: A[v],
        destination: B[v],
        from: 1,
        to: 2,
        data: new Uint8Array(1400),
      })
      expect(buildIcmpError({ source: C[v], error: { kind: 'no-route' }, original: long })).toHaveLength(limit)
      const short = build({ kind: 'udp', v, source: A[v], destination: B[v], from: 1, to: 2, data: hex('') })
      const trailed = Uint8Array.from([...short, 1, 2, 3])
      const packet = buildIcmpError({
        source: C[v],
        error: { kind: 'no-route' },
        original: trailed,
        ttl: 3,
        tos: 0xc0,
        id: 4,
      })
      expect(packet).toHaveLength((v === 4 ? 28 : 48) + short.length)
      expect([ipTtl(packet), ipTos(packet)]).toEqual([3, 0xc0])
    }
  })

  it('an unknown error has no name', () => {
    expect(icmpError(hex('0305 0000 0000 0000'), 4)).toBeUndefined()
    expect(icmpError(hex('0300'), 4)).toBeUndefined()
  })

  const udp = (source: Uint8Array, destination: Uint8Array) =>
    buildIp({
      source,
      destination,
      protocol: 17,
      payload: buildUdp({ source, destination, sourcePort: 1, destinationPort: 2, payload: hex('') }),
    })
  const icmp = (v: 4 | 6, body: string) =>
    buildIp({ source: A[v], destination: B[v], protocol: icmpProtocol(A[v]), payload: hex(body) })

  it.each<[string, Uint8Array, IcmpError['kind'], boolean]>([
    ['UDP', udp(A[4], B[4]), 'no-route', true],
    ['IPv6 UDP', udp(A[6], B[6]), 'no-route', true],
    ['from 0.0.0.0', udp(at('0.0.0.0'), B[4]), 'no-route', false],
    ['from multicast', udp(at('224.0.0.1'), B[4]), 'no-route', false],
    ['from broadcast', udp(at('255.255.255.255'), B[4]), 'no-route', false],
    ['to multicast', udp(A[4], at('224.0.0.1')), 'too-big', false],
    ['to IPv6 multicast', udp(A[6], at('ff02::1')), 'no-route', false],
    ['to IPv6 multicast, too big', udp(A[6], at('ff02::1')), 'too-big', true],
    ['to broadcast', udp(A[4], at('255.255.255.255')), 'no-route', false],
    ['an echo request', icmp(4, '0800 0000 0000 0000'), 'no-route', true],
    ['an ICMP error', icmp(4, '0b00 0000 0000 0000'), 'no-route', false],
    ['an unreadable ICMP message', icmp(4, ''), 'no-route', false],
    ['an ICMPv6 echo request', icmp(6, '8000 0000 0000 0000'), 'no-route', true],
    ['an ICMPv6 error', icmp(6, '0100 0000 0000 0000'), 'no-route', false],
    [
      'a later fragment',
      buildIpv4({ source: A[4], destination: B[4], protocol: 17, fragmentOffset: 8, payload: hex('00') }),
      'no-route',
      false,
    ],
    [
      'a later fragment of ICMPv6',
      buildIpv6({ source: A[6], destination: B[6], protocol: 44, payload: hex('3a00 0008 0000 0001') }),
      'no-route',
      false,
    ],
  ])('%s', (_, original, kind, allowed) => {
    expect(mayAnswerWithError(original, kind === 'too-big' ? { kind, mtu: 1280 } : ({ kind } as IcmpError))).toBe(
      allowed,
    )
  })
})

describe('quotes', () => {
  it('is rewritten as if the error had been about the other packet', () => {
    fc.assert(
      fc.property(
        flow,
        port,
        fc.constantFrom<'source' | 'destination'>('source', 'destination'),
        (given, newPort, side) => {
          const changed =
            side === 'source'
              ? { ...given, source: C[given.v], from: newPort }
              : { ...given, destination: C[given.v], ...(given.kind === 'echo' ? { from: newPort } : { to: newPort }) }
          const packet = buildIcmpError({
            source: B[given.v],
            error: { kind: 'port-unreachable' },
            original: build(given),
          })
          const outer = { source: B[given.v], destination: A[given.v], protocol: icmpProtocol(A[given.v]) }
          expect(rewriteQuote(packet, side, C[given.v], newPort)).toBe(true)
          expect(icmpQuote(transportPayload(packet))).toEqual(build(changed))
          expect([ipSource(packet), ipDestination(packet)]).toEqual([outer.source, outer.destination])
          expect(checkTransport(packet)).toBeUndefined()
        },
      ),
    )
  })

  it('a quote of header and 8 bytes is enough', () => {
    const original = build({ kind: 'tcp', v: 4, source: A[4], destination: B[4], from: 1, to: 2, data: hex('') })
    const message = Uint8Array.from([...hex('0301 0000 0000 0000'), ...original.subarray(0, 28)])
    const packet = buildIp({ source: B[4], destination: A[4], protocol: 1, payload: message })
    expect(rewriteQuote(packet, 'source', C[4], 77)).toBe(true)
    const quote = icmpQuote(transportPayload(packet))
    expect(formatAddress(ipSource(quote))).toBe('203.0.113.9')
    expect(get16(quote, 20)).toBe(77)
    expect(quotedTransportOffset(quote)).toBe(20)
  })

  it.each<[string, Uint8Array]>([
    ['no ICMP', build({ kind: 'udp', v: 4, source: A[4], destination: B[4], from: 1, to: 2, data: hex('00') })],
    [
      'a quote that is cut',
      buildIp({
        source: B[4],
        destination: A[4],
        protocol: 1,
        payload: Uint8Array.from([
          ...hex('0301 0000 0000 0000'),
          ...buildIpv4({ source: A[4], destination: B[4], protocol: 17, payload: hex('01020304') }),
        ]),
      }),
    ],
    ['a quote that is no IP', buildIp({ source: B[4], destination: A[4], protocol: 1, payload: new Uint8Array(60) })],
    [
      'a quote of the other family',
      buildIp({
        source: B[4],
        destination: A[4],
        protocol: 1,
        payload: Uint8Array.from([
          ...new Uint8Array(8),
          ...build({ kind: 'udp', v: 6, source: A[6], destination: B[6], from: 1, to: 2, data: hex('') }),
        ]),
      }),
    ],
    [
      'a quote with a short header',
      buildIp({
        source: B[4],
        destination: A[4],
        protocol: 1,
        payload: Uint8Array.from([...new Uint8Array(8), 0x44, ...new Uint8Array(40)]),
      }),
    ],
    [
      'a quote with a header longer than it',
      buildIp({
        source: B[4],
        destination: A[4],
        protocol: 1,
        payload: Uint8Array.from([...new Uint8Array(8), 0x4f, ...new Uint8Array(40)]),
      }),
    ],
    ['a message without a body', buildIp({ source: B[4], destination: A[4], protocol: 1, payload: hex('0300') })],
  ])('%s stays as it is', (_, packet) => {
    const before = packet.slice()
    expect(rewriteQuote(packet, 'source', C[4], 1)).toBe(false)
    expect(packet).toEqual(before)
  })
})

describe('fragments', () => {
  const shuffled = <T>(items: readonly T[], seed: number) =>
    items
      .map((item, i) => ({ item, key: (i * 7919 + seed * 104729) % 1009 }))
      .sort((a, b) => a.key - b.key)
      .map(({ item }) => item)

  it('cut and joined is the same packet, for both families, every MTU and order', () => {
    const lengths = fc.record({
      v: version,
      length: fc.integer({ min: 0, max: 5000 }),
      mtu: fc.integer({ min: 68, max: 1600 }),
      seed: fc.nat(1000),
    })
    fc.assert(
      fc.property(lengths, ({ v, length, mtu, seed }) => {
        const packet = build({
          kind: 'udp',
          v,
          source: A[v],
          destination: B[v],
          from: 1,
          to: 2,
          data: new Uint8Array(length).map((_, i) => i * 31),
        })
        const pieces = v === 4 ? fragmentIpv4(packet, mtu) : fragmentIpv6(packet, mtu, 0xdeadbeef)
        if (packet.length <= mtu) {
          expect(pieces).toEqual([packet])
          expect(fragmentOf(packet)).toBeUndefined()
          return
        }
        for (const piece of pieces) {
          expect(piece.length).toBeLessThanOrEqual(mtu)
          expect(checkIp(piece)).toBeUndefined()
          expect(fragmentOf(piece)?.protocol).toBe(17)
        }
        expect(joinFragments(shuffled([...pieces, pieces[0]!], seed))).toEqual({ kind: 'whole', packet })
        expect(joinFragments(pieces.slice(1))).toEqual({ kind: 'incomplete' })
        expect(joinFragments(pieces.slice(0, -1))).toEqual({ kind: 'incomplete' })
      }),
    )
  })

  it('a fragment of IPv4 is cut again, and all join', () => {
    const packet = build({
      kind: 'udp',
      v: 4,
      source: A[4],
      destination: B[4],
      from: 1,
      to: 2,
      data: new Uint8Array(3000),
    })
    const pieces = fragmentIpv4(packet, 1500).flatMap(piece => fragmentIpv4(piece, 576))
    expect(pieces.map(piece => ipv4MoreFragments(piece)).filter(more => !more)).toHaveLength(1)
    expect(joinFragments(pieces)).toEqual({ kind: 'whole', packet })
  })

  it('options: copied ones go into every piece, others into the first', () => {
    // Record route (7), no-operation (1), strict source route (137), end.
    const options = hex('07 03 04  01  89 03 04  00')
    const packet = buildIpv4({ source: A[4], destination: B[4], protocol: 17, options, payload: new Uint8Array(100) })
    const [first, second] = fragmentIpv4(packet, 68)
    expect(ipv4Options(first!)).toEqual(options)
    expect(ipv4Options(second!)).toEqual(hex('890304 00'))
    expect(joinFragments(fragmentIpv4(packet, 68))).toEqual({ kind: 'whole', packet })
    const broken = buildIpv4({
      source: A[4],
      destination: B[4],
      protocol: 17,
      options: hex('89 09 00 00'),
      payload: new Uint8Array(100),
    })
    expect(ipv4Options(fragmentIpv4(broken, 68)[1]!)).toHaveLength(0)
    const tail = buildIpv4({
      source: A[4],
      destination: B[4],
      protocol: 17,
      options: hex('01 01 01 89'),
      payload: new Uint8Array(100),
    })
    expect(ipv4Options(fragmentIpv4(tail, 68)[1]!)).toHaveLength(0)
  })

  it('extension headers before the fragment header are in every piece', () => {
    const payload = Uint8Array.from([...hex('2b00 0104 0000 0000 1100 0000 0000 0000'), ...new Uint8Array(200).fill(5)])
    const packet = buildIpv6({ source: A[6], destination: B[6], protocol: 0, payload })
    const pieces = fragmentIpv6(packet, 128, 1)
    for (const piece of pieces) expect([piece[6], piece[40], piece[48]]).toEqual([0, 43, 44])
    expect(joinFragments(pieces)).toEqual({ kind: 'whole', packet })
  })

  it('the DF bit stays', () => {
    const packet = buildIpv4({
      source: A[4],
      destination: B[4],
      protocol: 17,
      dontFragment: true,
      payload: new Uint8Array(100),
    })
    expect(fragmentIpv4(packet, 68).every(ipv4DontFragment)).toBe(true)
  })

  it('an MTU with no room', () => {
    const four = buildIpv4({ source: A[4], destination: B[4], protocol: 17, payload: new Uint8Array(100) })
    const six = buildIpv6({ source: A[6], destination: B[6], protocol: 17, payload: new Uint8Array(100) })
    expect(() => fragmentIpv4(four, 27)).toThrow('an MTU of 27 leaves no room for 8 bytes after a header of 20')
    expect(() => fragmentIpv6(six, 55, 1)).toThrow('an MTU of 55 leaves no room for 8 bytes after headers of 48')
    expect(() => fragmentIpv6(fragmentIpv6(six, 100, 1)[0]!, 60, 1)).toThrow('not fragmented again')
  })

  const piece = (offset: number, more: boolean, body: string) =>
    buildIpv4({
      source: A[4],
      destination: B[4],
      protocol: 17,
      id: 1,
      fragmentOffset: offset,
      moreFragments: more,
      payload: hex(body),
    })

  it.each<[string, Uint8Array[], string]>([
    ['nothing', [], 'incomplete'],
    ['a whole packet', [piece(0, false, '00')], 'incomplete'],
    ['a gap', [piece(0, true, '00'.repeat(8)), piece(16, false, '00')], 'incomplete'],
    ['no end', [piece(0, true, '00'.repeat(8))], 'incomplete'],
    ['an overlap', [piece(0, true, '00'.repeat(16)), piece(8, false, '00'.repeat(9))], 'overlap'],
    [
      'two that differ',
      [piece(0, true, '00'.repeat(8)), piece(0, true, '01'.repeat(8)), piece(8, false, '00')],
      'overlap',
    ],
    [
      'data after the end',
      [piece(0, true, '00'.repeat(8)), piece(8, false, '00'.repeat(8)), piece(16, true, '00'.repeat(8))],
      'overlap',
    ],
  ])('%s: %#', (_, pieces, kind) => {
    expect(joinFragments(pieces).kind).toBe(kind)
  })

  it('more than 65535 bytes are lost', () => {
    const first = piece(0, true, '00'.repeat(65512))
    expect(joinFragments([first, piece(65512, false, '00'.repeat(16))]).kind).toBe('too-long')
  })

  it('ports of the first piece are those of the packet', () => {
    const packet = build({
      kind: 'udp',
      v: 4,
      source: A[4],
      destination: B[4],
      from: 7,
      to: 9,
      data: new Uint8Array(100),
    })
    const pieces = fragmentIpv4(packet, 68)
    for (const one of pieces) rewriteSource(one, C[4], 70)
    const joined = joinFragments(pieces)
    if (joined.kind !== 'whole') return expect.fail(joined.kind)
    expect(checkTransport(joined.packet)).toBeUndefined()
    expect([
      udpSourcePort(transportPayload(joined.packet)),
      udpDestinationPort(transportPayload(joined.packet)),
    ]).toEqual([70, 9])
  })
})
