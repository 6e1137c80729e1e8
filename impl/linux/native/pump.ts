/**
 * The loop of a data plane, for a thread of its own: wait for the TUN, the sockets, the main thread or the Device's next
 * deadline; take a bounded batch of each; let the Device work; send what it made. START HERE.
 */
import type { DatagramOut, DeviceChange, DeviceInput, DeviceOutput, DeviceStatus } from '../../api.ts'
import { type Instant, instant, NEVER, NS_PER_MS, type PacketId } from '../../box.ts'
import { Device } from '../../device.ts'
import type { PublicKey } from '../../key.ts'
import { DATA } from '../../messages.ts'
import { type DeviceClock, forgetSlept, keepYoung } from '../deviceclock.ts'
import { systemRandom } from '../udp-peer.ts'
import { Unreachable } from '../unreachable.ts'
import { createClock } from './clock.ts'
import { COALESCER_ROOM, Coalescer } from './coalescer.ts'
import { EAGAIN, EBADFD, EINTR, EINVAL, EIO, errnoName } from './errno.ts'
import { addressOf, type Libc } from './libc.ts'
import { Polls } from './polls.ts'
import type { PumpOptions } from './pumpoptions.ts'
import { RECEIVER_ROOM, type Received, Receiver } from './receiver.ts'
import { Segments } from './segments.ts'
import { Seldom } from './seldom.ts'
import { SENDER_ROOM, Sender, type SendTrouble } from './sender.ts'
import { closeSockets, openSockets, setFwmark, type UdpSocket, type UdpSockets } from './sockets.ts'
import { createSpace, type Space } from './space.ts'
import { VNET_HEADER } from './vnet.ts'

/** Packets, and reads, from the TUN before the sockets get their turn. */
const TUN_READS = 64
const UDP_READS = 4
/**
 * What a handshake message may cost: the Device works off no more of them than this allows. So a flood of them becomes
 * load, which it answers with cookies at a fraction of this, and data still gets its turn. A whole handshake takes two or
 * three times as much, but no more than 512 of them can come before there is load.
 */
const HANDSHAKE_COST_NS = 100_000
/** A socket that answers with errors is left alone for this long. */
const SICK_NS = 333 * NS_PER_MS
/** The longest packet of a TUN with its header, and room to align. */
const TUN_ROOM = 65536 + 64
/** So that the packet after the virtio-net header starts at a multiple of 4. */
const TUN_AT = 6

/** poll() does not count sleep, and the Device does: what fell due in a sleep comes at most this late. */
const MAX_POLL_MS = 10_000
/** When nothing is due: so that the clock is put back in time. */
const IDLE_POLL_MS = 3_600_000

/** What a Device needs around a packet to seal it where it stands. */
const HEADROOM = 16
const TAILROOM = 31

export class Pump {
  readonly device: Device
  readonly #options: PumpOptions
  readonly #libc: Libc
  readonly #clock: DeviceClock
  readonly #polls: Polls
  readonly #space: Space
  readonly #address: number
  readonly #segments: Segments
  readonly #receiver: Receiver
  readonly #sender: Sender
  readonly #coalescer: Coalescer
  #sockets: UdpSockets | undefined
  /** −EADDRINUSE and the like of the last `socket` output; 0 when it was served. */
  #socketErrno = 0
  /** The interface, as far as it is known. */
  #linkUp = false
  /** The Device, which stays down when its port can not be had. */
  #up = false
  /** Why it stays down. */
  #linkErrno = 0
  readonly #sickUntil = { v4: 0, v6: 0 }
  #now: Instant = instant(0)
  #count = 0
  #ended: string | undefined
  #unreachable = new Unreachable()
  readonly #seldom: Seldom

  constructor(options: PumpOptions) {
    this.#options = options
    this.#libc = options.libc
    this.#polls = new Polls(options.libc, 4)
    this.#seldom = new Seldom(text => options.log('verbose', text))
    this.#clock = options.clock ?? createClock(options.libc)
    const space = createSpace(TUN_ROOM + SENDER_ROOM + RECEIVER_ROOM + COALESCER_ROOM)
    const base = TUN_ROOM + SENDER_ROOM
    this.#space = space
    this.#address = addressOf(space.bytes.buffer)
    this.#segments = new Segments(space)
    this.#sender = new Sender(options.libc, space, TUN_ROOM, trouble => this.#sendTrouble(trouble))
    this.#receiver = new Receiver(options.libc, space, base)
    this.#coalescer = new Coalescer({
      space,
      base: base + RECEIVER_ROOM,
      offloads: options.tun.offloads,
      write: (from, length) => this.#writeTun(from, length),
    })
    this.device = new Device({
      name: options.tun.iface,
      crypto: options.crypto,
      random: systemRandom,
      wallClock: () => this.#clock.wall(),
      mtu: options.mtu,
      timerEvents: 'fired',
      handshakeCost_ns: HANDSHAKE_COST_NS,
    })
  }

  /** Runs until `end` is called, or the interface is gone: returns why. */
  run(): string {
    try {
      while (this.#ended === undefined) this.#round()
      return this.#ended
    } finally {
      this.#replaceSockets(undefined)
    }
  }

  /** The loop ends with the round in which this is called. */
  end(reason: string): void {
    this.#ended ??= reason
  }

  status(): DeviceStatus {
    return this.device.status(this.#clock.now())
  }

  /** One input that is no packet: 0, or a negative errno. Throws an Error when the Device refuses it. */
  apply(input: DeviceInput): number {
    this.#socketErrno = 0
    this.device.handleInput(this.#now, input)
    this.#drain()
    // It is down for want of a port: this may be one.
    const retries = input.kind === 'configure' && input.change.listenPort !== undefined
    return retries && this.#linkUp && !this.#up ? this.#raise() : this.#socketErrno
  }

  /** The interface went up or down: 0, or the negative errno for which the Device stays down, as in wireguard-go. */
  setLink(up: boolean): number {
    if (up === this.#linkUp) return this.#linkErrno
    this.#linkUp = up
    if (up) return this.#raise()
    if (this.#up) this.#lower()
    this.#tellLink(0)
    return 0
  }

  #raise(): number {
    this.#up = true
    const errno = this.apply({ kind: 'link', up: true })
    if (errno !== 0) this.#lower()
    this.#tellLink(errno)
    return errno
  }

  #lower(): void {
    this.#up = false
    this.apply({ kind: 'link', up: false })
  }

  #tellLink(errno: number): void {
    this.#linkErrno = errno
    this.#options.onEvent?.({ kind: 'link', up: this.#up, errno, port: this.device.settings().listenPort })
  }

  #round(): void {
    this.#wait()
    const before = this.#now
    this.#now = this.#clock.now()
    forgetSlept(this.device, before, this.#now)
    this.#keepYoung()
    this.#sender.now = this.#now
    if (this.#polls.isReady(3)) this.#options.onWake()
    if (this.#polls.isReady(1)) this.#receive(this.#sockets?.v4, 'v4')
    if (this.#polls.isReady(2)) this.#receive(this.#sockets?.v6, 'v6')
    if (this.#polls.isReady(0)) this.#readTun()
    if (this.device.pollTimeout() <= this.#now) this.device.handleTimeout(this.#now)
    this.#drain()
    this.#coalescer.flush()
    this.#sender.flush()
    this.#options.onRound()
  }

  /** The clock goes back once in a hundred days, and with it all that was counted by it. */
  #keepYoung(): void {
    const by_ns = keepYoung(this.device, this.#clock, this.#now)
    if (by_ns === 0) return
    this.#now = this.#clock.now()
    this.#sender.rebase(this.#now)
    this.#unreachable = new Unreachable()
    this.#seldom.forget()
    this.#sickUntil.v4 -= by_ns
    this.#sickUntil.v6 -= by_ns
    this.#options.log('verbose', 'the clock began anew')
  }

  #wait(): void {
    const polls = this.#polls
    const { v4, v6 } = this.#sockets ?? {}
    polls.watch(0, this.#options.tun.fd)
    polls.watch(1, this.#now < this.#sickUntil.v4 ? -1 : (v4?.fd ?? -1))
    polls.watch(2, this.#now < this.#sickUntil.v6 ? -1 : (v6?.fd ?? -1))
    polls.watch(3, this.#options.wakeFd)
    const sick = Math.max(this.#sickUntil.v4, this.#sickUntil.v6)
    const due = Math.min(this.device.pollTimeout(), sick > this.#now ? sick : NEVER)
    const now = due === NEVER ? 0 : this.#clock.now()
    const timeout_ms =
      due === NEVER ? IDLE_POLL_MS : Math.min(MAX_POLL_MS, Math.max(0, Math.ceil((due - now) / NS_PER_MS)))
    const errno = polls.wait(timeout_ms)
    if (errno !== 0 && errno !== EINTR) this.end(`poll: ${errnoName(errno)}`)
  }

  #readTun(): void {
    const { tun } = this.#options
    // Whoever watches the link may not have seen yet that it is up; or what is there is left from before it went down.
    if (!this.#linkUp && this.#tunIsUp()) this.setLink(true)
    for (let reads = 0; reads < TUN_READS; reads++) {
      const length = this.#libc.read(tun.fd, this.#address + TUN_AT, TUN_ROOM - TUN_AT)
      if (length > VNET_HEADER) {
        this.#takeInner(length)
        continue
      }
      const errno = length < 0 ? this.#libc.errno() : 0
      if (errno === EAGAIN || errno === EINTR || length >= 0) return
      this.end(errno === EBADFD ? `interface ${tun.iface} was deleted` : `reading ${tun.iface}: ${errnoName(errno)}`)
      return
    }
  }

  /** Asks the driver, as tunIsUp of tunprobe.ts does. */
  #tunIsUp(): boolean {
    const { bytes } = this.#space
    bytes.fill(0, TUN_AT, TUN_AT + VNET_HEADER)
    bytes[TUN_AT + VNET_HEADER] = 0x40
    return this.#libc.write(this.#options.tun.fd, this.#address + TUN_AT, VNET_HEADER + 1) >= 0
  }

  /** What one read brought: a packet, or a superpacket of many. */
  #takeInner(length: number): void {
    const count = this.#segments.begin(TUN_AT, length)
    for (let i = 0; i < count; i++) {
      const packetLength = this.#segments.lengthOf(i)
      const at = this.#sender.reserve(packetLength + HEADROOM + TAILROOM) + HEADROOM
      this.#segments.write(i, at)
      const packet = this.#space.bytes.subarray(at, at + packetLength)
      this.device.handleInput(this.#now, { kind: 'inner', id: this.#id(), packet, inPlace: true })
      this.#drain()
    }
  }

  #receive(socket: UdpSocket | undefined, which: 'v4' | 'v6'): void {
    if (socket === undefined) return
    for (let reads = 0; reads < UDP_READS; reads++) {
      const count = this.#receiver.receive(socket, received => this.#takeDatagrams(received))
      if (count < 0) {
        this.#trouble(`receiving on IPv${which[1]}: ${errnoName(-count)}`)
        this.#sickUntil[which] = this.#now + SICK_NS
      }
      if (!Receiver.isFull(count)) return
    }
  }

  #takeDatagrams({ from, length, segment, source, destination, ecn }: Received): void {
    const { bytes } = this.#space
    for (let at = from; at < from + length; at += segment) {
      const inPlace = bytes[at] === DATA
      const end = Math.min(at + segment, from + length)
      const datagram = inPlace ? bytes.subarray(at, end) : bytes.slice(at, end)
      this.device.handleInput(this.#now, {
        kind: 'datagram',
        id: this.#id(),
        bytes: datagram,
        from: source,
        to: destination,
        ecn,
        inPlace,
      })
    }
    this.#drain()
  }

  #drain(): void {
    for (let output = this.device.pollOutput(); output !== undefined; output = this.device.pollOutput()) {
      this.#serve(output)
    }
  }

  #serve(output: DeviceOutput): void {
    switch (output.kind) {
      case 'datagram':
        this.#sendDatagram(output)
        return
      case 'inner':
        this.#coalescer.push(output.packet)
        return
      case 'unreachable':
        this.#refuse(output.packet)
        return
      case 'socket':
        this.#useSockets(output.port, output.fwmark)
        return
      case 'event':
        this.#options.onEvent?.(output.event)
        return
      case 'secret':
        return
    }
  }

  #refuse(packet: Uint8Array): void {
    const answer = this.#unreachable.answer(packet, this.#now / NS_PER_MS)
    if (answer !== undefined) this.#coalescer.push(answer)
  }

  #sendDatagram({ bytes, to, from, tos, peer }: DatagramOut): void {
    this.#sender.push(bytes, to, from, tos, peer)
  }

  #writeTun(from: number, length: number): void {
    const { tun } = this.#options
    for (;;) {
      if (this.#libc.write(tun.fd, this.#address + from, length) >= 0) return
      const errno = this.#libc.errno()
      if (errno === EINTR) continue
      if (errno === EBADFD) this.end(`interface ${tun.iface} was deleted`)
      // EIO: the interface is down, and the packet goes where all of them go then.
      else if (errno !== EIO) this.#trouble(`writing ${length} bytes to ${tun.iface}: ${errnoName(errno)}`)
      return
    }
  }

  /** The sockets that the Device wants. New ones are open before the old ones close (kernel wg_socket_reinit). */
  #useSockets(port: number | undefined, fwmark: number): void {
    const before = this.#sockets
    if (before !== undefined && port === before.port) {
      this.#sender.flush()
      if (!setFwmark(this.#libc, before, fwmark))
        this.#trouble(`firewall mark ${fwmark}: ${errnoName(this.#libc.errno())}`)
      return
    }
    if (port === undefined) {
      this.#replaceSockets(undefined)
      return
    }
    const opened = openSockets(this.#libc, port, fwmark)
    if (typeof opened === 'number') {
      this.#socketErrno = opened
      this.#options.log('error', `UDP port ${port}: ${errnoName(-opened)}`)
      // Back to the port that works, so that what is told is what is.
      if (before !== undefined) this.#reconfigure({ listenPort: before.port })
      return
    }
    this.#replaceSockets(opened)
    for (const text of opened.lacks) this.#options.log('verbose', text)
    if (port === 0) this.#reconfigure({ listenPort: opened.port })
  }

  #replaceSockets(sockets: UdpSockets | undefined): void {
    const before = this.#sockets
    this.#sender.use(sockets)
    this.#sockets = sockets
    if (before !== undefined) closeSockets(this.#libc, before)
  }

  #reconfigure(change: DeviceChange): void {
    this.device.handleInput(this.#now, { kind: 'configure', change })
  }

  #sendTrouble(trouble: SendTrouble): void {
    switch (trouble.kind) {
      case 'lost':
        this.#notSent(trouble.peer, trouble.bytes)
        this.#trouble(`sending to port ${trouble.to.port}: ${errnoName(trouble.errno)}`)
        return
      case 'no-socket':
        this.#notSent(trouble.peer, trouble.bytes)
        this.#trouble(`no socket for IPv${trouble.to.address.length === 4 ? 4 : 6}`)
        return
      case 'source-gone':
        this.device.handleInput(this.#now, { kind: 'forget-source', address: trouble.source })
    }
  }

  #notSent(peer: PublicKey | undefined, bytes: number): void {
    if (peer !== undefined) this.device.handleInput(this.#now, { kind: 'not-sent', peer, bytes })
  }

  #trouble(text: string): void {
    this.#seldom.tell(this.#now, text)
  }

  #id(): PacketId {
    return { box: this.#options.tun.iface, n: this.#count++ }
  }
}

/** What a Device's refusal of a configuration is called on the control socket. */
export const REFUSED = -EINVAL
