/** A packet that went through a NAT is known again, and no other is taken for it. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseAddress } from '../../impl/ip/address.ts'
import { fragmentIpv4 } from '../../impl/ip/fragment.ts'
import { buildIcmpEcho } from '../../impl/ip/icmp.ts'
import { PROTOCOL_ICMP, PROTOCOL_UDP } from '../../impl/ip/ipv4.ts'
import { buildIp } from '../../impl/ip/packet.ts'
import { buildUdp } from '../../impl/ip/udp.ts'
import { likenessOf } from './likeness.ts'

const ends = [
  { source: parseAddress('192.168.1.10')!, destination: parseAddress('198.51.100.1')! },
  { source: parseAddress('203.0.113.77')!, destination: parseAddress('198.51.100.1')! },
] as const

function datagram(translated: boolean, payload: Uint8Array, id: number): Uint8Array {
  const addresses = ends[translated ? 1 : 0]
  const sourcePort = translated ? 1024 : 51820
  const udp = buildUdp({ ...addresses, sourcePort, destinationPort: 51820, payload })
  return buildIp({ ...addresses, protocol: PROTOCOL_UDP, ttl: translated ? 63 : 64, id, payload: udp })
}

function echo(translated: boolean, sequence: number): Uint8Array {
  const addresses = ends[translated ? 1 : 0]
  const icmp = buildIcmpEcho({
    ...addresses,
    id: translated ? 9 : 7,
    sequence,
    reply: false,
    payload: new Uint8Array(4),
  })
  return buildIp({ ...addresses, protocol: PROTOCOL_ICMP, ttl: translated ? 63 : 64, id: 3, payload: icmp })
}

const payload = fc.uint8Array({ maxLength: 64 })
const id = fc.nat(0xffff)

it('is the same before and after, and another for each payload and identification', () => {
  fc.assert(
    fc.property(payload, id, payload, id, (one, oneId, other, otherId) => {
      const before = likenessOf(datagram(false, one, oneId))
      expect(likenessOf(datagram(true, one, oneId))).toBe(before)
      const equal = oneId === otherId && Buffer.compare(one, other) === 0
      expect(likenessOf(datagram(true, other, otherId)) === before).toBe(equal)
    }),
  )
})

it('knows echo requests by their sequence, whatever their id becomes', () => {
  expect(likenessOf(echo(true, 5))).toBe(likenessOf(echo(false, 5)))
  expect(likenessOf(echo(true, 5))).not.toBe(likenessOf(echo(false, 6)))
})

it('knows each fragment by its place', () => {
  const pieces = (translated: boolean) => fragmentIpv4(datagram(translated, new Uint8Array(3000), 12), 1500)
  expect(pieces(true).map(likenessOf)).toEqual(pieces(false).map(likenessOf))
  expect(new Set(pieces(true).map(likenessOf)).size).toBe(3)
})
