/**
 * Which packet is which. A kernel gives packets no names, so they are told by what they carry: the same bytes at two places
 * are the same packet, as far as a router or a NAT leaves them alone. What that can not tell is written in README.md.
 */
import { createHash } from 'node:crypto'
import { decodeIcmp, decodeIp, decodeUdp, type IpPacket } from '../../scenarios/decode/ip.ts'
import { decodeWireGuard } from '../../scenarios/decode/wireguard.ts'
import type { PacketRef } from '../../scenarios/language/trace.ts'

export interface Identity {
  readonly packet: PacketRef
  /** 0 for the first, n for the nth more that came than had been sent. */
  readonly copy: number
}

interface Known {
  /** Where it was seen first: there, each sighting is a packet of its own. */
  readonly birthplace: string
  readonly packets: PacketRef[]
  /** How often it was seen at each of the other places. */
  readonly seen: Map<string, number>
}

/** Packets in the order of their time, at all places. Names them `box/n` after the machine where they were first seen. */
export class Identities {
  readonly #known = new Map<string, Known>()
  readonly #counts = new Map<string, number>()

  /** `place`: an interface of `box`, with the direction. */
  of(box: string, place: string, key: string): Identity {
    const known = this.#known.get(key)
    if (known === undefined) {
      const packet = this.#next(box)
      this.#known.set(key, { birthplace: place, packets: [packet], seen: new Map() })
      return { packet, copy: 0 }
    }
    const { birthplace, packets, seen } = known
    if (place === birthplace) {
      const packet = this.#next(box)
      packets.push(packet)
      return { packet, copy: 0 }
    }
    const before = seen.get(place) ?? 0
    seen.set(place, before + 1)
    // More than were sent: the last one again.
    const nth = Math.min(before, packets.length - 1)
    return { packet: packets[nth] ?? this.#next(box), copy: before - nth }
  }

  #next(box: string): PacketRef {
    const n = (this.#counts.get(box) ?? 0) + 1
    this.#counts.set(box, n)
    return { box, n }
  }
}

/**
 * What stays the same on the way. A WireGuard message on the wire: its kind, receiver and counter, or its content, so that
 * NATs do not matter. Any other packet: addresses, ports, the number IPv4 gives it, and what it carries; but never what
 * every router changes (hop limit, checksums, ECN and DSCP).
 */
export function packetKey(bytes: Uint8Array, layer: 'wire' | 'inner'): string {
  const ip = decodeIp(bytes)
  if (ip === undefined) return `bytes ${digest(bytes)}`
  const udp = decodeUdp(ip)
  if (layer === 'wire' && udp !== undefined && ip.fragment === undefined) {
    const message = decodeWireGuard(udp.payload)
    if (message?.kind === 'data' || message?.kind === 'keepalive') {
      return `wg ${message.receiver} ${message.counter} ${message.size} ${digest(udp.payload.subarray(-16))}`
    }
    if (message !== undefined) return `wg ${message.kind} ${digest(udp.payload)}`
  }
  // A datagram of a step says who it is, whatever a NAT makes of its ends, inside and outside of tunnels; its echo says the same.
  if (udp !== undefined && ip.fragment === undefined && isOurs(udp.payload))
    return `datagram ${udp.sourcePort === ECHO ? 'back' : 'there'} ${digest(udp.payload)}`
  const ends = `${layer} ${hex(ip.source)} ${hex(ip.destination)} ${ip.protocol}`
  const number = ip.version === 4 ? ((bytes[4] ?? 0) << 8) | (bytes[5] ?? 0) : 0
  return `${ends} ${number} ${contentText(ip)}`
}

const ECHO = 7

/** What udp.pl sends, where there is room for its name. */
function isOurs(payload: Uint8Array): boolean {
  return /^wglab \d{5} \d{8} /.test(Buffer.from(payload.subarray(0, 21)).toString('latin1'))
}

function contentText(ip: IpPacket): string {
  if (ip.fragment !== undefined) return `part ${ip.fragment.id} ${ip.fragment.offset} ${digest(ip.payload)}`
  const udp = decodeUdp(ip)
  if (udp !== undefined) return `udp ${udp.sourcePort} ${udp.destinationPort} ${digest(udp.payload)}`
  // A checksum may be left to the hardware, and is then another behind it.
  if (ip.protocol === 6) return `tcp ${digest(ip.payload.subarray(0, 16))} ${digest(ip.payload.subarray(18))}`
  const icmp = decodeIcmp(ip)
  if (icmp !== undefined) return `icmp ${digest(ip.payload.subarray(0, 2))} ${digest(ip.payload.subarray(4))}`
  return digest(ip.payload)
}

function digest(bytes: Uint8Array): string {
  return createHash('sha1').update(bytes).digest('base64')
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
