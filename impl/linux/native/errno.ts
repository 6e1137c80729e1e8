/** Linux's error numbers that a data plane meets (asm-generic/errno.h). */

export const EPERM = 1
export const ENOENT = 2
export const EINTR = 4
export const EIO = 5
export const EAGAIN = 11
export const ENOMEM = 12
export const EBUSY = 16
export const ENODEV = 19
export const EINVAL = 22
export const EBADFD = 77
export const EMSGSIZE = 90
export const ENOPROTOOPT = 92
export const EPROTONOSUPPORT = 93
export const EAFNOSUPPORT = 97
export const EADDRINUSE = 98
export const EADDRNOTAVAIL = 99
export const ENETUNREACH = 101
export const ENOBUFS = 105
export const EHOSTUNREACH = 113

const NAMES = new Map<number, string>([
  [EPERM, 'EPERM, not permitted'],
  [ENOENT, 'ENOENT, no such file'],
  [EINTR, 'EINTR, interrupted'],
  [EIO, 'EIO, input or output error'],
  [9, 'EBADF, bad file descriptor'],
  [EAGAIN, 'EAGAIN, try again'],
  [ENOMEM, 'ENOMEM, out of memory'],
  [13, 'EACCES, permission denied'],
  [EBUSY, 'EBUSY, in use'],
  [ENODEV, 'ENODEV, no such device'],
  [EINVAL, 'EINVAL, invalid argument'],
  [24, 'EMFILE, too many open files'],
  [EBADFD, 'EBADFD, the interface is gone'],
  [EMSGSIZE, 'EMSGSIZE, message too long'],
  [ENOPROTOOPT, 'ENOPROTOOPT, no such option'],
  [EPROTONOSUPPORT, 'EPROTONOSUPPORT, protocol not supported'],
  [EAFNOSUPPORT, 'EAFNOSUPPORT, address family not supported'],
  [EADDRINUSE, 'EADDRINUSE, address already in use'],
  [EADDRNOTAVAIL, 'EADDRNOTAVAIL, address not available'],
  [100, 'ENETDOWN, the network is down'],
  [ENETUNREACH, 'ENETUNREACH, network unreachable'],
  [ENOBUFS, 'ENOBUFS, no buffer space'],
  [111, 'ECONNREFUSED, connection refused'],
  [112, 'EHOSTDOWN, the host is down'],
  [EHOSTUNREACH, 'EHOSTUNREACH, no route to host'],
])

/** The name and a few words; `errno 42` for one that has none here. */
export function errnoName(errno: number): string {
  return NAMES.get(errno) ?? `errno ${errno}`
}
