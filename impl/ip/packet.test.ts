import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseAddress } from './address.ts'
import { get16, get32, sameBytes, set16, set32 } from './bytes.ts'
import { checksum, onesSum, updateChecksum, updateChecksumBytes } from './checksum.ts'
import {
  buildIpv4,
  ipv4Checksum,
  ipv4Destination,
  ipv4DontFragment,
  ipv4FragmentOffset,
  ipv4HeaderLength,
  ipv4Id,
  ipv4MoreFragments,
  ipv4Options,
  ipv4Payload,
  ipv4Protocol,
  ipv4Source,
  ipv4Tos,
  ipv4TotalLength,
  ipv4Ttl,
} from './ipv4.ts'
import {
  buildIpv6,
  ipv6Destination,
  ipv6FlowLabel,
  ipv6FragmentHeader,
  ipv6HopLimit,
  ipv6NextHeader,
  ipv6Payload,
  ipv6PayloadLength,
  ipv6PerFragmentEnd,
  ipv6Source,
  ipv6TrafficClass,
  ipv6UpperOffset,
  ipv6UpperProtocol,
} from './ipv6.ts'
import {
  buildIp,
  checkIp,
  checkTransport,
  ipDestination,
  ipEcn,
  ipLength,
  ipProtocol,
  ipSource,
  ipTos,
  ipTtl,
  ipVersion,
  isFragment,
  transportOffset,
  transportPayload,
  trimIp,
} from './packet.ts'
import {
  ACK,
  buildTcp,
  SYN,
  tcpAcknowledgement,
  tcpDestinationPort,
  tcpFlags,
  tcpHeaderLength,
  tcpMss,
  tcpPayload,
  tcpSequence,
  tcpSourcePort,
  tcpWindow,
} from './tcp.ts'
import { buildUdp, udpChecksum, udpDestinationPort, udpLength, udpPayload, udpSourcePort } from './udp.ts'

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const at = (text: string) => parseAddress(text) ?? expect.fail(text)
const A4 = at('192.0.2.1')
const B4 = at('198.51.100.7')
const A6 = at('2001:db8::1')
const B6 = at('fd00::7')
const u8 = fc.nat(255)
const u16 = fc.nat(65535)
const payload = fc.uint8Array({ maxLength: 100 })

describe('bytes', () => {
  it('reads and writes big endian', () => {
    const bytes = new Uint8Array(6)
    set32(bytes, 0, 0xfedcba98)
    set16(bytes, 4, 0x7654)
    expect([get32(bytes, 0), get16(bytes, 4), get16(bytes, 0)]).toEqual([0xfedcba98, 0x7654, 0xfedc])
    expect([
      sameBytes(bytes, bytes.slice()),
      sameBytes(bytes, bytes.subarray(1)),
      sameBytes(bytes, new Uint8Array(6)),
    ]).toEqual([true, false, false])
  })
})

describe('checksum', () => {
  it('RFC 1071 §3', () => {
    const words = hex('0001 f203 f4f5 f6f7')
    expect([onesSum(words), checksum(words)]).toEqual([0xddf2, 0x220d])
  })

  it('RFC 1624 §4', () => {
    expect(updateChecksum(0xdd2f, 0x5555, 0x3285)).toBe(0)
  })

  it('pads an odd byte', () => {
    expect(onesSum(hex('ab'))).toBe(0xab00)
    expect(onesSum(hex('00 01 02'), 1)).toBe(0x0102)
  })

  it('updated is the same as computed anew', () => {
    const words = fc.uint8Array({ minLength: 4, maxLength: 60 }).filter(bytes => bytes.length % 2 === 0)
    fc.assert(
      fc.property(words, fc.nat(28), u16, (before, where, word) => {
        const place = (where * 2) % before.length
        const after = before.slice()
        set16(after, place, word)
        // Over nothing but zeros the two zeros of one's complement meet; no packet has such a header.
        fc.pre(before.some(byte => byte !== 0) && after.some(byte => byte !== 0))
        const full = checksum(after)
        expect(updateChecksum(checksum(before), get16(before, place), word) % 0xffff).toBe(full % 0xffff)
        expect(updateChecksumBytes(checksum(before), before, after) % 0xffff).toBe(full % 0xffff)
      }),
    )
  })
})

describe('IPv4', () => {
  it('a header from the wild has the checksum that it states', () => {
    const header = hex('4500 0073 0000 4000 4011 b861 c0a8 0001 c0a8 00c7')
    expect([checksum(header), ipv4Checksum(header)]).toEqual([0, 0xb861])
    const built = buildIpv4({
      source: at('192.168.0.1'),
      destination: at('192.168.0.199'),
      protocol: 17,
      dontFragment: true,
      payload: new Uint8Array(95),
    })
    expect(built.subarray(0, 20)).toEqual(header)
  })

  it('is read as it was built', () => {
    const fields = fc.record({
      source: fc.uint8Array({ minLength: 4, maxLength: 4 }),
      destination: fc.uint8Array({ minLength: 4, maxLength: 4 }),
      protocol: u8,
      ttl: u8,
      tos: u8,
      id: u16,
      dontFragment: fc.boolean(),
      moreFragments: fc.boolean(),
      fragmentOffset: fc.nat(8191).map(n => n * 8),
      options: fc.nat(10).map(n => new Uint8Array(n * 4).fill(1)),
      payload,
    })
    fc.assert(
      fc.property(fields, given => {
        const packet = buildIpv4(given)
        expect({
          source: ipv4Source(packet),
          destination: ipv4Destination(packet),
          protocol: ipv4Protocol(packet),
          ttl: ipv4Ttl(packet),
          tos: ipv4Tos(packet),
          id: ipv4Id(packet),
          dontFragment: ipv4DontFragment(packet),
          moreFragments: ipv4MoreFragments(packet),
          fragmentOffset: ipv4FragmentOffset(packet),
          options: ipv4Options(packet),
          payload: ipv4Payload(packet),
        }).toEqual(given)
        expect(ipv4HeaderLength(packet)).toBe(20 + given.options.length)
        expect(ipv4TotalLength(packet)).toBe(packet.length)
        expect(checkIp(packet)).toBeUndefined()
        expect(isFragment(packet)).toBe(given.moreFragments || given.fragmentOffset > 0)
        expect(transportOffset(packet)).toBe(given.fragmentOffset > 0 ? -1 : ipv4HeaderLength(packet))
      }),
    )
  })

  it.each([
    [{ source: A6 }, '4-byte addresses'],
    [{ options: new Uint8Array(3) }, 'options of 3 bytes'],
    [{ options: new Uint8Array(44) }, 'options of 44 bytes'],
    [{ fragmentOffset: 4 }, 'fragment offset 4'],
    [{ payload: new Uint8Array(65516) }, 'at most 65535 bytes, not 65536'],
  ])('refuses %o', (wrong, message) => {
    const right = { source: A4, destination: B4, protocol: 17, payload: new Uint8Array(0) }
    expect(() => buildIpv4({ ...right, ...wrong })).toThrow(message)
  })
})

describe('IPv6', () => {
  it('is read as it was built', () => {
    const fields = fc.record({
      source: fc.uint8Array({ minLength: 16, maxLength: 16 }).filter(bytes => bytes[0] !== 255),
      destination: fc.uint8Array({ minLength: 16, maxLength: 16 }),
      protocol: fc.constantFrom(6, 17, 58, 59),
      hopLimit: u8,
      trafficClass: u8,
      flowLabel: fc.nat(0xfffff),
      payload,
    })
    fc.assert(
      fc.property(fields, given => {
        const packet = buildIpv6(given)
        expect({
          source: ipv6Source(packet),
          destination: ipv6Destination(packet),
          protocol: ipv6NextHeader(packet),
          hopLimit: ipv6HopLimit(packet),
          trafficClass: ipv6TrafficClass(packet),
          flowLabel: ipv6FlowLabel(packet),
          payload: ipv6Payload(packet),
        }).toEqual(given)
        expect(ipv6PayloadLength(packet)).toBe(given.payload.length)
        expect(checkIp(packet)).toBeUndefined()
        expect(ipv6UpperOffset(packet)).toBe(40)
      }),
    )
  })

  it('refuses what does not fit', () => {
    const right = { source: A6, destination: B6, protocol: 17, payload: new Uint8Array(0) }
    expect(() => buildIpv6({ ...right, source: A4 })).toThrow('16-byte addresses')
    expect(() => buildIpv6({ ...right, payload: new Uint8Array(65536) })).toThrow('at most 65535 bytes, not 65536')
  })

  const with6 = (protocol: number, body: string) =>
    buildIpv6({ source: A6, destination: B6, protocol, payload: hex(body) })

  it.each([
    ['hop-by-hop, then UDP', 0, '11 00 0104 0000 0000  aabb', 17, 48, -1, 48],
    ['hop-by-hop of 16 bytes', 0, '3a 01 0104 0000 0000 0000 0000 0000 0000 ff', 58, 56, -1, 56],
    ['first fragment', 44, '11 00 0001 0000 0007  aabb', 17, 48, 40, 40],
    ['later fragment whose data looks like a header', 44, '00 00 0009 0000 0007  11 00 0000 0000 0000', 0, 48, 40, 40],
    [
      'hop-by-hop, routing, fragment',
      0,
      '2b 00 0104 0000 0000  2c 00 0000 0000 0000  06 00 0001 0000 0001',
      6,
      64,
      56,
      56,
    ],
    ['destination options before routing', 60, '2b 00 0104 0000 0000  11 00 0000 0000 0000', 17, 56, -1, 56],
    ['destination options alone', 60, '11 00 0104 0000 0000', 17, 48, -1, 40],
    ['authentication header', 51, '11 01 0000 0000 0001 0000 0000', 17, 52, -1, 40],
    ['ESP ends the walk', 50, '0000 0001', 50, 40, -1, 40],
  ])('%s', (_, first, body, protocol, offset, fragment, perFragment) => {
    const packet = with6(first, body)
    expect(ipv6UpperProtocol(packet)).toBe(protocol)
    expect(ipv6UpperOffset(packet)).toBe(offset)
    expect(ipv6FragmentHeader(packet)).toBe(fragment)
    expect(ipv6PerFragmentEnd(packet)).toBe(perFragment)
    expect(checkIp(packet)).toBeUndefined()
    expect(ipProtocol(packet)).toBe(protocol)
  })

  it.each([
    ['cut within', 0, '11 00 0104'],
    ['longer than the packet', 0, '11 05 0104 0000 0000'],
  ])('an extension header %s', (_, first, body) => {
    const packet = with6(first, body)
    expect(ipv6UpperProtocol(packet)).toBe(-1)
    expect(ipv6UpperOffset(packet)).toBe(-1)
    expect(ipv6PerFragmentEnd(packet)).toBe(-1)
    expect(ipv6FragmentHeader(packet)).toBe(-1)
    expect(checkIp(packet)).toBe('IPv6 extension headers run past the packet')
  })

  it('an atomic fragment is no fragment', () => {
    expect(isFragment(with6(44, '11 00 0000 0000 0007'))).toBe(false)
    expect(isFragment(with6(44, '11 00 0001 0000 0007'))).toBe(true)
    expect(transportOffset(with6(44, '11 00 0009 0000 0007'))).toBe(-1)
    expect(transportPayload(with6(44, '11 00 0009 0000 0007 aa'))).toHaveLength(0)
  })
})

describe('either family', () => {
  it.each([
    [A4, B4],
    [A6, B6],
  ])('%s', (source, destination) => {
    const packet = buildIp({ source, destination, protocol: 17, ttl: 9, tos: 0xb9, id: 5, payload: hex('0102') })
    expect([ipVersion(packet), ipTtl(packet), ipTos(packet), ipEcn(packet), ipProtocol(packet)]).toEqual([
      source.length === 4 ? 4 : 6,
      9,
      0xb9,
      1,
      17,
    ])
    expect(ipSource(packet)).toEqual(source)
    expect(ipDestination(packet)).toEqual(destination)
    const longer = Uint8Array.from([...packet, 7, 7])
    expect(checkIp(longer)).toBeUndefined()
    expect(trimIp(longer)).toEqual(packet)
    expect(ipLength(longer)).toBe(packet.length)
    expect(ipTtl(buildIp({ source, destination, protocol: 17, payload: hex('') }))).toBe(64)
  })

  const good4 = buildIp({ source: A4, destination: B4, protocol: 17, payload: hex('0102') })
  const good6 = buildIp({ source: A6, destination: B6, protocol: 17, payload: hex('0102') })
  const change = (packet: Uint8Array, where: number, value: number) => {
    const changed = packet.slice()
    changed[where] = value
    return changed
  }

  it.each([
    [new Uint8Array(0), 'empty packet'],
    [hex('50'), 'IP version 5 is neither 4 nor 6'],
    [good4.subarray(0, 19), 'IPv4 packet of 19 bytes: shorter than its header of 20'],
    [change(good4, 0, 0x44), 'IPv4 header length 16: less than 20'],
    [change(good4, 0, 0x4f), "IPv4 header length 60: more than the packet's 22 bytes"],
    [change(good4, 3, 19), "IPv4 total length 19: less than the header's 20"],
    [change(good4, 3, 23), "IPv4 total length 23: more than the packet's 22 bytes"],
    [change(good4, 8, 1), 'IPv4 header checksum is wrong'],
    [good6.subarray(0, 39), 'IPv6 packet of 39 bytes: shorter than its header of 40'],
    [change(good6, 5, 3), "IPv6 length 43: more than the packet's 42 bytes"],
    [change(good6, 8, 0xff), 'IPv6 source address is multicast'],
  ])('%#: checkIp says why', (packet, reason) => {
    expect(checkIp(packet)).toBe(reason)
  })

  it('no bytes at all make a reader throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.constantFrom(0x45, 0x46, 0x60, 0x00), (bytes, first) => {
        const packet = Uint8Array.from([first, ...bytes])
        if (checkIp(packet) === undefined) {
          checkTransport(packet)
          expect(ipLength(packet)).toBeLessThanOrEqual(packet.length)
        }
      }),
    )
  })
})

describe('UDP and TCP', () => {
  const families = fc.constantFrom<[Uint8Array, Uint8Array]>([A4, B4], [A6, B6])

  it('UDP is read as it was built, and its checksum is right', () => {
    fc.assert(
      fc.property(families, u16, u16, payload, ([source, destination], sourcePort, destinationPort, data) => {
        const segment = buildUdp({ source, destination, sourcePort, destinationPort, payload: data })
        expect([udpSourcePort(segment), udpDestinationPort(segment), udpLength(segment)]).toEqual([
          sourcePort,
          destinationPort,
          8 + data.length,
        ])
        expect(udpPayload(segment)).toEqual(data)
        expect(udpChecksum(segment)).not.toBe(0)
        expect(checkTransport(buildIp({ source, destination, protocol: 17, payload: segment }))).toBeUndefined()
      }),
    )
  })

  it('a UDP sum of zero is sent as ffff', () => {
    const given = { source: A4, destination: B4, sourcePort: 1, destinationPort: 2 }
    const sum = udpChecksum(buildUdp({ ...given, payload: hex('0000') }))
    const data = new Uint8Array(2)
    set16(data, 0, sum)
    expect(udpChecksum(buildUdp({ ...given, payload: data }))).toBe(0xffff)
  })

  it('UDP without a checksum is for IPv4 alone', () => {
    const build = (source: Uint8Array, destination: Uint8Array) =>
      buildIp({
        source,
        destination,
        protocol: 17,
        payload: buildUdp({
          source,
          destination,
          sourcePort: 1,
          destinationPort: 2,
          payload: hex(''),
          checksum: false,
        }),
      })
    expect(checkTransport(build(A4, B4))).toBeUndefined()
    expect(checkTransport(build(A6, B6))).toBe('UDP checksum is missing, which IPv6 forbids')
    expect(() =>
      buildUdp({ source: A4, destination: B4, sourcePort: 1, destinationPort: 2, payload: new Uint8Array(65528) }),
    ).toThrow('not 65536')
  })

  it('TCP is read as it was built, and its checksum is right', () => {
    const fields = fc.record({
      sourcePort: u16,
      destinationPort: u16,
      sequence: fc.nat(0xffffffff),
      acknowledgement: fc.nat(0xffffffff),
      flags: fc.nat(0x3f),
      window: u16,
      payload,
    })
    fc.assert(
      fc.property(families, fields, fc.option(u16, { nil: undefined }), ([source, destination], given, mss) => {
        const segment = buildTcp({ source, destination, ...given, ...(mss === undefined ? {} : { mss }) })
        expect({
          sourcePort: tcpSourcePort(segment),
          destinationPort: tcpDestinationPort(segment),
          sequence: tcpSequence(segment),
          acknowledgement: tcpAcknowledgement(segment),
          flags: tcpFlags(segment),
          window: tcpWindow(segment),
          payload: tcpPayload(segment),
        }).toEqual(given)
        expect(tcpMss(segment)).toBe(mss)
        expect(tcpHeaderLength(segment)).toBe(mss === undefined ? 20 : 24)
        expect(checkTransport(buildIp({ source, destination, protocol: 6, payload: segment }))).toBeUndefined()
      }),
    )
  })

  it.each([
    ['after no-operations', '0101 0204 05b4 01 00', 1460],
    ['after another option', '0303 07 01 0204 05b4', 1460],
    ['none', '0101 0101', undefined],
    ['ended before', '0001 0204 05b4 0000', undefined],
    ['an option of length 0', '0300 0204 05b4 0000', undefined],
    ['an option that runs out', '0309 0204', undefined],
    ['a last byte without a length', '0101 0103', undefined],
    ['a wrong length', '0203 0501', undefined],
  ])('maximum segment size %s', (_, options, mss) => {
    const bare = buildTcp({
      source: A4,
      destination: B4,
      sourcePort: 1,
      destinationPort: 2,
      sequence: 0,
      acknowledgement: 0,
      flags: SYN | ACK,
      window: 0,
      payload: hex(options),
    })
    bare[12] = ((20 + hex(options).length) >> 2) << 4
    expect(tcpMss(bare)).toBe(mss)
  })

  it.each([
    [17, '00010002', 'UDP datagram of 4 bytes: shorter than its header of 8'],
    [17, '0001 0002 0007 0000', 'UDP length 7 in a datagram of 8 bytes'],
    [17, '0001 0002 0009 0000', 'UDP length 9 in a datagram of 8 bytes'],
    [17, '0001 0002 0008 1234', 'UDP checksum is wrong'],
    [6, '00'.repeat(19), 'TCP segment of 19 bytes: shorter than its header of 20'],
    [6, `${'00'.repeat(16)} 1234 0000`, 'TCP checksum is wrong'],
    [1, '0800 0000', 'ICMP message of 4 bytes: shorter than its header of 8'],
    [1, '0800 0000 0000 0000', 'ICMP checksum is wrong'],
    [58, '8000', undefined],
    [47, '', undefined],
  ])('protocol %i: %s', (protocol, body, reason) => {
    expect(checkTransport(buildIp({ source: A4, destination: B4, protocol, payload: hex(body) }))).toBe(reason)
  })

  it('fragments have no checksum of their own', () => {
    expect(
      checkTransport(buildIpv4({ source: A4, destination: B4, protocol: 17, moreFragments: true, payload: hex('00') })),
    ).toBeUndefined()
  })
})
