/** The rows that recvmmsg and sendmmsg work on (struct mmsghdr, iovec, sockaddr, cmsghdr on 64-bit Linux), set up once and used again. */
import type { Endpoint } from '../../box.ts'
import { allocate, type Memory } from './libc.ts'

export const MMSGHDR = 64
export const IOVEC = 16
export const NAME = 32
export const CONTROL = 128
/** struct cmsghdr: length, level, type; the data follows, aligned to 8. */
export const CMSG_HEADER = 16

const MSG_NAMELEN = 8
const MSG_IOVLEN = 24
const MSG_CONTROLLEN = 40
const MSG_FLAGS = 48
const MSG_LEN = 56

export interface Rows {
  readonly count: number
  readonly headers: Memory
  readonly iovecs: Memory
  readonly names: Memory
  readonly controls: Memory
}

export function allocateRows(count: number): Rows {
  const rows = {
    count,
    headers: allocate(count * MMSGHDR),
    iovecs: allocate(count * IOVEC),
    names: allocate(count * NAME),
    controls: allocate(count * CONTROL),
  }
  for (let row = 0; row < count; row++) {
    const header = row * MMSGHDR
    setAddress(rows.headers.view, header, rows.names.address + row * NAME)
    setAddress(rows.headers.view, header + 16, rows.iovecs.address + row * IOVEC)
    rows.headers.view.setUint32(header + MSG_IOVLEN, 1, true)
    setAddress(rows.headers.view, header + 32, rows.controls.address + row * CONTROL)
  }
  return rows
}

/** A 64-bit address or length at `at`. */
export function setAddress(view: DataView, at: number, address: number): void {
  view.setUint32(at, address >>> 0, true)
  view.setUint32(at + 4, Math.floor(address / 0x1_0000_0000), true)
}

/** Makes the row ready for recvmmsg. */
export function readyToReceive({ headers }: Rows, row: number): void {
  headers.view.setUint32(row * MMSGHDR + MSG_NAMELEN, NAME, true)
  headers.view.setUint32(row * MMSGHDR + MSG_CONTROLLEN, CONTROL, true)
  headers.view.setUint32(row * MMSGHDR + MSG_FLAGS, 0, true)
}

export function setLengths({ headers }: Rows, row: number, nameLength: number, controlLength: number): void {
  headers.view.setUint32(row * MMSGHDR + MSG_NAMELEN, nameLength, true)
  headers.view.setUint32(row * MMSGHDR + MSG_CONTROLLEN, controlLength, true)
}

export const controlLength = ({ headers }: Rows, row: number): number =>
  headers.view.getUint32(row * MMSGHDR + MSG_CONTROLLEN, true)

export const messageFlags = ({ headers }: Rows, row: number): number =>
  headers.view.getUint32(row * MMSGHDR + MSG_FLAGS, true)

export const messageLength = ({ headers }: Rows, row: number): number =>
  headers.view.getUint32(row * MMSGHDR + MSG_LEN, true)

const AF_INET = 2
const AF_INET6 = 10

/** Writes a sockaddr_in or sockaddr_in6; returns its length. */
export function writeName({ names }: Rows, row: number, { address, port, scope }: Endpoint): number {
  const at = row * NAME
  const { view, bytes } = names
  const wide = address.length === 16
  view.setUint16(at, wide ? AF_INET6 : AF_INET, true)
  view.setUint16(at + 2, port)
  view.setUint32(at + 4, 0)
  bytes.set(address, at + (wide ? 8 : 4))
  if (!wide) return 16
  view.setUint32(at + 24, scope ?? 0, true)
  return 28
}

export function readName({ names }: Rows, row: number): Endpoint {
  const at = row * NAME
  const { view, bytes } = names
  const port = view.getUint16(at + 2)
  if (view.getUint16(at, true) === AF_INET) return { address: bytes.slice(at + 4, at + 8), port }
  const address = bytes.slice(at + 8, at + 24)
  const scope = view.getUint32(at + 24, true)
  return scope === 0 ? { address, port } : { address, port, scope }
}
