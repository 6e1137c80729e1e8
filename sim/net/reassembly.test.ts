import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Instant, NEVER } from '../../impl/box.ts'
import { fragmentIpv4, fragmentIpv6 } from '../../impl/ip/fragment.ts'
import { buildIpv4 } from '../../impl/ip/ipv4.ts'
import type { Packet } from '../node.ts'
import { type Reassembled, Reassembly } from './reassembly.ts'
import { address, udp } from './testing.ts'

const S = 1e9
const NOW = 0 as Instant

function packet(bytes: Uint8Array, n = 0): Packet {
  return { id: { box: 'test', n }, copy: 0, bytes }
}

/** A piece of an IPv4 datagram with `length` bytes of data at `offset`, which all are `fill`. */
function piece(offset: number, length: number, more: boolean, fill = 0, id = 1): Packet {
  const ends = { source: address('192.0.2.1'), destination: address('192.0.2.2') }
  const payload = new Uint8Array(length).fill(fill)
  return packet(buildIpv4({ ...ends, protocol: 17, id, fragmentOffset: offset, moreFragments: more, payload }))
}

function word(result: Reassembled): string {
  return result.kind === 'dropped' ? `${result.reason} ${result.packets.length}` : result.kind
}

describe('any order, any copies', () => {
  const datagram = fc.record({
    v4: fc.boolean(),
    size: fc.integer({ min: 1500, max: 6000 }),
    mtu: fc.integer({ min: 600, max: 1400 }),
    copies: fc.array(fc.nat({ max: 20 }), { maxLength: 10 }),
    order: fc.infiniteStream(fc.nat({ max: 0xffff })),
  })

  it('gives the datagram back as soon as its last piece is there, and names the copies', () => {
    fc.assert(
      fc.property(datagram, ({ v4, size, mtu, copies, order }) => {
        const whole = v4
          ? udp('192.0.2.1:1', '192.0.2.2:2', { size, id: 7 })
          : udp('[2001:db8::1]:1', '[2001:db8::2]:2', { size })
        const pieces = v4 ? fragmentIpv4(whole, mtu) : fragmentIpv6(whole, mtu, 7)
        const deal = [...pieces.keys(), ...copies.map(copy => copy % pieces.length)].map(n => ({
          n,
          key: order.next().value,
        }))
        const sequence = deal.sort((a, b) => a.key - b.key).map(({ n }) => n)
        const reassembly = new Reassembly()
        // The oracle: a set of numbers that has to become full; then the next datagram begins.
        let seen = new Set<number>()
        for (const n of sequence) {
          const result = reassembly.add(NOW, packet(pieces[n]!, n))
          if (seen.has(n)) {
            expect(word(result)).toBe('fragment-duplicate 1')
            continue
          }
          seen.add(n)
          expect(result.kind).toBe(seen.size === pieces.length ? 'whole' : 'held')
          if (result.kind !== 'whole') continue
          expect(result.packet.bytes).toEqual(whole)
          expect(result.packet.id.n).toBe(0)
          expect(result.pieces.map(({ id }) => id.n)).toEqual([...pieces.keys()])
          expect(result.largest).toBe(Math.max(...pieces.map(({ length }) => length)))
          seen = new Set()
        }
        expect(reassembly.clear()).toHaveLength(seen.size)
      }),
    )
  })

  it('keeps datagrams apart by id', () => {
    const reassembly = new Reassembly()
    expect(word(reassembly.add(NOW, piece(0, 8, true, 1, 1)))).toBe('held')
    expect(word(reassembly.add(NOW, piece(8, 8, false, 2, 2)))).toBe('held')
    expect(word(reassembly.add(NOW, piece(8, 8, false, 1, 1)))).toBe('whole')
  })
})

describe('pieces that make no sense', () => {
  it.each([
    ['overlap takes all', [piece(0, 16, true), piece(8, 16, true)], ['held', 'fragment-overlap 2']],
    [
      'a copy goes alone',
      [piece(0, 16, true), piece(0, 16, true), piece(16, 8, false)],
      ['held', 'fragment-duplicate 1', 'whole'],
    ],
    [
      'what lies within a run is a copy',
      [piece(0, 16, true), piece(16, 16, true), piece(8, 16, true)],
      ['held', 'held', 'fragment-duplicate 1'],
    ],
    [
      'what lies over two runs is not',
      [piece(16, 16, true), piece(0, 16, true), piece(8, 16, true)],
      ['held', 'held', 'fragment-overlap 3'],
    ],
    ['data after the end', [piece(8, 8, false), piece(16, 8, true)], ['held', 'fragment-bad 2']],
    ['two ends', [piece(8, 8, false), piece(16, 8, false)], ['held', 'fragment-bad 2']],
    ['an end before what is there', [piece(16, 8, true), piece(8, 8, false)], ['held', 'fragment-bad 2']],
    ['not a multiple of 8', [piece(0, 9, true)], ['fragment-bad 1']],
    ['nothing in it', [piece(8, 0, true)], ['fragment-bad 1']],
    ['beyond 65535', [piece(65528, 8, false)], ['fragment-bad 1']],
    ['no fragment at all', [piece(0, 8, false)], ['whole']],
  ] as const)('%s', (_, pieces, words) => {
    const reassembly = new Reassembly()
    expect(pieces.map(one => word(reassembly.add(NOW, one)))).toEqual(words)
  })

  it('begins anew after an overlap', () => {
    const reassembly = new Reassembly()
    for (const one of [piece(0, 16, true), piece(8, 16, true)]) reassembly.add(NOW, one)
    expect(word(reassembly.add(NOW, piece(0, 16, true)))).toBe('held')
    expect(word(reassembly.add(NOW, piece(16, 8, false)))).toBe('whole')
  })
})

describe('bounds', () => {
  it('gives up after 30 s (IPv4) and 60 s (IPv6), counted from the first piece', () => {
    const reassembly = new Reassembly()
    const v6 = fragmentIpv6(udp('[2001:db8::1]:1', '[2001:db8::2]:2', { size: 2000 }), 1280, 7)
    expect(reassembly.deadline()).toBe(NEVER)
    reassembly.add(NOW, piece(8, 8, true))
    reassembly.add(NOW, packet(v6[0]!))
    reassembly.add((29 * S) as Instant, piece(16, 8, true))
    expect(reassembly.deadline()).toBe(30 * S)
    expect(reassembly.expire((30 * S - 1) as Instant)).toEqual([])
    const [expired] = reassembly.expire((30 * S) as Instant)
    expect(expired?.packets).toHaveLength(2)
    expect(expired?.first).toBeUndefined()
    expect(reassembly.deadline()).toBe(60 * S)
    expect(reassembly.expire((60 * S) as Instant)[0]?.first?.bytes).toBe(v6[0])
    expect(reassembly.deadline()).toBe(NEVER)
  })

  it('refuses more than its memory, and takes again when some is free', () => {
    const reassembly = new Reassembly({ memory_bytes: 1000 })
    for (let id = 1; id <= 2; id++) expect(word(reassembly.add(NOW, piece(0, 800, true, 0, id)))).toBe('held')
    expect(word(reassembly.add(NOW, piece(0, 800, true, 0, 3)))).toBe('reassembly-full 1')
    reassembly.expire((30 * S) as Instant)
    expect(word(reassembly.add((30 * S) as Instant, piece(0, 800, true, 0, 3)))).toBe('held')
  })
})
