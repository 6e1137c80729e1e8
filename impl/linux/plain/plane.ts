/** The data plane of Node alone: files and datagram sockets around the Device, in the main thread. */
import type { DeviceChange, DeviceOutput, DeviceStatus } from '../../api.ts'
import { type Endpoint, type Instant, NEVER, NS_PER_MS, type PacketId, rebased } from '../../box.ts'
import { DEFAULT_MTU } from '../../constants.ts'
import { nodeCrypto } from '../../crypto/node/provider.ts'
import { Device } from '../../device.ts'
import type { PublicKey } from '../../key.ts'
import type { DataPlane, DataPlaneOptions } from '../dataplane.ts'
import { type DeviceClock, forgetSlept, keepYoung, LIFETIME_NS } from '../deviceclock.ts'
import { SecretBook } from '../secretbook.ts'
import { StartError } from '../starterror.ts'
import { errnoOf } from '../systemerror.ts'
import { type Piece, UapiLines } from '../uapilines.ts'
import { systemRandom } from '../udp-peer.ts'
import { Unreachable } from '../unreachable.ts'
import type { Calls } from './calls.ts'
import { createClock } from './clock.ts'
import { findCalls } from './findcalls.ts'
import { openTun, type Tun } from './tun.ts'
import { UdpPort } from './udp.ts'

const EINVAL = 22
/** What a handshake message may cost: more of them than this allows are load, which is answered with cookies. */
const HANDSHAKE_COST_NS = 1_000_000
/** Datagrams that wait while sockets open. */
const MOST_WAITING = 1024
/** A timer of Node's does not count sleep, and the Device does: what fell due in a sleep comes at most this late. */
const MAX_WAIT_MS = 10_000
const LOOK_AT_AGE_MS = 3_600_000

export interface PlainOptions extends DataPlaneOptions {
  /** Default: the first of koffi, perl and python3 that is there. */
  readonly calls?: Calls
  /** When to put the clock back. Default 100 days. */
  readonly lifetime_ns?: number
  /** Default: the machine's. */
  readonly clock?: DeviceClock
}

/** Opens the TUN; sockets open when the interface goes up. Rejects with a SystemError or with what is missing. */
export async function openPlainDataPlane(options: PlainOptions): Promise<DataPlane> {
  const calls = options.calls ?? findCalls()
  if (calls === undefined)
    throw new StartError('missing', 'a TUN interface needs koffi (npm install koffi), perl or python3 to set it up')
  const tun = openTun(calls, options.iface)
  try {
    calls.setMtu(tun.name, options.mtu ?? DEFAULT_MTU)
  } catch (error) {
    await tun.close()
    throw error
  }
  return new PlainPlane(options, calls, tun)
}

interface Outgoing {
  readonly bytes: Uint8Array
  readonly to: Endpoint
  readonly peer: PublicKey | undefined
}

class PlainPlane implements DataPlane {
  readonly kind = 'plain'
  readonly iface: string
  readonly lacks: readonly string[] = [
    'speed: one system call for each packet, and cryptography by node:crypto',
    'ECN and DSCP: the outer header has traffic class 0, and congestion marks are not passed on',
    'sticky source: replies leave from the address that the routing table chooses',
  ]
  readonly ended: Promise<string>
  #end: (reason: string) => void = () => {}
  readonly #options: PlainOptions
  readonly #calls: Calls
  readonly #tun: Tun
  readonly #book = new SecretBook()
  readonly #unreachable = new Unreachable()
  readonly #device: Device
  readonly #lines: UapiLines
  readonly #clock: DeviceClock
  #born = 0
  #mtu: number
  /** The interface, as far as it is known. */
  #linkUp = false
  /** The Device, which stays down when its port can not be had. */
  #up = false
  #linkErrno = 0
  #last: Instant
  #closed = false
  #port: UdpPort | undefined
  #wanted: { readonly port: number | undefined; readonly fwmark: number } = { port: undefined, fwmark: 0 }
  /** While sockets open. */
  #waiting: Outgoing[] | undefined
  /** Changes one after the other: each may have to wait for sockets. */
  #turn: Promise<unknown> = Promise.resolve()
  readonly #lifetime_ns: number
  /** When nothing happens for months. */
  readonly #ageing: NodeJS.Timeout
  #timer: NodeJS.Timeout | undefined
  #due: Instant = NEVER

  constructor(options: PlainOptions, calls: Calls, tun: Tun) {
    this.#options = options
    this.#calls = calls
    this.#tun = tun
    this.iface = tun.name
    this.#mtu = options.mtu ?? DEFAULT_MTU
    const onSleep = (slept_s: number) => options.log('verbose', `the machine slept for ${slept_s.toFixed(0)} s`)
    this.#clock = options.clock ?? createClock(undefined, onSleep)
    this.#device = this.#newDevice()
    this.#lines = new UapiLines(this.#device, this.#book)
    this.#last = this.#clock.now()
    this.ended = new Promise(resolve => {
      this.#end = resolve
    })
    this.#lifetime_ns = options.lifetime_ns ?? LIFETIME_NS
    this.#ageing = setInterval(() => this.#now(), LOOK_AT_AGE_MS)
    tun.start(
      packet => this.#fromTun(packet),
      reason => this.#end(reason),
    )
  }

  configure(change: DeviceChange): Promise<number> {
    return this.#inTurn(() => this.#configure(change))
  }

  async uapi(): Promise<string> {
    let text = ''
    for (let from: number | undefined = 0; from !== undefined; ) {
      const { text: more, next }: Piece = this.#lines.piece(from)
      text += more
      from = next
      // Packets have their turn.
      if (next !== undefined) await new Promise(resolve => setImmediate(resolve))
    }
    return text
  }

  async status(): Promise<DeviceStatus> {
    return this.#device.status()
  }

  async heapBytes(): Promise<number> {
    return 0
  }

  setUp(up: boolean): Promise<number> {
    return this.#inTurn(async () => {
      if (this.#closed) return 0
      if (up === this.#linkUp) return this.#linkErrno
      this.#linkUp = up
      if (up) return this.#raise()
      if (this.#up) await this.#lower()
      this.#tellLink(0)
      return 0
    })
  }

  async setMtu(mtu: number): Promise<void> {
    this.#mtu = mtu
    this.#device.handleInput(this.#now(), { kind: 'mtu', mtu })
    this.#drain()
  }

  forgetSources(): void {
    this.#device.handleInput(this.#now(), { kind: 'forget-source' })
    this.#drain()
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#closed) return
      this.#closed = true
      clearTimeout(this.#timer)
      clearInterval(this.#ageing)
      this.#port?.close()
      await this.#tun.close()
      this.#end('closed')
    })
  }

  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(action)
    this.#turn = done.catch(() => {})
    return done
  }

  async #configure(change: DeviceChange): Promise<number> {
    if (this.#closed) return 0
    const before = this.#port?.port
    try {
      this.#device.handleInput(this.#now(), { kind: 'configure', change })
    } catch (error) {
      this.#options.log('verbose', `a change was refused: ${error instanceof Error ? error.message : error}`)
      return -EINVAL
    }
    this.#book.apply(change, peer => this.#device.peer(peer)?.hasPresharedKey === true)
    const errno = await this.#settle()
    // As the kernel does: where the new port can not be had, the old one stays.
    if (errno !== 0 && before !== undefined && change.listenPort !== undefined) {
      this.#device.handleInput(this.#now(), { kind: 'configure', change: { listenPort: before } })
      await this.#settle()
    }
    // It is down for want of a port: this may be one.
    return change.listenPort !== undefined && this.#linkUp && !this.#up ? this.#raise() : errno
  }

  /** 0, or the errno for which it goes down again, as wireguard-go does. */
  async #raise(): Promise<number> {
    this.#up = true
    this.#device.handleInput(this.#now(), { kind: 'link', up: true })
    const errno = await this.#settle()
    if (errno !== 0) await this.#lower()
    this.#tellLink(errno)
    return errno
  }

  async #lower(): Promise<void> {
    this.#up = false
    this.#device.handleInput(this.#now(), { kind: 'link', up: false })
    await this.#settle()
  }

  #tellLink(errno: number): void {
    this.#linkErrno = errno
    this.#options.onEvent?.({ kind: 'link', up: this.#up, errno, port: this.#device.settings().listenPort })
  }

  /** Brings the sockets to what the device wants; 0 or a negative errno. */
  async #settle(): Promise<number> {
    this.#drain()
    try {
      for (;;) {
        const { port, fwmark } = this.#wanted
        const open = this.#port
        if (port === undefined) {
          this.#port = undefined
          open?.close()
          return 0
        }
        if (open !== undefined && open.port === port) {
          open.setMark(fwmark)
          return 0
        }
        this.#waiting ??= []
        const opened = await UdpPort.open(port, fwmark, this.#calls, {
          onDatagram: (bytes, from) => this.#fromUdp(bytes, from),
          onUnsent: (peer, bytes) => this.#notSent(peer, bytes),
          onError: text => this.#options.log('verbose', text),
        })
        this.#port = opened
        open?.close()
        this.#options.log('verbose', `UDP port ${opened.port} is open`)
        // What was to be any port is this one from now on, so that it stays.
        if (port === 0) {
          this.#device.handleInput(this.#now(), { kind: 'configure', change: { listenPort: opened.port } })
          this.#drain()
        }
      }
    } catch (error) {
      return -errnoOf(error)
    } finally {
      const waiting = this.#waiting ?? []
      this.#waiting = undefined
      for (const each of waiting) this.#send(each)
    }
  }

  #fromTun(packet: Uint8Array): void {
    if (this.#closed) return
    // Whoever watches the link may not have seen yet that it is up; or the packet is left from before it went down.
    if (!this.#linkUp && this.#tun.isUp()) void this.setUp(true).then(() => this.#inner(packet))
    else this.#inner(packet)
  }

  #inner(packet: Uint8Array): void {
    this.#device.handleInput(this.#now(), { kind: 'inner', id: this.#id(), packet })
    this.#drain()
  }

  #fromUdp(bytes: Uint8Array, from: Endpoint): void {
    if (this.#closed) return
    this.#device.handleInput(this.#now(), { kind: 'datagram', id: this.#id(), bytes, from, ecn: 0 })
    this.#drain()
  }

  #drain(): void {
    for (let output = this.#device.pollOutput(); output !== undefined; output = this.#device.pollOutput()) {
      this.#put(output)
    }
    this.#arm()
  }

  #put(output: DeviceOutput): void {
    switch (output.kind) {
      case 'datagram':
        if (this.#waiting === undefined) this.#send(output)
        else if (this.#waiting.length < MOST_WAITING) this.#waiting.push(output)
        else this.#notSent(output.peer, output.bytes.length)
        return
      case 'inner':
        this.#tun.write(output.packet)
        return
      case 'unreachable': {
        const answer = this.#unreachable.answer(output.packet, Number(process.hrtime.bigint() / 1_000_000n))
        if (answer !== undefined) this.#tun.write(answer)
        return
      }
      case 'socket':
        this.#wanted = output
        return
      case 'event':
        this.#options.onEvent?.(output.event)
        return
      case 'secret':
        return
    }
  }

  #send({ bytes, to, peer }: Outgoing): void {
    if (this.#port === undefined) this.#notSent(peer, bytes.length)
    else this.#port.send(bytes, to, peer)
  }

  #notSent(peer: PublicKey | undefined, bytes: number): void {
    if (peer !== undefined) this.#device.handleInput(this.#now(), { kind: 'not-sent', peer, bytes })
  }

  /** A timer that is early does no harm: it is only moved when the device wants to be woken earlier. */
  #arm(): void {
    const now = this.#now()
    const due = this.#device.pollTimeout()
    if (due >= this.#due || this.#closed) return
    clearTimeout(this.#timer)
    this.#due = due
    const wait_ms = Math.max(0, Math.ceil((due - now) / NS_PER_MS))
    this.#timer = setTimeout(() => this.#onTimer(), Math.min(wait_ms, MAX_WAIT_MS))
  }

  #onTimer(): void {
    this.#due = NEVER
    const now = this.#now()
    if (this.#device.pollTimeout() <= now) this.#device.handleTimeout(now)
    this.#drain()
  }

  /** The clock goes back, and with it all that was counted by it. */
  #beginAnew(now: Instant): Instant {
    const by_ns = keepYoung(this.#device, this.#clock, now, this.#lifetime_ns)
    if (by_ns === 0) return now
    this.#due = rebased(this.#due, by_ns)
    this.#options.log('verbose', 'the clock began anew')
    this.#last = this.#clock.now()
    return this.#last
  }

  #newDevice(): Device {
    return new Device({
      name: this.iface,
      crypto: nodeCrypto,
      random: systemRandom,
      wallClock: () => this.#clock.wall(),
      mtu: this.#mtu,
      timerEvents: 'fired',
      handshakeCost_ns: HANDSHAKE_COST_NS,
    })
  }

  #now(): Instant {
    const before = this.#last
    const now = this.#clock.now()
    this.#last = now
    forgetSlept(this.#device, before, now)
    return now < this.#lifetime_ns ? now : this.#beginAnew(now)
  }

  #id(): PacketId {
    return { box: this.iface, n: ++this.#born }
  }
}
