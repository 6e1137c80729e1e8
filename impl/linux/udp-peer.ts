/**
 * A Device on a plain UDP socket of Node: real time, real randomness, no tunnel interface. Inner packets go in and out
 * by function call. Enough to talk to any WireGuard; `outer DF` and traffic class stay as the system sets them.
 */
import { randomBytes, randomFillSync } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import type { DeviceChange, DeviceEvent, DeviceOptions, DeviceStatus } from '../api.ts'
import { instant, NEVER, NS_PER_MS, type PacketId, type Random } from '../box.ts'
import { nodeCrypto } from '../crypto/node/provider.ts'
import { Device } from '../device.ts'
import { formatAddress, parseAddress } from '../ip/address.ts'

export interface UdpPeerOptions {
  readonly name: string
  /** Local address to bind; its family is the family of the underlay. */
  readonly address: string
  readonly mtu?: number
  /** How fast the Device's clock runs against the real one: 20 makes a two-minute rekey come after six seconds. Default 1. */
  readonly pace?: number
  readonly onInner: (packet: Uint8Array) => void
  readonly onEvent?: (event: DeviceEvent) => void
}

/** Words for `below`: timers draw one for many a packet, and asking the system each time would show. None is used twice. */
const words = new Uint32Array(256)
let nextWord = words.length

function randomWord(): number {
  if (nextWord === words.length) {
    randomFillSync(words)
    nextWord = 0
  }
  return words[nextWord++]!
}

/** Real entropy; the name of a stream does not matter. */
export const systemRandom: Random = {
  bytes: length => new Uint8Array(randomBytes(length)),
  below(bound) {
    // Rejection keeps every value equally likely.
    const limit = 2 ** 32 - (2 ** 32 % bound)
    for (;;) {
      const value = randomWord()
      if (value < limit) return value % bound
    }
  },
  split: () => systemRandom,
}

export class UdpPeer {
  readonly #device: Device
  readonly #socket: Socket
  readonly #started = process.hrtime.bigint()
  readonly #options: UdpPeerOptions
  #timer: NodeJS.Timeout | undefined
  #count = 0
  #closed = false

  private constructor(options: UdpPeerOptions, socket: Socket) {
    this.#options = options
    this.#socket = socket
    const device: DeviceOptions = {
      name: options.name,
      crypto: nodeCrypto,
      random: systemRandom,
      wallClock: () => ({ sec: Math.floor(Date.now() / 1000), nsec: (Date.now() % 1000) * NS_PER_MS }),
      ...(options.mtu === undefined ? {} : { mtu: options.mtu }),
    }
    this.#device = new Device(device)
    socket.on('message', (bytes, from) => {
      const address = parseAddress(from.address)
      if (address === undefined) return
      this.#device.handleInput(this.#now(), {
        kind: 'datagram',
        id: this.#id(),
        bytes: new Uint8Array(bytes),
        from: { address, port: from.port },
        ecn: 0,
      })
      this.#drain()
    })
    // An ICMP error for an earlier datagram must not end the peer (behaviour 122).
    socket.on('error', () => {})
  }

  /** Binds the socket, configures the Device and brings it up. Rejects when the port can not be had. */
  static async open(options: UdpPeerOptions, change: DeviceChange): Promise<UdpPeer> {
    const socket = createSocket(options.address.includes(':') ? 'udp6' : 'udp4')
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      socket.bind(change.listenPort ?? 0, options.address, resolve)
    })
    socket.removeAllListeners('error')
    const peer = new UdpPeer(options, socket)
    peer.configure({ ...change, listenPort: socket.address().port })
    peer.#device.handleInput(peer.#now(), { kind: 'link', up: true })
    peer.#drain()
    return peer
  }

  get port(): number {
    return this.#socket.address().port
  }

  configure(change: DeviceChange): void {
    this.#device.handleInput(this.#now(), { kind: 'configure', change })
    this.#drain()
  }

  sendInner(packet: Uint8Array): void {
    this.#device.handleInput(this.#now(), { kind: 'inner', id: this.#id(), packet })
    this.#drain()
  }

  status(): DeviceStatus {
    return this.#device.status()
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#timer)
    this.#socket.close()
  }

  #now() {
    const real = Number(process.hrtime.bigint() - this.#started)
    return instant(Math.round(real * (this.#options.pace ?? 1)))
  }

  #id(): PacketId {
    return { box: this.#options.name, n: ++this.#count }
  }

  #drain(): void {
    for (let output = this.#device.pollOutput(); output !== undefined; output = this.#device.pollOutput()) {
      if (this.#closed) return
      if (output.kind === 'datagram')
        this.#socket.send(output.bytes, output.to.port, formatAddress(output.to.address), () => {})
      if (output.kind === 'inner') this.#options.onInner(output.packet)
      if (output.kind === 'event') this.#options.onEvent?.(output.event)
    }
    this.#arm()
  }

  #arm(): void {
    clearTimeout(this.#timer)
    const due = this.#device.pollTimeout()
    if (due === NEVER || this.#closed) return
    const wait_ms = Math.max(0, Math.ceil((due - this.#now()) / NS_PER_MS / (this.#options.pace ?? 1)))
    this.#timer = setTimeout(
      () => {
        const now = this.#now()
        if (this.#device.pollTimeout() <= now) this.#device.handleTimeout(now)
        this.#drain()
      },
      Math.min(wait_ms, 2 ** 31 - 1),
    )
  }
}
