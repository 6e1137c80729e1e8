/** Puts fragments together again (RFC 791 §3.2, RFC 8200 §4.5), for reading a trace. */
import { addressText } from './address.ts'
import { decodeIp, type IpPacket } from './ip.ts'

interface Parts {
  readonly pieces: Map<number, Uint8Array>
  /** The header of the first fragment, without the fragment header of IPv6. */
  head: { readonly bytes: Uint8Array; readonly ip: IpPacket } | undefined
  /** Payload bytes in all, known once the last fragment came. */
  size: number | undefined
}

/** How many unfinished datagrams are remembered; the oldest goes first. */
const MOST = 256

export class Reassembler {
  readonly #parts = new Map<string, Parts>()

  /** The packet itself where it is whole, the whole packet where this was its last missing fragment, else undefined. */
  packet(bytes: Uint8Array): Uint8Array | undefined {
    const ip = decodeIp(bytes)
    if (ip?.fragment === undefined) return bytes
    const { id, offset, more } = ip.fragment
    const key = `${addressText(ip.source)} ${addressText(ip.destination)} ${ip.protocol} ${id}`
    const parts = this.#parts.get(key) ?? { pieces: new Map<number, Uint8Array>(), head: undefined, size: undefined }
    this.#parts.set(key, parts)
    parts.pieces.set(offset, ip.payload)
    if (offset === 0) parts.head = { bytes, ip }
    if (!more) parts.size = offset + ip.payload.length
    const whole = join(parts)
    if (whole !== undefined) this.#parts.delete(key)
    else if (this.#parts.size > MOST) for (const oldest of this.#parts.keys()) return this.#forget(oldest)
    return whole
  }

  #forget(key: string): undefined {
    this.#parts.delete(key)
    return undefined
  }
}

function join(parts: Parts): Uint8Array | undefined {
  const { head, size, pieces } = parts
  if (head === undefined || size === undefined) return undefined
  let at = 0
  const payload = new Uint8Array(size)
  while (at < size) {
    const piece = pieces.get(at)
    if (piece === undefined || piece.length === 0) return undefined
    payload.set(piece.subarray(0, size - at), at)
    at += piece.length
  }
  return head.ip.version === 4 ? joinV4(head.bytes, head.ip, payload) : joinV6(head.bytes, head.ip, payload)
}

/** The header checksum is left as it was: nobody asks a reader for it. */
function joinV4(first: Uint8Array, ip: IpPacket, payload: Uint8Array): Uint8Array {
  const whole = new Uint8Array(ip.headerSize + payload.length)
  whole.set(first.subarray(0, ip.headerSize))
  whole.set(payload, ip.headerSize)
  new DataView(whole.buffer).setUint16(2, whole.length)
  new DataView(whole.buffer).setUint16(6, 0)
  return whole
}

/** The fragment header stays, as an atomic fragment (RFC 6946). */
function joinV6(first: Uint8Array, ip: IpPacket, payload: Uint8Array): Uint8Array {
  const whole = new Uint8Array(ip.headerSize + payload.length)
  whole.set(first.subarray(0, ip.headerSize))
  whole.set(payload, ip.headerSize)
  new DataView(whole.buffer).setUint16(4, whole.length - 40)
  let next = whole[6] ?? 59
  let at = 40
  while (next !== 44) {
    next = whole[at] ?? 59
    at += ((whole[at + 1] ?? 0) + 1) * 8
  }
  new DataView(whole.buffer).setUint16(at + 2, 0)
  return whole
}
