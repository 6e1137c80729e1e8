/** The kernel's route socket, listened to in another thread, so that news come at once and cost nothing in between. */
import { endianness } from 'node:os'
import type { Koffi } from './koffi.ts'
import { type RouteNews, readNetlink } from './netlink.ts'
import { SystemError } from './systemerror.ts'

export interface RouteSocketHandlers {
  readonly onNews: (news: readonly RouteNews[]) => void
  /** Some news were lost. */
  readonly onLost: () => void
}

export interface RouteSocket {
  /** The index of an interface of this namespace. */
  indexOf(iface: string): number | undefined
  close(): void
}

const AF_NETLINK = 16
const SOCK_RAW_NONBLOCK_CLOEXEC = 3 | 0o4000 | 0o2000000
/** Groups of rtnetlink(7): links, and addresses, routes and rules of both families. */
const GROUPS = 0x1 | 0x10 | 0x40 | 0x80 | 0x100 | 0x400 | 0x40000
const POLLIN = 1
const POLLFD_SIZE = 8
const EFD_NONBLOCK_CLOEXEC = 0o4000 | 0o2000000
const LONGEST = 64 * 1024
const EAGAIN = 11

/** Throws a SystemError where the system refuses, an Error on a machine whose numbers are the other way round. */
export function openRouteSocket(koffi: Koffi, handlers: RouteSocketHandlers): RouteSocket {
  if (endianness() !== 'LE') throw new Error('the route socket is read on little endian machines alone')
  const libc = koffi.load(null)
  const close = libc.func('int close(int fd)')
  const poll = libc.func('int poll(_Inout_ uint8_t *fds, unsigned long count, int timeout)')
  const recv = libc.func('int64_t recv(int fd, _Out_ uint8_t *buffer, size_t length, int flags)')
  const write = libc.func('int64_t write(int fd, const uint8_t *buffer, size_t length)')
  const nametoindex = libc.func('uint32_t if_nametoindex(const char *name)')
  const fd = boundSocket(koffi)
  const wake = Number(libc.func('int eventfd(uint32_t value, int flags)')(0, EFD_NONBLOCK_CLOEXEC))
  const waits = Buffer.alloc(2 * POLLFD_SIZE)
  for (const [place, each] of [fd, wake].entries()) {
    waits.writeInt32LE(each, place * POLLFD_SIZE)
    waits.writeInt16LE(POLLIN, place * POLLFD_SIZE + 4)
  }
  const buffer = Buffer.alloc(LONGEST)
  let closed = false
  const take = (): void => {
    for (;;) {
      const length = Number(recv(fd, buffer, LONGEST, 0))
      if (length > 0) handlers.onNews(readNetlink(buffer.subarray(0, length)))
      else if (length < 0 && koffi.errno() !== EAGAIN) return handlers.onLost()
      else return
    }
  }
  const wait = (): void => {
    poll.async(waits, 2, -1, () => {
      if (closed) {
        close(fd)
        close(wake)
        return
      }
      take()
      wait()
    })
  }
  wait()
  return {
    indexOf(iface) {
      const index = Number(nametoindex(iface))
      return index === 0 ? undefined : index
    },
    close() {
      if (closed) return
      closed = true
      const one = Buffer.alloc(8)
      one.writeBigUInt64LE(1n)
      write(wake, one, one.length)
    },
  }
}

function boundSocket(koffi: Koffi): number {
  const libc = koffi.load(null)
  const fd = Number(
    libc.func('int socket(int family, int type, int protocol)')(AF_NETLINK, SOCK_RAW_NONBLOCK_CLOEXEC, 0),
  )
  if (fd < 0) throw new SystemError('the route socket', koffi.errno())
  const address = Buffer.alloc(12)
  address.writeUInt16LE(AF_NETLINK)
  address.writeUInt32LE(GROUPS, 8)
  const bound = libc.func('int bind(int fd, const uint8_t *address, uint32_t length)')(fd, address, address.length)
  if (bound === 0) return fd
  const error = new SystemError('the route socket', koffi.errno())
  libc.func('int close(int fd)')(fd)
  throw error
}
