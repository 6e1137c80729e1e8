/** One UDP port on both families by Node's datagram sockets. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import type { Endpoint } from '../../box.ts'
import { formatAddress, parseAddress } from '../../ip/address.ts'
import type { PublicKey } from '../../key.ts'
import { SystemError } from '../systemerror.ts'
import { scopeOf, zoneOf } from '../zones.ts'
import type { Calls } from './calls.ts'
import { udpFd } from './udpfd.ts'

export interface UdpHandlers {
  /** The bytes are the receiver's from now on. */
  readonly onDatagram: (bytes: Uint8Array, from: Endpoint) => void
  /** A datagram that could not be sent, in words; sockets live on (behaviour 122). */
  readonly onError: (text: string) => void
  /** So many bytes to a peer, or to nobody known, did not leave. */
  readonly onUnsent: (peer: PublicKey | undefined, bytes: number) => void
}

/** What may be set of an outgoing packet; each throws a SystemError where the system refuses. */
const SOL_SOCKET = 1
const SO_MARK = 36
const IPPROTO_IP = 0
const IP_MTU_DISCOVER = 10
const IPPROTO_IPV6 = 41
const IPV6_MTU_DISCOVER = 23
/** Never set DF: an outer packet that is too big is fragmented, as the kernel's WireGuard does (behaviour 99). */
const PMTUDISC_DONT = 0
const EBADF = 9

const SOCKET_BUFFER = 4 * 1024 * 1024
/** A port that is free for IPv4 may be taken for IPv6: then another (behaviour 114). */
const TRIES = 100
/** Senders whose address is not read again. */
const KNOWN_SENDERS = 4096

export class UdpPort {
  readonly port: number
  readonly #v4: Socket | undefined
  readonly #v6: Socket | undefined
  readonly #calls: Calls
  readonly #handlers: UdpHandlers
  readonly #senders = new Map<string, Endpoint>()
  #fwmark = 0
  #closed = false

  private constructor(v4: Socket | undefined, v6: Socket | undefined, calls: Calls, handlers: UdpHandlers) {
    this.#v4 = v4
    this.#v6 = v6
    this.#calls = calls
    this.#handlers = handlers
    this.port = (v4 ?? v6)?.address().port ?? 0
    for (const socket of [v4, v6]) this.#prepare(socket)
  }

  /** `port` 0: any that is free for both families. A family that the host does not have is left out (behaviour 116). Throws with the system's errno. */
  static async open(port: number, fwmark: number, calls: Calls, handlers: UdpHandlers): Promise<UdpPort> {
    for (let tries = 1; ; tries++) {
      const v4 = await bound('udp4', port)
      let v6: Socket | undefined
      try {
        v6 = await bound('udp6', v4?.address().port ?? port)
      } catch (error) {
        v4?.close()
        if (port === 0 && tries < TRIES) continue
        throw error
      }
      if (v4 === undefined && v6 === undefined) throw new Error('the host has neither IPv4 nor IPv6')
      const opened = new UdpPort(v4, v6, calls, handlers)
      try {
        opened.setMark(fwmark)
      } catch (error) {
        opened.close()
        throw error
      }
      return opened
    }
  }

  /** SO_MARK of every packet from now on (behaviour 120). */
  setMark(fwmark: number): void {
    if (fwmark === this.#fwmark) return
    for (const socket of [this.#v4, this.#v6]) this.#option(socket, SOL_SOCKET, SO_MARK, fwmark)
    this.#fwmark = fwmark
  }

  /** A peer of a family that is not there is ignored. */
  send(bytes: Uint8Array, to: Endpoint, peer: PublicKey | undefined): void {
    const socket = to.address.length === 4 ? this.#v4 : this.#v6
    if (socket === undefined || this.#closed) {
      this.#handlers.onUnsent(peer, bytes.length)
      return
    }
    const host = formatAddress(to.address) + (to.scope === undefined ? '' : `%${zoneOf(to.scope) ?? to.scope}`)
    socket.send(bytes, to.port, host, error => {
      if (error === null) return
      this.#handlers.onUnsent(peer, bytes.length)
      this.#handlers.onError(`sending to ${host}: ${error.message}`)
    })
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#v4?.close()
    this.#v6?.close()
  }

  #prepare(socket: Socket | undefined): void {
    if (socket === undefined) return
    socket.removeAllListeners('error')
    socket.on('error', error => this.#handlers.onError(error.message))
    socket.on('message', (bytes, from) => {
      const endpoint = this.#endpoint(from)
      if (endpoint !== undefined) {
        this.#handlers.onDatagram(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length), endpoint)
      }
    })
    try {
      socket.setRecvBufferSize(SOCKET_BUFFER)
      socket.setSendBufferSize(SOCKET_BUFFER)
      const [level, option] = socket === this.#v4 ? [IPPROTO_IP, IP_MTU_DISCOVER] : [IPPROTO_IPV6, IPV6_MTU_DISCOVER]
      this.#option(socket, level, option, PMTUDISC_DONT)
    } catch (error) {
      this.#handlers.onError(`socket options: ${error instanceof Error ? error.message : error}`)
    }
  }

  #option(socket: Socket | undefined, level: number, option: number, value: number): void {
    if (socket === undefined) return
    const fd = udpFd(socket.address().port, socket === this.#v4 ? 4 : 6)
    if (fd === undefined) throw new SystemError('setsockopt', EBADF)
    this.#calls.setOption(fd, level, option, value)
  }

  #endpoint(from: RemoteInfo): Endpoint | undefined {
    const key = `${from.address}|${from.port}`
    const known = this.#senders.get(key)
    if (known !== undefined) return known
    const [text = '', zone] = from.address.split('%')
    const address = parseAddress(text)
    if (address === undefined || from.port === 0) return undefined
    const scope = zone === undefined ? undefined : scopeOf(zone)
    const endpoint = { address, port: from.port, ...(scope === undefined ? {} : { scope }) }
    if (this.#senders.size >= KNOWN_SENDERS) this.#senders.clear()
    this.#senders.set(key, endpoint)
    return endpoint
  }
}

/** undefined when the host does not have the family. */
function bound(type: 'udp4' | 'udp6', port: number): Promise<Socket | undefined> {
  return new Promise((resolve, reject) => {
    const socket = createSocket({
      type,
      ipv6Only: type === 'udp6',
      // Addresses are numbers already: nothing is to be looked up.
      lookup: (host, _options, done) => done(null, host, type === 'udp6' ? 6 : 4),
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      socket.close()
      if (error.code === 'EAFNOSUPPORT' || (error.code === 'EADDRNOTAVAIL' && type === 'udp6')) resolve(undefined)
      else reject(error)
    })
    socket.bind(port, type === 'udp4' ? '0.0.0.0' : '::', () => resolve(socket))
  })
}
