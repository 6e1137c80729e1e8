/** The TUN interface: made, named, given its MTU and told which offloads we take (Linux tun.c, if_tun.h). */
import { nameProblem } from '../names.ts'
import { EBUSY, EINVAL, ENOENT, EPERM } from './errno.ts'
import { allocate, type Libc, must, NativeError } from './libc.ts'

const O_RDWR_NONBLOCK_CLOEXEC = 0o2 | 0o4000 | 0o2000000
const TUNSETIFF = 0x400454ca
const TUNSETOFFLOAD = 0x400454d0
const SIOCSIFMTU = 0x8922
const IFF_TUN = 0x0001
const IFF_NO_PI = 0x1000
const IFF_VNET_HDR = 0x4000
const AF_INET = 2
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000
/** struct ifreq: 16 bytes of name, 24 of union. */
const IFREQ = 40

const TUN_F_CSUM = 0x01
const TUN_F_TSO4 = 0x02
const TUN_F_TSO6 = 0x04
const TUN_F_TSO_ECN = 0x08
const TUN_F_USO4 = 0x20
const TUN_F_USO6 = 0x40
const TCP_OFFLOADS = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN
const ALL_OFFLOADS = TCP_OFFLOADS | TUN_F_USO4 | TUN_F_USO6

export interface Tun {
  readonly fd: number
  /** The name the kernel gave. */
  readonly iface: string
  /** Which superpackets the kernel hands us and takes from us. */
  readonly offloads: { readonly tcp: boolean; readonly udp: boolean }
}

/** Makes the interface, down, with this MTU. Throws a NativeError that says what to do. */
export function openTun(libc: Libc, iface: string, mtu: number): Tun {
  const problem = nameProblem(iface.replace('%d', ''))
  if (problem !== undefined && iface !== 'wg%d') throw new NativeError('interface name', EINVAL, problem)
  const fd = libc.open('/dev/net/tun', O_RDWR_NONBLOCK_CLOEXEC)
  if (fd < 0) {
    const errno = libc.errno()
    throw new NativeError('/dev/net/tun', errno, errno === ENOENT ? 'load the module: modprobe tun' : 'run as root')
  }
  try {
    const given = setInterface(libc, fd, iface)
    setMtu(libc, given, mtu)
    return { fd, iface: given, offloads: setOffloads(libc, fd) }
  } catch (error) {
    libc.close(fd)
    throw error
  }
}

function setInterface(libc: Libc, fd: number, iface: string): string {
  const request = allocate(IFREQ)
  request.bytes.set(Buffer.from(iface))
  request.view.setUint16(16, IFF_TUN | IFF_NO_PI | IFF_VNET_HDR, true)
  if (libc.ioctl(fd, TUNSETIFF, request.address) < 0) {
    const errno = libc.errno()
    const hints = new Map([
      [EPERM, 'run as root, or with CAP_NET_ADMIN'],
      [EBUSY, 'another program has it: choose another name'],
      [EINVAL, 'an interface of another kind has this name: choose another'],
    ])
    throw new NativeError(`interface ${iface}`, errno, hints.get(errno))
  }
  return Buffer.from(request.bytes.subarray(0, request.bytes.indexOf(0))).toString()
}

function setMtu(libc: Libc, iface: string, mtu: number): void {
  const socket = must(libc, 'socket', libc.socket(AF_INET, SOCK_DGRAM_CLOEXEC, 0))
  try {
    const request = allocate(IFREQ)
    request.bytes.set(Buffer.from(iface))
    request.view.setInt32(16, mtu, true)
    must(libc, `MTU ${mtu} of ${iface}`, libc.ioctl(socket, SIOCSIFMTU, request.address))
  } finally {
    libc.close(socket)
  }
}

/** UDP segmentation came with Linux 6.2; a kernel that takes none of it hands out single packets. */
function setOffloads(libc: Libc, fd: number): Tun['offloads'] {
  if (libc.ioctl(fd, TUNSETOFFLOAD, ALL_OFFLOADS) >= 0) return { tcp: true, udp: true }
  if (libc.ioctl(fd, TUNSETOFFLOAD, TCP_OFFLOADS) >= 0) return { tcp: true, udp: false }
  return { tcp: false, udp: false }
}
