/**
 * The simulator has no Ethernet, a real kernel has. Between them: frames are unwrapped, and every ARP request and neighbour
 * solicitation is answered at once, with an address that says who was asked for. So the frame's destination names the next
 * hop, and the network, which knows its neighbours, decides whether it is there.
 */
import type { Address } from '../../impl/box.ts'
import { isMulticast, isUnspecified } from '../../impl/ip/address.ts'
import { get16, set16 } from '../../impl/ip/bytes.ts'
import { checksum, pseudoHeaderSum } from '../../impl/ip/checksum.ts'
import { buildIpv6, ipv6Payload, ipv6Source } from '../../impl/ip/ipv6.ts'
import { ipDestination } from '../../impl/ip/packet.ts'

const HEADER = 14
const TYPE = { ipv4: 0x0800, arp: 0x0806, ipv6: 0x86dd } as const
const ICMP6 = 58
const SOLICITATION = 135
const ADVERTISEMENT = 136
/** Frames to a guest come from here. */
const LAB_MAC = Uint8Array.of(2, 0, 0, 0, 2, 0)

/** As labnet gives them out. */
export function guestMac(port: number): Uint8Array {
  return Uint8Array.of(2, 0, 0, 0, 1, port)
}

export type Unwrapped =
  /** `via`: the next hop, where it is not the destination itself. */
  | { readonly kind: 'packet'; readonly bytes: Uint8Array; readonly via: Uint8Array | undefined }
  /** A frame for the guest. */
  | { readonly kind: 'answer'; readonly frame: Uint8Array }
  /** Part of how Ethernet works, and nothing for the network. */
  | { readonly kind: 'nothing' }

/** One guest's neighbours. An IPv4 neighbour's address is in its MAC; IPv6 neighbours are numbered as they are asked for. */
export class Neighbours {
  readonly #byNumber: Address[] = []
  readonly #numbers = new Map<string, number>()

  /** What a frame of the guest is. `port`: that it left by. */
  unwrap(port: number, frame: Uint8Array): Unwrapped {
    if (frame.length < HEADER) return { kind: 'nothing' }
    const bytes = frame.subarray(HEADER)
    switch (get16(frame, 12)) {
      case TYPE.arp:
        return this.#arp(port, bytes)
      case TYPE.ipv4:
        return this.#packet(frame, bytes)
      case TYPE.ipv6:
        return isNeighbourDiscovery(bytes) ? this.#solicitation(port, bytes) : this.#packet(frame, bytes)
      default:
        return { kind: 'nothing' }
    }
  }

  #packet(frame: Uint8Array, bytes: Uint8Array): Unwrapped {
    const destination = ipDestination(bytes)
    const hop = this.#neighbour(frame.subarray(0, 6))
    const via = hop === undefined || hop.join() === destination.join() ? undefined : hop
    return { kind: 'packet', bytes: bytes.slice(), via }
  }

  #arp(port: number, arp: Uint8Array): Unwrapped {
    const sender = arp.subarray(8, 14)
    const from = arp.subarray(14, 18)
    const target = arp.subarray(24, 28)
    // A request, and not one that announces or tries its own address.
    const isQuestion = arp.length >= 28 && get16(arp, 6) === 1 && from.join() !== target.join() && !isUnspecified(from)
    if (!isQuestion) return { kind: 'nothing' }
    const answer = new Uint8Array(28)
    answer.set(arp.subarray(0, 6))
    set16(answer, 6, 2)
    answer.set(this.#mac(target), 8)
    answer.set(target, 14)
    answer.set(sender, 18)
    answer.set(from, 24)
    return { kind: 'answer', frame: wrapAs(TYPE.arp, port, answer) }
  }

  #solicitation(port: number, packet: Uint8Array): Unwrapped {
    const message = ipv6Payload(packet)
    const source = ipv6Source(packet).slice()
    // From nobody: the guest looks whether its own address is taken.
    if (message.length < 24 || message[0] !== SOLICITATION || isUnspecified(source)) return { kind: 'nothing' }
    const target = message.slice(8, 24)
    const payload = new Uint8Array(32)
    payload[0] = ADVERTISEMENT
    // Solicited, override.
    payload[4] = 0x60
    payload.set(target, 8)
    payload.set([2, 1], 24)
    payload.set(this.#mac(target), 26)
    set16(payload, 2, checksum(payload, 0, payload.length, pseudoHeaderSum(target, source, ICMP6, payload.length)))
    const fields = { source: target, destination: source, protocol: ICMP6, hopLimit: 255, payload }
    return { kind: 'answer', frame: wrapAs(TYPE.ipv6, port, buildIpv6(fields)) }
  }

  #mac(address: Address): Uint8Array {
    if (address.length === 4) return Uint8Array.of(2, 4, ...address)
    const key = address.join()
    const number = this.#numbers.get(key) ?? this.#byNumber.push(address.slice()) - 1
    this.#numbers.set(key, number)
    return Uint8Array.of(2, 6, 0, 0, number >>> 8, number & 255)
  }

  #neighbour(mac: Uint8Array): Address | undefined {
    if (mac[0] !== 2) return undefined
    if (mac[1] === 4) return mac.slice(2)
    return mac[1] === 6 ? this.#byNumber[(mac[4]! << 8) | mac[5]!] : undefined
  }
}

/** The frame in which a packet comes in. */
export function wrap(port: number, packet: Uint8Array): Uint8Array {
  return wrapAs(packet[0]! >>> 4 === 6 ? TYPE.ipv6 : TYPE.ipv4, port, packet)
}

function wrapAs(type: number, port: number, bytes: Uint8Array): Uint8Array {
  const frame = new Uint8Array(HEADER + bytes.length)
  frame.set(guestMac(port))
  frame.set(LAB_MAC, 6)
  set16(frame, 12, type)
  frame.set(bytes, HEADER)
  return frame
}

/** Router and neighbour discovery, and reports of multicast listeners: all of it stays on the link. */
function isNeighbourDiscovery(packet: Uint8Array): boolean {
  if (packet.length < 40 || !(packet[6] === ICMP6 || packet[6] === 0)) return false
  if (packet[6] === 0) return isMulticast(ipDestination(packet))
  const type = packet[40] ?? 0
  return (type >= 130 && type <= 137) || type === 143
}
