/**
 * Packets for the TUN, consecutive ones of a flow joined into one superpacket as the kernel's GRO does, so that the host
 * takes 64 KiB with one write. Cut again by the host, a superpacket gives the very packets it was made of; one whose
 * checksum is wrong goes alone, as it came, for nobody may make it right.
 */
import { get16, get32, set16 } from '../../ip/bytes.ts'
import { fold16, type Space } from './space.ts'
import { GSO_TCPV4, GSO_TCPV6, GSO_UDP_L4, NEEDS_CSUM, VNET_HEADER, writeVnetHeader } from './vnet.ts'

const SLOTS = 8
/** Header, and the longest IPv6 packet. */
const SLOT_ROOM = 65536 + 64
/** Where a packet starts in its slot: the virtio-net header fits before it. */
const PACKET = 16
const IPV4_MOST = 65535
const IPV6_MOST = 65535 + 40
/** The kernel cuts a UDP superpacket into no more (UDP_MAX_SEGMENTS of older ones). */
const MAX_SEGMENTS = 64

const PROTOCOL_TCP = 6
const PROTOCOL_UDP = 17
const TCP_CHECKSUM = 16
const UDP_CHECKSUM = 6
const PSH = 0x08
const ACK = 0x10
const ECE = 0x40

/** What a Coalescer needs of a space. */
export const COALESCER_ROOM = (SLOTS + 1) * SLOT_ROOM

/** A packet, or several of one flow joined, that waits to be written. */
interface Slot {
  /** Of the packet, in the space. */
  readonly at: number
  length: number
  version: number
  protocol: number
  transport: number
  headers: number
  /** Payload of each packet but the last. */
  size: number
  packets: number
  /** TCP: the sequence number that comes next. */
  next: number
  /** Sum of addresses and protocol. */
  pseudo: number
  used: boolean
}

export interface CoalescerOptions {
  readonly space: Space
  /** Where its COALESCER_ROOM begins. */
  readonly base: number
  /** What the kernel takes as superpackets. */
  readonly offloads: { readonly tcp: boolean; readonly udp: boolean }
  /** Writes virtio-net header and packet that stand at `from` in the space. */
  readonly write: (from: number, length: number) => void
}

export class Coalescer {
  readonly #options: CoalescerOptions
  readonly #space: Space
  readonly #bytes: Uint8Array
  readonly #slots: readonly Slot[]
  readonly #scratch: number
  #used = 0
  /** The slot to give up when all are taken. */
  #oldest = 0

  constructor(options: CoalescerOptions) {
    this.#options = options
    this.#space = options.space
    this.#bytes = options.space.bytes
    this.#slots = Array.from({ length: SLOTS }, (_, position) =>
      emptySlot(options.base + position * SLOT_ROOM + PACKET),
    )
    this.#scratch = options.base + SLOTS * SLOT_ROOM + PACKET
  }

  /**
   * An IP packet, as long as its header says. One that stands in the space has 10 bytes before it that may be written.
   * The bytes may be used again at once.
   */
  push(packet: Uint8Array): void {
    const { length } = packet
    const at = packet.buffer === this.#bytes.buffer ? packet.byteOffset : this.#copied(packet)
    const transport = this.#transportOf(at, length)
    if (transport === 0) {
      this.#writeAlone(at, length)
      return
    }
    const slot = this.#used === 0 ? undefined : this.#find(at, transport)
    if (slot !== undefined) {
      if (this.#join(slot, at, length)) return
      this.#write(slot)
    }
    const headers = this.#headersOf(at, length, transport)
    if (headers === 0 || !this.#begin(at, length, transport, headers)) this.#writeAlone(at, length)
  }

  /** Writes everything that waits, in the order the flows began. */
  flush(): void {
    for (let i = 0; i < SLOTS && this.#used > 0; i++) {
      const slot = this.#slots[(this.#oldest + i) % SLOTS]!
      if (slot.used) this.#write(slot)
    }
    this.#oldest = 0
  }

  #copied(packet: Uint8Array): number {
    this.#bytes.set(packet, this.#scratch)
    return this.#scratch
  }

  /** Where the TCP or UDP header of a whole packet starts; 0 when there is none that can be joined. */
  #transportOf(at: number, length: number): number {
    const bytes = this.#bytes
    let transport = 20
    if (bytes[at] === 0x45) {
      if ((bytes[at + 6]! & 0x3f) !== 0 || bytes[at + 7] !== 0) return 0
    } else {
      if (bytes[at]! >> 4 !== 6) return 0
      transport = 40
    }
    const protocol = this.#protocolAt(at, transport)
    if (protocol === PROTOCOL_TCP) return this.#options.offloads.tcp && length >= transport + 20 ? transport : 0
    return protocol === PROTOCOL_UDP && this.#options.offloads.udp && length >= transport + 8 ? transport : 0
  }

  #protocolAt(at: number, transport: number): number {
    return this.#bytes[at + (transport === 20 ? 9 : 6)]!
  }

  /** All headers' length when the packet may begin a superpacket; 0 when it must go alone. */
  #headersOf(at: number, length: number, transport: number): number {
    const bytes = this.#bytes
    if (this.#protocolAt(at, transport) === PROTOCOL_UDP) {
      return this.#isWholeUdp(at, length, transport) && length > transport + 8 ? transport + 8 : 0
    }
    const headers = transport + ((bytes[at + transport + 12]! >> 4) << 2)
    const plain = (bytes[at + transport + 13]! & ~ECE) === ACK
    return plain && headers >= transport + 20 && length > headers ? headers : 0
  }

  /** As long as it says, and with a checksum. */
  #isWholeUdp(at: number, length: number, transport: number): boolean {
    const udp = at + transport
    return get16(this.#bytes, udp + 4) === length - transport && get16(this.#bytes, udp + UDP_CHECKSUM) !== 0
  }

  /** The slot of the same flow: addresses, protocol and ports. */
  #find(at: number, transport: number): Slot | undefined {
    const bytes = this.#bytes
    const version = bytes[at]! >> 4
    const protocol = this.#protocolAt(at, transport)
    const from = version === 4 ? 12 : 8
    const to = transport + 4
    for (let s = 0; s < SLOTS; s++) {
      const slot = this.#slots[s]!
      if (!slot.used || slot.version !== version || slot.protocol !== protocol) continue
      let i = from
      while (i < to && bytes[slot.at + i] === bytes[at + i]) i++
      if (i === to) return slot
    }
    return undefined
  }

  /** False when the checksum is wrong. */
  #begin(at: number, length: number, transport: number, headers: number): boolean {
    const version = this.#bytes[at]! >> 4
    const protocol = this.#protocolAt(at, transport)
    const addresses = version === 4 ? 12 : 8
    const pseudo = this.#space.copySum(at + addresses, at + addresses, version === 4 ? 8 : 32) + protocol
    const own = this.#space.copySum(at + transport, at + transport, length - transport)
    if (fold16(pseudo + length - transport + own) !== 0xffff) return false
    const slot = this.#free()
    this.#space.copySum(slot.at, at, length)
    slot.used = true
    slot.length = length
    slot.version = version
    slot.protocol = protocol
    slot.transport = transport
    slot.headers = headers
    slot.size = length - headers
    slot.packets = 1
    slot.pseudo = pseudo
    if (protocol === PROTOCOL_TCP) slot.next = (get32(this.#bytes, at + transport + 4) + slot.size) >>> 0
    this.#used++
    return true
  }

  #free(): Slot {
    for (let i = 0; i < SLOTS; i++) {
      const slot = this.#slots[(this.#oldest + i) % SLOTS]!
      if (!slot.used) return slot
    }
    const slot = this.#slots[this.#oldest]!
    this.#oldest = (this.#oldest + 1) % SLOTS
    this.#write(slot)
    return slot
  }

  /** Appends the packet if the superpacket, cut again, would give it back as it is. */
  #join(slot: Slot, at: number, length: number): boolean {
    const payload = length - slot.headers
    const most = slot.version === 4 ? IPV4_MOST : IPV6_MOST
    if (payload <= 0 || payload > slot.size || slot.packets === MAX_SEGMENTS) return false
    if (slot.length + payload > most || !this.#sameHeaders(slot, at, length)) return false
    const { transport, headers } = slot
    const header = this.#space.copySum(at + transport, at + transport, headers - transport)
    // What is copied counts only when it is right.
    const sum = this.#space.copySum(slot.at + slot.length, at + headers, payload)
    if (fold16(slot.pseudo + length - transport + header + sum) !== 0xffff) return false
    slot.length += payload
    slot.packets++
    slot.next = (slot.next + payload) >>> 0
    const pushed = slot.protocol === PROTOCOL_TCP && (this.#bytes[at + transport + 13]! & PSH) !== 0
    if (pushed) this.#bytes[slot.at + transport + 13]! |= PSH
    if (pushed || payload < slot.size) this.#write(slot)
    return true
  }

  #sameHeaders(slot: Slot, at: number, length: number): boolean {
    if (!this.#sameIp(slot, at)) return false
    return slot.protocol === PROTOCOL_TCP ? this.#sameTcp(slot, at) : this.#isWholeUdp(at, length, slot.transport)
  }

  /** Everything but length, id and checksum. Ids must count up unless fragments are forbidden (RFC 6864 §4). */
  #sameIp(slot: Slot, at: number): boolean {
    const bytes = this.#bytes
    const first = slot.at
    if (slot.version === 6) return get32(bytes, first) === get32(bytes, at) && bytes[first + 7] === bytes[at + 7]
    if (bytes[first + 1] !== bytes[at + 1] || bytes[first + 8] !== bytes[at + 8]) return false
    if (bytes[first + 6] !== bytes[at + 6]) return false
    return (bytes[at + 6]! & 0x40) !== 0 || get16(bytes, at + 4) === ((get16(bytes, first + 4) + slot.packets) & 0xffff)
  }

  /** In order, the same acknowledgement, flags but PSH, window and options. */
  #sameTcp({ at: first, transport, headers, next }: Slot, at: number): boolean {
    const bytes = this.#bytes
    if (get32(bytes, at + transport + 4) !== next) return false
    if ((bytes[at + transport + 13]! & ~PSH) !== bytes[first + transport + 13]) return false
    for (let i = transport + 8; i < transport + 16; i++) {
      if (i !== transport + 13 && bytes[first + i] !== bytes[at + i]) return false
    }
    for (let i = transport + 18; i < headers; i++) if (bytes[first + i] !== bytes[at + i]) return false
    return true
  }

  #write(slot: Slot): void {
    slot.used = false
    this.#used--
    if (slot.packets === 1) {
      this.#writeAlone(slot.at, slot.length)
      return
    }
    this.#finishHeaders(slot)
    const tcp = slot.protocol === PROTOCOL_TCP
    writeVnetHeader(this.#space.view, slot.at - VNET_HEADER, {
      flags: NEEDS_CSUM,
      gsoType: tcp ? (slot.version === 4 ? GSO_TCPV4 : GSO_TCPV6) : GSO_UDP_L4,
      headerLength: slot.headers,
      gsoSize: slot.size,
      checksumStart: slot.transport,
      checksumOffset: tcp ? TCP_CHECKSUM : UDP_CHECKSUM,
    })
    this.#options.write(slot.at - VNET_HEADER, slot.length + VNET_HEADER)
  }

  /** Lengths and header checksum of the whole; the transport checksum becomes the pseudo header's sum. */
  #finishHeaders({ at, length, version, protocol, transport, pseudo }: Slot): void {
    const bytes = this.#bytes
    const own = length - transport
    if (version === 4) {
      set16(bytes, at + 2, length)
      set16(bytes, at + 10, 0)
      set16(bytes, at + 10, ~this.#space.copySum(at, at, 20) & 0xffff)
    } else set16(bytes, at + 4, own)
    set16(bytes, at + transport + (protocol === PROTOCOL_TCP ? TCP_CHECKSUM : UDP_CHECKSUM), fold16(pseudo + own))
    if (protocol === PROTOCOL_UDP) set16(bytes, at + transport + 4, own)
  }

  /** As it is: whoever takes it verifies it. */
  #writeAlone(at: number, length: number): void {
    const from = at - VNET_HEADER
    for (let i = 0; i < VNET_HEADER; i++) this.#bytes[from + i] = 0
    this.#options.write(from, length + VNET_HEADER)
  }
}

function emptySlot(at: number): Slot {
  return {
    at,
    length: 0,
    version: 0,
    protocol: 0,
    transport: 0,
    headers: 0,
    size: 0,
    packets: 0,
    next: 0,
    pseudo: 0,
    used: false,
  }
}
