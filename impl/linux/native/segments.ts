/**
 * A superpacket from the TUN, cut into packets as a network card would (TSO, USO): each with its own lengths, IPv4 id,
 * sequence number, flags and full checksums. Nothing is allocated.
 */
import { get16, get32, set16, set32 } from '../../ip/bytes.ts'
import { fold16, type Space } from './space.ts'
import {
  emptyVnetHeader,
  GSO_ECN,
  GSO_NONE,
  GSO_TCPV4,
  GSO_TCPV6,
  GSO_UDP_L4,
  NEEDS_CSUM,
  readVnetHeader,
  VNET_HEADER,
} from './vnet.ts'

const FIN_PSH = 0x01 | 0x08
const CWR = 0x80
const PROTOCOL_TCP = 6
const PROTOCOL_UDP = 17
const UDP_HEADER = 8
const UDP_CHECKSUM = 6
const TCP_CHECKSUM = 16

export class Segments {
  readonly #space: Space
  readonly #vnet = emptyVnetHeader()
  #start = 0
  #length = 0
  #ipv4 = false
  #tcp = false
  /** Of the superpacket: where the transport header starts, and all headers' length. */
  #transport = 0
  #headers = 0
  #size = 0
  #count = 0
  /** Sum of the addresses and the protocol. */
  #pseudo = 0

  constructor(space: Space) {
    this.#space = space
  }

  /**
   * Prepares what was read from a TUN to `from`: virtio-net header and packet. How many packets it makes; 0 when it makes
   * no sense.
   */
  begin(from: number, length: number): number {
    this.#start = from + VNET_HEADER
    this.#length = length - VNET_HEADER
    this.#count = 0
    if (this.#length < 20) return 0
    readVnetHeader(this.#space.view, from, this.#vnet)
    this.#ipv4 = this.#space.bytes[this.#start]! >> 4 === 4
    this.#count = this.#vnet.gsoType === GSO_NONE ? this.#single() : this.#many()
    return this.#count
  }

  /** Bytes of packet number `index`. */
  lengthOf(index: number): number {
    if (this.#vnet.gsoType === GSO_NONE) return this.#length
    const payload = this.#length - this.#headers
    return this.#headers + Math.min(this.#size, payload - index * this.#size)
  }

  /** Writes packet number `index` to `at`; returns its length. */
  write(index: number, at: number): number {
    const space = this.#space
    const start = this.#start
    if (this.#vnet.gsoType === GSO_NONE) {
      this.#copyWhole(at)
      return this.#length
    }
    const headers = this.#headers
    const length = this.lengthOf(index)
    space.copySum(at, start, headers)
    const payload = space.copySum(at + headers, start + headers + index * this.#size, length - headers)
    if (this.#ipv4) this.#fixIpv4(at, index, length)
    else set16(space.bytes, at + 4, length - 40)
    if (this.#tcp) this.#fixTcp(at, index, length, payload)
    else this.#fixUdp(at, length, payload)
    return length
  }

  #single(): number {
    const { flags, checksumStart, checksumOffset } = this.#vnet
    return (flags & NEEDS_CSUM) !== 0 && checksumStart + checksumOffset + 2 > this.#length ? 0 : 1
  }

  #many(): number {
    const { bytes } = this.#space
    const start = this.#start
    const type = this.#vnet.gsoType & ~GSO_ECN
    this.#tcp = type === GSO_TCPV4 || type === GSO_TCPV6
    if (!this.#tcp && type !== GSO_UDP_L4) return 0
    if (this.#ipv4 ? type === GSO_TCPV6 : type === GSO_TCPV4) return 0
    if (!this.#ipv4 && (bytes[start]! >> 4 !== 6 || this.#length < 40)) return 0
    this.#transport = this.#vnet.checksumStart
    this.#size = this.#vnet.gsoSize
    const least = this.#ipv4 ? (bytes[start]! & 15) << 2 : 40
    if (this.#size === 0 || this.#transport < Math.max(20, least) || this.#transport % 4 !== 0) return 0
    if (this.#transport + (this.#tcp ? 20 : UDP_HEADER) > this.#length) return 0
    const own = this.#tcp ? (bytes[start + this.#transport + 12]! >> 4) << 2 : UDP_HEADER
    this.#headers = this.#transport + own
    if ((this.#tcp && own < 20) || this.#headers >= this.#length) return 0
    const [from, length] = this.#ipv4 ? [start + 12, 8] : [start + 8, 32]
    this.#pseudo = this.#space.copySum(from, from, length) + (this.#tcp ? PROTOCOL_TCP : PROTOCOL_UDP)
    return Math.ceil((this.#length - this.#headers) / this.#size)
  }

  /** A checksum field that needs it holds the pseudo header's sum: what is missing is everything from checksumStart on. */
  #copyWhole(at: number): void {
    const space = this.#space
    const { flags, checksumStart, checksumOffset } = this.#vnet
    if ((flags & NEEDS_CSUM) === 0) {
      space.copySum(at, this.#start, this.#length)
      return
    }
    space.copySum(at, this.#start, checksumStart)
    const rest = this.#length - checksumStart
    const sum = ~space.copySum(at + checksumStart, this.#start + checksumStart, rest) & 0xffff
    // For UDP zero would say "no checksum".
    const value = sum === 0 && checksumOffset === UDP_CHECKSUM ? 0xffff : sum
    set16(space.bytes, at + checksumStart + checksumOffset, value)
  }

  #fixIpv4(at: number, index: number, length: number): void {
    const { bytes } = this.#space
    set16(bytes, at + 2, length)
    set16(bytes, at + 4, (get16(bytes, at + 4) + index) & 0xffff)
    set16(bytes, at + 10, 0)
    set16(bytes, at + 10, ~this.#space.copySum(at, at, (bytes[at]! & 15) << 2) & 0xffff)
  }

  #fixTcp(at: number, index: number, length: number, payload: number): void {
    const { bytes } = this.#space
    const tcp = at + this.#transport
    set32(bytes, tcp + 4, (get32(bytes, tcp + 4) + index * this.#size) >>> 0)
    let flags = bytes[tcp + 13]!
    if (index > 0) flags &= ~CWR
    if (index < this.#count - 1) flags &= ~FIN_PSH
    bytes[tcp + 13] = flags
    set16(bytes, tcp + TCP_CHECKSUM, this.#checksum(tcp, TCP_CHECKSUM, length, payload))
  }

  #fixUdp(at: number, length: number, payload: number): void {
    const { bytes } = this.#space
    const udp = at + this.#transport
    set16(bytes, udp + 4, length - this.#transport)
    const sum = this.#checksum(udp, UDP_CHECKSUM, length, payload)
    set16(bytes, udp + UDP_CHECKSUM, sum === 0 ? 0xffff : sum)
  }

  #checksum(transport: number, field: number, length: number, payload: number): number {
    set16(this.#space.bytes, transport + field, 0)
    const header = this.#space.copySum(transport, transport, this.#headers - this.#transport)
    return ~fold16(this.#pseudo + length - this.#transport + header + payload) & 0xffff
  }
}
