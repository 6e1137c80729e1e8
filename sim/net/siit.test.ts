import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { get16 } from '../../impl/ip/bytes.ts'
import { buildIcmpError, type IcmpError, icmpError, icmpQuote } from '../../impl/ip/icmp.ts'
import { buildIpv4, ipv4DontFragment } from '../../impl/ip/ipv4.ts'
import { buildIpv6 } from '../../impl/ip/ipv6.ts'
import { checkIp, checkTransport, ipLength, ipTos, ipTtl, transportPayload } from '../../impl/ip/packet.ts'
import { buildTcp } from '../../impl/ip/tcp.ts'
import { buildUdp } from '../../impl/ip/udp.ts'
import { toIpv4, toIpv6 } from './siit.ts'
import { address, echo, packetLine, udp } from './testing.ts'

const A4 = address('198.51.100.2')
const B4 = address('192.0.2.33')
const A6 = address('2001:db8::2')
const B6 = address('64:ff9b::192.0.2.33')
const TO6 = { ends: { source: A6, destination: B6 }, mtu: { v4: 1500, v6: 1500 } }
const TO4 = { ends: { source: A4, destination: B4 }, mtu: { v4: 1500, v6: 1500 }, id: 7 }
const right = (packet: Uint8Array | undefined): Uint8Array => {
  const bytes = packet ?? expect.fail('dropped')
  expect([checkIp(bytes), checkTransport(bytes)]).toEqual([undefined, undefined])
  return bytes
}

describe('headers, RFC 7915 §4.1 and §5.1', () => {
  it.each([
    ['traffic class from TOS', { tos: 0xb9 }, (out: Uint8Array) => [ipTos(out), 0xb9]],
    ['hop limit from TTL', { ttl: 17 }, (out: Uint8Array) => [ipTtl(out), 17]],
    ['payload length without the IPv4 header', {}, (out: Uint8Array) => [get16(out, 4), 8 + 5]],
    ['no flow label', { tos: 0 }, (out: Uint8Array) => [out[1]! & 0x0f, 0]],
    ['options are left out', { options: Uint8Array.of(1, 1, 1, 0) }, (out: Uint8Array) => [ipLength(out), 40 + 13]],
    ['DF has no counterpart', { dontFragment: true }, (out: Uint8Array) => [out[6], 17]],
  ])('to IPv6: %s', (_, fields, look) => {
    const payload = buildUdp({
      source: A4,
      destination: B4,
      sourcePort: 1,
      destinationPort: 2,
      payload: new Uint8Array(5),
    })
    const [seen, expected] = look(
      right(toIpv6(buildIpv4({ source: A4, destination: B4, protocol: 17, ...fields, payload }), TO6)),
    )
    expect(seen).toBe(expected)
  })

  it.each([
    ['DF is clear up to 1260 bytes', 1260, false],
    ['and set above', 1261, true],
  ])('to IPv4: %s', (_, length, df) => {
    const sizes = { sourcePort: 1, destinationPort: 2, payload: new Uint8Array(length - 28) }
    const payload = buildUdp({ source: A6, destination: B6, ...sizes })
    const out = right(
      toIpv4(buildIpv6({ source: A6, destination: B6, protocol: 17, trafficClass: 0x2e, hopLimit: 9, payload }), TO4),
    )
    expect([ipLength(out), ipv4DontFragment(out), get16(out, 4), ipTos(out), ipTtl(out)]).toEqual([
      length,
      df,
      7,
      0x2e,
      9,
    ])
  })

  it('a fragment keeps its place, its id and whether more follow', () => {
    const piece = buildIpv4({
      source: A4,
      destination: B4,
      protocol: 17,
      id: 0xabcd,
      fragmentOffset: 64,
      moreFragments: true,
      payload: new Uint8Array(16),
    })
    const six = toIpv6(piece, TO6) ?? expect.fail('dropped')
    expect([...six.subarray(40, 48)]).toEqual([17, 0, 0, 65, 0, 0, 0xab, 0xcd])
    const back = toIpv4(six, TO4) ?? expect.fail('dropped')
    expect([...back.subarray(4, 8)]).toEqual([0xab, 0xcd, 0x20, 0x08])
  })

  it('makes the checksum that IPv6 demands', () => {
    const ends = { source: A4, destination: B4 }
    const bare = buildUdp({
      ...ends,
      sourcePort: 1,
      destinationPort: 2,
      payload: Uint8Array.of(1, 2, 3),
      checksum: false,
    })
    const out = right(toIpv6(buildIpv4({ ...ends, protocol: 17, payload: bare }), TO6))
    expect(get16(out, 46)).not.toBe(0)
  })

  it('drops other protocols', () => {
    expect(
      toIpv6(buildIpv4({ source: A4, destination: B4, protocol: 50, payload: new Uint8Array(8) }), TO6),
    ).toBeUndefined()
  })
})

describe('there and back', () => {
  it('UDP, TCP and echo keep ports, payload and right checksums', () => {
    const port = fc.integer({ min: 1, max: 65535 })
    const kind = fc.constantFrom('udp', 'tcp', 'echo')
    fc.assert(
      fc.property(
        kind,
        port,
        port,
        fc.uint8Array({ maxLength: 1500 }),
        (what, sourcePort, destinationPort, payload) => {
          const ends = { source: A4, destination: B4, sourcePort, destinationPort, payload }
          const before =
            what === 'echo'
              ? echo('198.51.100.2', '192.0.2.33', sourcePort, false, { size: payload.length })
              : buildIpv4({
                  ...ends,
                  protocol: what === 'udp' ? 17 : 6,
                  payload:
                    what === 'udp'
                      ? buildUdp(ends)
                      : buildTcp({ ...ends, sequence: 9, acknowledgement: 8, flags: 2, window: 7 }),
                })
          const six = right(toIpv6(before, TO6))
          const after = right(toIpv4(six, TO4))
          expect([...transportPayload(after)]).toEqual([...transportPayload(before)])
        },
      ),
    )
  })
})

describe('ICMP errors, RFC 7915 §4.2 and §5.2', () => {
  const about4 = udp('192.0.2.33:7', '198.51.100.2:9', { size: 40 })
  const quoted6 = { source: B6, destination: A6 }

  it.each<[IcmpError, IcmpError]>([
    [{ kind: 'no-route' }, { kind: 'no-route' }],
    [{ kind: 'host-unreachable' }, { kind: 'no-route' }],
    [{ kind: 'protocol-unreachable' }, { kind: 'protocol-unreachable' }],
    [{ kind: 'port-unreachable' }, { kind: 'port-unreachable' }],
    [{ kind: 'prohibited' }, { kind: 'prohibited' }],
    [{ kind: 'time-exceeded' }, { kind: 'time-exceeded' }],
    [
      { kind: 'too-big', mtu: 1400 },
      { kind: 'too-big', mtu: 1420 },
    ],
    // Below the least MTU of IPv6 nothing smaller is asked for.
    [
      { kind: 'too-big', mtu: 1000 },
      { kind: 'too-big', mtu: 1280 },
    ],
    // No more than the next link carries.
    [
      { kind: 'too-big', mtu: 9000 },
      { kind: 'too-big', mtu: 1500 },
    ],
    // An old router names none: the plateau below 68 bytes is 68, and IPv6 asks for no less than 1280.
    [
      { kind: 'too-big', mtu: 0 },
      { kind: 'too-big', mtu: 1280 },
    ],
  ])('to IPv6: %j is %j', (error, expected) => {
    const bytes = buildIcmpError({ source: address('198.51.100.2'), error, original: about4 })
    const out = right(toIpv6(bytes, { ...TO6, quoted: quoted6 }))
    expect(icmpError(transportPayload(out), 6)).toEqual(expected)
    expect(packetLine(icmpQuote(transportPayload(out)))).toBe(
      'udp [64:ff9b::c000:221]:7 > [2001:db8::2]:9 ttl 64 length 88',
    )
  })

  it.each<[IcmpError, IcmpError | undefined]>([
    [{ kind: 'no-route' }, { kind: 'host-unreachable' }],
    [{ kind: 'host-unreachable' }, { kind: 'host-unreachable' }],
    [{ kind: 'port-unreachable' }, { kind: 'port-unreachable' }],
    [{ kind: 'protocol-unreachable' }, { kind: 'protocol-unreachable' }],
    [{ kind: 'time-exceeded' }, { kind: 'time-exceeded' }],
    [
      { kind: 'too-big', mtu: 1400 },
      { kind: 'too-big', mtu: 1380 },
    ],
    [
      { kind: 'too-big', mtu: 9000 },
      { kind: 'too-big', mtu: 1480 },
    ],
  ])('to IPv4: %j is %j', (error, expected) => {
    const original = udp('[64:ff9b::c000:221]:7', '[2001:db8::2]:9', { size: 40 })
    const bytes = buildIcmpError({ source: A6, error, original })
    const out = right(toIpv4(bytes, { ...TO4, quoted: { source: B4, destination: A4 } }))
    expect(icmpError(transportPayload(out), 4)).toEqual(expected)
    expect(packetLine(icmpQuote(transportPayload(out)))).toBe('udp 192.0.2.33:7 > 198.51.100.2:9 ttl 64 length 68')
  })

  it('a quote that is cut short stays cut short, with the length it had in its header', () => {
    const original = udp('192.0.2.33:7', '198.51.100.2:9', { size: 1400 })
    const bytes = buildIcmpError({ source: A4, error: { kind: 'time-exceeded' }, original })
    const out = right(toIpv6(bytes, { ...TO6, quoted: quoted6 }))
    const quote = icmpQuote(transportPayload(out))
    expect([ipLength(quote), quote.length]).toEqual([1448, 576 - 28 + 20])
  })

  it('an error without ends for its quote is dropped, and so is one about an error', () => {
    const bytes = buildIcmpError({ source: A4, error: { kind: 'time-exceeded' }, original: about4 })
    expect(toIpv6(bytes, TO6)).toBeUndefined()
  })
})
