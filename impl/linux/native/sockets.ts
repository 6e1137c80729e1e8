/** The two UDP sockets of an interface: IPv4 and v6-only IPv6 on one port, with what WireGuard asks of them (behaviours 99, 111, 114, 116, 120). */
import { EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT, EPROTONOSUPPORT, errnoName } from './errno.ts'
import { allocate, type Libc } from './libc.ts'

const AF_INET = 2
const AF_INET6 = 10
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000
const SOL_SOCKET = 1
const SO_SNDBUF = 7
const SO_RCVBUF = 8
const SO_SNDTIMEO = 21
const SO_SNDBUFFORCE = 32
const SO_RCVBUFFORCE = 33
const SO_MARK = 36
const SOL_IP = 0
const IP_PKTINFO = 8
const IP_MTU_DISCOVER = 10
const IP_RECVTOS = 13
const SOL_IPV6 = 41
const IPV6_MTU_DISCOVER = 23
const IPV6_V6ONLY = 26
const IPV6_RECVPKTINFO = 49
const IPV6_RECVTCLASS = 66
const PMTUDISC_DONT = 0
const SOL_UDP = 17
const UDP_SEGMENT = 103
const UDP_GRO = 104

/** What fits while the pump looks elsewhere for a moment. */
const BUFFER_BYTES = 8 << 20
/** A full queue below holds the pump back, so that senders feel it; a stuck one may not hold it for ever. */
const SEND_TIMEOUT_US = 200_000
/** Port 0: the port one family was given may be taken in the other (kernel: 100 tries). */
const PORT_TRIES = 100

const scratch = { memory: undefined as ReturnType<typeof allocate> | undefined }

export interface UdpSocket {
  readonly fd: number
  readonly family: 4 | 6
  /** The kernel cuts one large send into datagrams. */
  readonly segments: boolean
}

export interface UdpSockets {
  readonly port: number
  readonly v4: UdpSocket | undefined
  /** Undefined on a host without IPv6. */
  readonly v6: UdpSocket | undefined
  /** What this kernel refused. */
  readonly lacks: readonly string[]
}

/** Both sockets bound to the port (0: any that is free in both families), or a negative errno with nothing left open. */
export function openSockets(libc: Libc, port: number, fwmark: number): UdpSockets | number {
  for (let tries = 1; ; tries++) {
    const opened = openBoth(libc, port, fwmark)
    if (port === 0 && opened === -EADDRINUSE && tries < PORT_TRIES) continue
    return opened
  }
}

export function closeSockets(libc: Libc, { v4, v6 }: UdpSockets): void {
  if (v4 !== undefined) libc.close(v4.fd)
  if (v6 !== undefined) libc.close(v6.fd)
}

/** The firewall mark of everything sent from now on. False: the kernel refused it. */
export function setFwmark(libc: Libc, { v4, v6 }: UdpSockets, fwmark: number): boolean {
  return [v4, v6].every(socket => socket === undefined || setInt(libc, socket.fd, SOL_SOCKET, SO_MARK, fwmark))
}

function openBoth(libc: Libc, port: number, fwmark: number): UdpSockets | number {
  const lacks: string[] = []
  const v4 = openOne(libc, 4, port, fwmark, lacks)
  if (typeof v4 === 'number' && !isFamilyMissing(v4)) return v4
  const given = typeof v4 === 'number' ? port : portOf(libc, v4.fd)
  const v6 = openOne(libc, 6, given, fwmark, lacks)
  if (typeof v6 === 'number' && (!isFamilyMissing(v6) || typeof v4 === 'number')) {
    if (typeof v4 !== 'number') libc.close(v4.fd)
    return v6
  }
  return {
    port: typeof v6 === 'number' ? given : portOf(libc, v6.fd),
    v4: typeof v4 === 'number' ? undefined : v4,
    v6: typeof v6 === 'number' ? undefined : v6,
    lacks,
  }
}

function openOne(libc: Libc, family: 4 | 6, port: number, fwmark: number, lacks: string[]): UdpSocket | number {
  const fd = libc.socket(family === 4 ? AF_INET : AF_INET6, SOCK_DGRAM_CLOEXEC, 0)
  if (fd < 0) return -libc.errno()
  const option = (level: number, name: number, value: number, what: string) => {
    const taken = setInt(libc, fd, level, name, value)
    if (!taken) lacks.push(`IPv${family} socket: ${what}: ${errnoName(libc.errno())}`)
    return taken
  }
  if (family === 4) {
    option(SOL_IP, IP_PKTINFO, 1, 'no sticky source addresses')
    option(SOL_IP, IP_RECVTOS, 1, 'no congestion marks from outside')
    option(SOL_IP, IP_MTU_DISCOVER, PMTUDISC_DONT, 'the outer DF bit is set')
  } else {
    option(SOL_IPV6, IPV6_V6ONLY, 1, 'no socket for IPv6 alone')
    option(SOL_IPV6, IPV6_RECVPKTINFO, 1, 'no sticky source addresses')
    option(SOL_IPV6, IPV6_RECVTCLASS, 1, 'no congestion marks from outside')
    option(SOL_IPV6, IPV6_MTU_DISCOVER, PMTUDISC_DONT, 'datagrams are not fragmented')
  }
  if (!setInt(libc, fd, SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_BYTES)) {
    option(SOL_SOCKET, SO_RCVBUF, BUFFER_BYTES, 'small receive buffer')
  }
  if (!setInt(libc, fd, SOL_SOCKET, SO_SNDBUFFORCE, BUFFER_BYTES)) {
    option(SOL_SOCKET, SO_SNDBUF, BUFFER_BYTES, 'small send buffer')
  }
  setSendTimeout(libc, fd)
  if (fwmark !== 0) option(SOL_SOCKET, SO_MARK, fwmark, 'no firewall mark')
  option(SOL_UDP, UDP_GRO, 1, 'datagrams come one by one')
  const segments = option(SOL_UDP, UDP_SEGMENT, 0, 'datagrams go one by one')
  const errno = bindAny(libc, fd, family, port)
  if (errno === 0) return { fd, family, segments }
  libc.close(fd)
  return -errno
}

/** The host has this family switched off. */
function isFamilyMissing(error: number): boolean {
  return error === -EAFNOSUPPORT || error === -EPROTONOSUPPORT || error === -EADDRNOTAVAIL
}

function bindAny(libc: Libc, fd: number, family: 4 | 6, port: number): number {
  const name = allocate(28)
  name.view.setUint16(0, family === 4 ? AF_INET : AF_INET6, true)
  name.view.setUint16(2, port)
  return libc.bind(fd, name.address, family === 4 ? 16 : 28) < 0 ? libc.errno() : 0
}

function portOf(libc: Libc, fd: number): number {
  const name = allocate(32)
  name.view.setUint32(28, 28, true)
  return libc.getsockname(fd, name.address, name.address + 28) < 0 ? 0 : name.view.getUint16(2)
}

function setInt(libc: Libc, fd: number, level: number, name: number, value: number): boolean {
  scratch.memory ??= allocate(16)
  scratch.memory.view.setUint32(0, value, true)
  return libc.setsockopt(fd, level, name, scratch.memory.address, 4) === 0
}

function setSendTimeout(libc: Libc, fd: number): void {
  const timeval = allocate(16)
  timeval.view.setUint32(8, SEND_TIMEOUT_US, true)
  libc.setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, timeval.address, 16)
}
