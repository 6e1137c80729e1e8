import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { set16 } from '../../ip/bytes.ts'
import { writeIpv4Checksum } from '../../ip/ipv4.ts'
import { buildIp, checkIp, checkTransport } from '../../ip/packet.ts'
import { ACK, buildTcp, FIN, PSH, SYN } from '../../ip/tcp.ts'
import { buildUdp } from '../../ip/udp.ts'
import { COALESCER_ROOM, Coalescer } from './coalescer.ts'
import { Segments } from './segments.ts'
import { createSpace } from './space.ts'
import { GSO_NONE, GSO_TCPV4, GSO_UDP_L4, VNET_HEADER } from './vnet.ts'

const BOTH = { tcp: true, udp: true }
const v4 = { source: Uint8Array.of(10, 0, 0, 1), destination: Uint8Array.of(10, 0, 0, 2) }
const v6 = {
  source: Uint8Array.from([0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
  destination: Uint8Array.from([0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]),
}

interface Segment {
  readonly wide: boolean
  readonly port: number
  readonly udp: boolean
  readonly length: number
  readonly flags: number
  readonly acknowledgement: number
  readonly window: number
  readonly tos: number
  readonly dontFragment: boolean
  readonly skip: number
  readonly mss: boolean
  readonly id: number
}

/** Mostly what can be joined; now and then something that can not. */
const segment: fc.Arbitrary<Segment> = fc.record({
  wide: fc.boolean(),
  port: fc.nat(2),
  udp: fc.boolean(),
  length: rarely(1000, fc.nat(1400)),
  flags: rarely(ACK, fc.constantFrom(ACK | PSH, ACK | FIN, SYN, ACK | 0x40, ACK | 0x80, 0)),
  acknowledgement: rarely(7, fc.nat(9)),
  window: rarely(500, fc.nat(600)),
  tos: rarely(0, fc.nat(255)),
  dontFragment: rarely(true, fc.boolean()),
  skip: rarely(0, fc.nat(3)),
  mss: rarely(false, fc.boolean()),
  id: rarely(1, fc.nat(65535)),
})

describe('Coalescer', () => {
  it('writes superpackets that, cut again, are the packets of each flow in order', () => {
    fc.assert(
      fc.property(
        fc.array(segment, { maxLength: 120, size: 'max' }),
        fc.nat(50),
        fc.boolean(),
        (segments, flushAt, inside) => {
          const packets = build(segments)
          for (const packet of packets)
            expect([checkIp(packet), checkTransport(packet)]).toEqual([undefined, undefined])
          const { written } = run(packets, flushAt, BOTH, inside)
          expect(byFlow(written.flatMap(each => each.packets))).toEqual(byFlow(packets))
        },
      ),
    )
  })

  it('writes every packet alone, and at once, when the kernel takes no superpackets', () => {
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 40 }), segments => {
        const packets = build(segments)
        const { written } = run(packets, 1000, { tcp: false, udp: false })
        expect(written.map(each => each.type)).toEqual(packets.map(() => GSO_NONE))
        expect(written.flatMap(each => each.packets)).toEqual(packets)
      }),
    )
  })

  const plain: Segment = {
    wide: false,
    port: 0,
    udp: false,
    length: 1000,
    flags: ACK,
    acknowledgement: 7,
    window: 500,
    tos: 0,
    dontFragment: true,
    skip: 0,
    mss: false,
    id: 1,
  }
  const many = (count: number, change: Partial<Segment> = {}) =>
    Array.from({ length: count }, () => ({ ...plain, ...change }))
  const table: { name: string; segments: Segment[]; joins: number[] }[] = [
    { name: 'a run of one flow', segments: many(40), joins: [40] },
    { name: 'as much as 64 KiB', segments: many(80), joins: [64, 16] },
    { name: 'full segments up to the longest IPv4 packet', segments: many(50, { length: 1380 }), joins: [47, 3] },
    {
      name: 'two flows that take turns',
      segments: [0, 1, 0, 1, 0, 1].map(port => ({ ...plain, port })),
      joins: [3, 3],
    },
    {
      name: 'a shorter last segment ends it',
      segments: [...many(3), ...many(1, { length: 10 }), ...many(2)],
      joins: [4, 2],
    },
    { name: 'PSH ends it', segments: [...many(3), ...many(1, { flags: ACK | PSH }), ...many(2)], joins: [4, 2] },
    { name: 'a hole parts it', segments: [...many(3), ...many(1, { skip: 1 }), ...many(1)], joins: [3, 2] },
    {
      name: 'another acknowledgement parts it',
      segments: [...many(3), ...many(2, { acknowledgement: 8 })],
      joins: [3, 2],
    },
    { name: 'a congestion mark parts it', segments: [...many(3), ...many(2, { tos: 3 })], joins: [3, 2] },
    {
      name: 'FIN goes alone, after what came before',
      segments: [...many(3), ...many(1, { flags: ACK | FIN })],
      joins: [3, 1],
    },
    { name: 'bare acknowledgements go alone', segments: many(3, { length: 0 }), joins: [1, 1, 1] },
    { name: 'a longer segment begins anew', segments: [...many(2), ...many(2, { length: 1200 })], joins: [2, 2] },
    { name: 'datagrams of a size', segments: many(10, { udp: true }), joins: [10] },
    { name: 'IPv6', segments: many(10, { wide: true }), joins: [10] },
    { name: 'datagrams over IPv6', segments: many(10, { wide: true, udp: true }), joins: [10] },
  ]
  it.each(table)('joins $name', ({ segments, joins }) => {
    const packets = build(segments)
    expect(run(packets, 1000).written.map(each => each.packets.length)).toEqual(joins)
  })

  it('hands on what has a wrong checksum alone, as it came', () => {
    for (const udp of [false, true]) {
      for (const wide of [false, true]) {
        for (const position of [0, 1, 5]) {
          const packets = build(many(6, { udp, wide }))
          const damaged = packets[position]!
          damaged[damaged.length - 1]! ^= 1
          const { written } = run(packets, 1000)
          expect(written.flatMap(each => each.packets)).toEqual(packets)
          expect(written.find(each => equal(each.packets, [damaged]))?.type).toBe(GSO_NONE)
        }
      }
    }
  })

  it('says which offload a superpacket wants', () => {
    expect(run(build(many(3)), 1000).written.map(each => each.type)).toEqual([GSO_TCPV4])
    expect(run(build(many(3, { udp: true })), 1000).written.map(each => each.type)).toEqual([GSO_UDP_L4])
  })

  it('gives up the oldest of more flows than it can hold', () => {
    const packets = build(Array.from({ length: 12 }, (_, port) => ({ ...plain, port })))
    const { written, beforeFlush } = run(packets, 1000)
    expect(beforeFlush).toBe(4)
    expect(written.flatMap(each => each.packets)).toEqual(packets)
  })
})

function rarely<T>(usual: T, other: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ weight: 9, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: other })
}

/** Sequence numbers and IPv4 ids count up by flow, but for what a segment skips. */
function build(segments: readonly Segment[]): Uint8Array[] {
  const next = new Map<string, number>()
  const ids = new Map<string, number>()
  return segments.map(each => {
    const { source, destination } = each.wide ? v6 : v4
    const name = `${each.wide} ${each.udp} ${each.port}`
    const sequence = ((next.get(name) ?? 0xffff_f000) + each.skip) >>> 0
    next.set(name, (sequence + each.length) >>> 0)
    const id = ((ids.get(name) ?? 65530) + each.id) & 0xffff
    ids.set(name, id)
    const payload = Uint8Array.from({ length: each.length }, (_, i) => (i * 7 + sequence) & 0xff)
    const ports = { source, destination, sourcePort: 1000 + each.port, destinationPort: 2000, payload }
    const { acknowledgement, flags, window, tos, dontFragment } = each
    const segment = each.udp
      ? buildUdp(ports)
      : buildTcp({ ...ports, sequence, acknowledgement, flags, window, ...(each.mss ? { mss: 1380 } : {}) })
    return buildIp({ source, destination, protocol: each.udp ? 17 : 6, tos, id, dontFragment, payload: segment })
  })
}

const equal = (a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean =>
  a.length === b.length && a.every((each, i) => Buffer.from(each).equals(Buffer.from(b[i]!)))

interface Written {
  readonly type: number
  readonly packets: Uint8Array[]
}

const INPUT = 0
const CUT = 1 << 16
const BASE = 1 << 17
const space = createSpace(BASE + COALESCER_ROOM)

/** `inside`: the packets stand in the space, as those that were decrypted there. */
function run(packets: readonly Uint8Array[], flushAt: number, offloads = BOTH, inside = false) {
  const written: Written[] = []
  const segments = new Segments(space)
  const coalescer = new Coalescer({
    space,
    base: BASE,
    offloads,
    write: (from, length) => {
      const count = segments.begin(from, length)
      const cut = Array.from({ length: count }, (_, i) => {
        const made = segments.write(i, CUT)
        return space.bytes.slice(CUT, CUT + made)
      })
      written.push({ type: space.bytes[from + 1]!, packets: cut })
      expect(length).toBeGreaterThan(VNET_HEADER)
    },
  })
  packets.forEach((packet, i) => {
    if (inside) {
      const own = space.bytes.subarray(INPUT + 16, INPUT + 16 + packet.length)
      own.set(packet)
      coalescer.push(own)
      space.bytes.fill(0xee, INPUT, CUT)
    } else coalescer.push(packet)
    if (i === flushAt) coalescer.flush()
  })
  const beforeFlush = written.length
  coalescer.flush()
  return { written, beforeFlush }
}

/** Packets by addresses, protocol and ports. Where fragments are forbidden an id says nothing (RFC 6864 §4.1). */
function byFlow(packets: readonly Uint8Array[]): Map<string, string[]> {
  const flows = new Map<string, string[]>()
  for (const packet of packets) {
    const wide = packet[0]! >> 4 === 6
    const name = Buffer.from(wide ? packet.subarray(8, 44) : packet.subarray(12, 24)).toString('hex')
    const key = `${name} ${wide ? packet[6] : packet[9]}`
    const same = packet.slice()
    if (!wide && (same[6]! & 0x40) !== 0) {
      set16(same, 4, 0)
      writeIpv4Checksum(same)
    }
    flows.set(key, [...(flows.get(key) ?? []), Buffer.from(same).toString('hex')])
  }
  return new Map([...flows].sort())
}
