import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { icmp, ipv4, ipv6, shell, udp } from '../../scenarios/decode/testing.ts'
import { Identities, packetKey } from './identity.ts'

const A = '192.0.2.1'
const B = '203.0.113.2'
const N = '198.51.100.7'

describe('packetKey', () => {
  const message = (kind: Parameters<typeof shell>[0]) => Uint8Array.from(shell(kind))
  const datagram = (from: string, to: string, ports: [number, number], body: ArrayLike<number>, ttl = 64) =>
    udp(from, ports[0], to, ports[1], body, { ttl })
  const other = (bytes: Uint8Array, at: number) => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte))

  it.each(['initiation', 'response', 'cookie-reply', 'data', 'keepalive'] as const)(
    'a NAT and a router leave a %s what it is',
    kind => {
      const here = packetKey(datagram(A, B, [51820, 51820], message(kind)), 'wire')
      expect(packetKey(datagram(N, B, [4096, 51820], message(kind), 61), 'wire')).toBe(here)
      expect(packetKey(datagram(A, B, [51820, 51820], other(message(kind), 8)), 'wire')).not.toBe(here)
    },
  )

  it('hop limit, class and checksum are not a part of a packet; addresses, ports, size and layer are', () => {
    const plain = ipv4(A, B, 17, [0, 1, 0, 2, 0, 9, 0xaa, 0xbb, 7], { ttl: 64 })
    const key = packetKey(Uint8Array.from(plain), 'inner')
    const same = ipv4(A, B, 17, [0, 1, 0, 2, 0, 9, 0x11, 0x22, 7], { ttl: 3, tos: 0xff })
    expect(packetKey(Uint8Array.from(same), 'inner')).toBe(key)
    for (const bytes of [
      ipv4(N, B, 17, [0, 1, 0, 2, 0, 9, 0xaa, 0xbb, 7]),
      ipv4(A, B, 17, [0, 3, 0, 2, 0, 9, 0xaa, 0xbb, 7]),
      ipv4(A, B, 17, [0, 1, 0, 2, 0, 9, 0xaa, 0xbb, 8]),
      ipv4(A, B, 6, [0, 1, 0, 2, 0, 9, 0xaa, 0xbb, 7]),
    ])
      expect(packetKey(Uint8Array.from(bytes), 'inner')).not.toBe(key)
    expect(packetKey(Uint8Array.from(plain), 'wire')).not.toBe(key)
  })

  it('a datagram of a step is what it says, through NATs and out of tunnels; the echo of it is another', () => {
    const said = (text: string, ports: [number, number] = [40003, 9], from = A, layer: 'wire' | 'inner' = 'wire') =>
      packetKey(datagram(from, B, ports, Buffer.from(text)), layer)
    const key = said('wglab 40003 00000001 ...')
    expect(said('wglab 40003 00000001 ...', [1025, 9], N)).toBe(key)
    expect(said('wglab 40003 00000001 ...', [40003, 9], A, 'inner')).toBe(key)
    expect(said('wglab 40003 00000002 ...')).not.toBe(key)
    expect(said('wglab 40003 00000001 ...', [7, 40003], B)).not.toBe(key)
    expect(said('wglab 4', [1025, 9], N)).not.toBe(said('wglab 4'))
  })

  it('echoes of one ping are told apart by their number, requests from replies', () => {
    const echo = (type: number, seq: number) =>
      packetKey(Uint8Array.from(icmp(A, B, type, 0, [0, 7, 0, seq, 1, 2, 3])), 'inner')
    expect(new Set([echo(8, 1), echo(8, 2), echo(0, 1), echo(0, 2)]).size).toBe(4)
  })

  it('TCP: a checksum that the hardware fills in later does not matter, a sequence number does', () => {
    const segment = (seq: number, sum: number) =>
      packetKey(Uint8Array.from(ipv6('2001:db8::1', '2001:db8::2', 6, tcp(seq, sum))), 'inner')
    expect(segment(5, 1)).toBe(segment(5, 999))
    expect(segment(5, 1)).not.toBe(segment(6, 1))
  })

  it('what is no IP has a key too', () => {
    expect(packetKey(Uint8Array.of(0, 1, 2), 'wire')).toBe(packetKey(Uint8Array.of(0, 1, 2), 'wire'))
    expect(packetKey(Uint8Array.of(0, 1, 2), 'wire')).not.toBe(packetKey(Uint8Array.of(0, 1, 3), 'wire'))
  })
})

function tcp(seq: number, sum: number): number[] {
  return [0, 80, 0, 81, 0, 0, 0, seq, 0, 0, 0, 0, 0x50, 0x10, 1, 0, sum >> 8, sum & 255, 0, 0, 1, 2, 3]
}

describe('Identities', () => {
  it('the same bytes at two places are one packet', () => {
    const ids = new Identities()
    expect(ids.of('alice', 'alice:lan out', 'k')).toEqual({ packet: { box: 'alice', n: 1 }, copy: 0 })
    expect(ids.of('alice', 'alice:lan out', 'other')).toEqual({ packet: { box: 'alice', n: 2 }, copy: 0 })
    expect(ids.of('bob', 'bob:lan in', 'k')).toEqual({ packet: { box: 'alice', n: 1 }, copy: 0 })
  })

  it('the same bytes sent twice are two packets; what comes more often than it was sent is a copy of the last', () => {
    const ids = new Identities()
    const told = ['a out', 'a out', 'b in', 'b in', 'b in', 'b in'].map(place => ids.of(place[0]!, place, 'k'))
    expect(told.map(({ packet, copy }) => `${packet.box}/${packet.n} ${copy}`)).toEqual([
      'a/1 0',
      'a/2 0',
      'a/1 0',
      'a/2 0',
      'a/2 1',
      'a/2 2',
    ])
  })

  it('agrees with counting by hand, for any order of sightings', () => {
    const sighting = fc.record({
      box: fc.constantFrom('a', 'b', 'c'),
      dir: fc.constantFrom('in', 'out'),
      key: fc.constantFrom('k', 'l'),
    })
    fc.assert(
      fc.property(fc.array(sighting, { maxLength: 40 }), list => {
        const ids = new Identities()
        const told = list.map(({ box, dir, key }) => ids.of(box, `${box} ${dir}`, key))
        expect(told).toEqual(list.map((_, at) => naive(list, at)))
      }),
    )
  })
})

interface Sighting {
  readonly box: string
  readonly dir: string
  readonly key: string
}

/** Everything counted anew for each sighting. */
function naive(list: readonly Sighting[], at: number) {
  const isBirth = (i: number): boolean => {
    const first = list.find(({ key }) => key === list[i]!.key)!
    return list[i]!.box === first.box && list[i]!.dir === first.dir
  }
  const name = (i: number) => ({
    box: list[i]!.box,
    n: list.slice(0, i + 1).filter((each, j) => each.box === list[i]!.box && isBirth(j)).length,
  })
  if (isBirth(at)) return { packet: name(at), copy: 0 }
  const { box, dir, key } = list[at]!
  const births = list.flatMap((each, i) => (i < at && each.key === key && isBirth(i) ? [i] : []))
  const before = list.slice(0, at).filter(each => each.box === box && each.dir === dir && each.key === key).length
  const nth = Math.min(before, births.length - 1)
  return { packet: name(births[nth]!), copy: before - nth }
}
