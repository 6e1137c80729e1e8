import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addressText, endpointText, parseAddress, parseEndpoint } from './address.ts'
import { describePacket } from './describe.ts'
import { decodeIcmp, decodeIp, decodeUdp, udpOffset } from './ip.ts'
import { Reassembler } from './reassemble.ts'
import { icmp, ipv4, ipv6, shell, udp } from './testing.ts'
import { messageKind, udpPayloadSize } from './wireguard.ts'

const A = '192.0.2.1'
const B = '203.0.113.2'
const A6 = '2001:db8::1'
const B6 = '2001:db8:0:1::2'

describe('addresses', () => {
  // RFC 5952 §4 and §5, RFC 4291 §2.2
  test.each([
    ['2001:0db8:0000:0000:0001:0000:0000:0001', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['FE80::A', 'fe80::a'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['10.0.0.1', '10.0.0.1'],
  ])('%s is %s', (text, canonical) => {
    expect(addressText(parseAddress(text) ?? new Uint8Array())).toBe(canonical)
  })

  test.each([
    '',
    '1.2.3',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.4.5',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '12345::',
    'g::',
    '1.2.3.4::',
    '::1.2.3',
    '1:2:3:4:5:6:7::8',
    '10.0.0.1/24',
  ])('no address: "%s"', text => expect(parseAddress(text)).toBeUndefined())

  test('text of any address reads back as the same bytes', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc
        .array(fc.oneof(fc.constant(0), fc.nat(255)), { minLength: 16, maxLength: 16 })
        .map(list => Uint8Array.from(list)),
    )
    fc.assert(
      fc.property(bytes, address => {
        expect(parseAddress(addressText(address))).toEqual(address)
      }),
    )
  })

  test('endpoints', () => {
    expect(parseEndpoint('[2001:db8::1]:51820')).toEqual({ address: parseAddress(A6), port: 51820 })
    expect(endpointText(parseAddress(A6) ?? new Uint8Array(), 9)).toBe('[2001:db8::1]:9')
    for (const bad of ['2001:db8::1:51820', '1.2.3.4', '1.2.3.4:70000', '[1.2.3.4]:5', '[::1]']) {
      expect(parseEndpoint(bad)).toBeUndefined()
    }
  })
})

describe('headers', () => {
  test('IPv4 with options', () => {
    const bytes = ipv4(A, B, 17, [1, 2, 3], { tos: 0x88, ttl: 9, df: true, options: [1, 1, 1, 0] })
    expect(decodeIp(Uint8Array.from([...bytes, 0xee]))).toEqual({
      version: 4,
      source: parseAddress(A),
      destination: parseAddress(B),
      protocol: 17,
      hopLimit: 9,
      trafficClass: 0x88,
      headerSize: 24,
      totalSize: 27,
      dontFragment: true,
      payload: Uint8Array.of(1, 2, 3),
    })
  })

  test('IPv6 behind hop-by-hop, routing, destination and fragment headers', () => {
    const chain = [
      [43, 0, 1, 4, 0, 0, 0, 0],
      [60, 1, ...new Array<number>(14).fill(0)],
      [44, 0, 1, 4, 0, 0, 0, 0],
      [17, 0, 0, 1, 0, 0, 0, 5],
    ].flat()
    const body = [...shellUdp(40), ...new Array<number>(40).fill(7)]
    const bytes = ipv6(A6, B6, 0, [...chain, ...body], { tos: 0x2e })
    expect(decodeIp(bytes)).toEqual({
      version: 6,
      source: parseAddress(A6),
      destination: parseAddress(B6),
      protocol: 17,
      hopLimit: 64,
      trafficClass: 0x2e,
      headerSize: 80,
      totalSize: 128,
      dontFragment: true,
      fragment: { id: 5, offset: 0, more: true },
      payload: Uint8Array.from(body),
    })
    expect(udpOffset(bytes)).toBe(80)
  })

  test('the allocation-free look and the full decoder agree about every packet', () => {
    const payload = fc.constantFrom(shell('initiation'), shell('data'), Uint8Array.of(1), new Uint8Array(500))
    const packet = fc
      .record({ v6: fc.boolean(), payload, offset: fc.constantFrom(0, 0, 8, 1480), more: fc.boolean() })
      .map(({ v6, payload, offset, more }) => {
        if (!v6) return udp(A, 5, B, 6, payload, { offset, more })
        const body = [...shellUdp(payload.length), ...payload]
        if (offset === 0 && !more) return ipv6(A6, B6, 17, body)
        return ipv6(A6, B6, 44, [17, 0, (offset >> 8) & 255, (offset & 0xf8) | (more ? 1 : 0), 0, 0, 0, 1, ...body])
      })
    fc.assert(
      fc.property(
        packet,
        fc.nat(600),
        fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { maxLength: 2 }),
        (whole, cut, flips) => {
          const bytes = whole.slice(0, Math.max(1, whole.length - (cut > 500 ? cut - 500 : 0)))
          for (const [at, value] of flips) if (at < bytes.length) bytes[at] = value
          const ip = decodeIp(bytes)
          const datagram = ip === undefined ? undefined : decodeUdp(ip)
          if (datagram !== undefined) {
            expect(udpOffset(bytes)).toBe(ip?.headerSize)
            expect(udpPayloadSize(bytes)).toBe(datagram.size)
          }
        },
      ),
    )
  })

  test('cut short is no packet, and never throws', () => {
    const whole = udp(A6, 1, B6, 2, shell('data'))
    for (let size = 0; size < 40; size++) expect(decodeIp(whole.slice(0, size))).toBeUndefined()
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), bytes => {
        const ip = decodeIp(bytes)
        if (ip !== undefined) void [decodeUdp(ip), decodeIcmp(ip)]
        void [messageKind(bytes), describePacket(bytes), new Reassembler().packet(bytes)]
      }),
    )
  })
})

describe('what a packet is, in words', () => {
  const quoted = udp(A, 1, B, 2, shell('data')).slice(0, 28)
  test.each([
    [udp(A, 51820, B, 51821, shell('initiation')), 'initiation 148 B', `${A}:51820`, `${B}:51821`],
    [udp(A6, 51820, B6, 51821, shell('keepalive')), 'keepalive 32 B', `[${A6}]:51820`, `[${B6}]:51821`],
    [udp(A, 5, B, 9, new Uint8Array(64)), 'UDP 64 B', `${A}:5`, `${B}:9`],
    [icmp(A, B, 8, 0, [0, 1, 0, 3, 9]), 'ping request 3', A, B],
    [icmp(A6, B6, 129, 0, [0, 1, 0, 4]), 'ping reply 4', A6, B6],
    [icmp(A, B, 3, 4, [0, 0, 5, 0, ...quoted]), 'too big (at most 1280 B)', A, B],
    [icmp(A6, B6, 2, 0, [0, 0, 5, 0, ...quoted]), 'too big (at most 1280 B)', A6, B6],
    [icmp(A, B, 3, 1, [0, 0, 0, 0, ...quoted]), 'unreachable (code 1)', A, B],
    [icmp(A6, B6, 1, 3, [0, 0, 0, 0, ...quoted]), 'unreachable (code 3)', A6, B6],
    [icmp(A, B, 11, 0, [0, 0, 0, 0, ...quoted]), 'time exceeded (code 0)', A, B],
    [ipv4(A, B, 17, new Uint8Array(40), { offset: 1480 }), 'fragment at 1480', A, B],
    [ipv4(A, B, 6, new Uint8Array(40)), 'TCP 60 B', A, B],
  ])('%#', (bytes, what, from, to) => expect(describePacket(bytes)).toEqual({ what, from, to }))
})

describe('which message a packet carries', () => {
  test.each(['initiation', 'response', 'cookie-reply', 'data', 'keepalive'] as const)('%s', kind => {
    expect(messageKind(udp(A, 1, B, 2, shell(kind)))).toBe(kind)
    expect(messageKind(udp(A6, 1, B6, 2, shell(kind)))).toBe(kind)
    const reserved = shell(kind)
    reserved[2] = 1
    expect(messageKind(udp(A, 1, B, 2, reserved))).toBeUndefined()
    expect(messageKind(udp(A, 1, B, 2, shell(kind).slice(0, 31)))).toBeUndefined()
  })

  test('exact sizes', () => {
    for (const kind of ['initiation', 'response', 'cookie-reply'] as const) {
      expect(messageKind(udp(A, 1, B, 2, [...shell(kind), 0]))).toBeUndefined()
      expect(messageKind(udp(A, 1, B, 2, shell(kind).slice(1)))).toBeUndefined()
    }
    expect(messageKind(udp(A, 1, B, 2, [...shell('keepalive'), 0]))).toBe('data')
  })

  test('the first fragment tells it, the others do not', () => {
    const whole = udp(A, 1, B, 2, shell('data'))
    const first = ipv4(A, B, 17, whole.slice(20, 60), { more: true })
    const second = ipv4(A, B, 17, whole.slice(60), { offset: 40 })
    expect([messageKind(first), messageKind(second)]).toEqual(['data', undefined])
    expect(udpPayloadSize(first)).toBe(128)
  })
})

describe('fragments are put together', () => {
  test('in any order, IPv4 and IPv6, and give the whole packet once', () => {
    const plan = fc.record({
      size: fc.integer({ min: 9, max: 300 }),
      step: fc.integer({ min: 1, max: 12 }),
      v6: fc.boolean(),
      seed: fc.infiniteStream(fc.nat()),
    })
    fc.assert(
      fc.property(plan, ({ size, step, v6, seed }) => {
        const body = [...shellUdp(size), ...Array.from({ length: size }, (_, i) => i & 255)]
        const pieces: Uint8Array[] = []
        for (let at = 0; at < body.length; at += step * 8) {
          const part = body.slice(at, at + step * 8)
          const more = at + part.length < body.length
          if (v6) pieces.push(ipv6(A6, B6, 44, [17, 0, at >> 8, (at & 0xf8) | (more ? 1 : 0), 0, 0, 0, 1, ...part]))
          else pieces.push(ipv4(A, B, 17, part, { offset: at, more }))
        }
        const order = pieces.map(piece => ({ piece, key: seed.next().value })).sort((a, b) => a.key - b.key)
        const reassembler = new Reassembler()
        const wholes = order.map(({ piece }) => reassembler.packet(piece)).filter(packet => packet !== undefined)
        expect(wholes).toHaveLength(1)
        const ip = decodeIp(wholes[0] ?? new Uint8Array())
        expect(ip && decodeUdp(ip)?.payload).toEqual(Uint8Array.from(body.slice(8)))
      }),
    )
  })
})

/** A UDP header for a payload of this size, checksum left out. */
function shellUdp(size: number): number[] {
  return [0, 5, 0, 6, ((size + 8) >> 8) & 255, (size + 8) & 255, 0, 0]
}
