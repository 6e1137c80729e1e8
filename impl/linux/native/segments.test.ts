import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { set16 } from '../../ip/bytes.ts'
import { pseudoHeaderSum } from '../../ip/checksum.ts'
import { buildIp, checkIp, checkTransport } from '../../ip/packet.ts'
import { ACK, buildTcp, FIN, PSH } from '../../ip/tcp.ts'
import { buildUdp } from '../../ip/udp.ts'
import { Segments } from './segments.ts'
import { createSpace, type Space } from './space.ts'
import {
  emptyVnetHeader,
  GSO_ECN,
  GSO_TCPV4,
  GSO_TCPV6,
  GSO_UDP_L4,
  NEEDS_CSUM,
  readVnetHeader,
  VNET_HEADER,
  writeVnetHeader,
} from './vnet.ts'

const CWR = 0x80

interface Flow {
  readonly source: Uint8Array
  readonly destination: Uint8Array
  readonly tos: number
  readonly ttl: number
  readonly id: number
  readonly dontFragment: boolean
}

const flow: fc.Arbitrary<Flow> = fc.oneof(flowOf(4), flowOf(16))
const payload = fc.uint8Array({ minLength: 1, maxLength: 3000, size: 'max' })
const size = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 100, max: 1500 }))
const port = fc.nat(65535)

describe('the virtio-net header', () => {
  it('reads back as it was written', () => {
    const byte = fc.nat(255)
    const word = fc.nat(65535)
    fc.assert(
      fc.property(byte, byte, word, word, word, word, (flags, gsoType, headerLength, gsoSize, start, offset) => {
        const written = { flags, gsoType, headerLength, gsoSize, checksumStart: start, checksumOffset: offset }
        const view = new DataView(new ArrayBuffer(20))
        writeVnetHeader(view, 5, written)
        const read = emptyVnetHeader()
        readVnetHeader(view, 5, read)
        expect(read).toEqual(written)
      }),
    )
  })
})

describe('Segments', () => {
  it('cuts TCP into the packets that a stack would have built one by one', () => {
    fc.assert(
      fc.property(
        flow,
        payload,
        size,
        fc.nat(0xffff_ffff),
        fc.constantFrom(ACK, ACK | PSH, ACK | FIN, ACK | CWR),
        fc.boolean(),
        (ip, data, gsoSize, sequence, flags, withOption) => {
          const make = (from: number, to: number, mark: number, id: number) =>
            tcpPacket(ip, data.subarray(from, to), (sequence + from) >>> 0, mark, id, withOption)
          const count = Math.ceil(data.length / gsoSize)
          const wanted = Array.from({ length: count }, (_, i) => {
            const last = i === count - 1
            const mark = (i === 0 ? flags : flags & ~CWR) & (last ? 0xff : ~(FIN | PSH))
            return make(i * gsoSize, Math.min(data.length, (i + 1) * gsoSize), mark, ip.id + i)
          })
          const whole = make(0, data.length, flags, ip.id)
          const gsoType = (ip.source.length === 4 ? GSO_TCPV4 : GSO_TCPV6) | ((flags & CWR) !== 0 ? GSO_ECN : 0)
          expect(cut(partial(whole, ip, 6, { gsoType, gsoSize }))).toEqual(wanted.map(hex))
        },
      ),
    )
  })

  it('cuts UDP into the datagrams that a program would have sent one by one', () => {
    fc.assert(
      fc.property(flow, payload, size, port, port, (ip, data, gsoSize, sourcePort, destinationPort) => {
        const make = (from: number, to: number, id: number) => {
          const { source, destination } = ip
          const fields = { source, destination, sourcePort, destinationPort, payload: data.subarray(from, to) }
          return buildIp({ ...ip, id: id & 0xffff, protocol: 17, payload: buildUdp(fields) })
        }
        const wanted = Array.from({ length: Math.ceil(data.length / gsoSize) }, (_, i) =>
          make(i * gsoSize, Math.min(data.length, (i + 1) * gsoSize), ip.id + i),
        )
        expect(cut(partial(make(0, data.length, ip.id), ip, 17, { gsoType: GSO_UDP_L4, gsoSize }))).toEqual(
          wanted.map(hex),
        )
      }),
    )
  })

  it('completes the checksum of a single packet, and leaves one alone that is complete', () => {
    fc.assert(
      fc.property(flow, payload, fc.boolean(), (ip, data, complete) => {
        const packet = tcpPacket(ip, data, 1, ACK, ip.id, false)
        const input = complete ? framed(packet, {}) : partial(packet, ip, 6, {})
        expect(cut(input)).toEqual([hex(packet)])
      }),
    )
  })

  it('takes whatever a TUN may give without an exception, and writes no more than it says', () => {
    const wild = fc.record({
      flags: fc.nat(255),
      gsoType: fc.constantFrom(0, 1, 3, 4, 5, 0x81, 0x84, 200),
      headerLength: fc.nat(65535),
      gsoSize: fc.nat(3000),
      checksumStart: fc.oneof(fc.constantFrom(20, 40), fc.nat(65535)),
      checksumOffset: fc.oneof(fc.constantFrom(6, 16), fc.nat(65535)),
    })
    const wildPacket = fc
      .tuple(fc.constantFrom(0x45, 0x4f, 0x60, 0x00), fc.uint8Array({ maxLength: 200 }))
      .map(([first, rest]) => Uint8Array.of(first, ...rest))
    fc.assert(
      fc.property(wild, wildPacket, (header, packet) => {
        for (const made of cut(framed(packet, header))) expect(made.length).toBeLessThanOrEqual(2 * packet.length)
      }),
    )
  })
})

function flowOf(length: 4 | 16): fc.Arbitrary<Flow> {
  const address = fc.uint8Array({ minLength: length, maxLength: length }).map(bytes => {
    bytes[0] = 10
    return bytes
  })
  return fc.record({
    source: address,
    destination: address,
    tos: fc.nat(255),
    ttl: fc.integer({ min: 1, max: 255 }),
    id: fc.nat(65535),
    dontFragment: fc.boolean(),
  })
}

function tcpPacket(
  ip: Flow,
  data: Uint8Array,
  sequence: number,
  flags: number,
  id: number,
  withOption: boolean,
): Uint8Array {
  const { source, destination } = ip
  const segment = buildTcp({
    source,
    destination,
    sourcePort: 5201,
    destinationPort: 40000,
    sequence,
    acknowledgement: 4711,
    flags,
    window: 512,
    ...(withOption ? { mss: 1380 } : {}),
    payload: data,
  })
  return buildIp({ ...ip, id: id & 0xffff, protocol: 6, payload: segment })
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

type Header = Partial<ReturnType<typeof emptyVnetHeader>>

function framed(packet: Uint8Array, header: Header): Uint8Array {
  const bytes = new Uint8Array(VNET_HEADER + packet.length)
  writeVnetHeader(new DataView(bytes.buffer), 0, { ...emptyVnetHeader(), ...header })
  bytes.set(packet, VNET_HEADER)
  return bytes
}

/** As the kernel hands out what it has not finished: the checksum field holds the pseudo header's sum. */
function partial(packet: Uint8Array, ip: Flow, protocol: 6 | 17, header: Header): Uint8Array {
  const start = ip.source.length === 4 ? 20 : 40
  const checksumOffset = protocol === 6 ? 16 : 6
  const unfinished = packet.slice()
  const sum = pseudoHeaderSum(ip.source, ip.destination, protocol, packet.length - start)
  set16(unfinished, start + checksumOffset, sum)
  return framed(unfinished, { flags: NEEDS_CSUM, checksumStart: start, checksumOffset, ...header })
}

const ROOM = 1 << 17
const TARGET = 1 << 16
const space: Space = createSpace(ROOM)

/** Every packet that comes of it, as text. Nothing is written beside them. */
function cut(bytes: Uint8Array): string[] {
  const segments = new Segments(space)
  const from = 6
  space.bytes.set(bytes, from)
  const count = segments.begin(from, bytes.length)
  return Array.from({ length: count }, (_, i) => {
    const expected = segments.lengthOf(i)
    space.bytes.fill(0xee, TARGET, TARGET + expected + 20)
    const length = segments.write(i, TARGET + 2)
    expect(length).toBe(expected)
    const around = space.bytes.slice(TARGET, TARGET + length + 20)
    expect(hex(around.subarray(0, 2)) + hex(around.subarray(2 + length))).toMatch(/^(ee)+$/)
    return hex(around.subarray(2, 2 + length))
  })
}

describe('what the tests themselves build', () => {
  it('is sound', () => {
    fc.assert(
      fc.property(flow, payload, (ip, data) => {
        const packet = tcpPacket(ip, data, 9, ACK, ip.id, true)
        expect([checkIp(packet), checkTransport(packet)]).toEqual([undefined, undefined])
      }),
    )
  })
})
