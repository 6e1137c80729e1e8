/**
 * The C library's calls that a data plane needs, through koffi. Every call is synchronous and blocks its thread.
 * Addresses are plain numbers (Linux hands out 47 bits): a BigInt for each call would be garbage for each packet.
 */
import { createRequire } from 'node:module'
import { errnoName } from './errno.ts'

type Koffi = typeof import('koffi')

export interface Libc {
  open(path: string, flags: number): number
  close(fd: number): number
  ioctl(fd: number, request: number, address: number): number
  read(fd: number, address: number, length: number): number
  write(fd: number, address: number, length: number): number
  /** `timeout_ms` −1: no end. */
  poll(address: number, count: number, timeout_ms: number): number
  socket(family: number, type: number, protocol: number): number
  bind(fd: number, address: number, length: number): number
  getsockname(fd: number, address: number, lengthAddress: number): number
  setsockopt(fd: number, level: number, name: number, address: number, length: number): number
  recvmmsg(fd: number, vector: number, count: number, flags: number): number
  sendmmsg(fd: number, vector: number, count: number, flags: number): number
  eventfd(initial: number, flags: number): number
  clock_gettime(clock: number, address: number): number
  /** Of the call before, when it returned −1. */
  errno(): number
}

/** Memory that native calls may read and write. It does not move, and lives as long as this object. */
export interface Memory {
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly address: number
}

/** A native call that failed where it must not. */
export class NativeError extends Error {
  readonly errno: number

  constructor(what: string, errno: number, hint = '') {
    super(`${what}: ${errnoName(errno)}${hint === '' ? '' : `: ${hint}`}`)
    this.name = 'NativeError'
    this.errno = errno
  }
}

/** Little endian, 64 bits, and the error and request numbers of asm-generic. */
const MACHINES = ['x64', 'arm64', 'riscv64']

let koffi: Koffi | undefined
let libc: Libc | undefined

/** The library, loaded once. Throws an Error when this machine has no koffi for it. */
export function loadKoffi(): Koffi {
  koffi ??= createRequire(import.meta.url)('koffi') as Koffi
  return koffi
}

/** The calls, bound once a thread. Throws an Error when koffi or one of the calls is missing. */
export function loadLibc(): Libc {
  if (libc !== undefined) return libc
  if (process.platform !== 'linux' || !MACHINES.includes(process.arch)) {
    throw new Error(
      `the native data plane knows Linux on ${MACHINES.join(', ')}, not ${process.platform} on ${process.arch}`,
    )
  }
  const native = loadKoffi()
  const self = native.load(null)
  const bind = (name: string, ...types: string[]) => self.func(name, 'int', types)
  const recvmmsg = bind('recvmmsg', 'int', 'int64', 'uint', 'int', 'int64')
  libc = {
    open: bind('open', 'string', 'int'),
    close: bind('close', 'int'),
    ioctl: bind('ioctl', 'int', 'uint64', 'int64'),
    read: bind('read', 'int', 'int64', 'int64'),
    write: bind('write', 'int', 'int64', 'int64'),
    poll: bind('poll', 'int64', 'uint64', 'int'),
    socket: bind('socket', 'int', 'int', 'int'),
    bind: bind('bind', 'int', 'int64', 'uint'),
    getsockname: bind('getsockname', 'int', 'int64', 'int64'),
    setsockopt: bind('setsockopt', 'int', 'int', 'int', 'int64', 'uint'),
    recvmmsg: (fd, vector, count, flags) => recvmmsg(fd, vector, count, flags, 0),
    sendmmsg: bind('sendmmsg', 'int', 'int64', 'uint', 'int'),
    eventfd: bind('eventfd', 'uint', 'int'),
    clock_gettime: bind('clock_gettime', 'int', 'int64'),
    errno: () => native.errno(),
  }
  return libc
}

/** `length` zero bytes. */
export function allocate(length: number): Memory {
  const buffer = new ArrayBuffer(length)
  return { bytes: new Uint8Array(buffer), view: new DataView(buffer), address: addressOf(buffer) }
}

/** Where a buffer stands. It does not move. */
export function addressOf(buffer: ArrayBufferLike): number {
  return Number(loadKoffi().address(buffer))
}

/** The result, unless it is −1: then a NativeError with `what` that failed. */
export function must(libc: Libc, what: string, result: number, hint?: string): number {
  if (result < 0) throw new NativeError(what, libc.errno(), hint)
  return result
}
