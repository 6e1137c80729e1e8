/** Datagrams out: gathered in one piece of memory, equal neighbours joined (UDP_SEGMENT), all sent with one call a family. */
import type { Address, Endpoint } from '../../box.ts'
import type { PublicKey } from '../../key.ts'
import { EINTR, EMSGSIZE } from './errno.ts'
import { addressOf, type Libc } from './libc.ts'
import { allocateRows, CONTROL, IOVEC, MMSGHDR, type Rows, setAddress, setLengths, writeName } from './mmsg.ts'
import type { UdpSocket, UdpSockets } from './sockets.ts'
import type { Space } from './space.ts'

const ROWS = 128
/** What a Sender needs of a space. */
export const SENDER_ROOM = 4 << 20
/** What may be pushed while a reservation is open: a peer's staged packets, and more. */
const SPARE = 1 << 20
/** The longest datagram that may be pushed, and what one joined message may carry: a UDP payload over IPv4. */
const LONGEST = 65507
/** Linux UDP_MAX_SEGMENTS; newer kernels take 128. */
const MAX_SEGMENTS = 64
/** How long a destination that refused joined datagrams gets them one by one. */
const REFUSAL_NS = 10e9

const SOL_IP = 0
const IP_TOS = 1
const IP_PKTINFO = 8
const SOL_IPV6 = 41
const IPV6_PKTINFO = 50
const IPV6_TCLASS = 67
const SOL_UDP = 17
const UDP_SEGMENT = 103

interface Unsent {
  readonly to: Endpoint
  readonly peer: PublicKey | undefined
  readonly bytes: number
}

export type SendTrouble =
  /** The datagram of so many bytes is lost. */
  | ({ readonly kind: 'lost'; readonly errno: number } & Unsent)
  /** There is no socket of this family. */
  | ({ readonly kind: 'no-socket' } & Unsent)
  /** It went, but not from this address, which seems to be gone. */
  | { readonly kind: 'source-gone'; readonly source: Address }

/** One message that is being gathered. */
interface Message {
  at: number
  length: number
  /** Of each datagram but the last. */
  segment: number
  segments: number
  to: Endpoint
  peer: PublicKey | undefined
  from: Address | undefined
  tos: number
  /** Nothing may be joined to it any more. */
  closed: boolean
}

interface Lane {
  socket: UdpSocket | undefined
  readonly rows: Rows
  readonly messages: readonly Message[]
  used: number
}

interface Refusal {
  readonly segment: number
  readonly until: number
}

const NOWHERE: Endpoint = { address: new Uint8Array(4), port: 0 }

export class Sender {
  readonly #libc: Libc
  readonly #space: Space
  readonly #address: number
  /** Where its room begins and ends. */
  readonly #base: number
  readonly #end: number
  readonly #trouble: (trouble: SendTrouble) => void
  readonly #v4: Lane = lane()
  readonly #v6: Lane = lane()
  #refusals = new WeakMap<Endpoint, Refusal>()
  #cursor = 0
  /** Of the open reservation; empty when there is none. */
  #reservedAt = 0
  #reservedEnd = 0
  /** The pump's clock, in ns. */
  now = 0

  constructor(libc: Libc, space: Space, base: number, trouble: (trouble: SendTrouble) => void) {
    this.#libc = libc
    this.#space = space
    this.#address = addressOf(space.bytes.buffer)
    this.#base = base
    this.#end = base + SENDER_ROOM
    this.#restart()
    this.#trouble = trouble
  }

  /** A place of `length` bytes in the space, up to the next reservation or flush: a datagram that begins there is not copied. */
  reserve(length: number): number {
    if (this.#cursor + length + SPARE > this.#end) this.flush()
    this.#reservedAt = this.#cursor
    this.#reservedEnd = this.#cursor + length
    return this.#reservedAt
  }

  /** Sends what waits through the sockets so far, and takes these from now on. */
  use(sockets: UdpSockets | undefined): void {
    this.flush()
    this.#v4.socket = sockets?.v4
    this.#v6.socket = sockets?.v6
  }

  /** The clock was put back: what was remembered of it is forgotten. */
  rebase(now: number): void {
    this.now = now
    this.#refusals = new WeakMap()
  }

  /** The bytes may be used again at once, unless they stand at what was reserved. `tos`: DSCP and ECN; `peer`: whose it is. */
  push(bytes: Uint8Array, to: Endpoint, from: Address | undefined, tos: number, peer?: PublicKey): void {
    const lane = to.address.length === 4 ? this.#v4 : this.#v6
    const { length } = bytes
    if (lane.socket === undefined || length > LONGEST) {
      const unsent = { to, peer, bytes: length }
      this.#trouble(length > LONGEST ? { kind: 'lost', errno: EMSGSIZE, ...unsent } : { kind: 'no-socket', ...unsent })
      return
    }
    const at = this.#place(bytes)
    const last = lane.used > 0 ? lane.messages[lane.used - 1]! : undefined
    if (last !== undefined && this.#join(last, at, length, to, from, tos, peer)) return
    if (lane.used === ROWS) {
      // Everything before this datagram leaves; it stays where it is.
      this.#send(lane)
    }
    this.#begin(lane, at, length, to, from, tos, peer)
  }

  /** Where the bytes stand from now on: where they are, if that was reserved for them, else behind all that is. */
  #place(bytes: Uint8Array): number {
    if (bytes.buffer === this.#space.bytes.buffer && bytes.byteOffset === this.#reservedAt) {
      this.#cursor = Math.max(this.#cursor, this.#reservedAt + bytes.length)
      return this.#reservedAt
    }
    if (this.#cursor + bytes.length > this.#end) this.flush()
    const at = Math.max(this.#cursor, this.#reservedEnd)
    this.#space.bytes.set(bytes, at)
    this.#cursor = at + bytes.length
    return at
  }

  /** Sends everything that waits. */
  flush(): void {
    if (this.#v4.used > 0) this.#send(this.#v4)
    if (this.#v6.used > 0) this.#send(this.#v6)
    this.#restart()
  }

  #restart(): void {
    this.#cursor = this.#base
    this.#reservedAt = this.#base
    this.#reservedEnd = this.#base
  }

  #join(
    message: Message,
    at: number,
    length: number,
    to: Endpoint,
    from: Address | undefined,
    tos: number,
    peer: PublicKey | undefined,
  ): boolean {
    if (message.closed || message.to !== to || message.from !== from || message.tos !== tos) return false
    if (message.peer !== peer) return false
    if (message.at + message.length !== at || length > message.segment) return false
    if (message.length + length > LONGEST) return false
    message.length += length
    message.segments++
    message.closed = length < message.segment || message.segments === MAX_SEGMENTS
    return true
  }

  #begin(
    lane: Lane,
    at: number,
    length: number,
    to: Endpoint,
    from: Address | undefined,
    tos: number,
    peer: PublicKey | undefined,
  ): void {
    const message = lane.messages[lane.used++]!
    message.at = at
    message.length = length
    message.segment = length
    message.segments = 1
    message.to = to
    message.peer = peer
    message.from = from
    message.tos = tos
    message.closed = lane.socket?.segments !== true || this.#isRefused(to, length)
  }

  #isRefused(to: Endpoint, segment: number): boolean {
    const refusal = this.#refusals.get(to)
    if (refusal === undefined) return false
    if (this.now < refusal.until) return segment >= refusal.segment
    this.#refusals.delete(to)
    return false
  }

  #send(lane: Lane): void {
    const { used, rows, messages } = lane
    const fd = lane.socket?.fd ?? -1
    for (let row = 0; row < used; row++) this.#encode(rows, row, messages[row]!)
    let done = 0
    while (done < used) {
      const sent = this.#libc.sendmmsg(fd, rows.headers.address + done * MMSGHDR, used - done, 0)
      if (sent > 0) {
        done += sent
        continue
      }
      const errno = this.#libc.errno()
      if (errno === EINTR) continue
      this.#recover(lane, messages[done]!, errno)
      done++
    }
    lane.used = 0
  }

  /** A message was refused: first the joining is given up, then the source address, then the datagram. */
  #recover(lane: Lane, message: Message, errno: number): void {
    if (message.segments > 1) {
      this.#refusals.set(message.to, { segment: message.segment, until: this.now + REFUSAL_NS })
      const end = message.at + message.length
      for (let at = message.at; at < end; at += message.segment) {
        const length = Math.min(message.segment, end - at)
        const part = { ...message, at, length, segment: length, segments: 1 }
        const failed = this.#sendOne(lane, part)
        if (failed !== 0) this.#recover(lane, part, failed)
      }
      return
    }
    const { from, to, peer, length } = message
    if (from !== undefined && this.#sendOne(lane, { ...message, from: undefined }) === 0) {
      this.#trouble({ kind: 'source-gone', source: from })
      return
    }
    this.#trouble({ kind: 'lost', errno, to, peer, bytes: length })
  }

  /** In the row that no batch uses. */
  #sendOne({ socket, rows }: Lane, message: Message): number {
    this.#encode(rows, ROWS, message)
    for (;;) {
      const sent = this.#libc.sendmmsg(socket?.fd ?? -1, rows.headers.address + ROWS * MMSGHDR, 1, 0)
      if (sent > 0) return 0
      const errno = this.#libc.errno()
      if (errno !== EINTR) return errno
    }
  }

  #encode(rows: Rows, row: number, message: Message): void {
    const { at, length, segments, segment, to, from, tos } = message
    setAddress(rows.iovecs.view, row * IOVEC, this.#address + at)
    rows.iovecs.view.setUint32(row * IOVEC + 8, length, true)
    const nameLength = writeName(rows, row, to)
    const wide = to.address.length === 16
    const { view, bytes } = rows.controls
    const start = row * CONTROL
    let end = start
    if (segments > 1) {
      writeCmsg(view, end, SOL_UDP, UDP_SEGMENT, 2)
      view.setUint16(end + 16, segment, true)
      end += 24
    }
    if (tos !== 0) {
      writeCmsg(view, end, wide ? SOL_IPV6 : SOL_IP, wide ? IPV6_TCLASS : IP_TOS, 4)
      view.setInt32(end + 16, tos, true)
      end += 24
    }
    if (from !== undefined && (from.length === 16) === wide) {
      end = wide ? writePacketInfo6(view, bytes, end, from) : writePacketInfo4(view, bytes, end, from)
    }
    setLengths(rows, row, nameLength, end - start)
  }
}

function writeCmsg(view: DataView, at: number, level: number, type: number, dataLength: number): void {
  view.setUint32(at, 16 + dataLength, true)
  view.setUint32(at + 4, 0, true)
  view.setInt32(at + 8, level, true)
  view.setInt32(at + 12, type, true)
}

/** struct in_pktinfo: interface (0: any), the source address, unused. */
function writePacketInfo4(view: DataView, bytes: Uint8Array, at: number, from: Address): number {
  writeCmsg(view, at, SOL_IP, IP_PKTINFO, 12)
  view.setUint32(at + 16, 0, true)
  bytes.set(from, at + 20)
  view.setUint32(at + 24, 0, true)
  return at + 32
}

/** struct in6_pktinfo: the source address, interface (0: any). */
function writePacketInfo6(view: DataView, bytes: Uint8Array, at: number, from: Address): number {
  writeCmsg(view, at, SOL_IPV6, IPV6_PKTINFO, 20)
  bytes.set(from, at + 16)
  view.setUint32(at + 32, 0, true)
  return at + 40
}

function lane(): Lane {
  return {
    socket: undefined,
    rows: allocateRows(ROWS + 1),
    messages: Array.from({ length: ROWS }, () => ({
      at: 0,
      length: 0,
      segment: 0,
      segments: 0,
      to: NOWHERE,
      peer: undefined,
      from: undefined,
      tos: 0,
      closed: true,
    })),
    used: 0,
  }
}
