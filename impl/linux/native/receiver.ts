/** Datagrams in: one recvmmsg for many, each perhaps a row of equal datagrams that the kernel has joined (UDP_GRO). */
import type { Ecn } from '../../api.ts'
import type { Address, Endpoint } from '../../box.ts'
import { EAGAIN, EINTR } from './errno.ts'
import { addressOf, type Libc } from './libc.ts'
import {
  allocateRows,
  CMSG_HEADER,
  CONTROL,
  controlLength,
  IOVEC,
  messageFlags,
  messageLength,
  NAME,
  type Rows,
  readName,
  readyToReceive,
  setAddress,
} from './mmsg.ts'
import type { UdpSocket } from './sockets.ts'
import type { Space } from './space.ts'

const ROWS = 32
/** The longest datagram, joined or not, rounded up. */
const ROOM = 65536
/** What a Receiver needs of a space. */
export const RECEIVER_ROOM = ROWS * ROOM
const MSG_DONTWAIT = 0x40
const MSG_TRUNC = 0x20
const SOL_IP = 0
const IP_TOS = 1
const IP_PKTINFO = 8
const SOL_IPV6 = 41
const IPV6_PKTINFO = 50
const IPV6_TCLASS = 67
const SOL_UDP = 17
const UDP_GRO = 104

/** What one message brought. The same object each time: use it before the next. */
export interface Received {
  /** Where the bytes stand in the space. */
  from: number
  length: number
  /** Of each datagram but the last; the length itself when there is one. */
  segment: number
  source: Endpoint
  /** The local address it came to. */
  destination: Address | undefined
  ecn: Ecn
}

const NOWHERE: Endpoint = { address: new Uint8Array(4), port: 0 }

export class Receiver {
  readonly #libc: Libc
  readonly #base: number
  readonly #rows: Rows = allocateRows(ROWS)
  readonly #received: Received = {
    from: 0,
    length: 0,
    segment: 0,
    source: NOWHERE,
    destination: undefined,
    ecn: 0,
  }
  /** The sender's name as it stood in the row that `source` was read from. */
  readonly #lastName = new Uint8Array(NAME)
  #lastSource = NOWHERE

  constructor(libc: Libc, space: Space, base: number) {
    this.#libc = libc
    this.#base = base
    const address = addressOf(space.bytes.buffer)
    for (let row = 0; row < ROWS; row++) {
      setAddress(this.#rows.iovecs.view, row * IOVEC, address + base + row * ROOM)
      setAddress(this.#rows.iovecs.view, row * IOVEC + 8, ROOM)
      readyToReceive(this.#rows, row)
    }
  }

  /** Takes what is there, without waiting: calls `each` for every message. Returns how many, or a negative errno. */
  receive(socket: UdpSocket, each: (received: Received) => void): number {
    const count = this.#libc.recvmmsg(socket.fd, this.#rows.headers.address, ROWS, MSG_DONTWAIT)
    if (count < 0) {
      const errno = this.#libc.errno()
      return errno === EAGAIN || errno === EINTR ? 0 : -errno
    }
    for (let row = 0; row < count; row++) {
      if ((messageFlags(this.#rows, row) & MSG_TRUNC) === 0 && this.#read(row)) each(this.#received)
      readyToReceive(this.#rows, row)
    }
    return count
  }

  /** True when the rows were all used: more may be there. */
  static isFull(count: number): boolean {
    return count === ROWS
  }

  #read(row: number): boolean {
    const received = this.#received
    received.from = this.#base + row * ROOM
    received.length = messageLength(this.#rows, row)
    received.segment = received.length
    received.source = this.#source(row)
    received.destination = undefined
    received.ecn = 0
    this.#readControl(row)
    return received.length > 0 && received.segment > 0
  }

  #source(row: number): Endpoint {
    const { bytes } = this.#rows.names
    const at = row * NAME
    const last = this.#lastName
    for (let i = 0; i < 28; i++) {
      if (bytes[at + i] === last[i]) continue
      last.set(bytes.subarray(at, at + NAME))
      this.#lastSource = readName(this.#rows, row)
      break
    }
    return this.#lastSource
  }

  #readControl(row: number): void {
    const { view, bytes } = this.#rows.controls
    const received = this.#received
    const end = row * CONTROL + Math.min(controlLength(this.#rows, row), CONTROL)
    let at = row * CONTROL
    while (at + CMSG_HEADER <= end) {
      const length = view.getUint32(at, true)
      if (length < CMSG_HEADER || at + length > end) return
      const level = view.getInt32(at + 8, true)
      const type = view.getInt32(at + 12, true)
      const data = at + CMSG_HEADER
      if (level === SOL_UDP && type === UDP_GRO) received.segment = view.getInt32(data, true)
      else if (level === SOL_IP && type === IP_TOS) received.ecn = (bytes[data]! & 3) as Ecn
      else if (level === SOL_IPV6 && type === IPV6_TCLASS) received.ecn = (bytes[data]! & 3) as Ecn
      else if (level === SOL_IP && type === IP_PKTINFO) received.destination = bytes.slice(data + 4, data + 8)
      else if (level === SOL_IPV6 && type === IPV6_PKTINFO) received.destination = bytes.slice(data, data + 16)
      at += (length + 7) & ~7
    }
  }
}
