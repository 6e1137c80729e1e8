/** For tests: a deterministic Random, devices on a network in virtual time, and packets to send through them. */
import type {
  DatagramOut,
  DeviceChange,
  DeviceEvent,
  DeviceInput,
  DeviceOptions,
  DeviceOutput,
  Ecn,
  MessageName,
  PeerStatus,
  SessionSecret,
} from './api.ts'
import {
  type Address,
  type Endpoint,
  type Instant,
  instant,
  later,
  NEVER,
  NS_PER_MS,
  NS_PER_S,
  type PacketId,
  type Random,
  type WallTime,
} from './box.ts'
import { keyToBase64 } from './config/base64.ts'
import type { CryptoProvider } from './crypto/provider.ts'
import { Device } from './device.ts'
import type { DropReason } from './drops.ts'
import { Key, type PublicKey } from './key.ts'

/** A stream of words that follows from a name: 32-bit FNV into xorshift. Nothing for secrets. */
export function testRandom(name: string): Random {
  let seed = 0x811c9dc5
  for (const character of name) seed = Math.imul(seed ^ character.charCodeAt(0), 0x01000193) >>> 0
  let word = seed === 0 ? 1 : seed
  const next = (): number => {
    word ^= word << 13
    word ^= word >>> 17
    word ^= word << 5
    word >>>= 0
    return Math.imul(word, 0x9e3779b1) >>> 0
  }
  for (let i = 0; i < 8; i++) next()
  return {
    bytes: length => Uint8Array.from({ length }, () => next() >>> 24),
    below: bound => next() % bound,
    split: child => testRandom(`${name}/${child}`),
  }
}

/** A private key that follows from a name. */
export function testKey(name: string): Key {
  const bytes = testRandom(`key of ${name}`).bytes(32)
  bytes[0]! &= 248
  bytes[31] = (bytes[31]! & 127) | 64
  return new Key(bytes)
}

export const s = (seconds: number): Instant => instant(Math.round(seconds * NS_PER_S))
export const ms = (milliseconds: number): Instant => instant(Math.round(milliseconds * NS_PER_MS))
export const ip = (...bytes: number[]): Address => Uint8Array.from(bytes)
export const prefix = (address: Address, length: number): { address: Address; length: number } => ({ address, length })

/** A datagram on its way, or what a device did, with the instant and who did it. */
export interface Sent extends DatagramOut {
  readonly at: Instant
  readonly node: Node
}

export interface Node {
  readonly name: string
  readonly device: Device
  readonly key: Key
  readonly publicKey: PublicKey
  /** The address and port of its UDP socket, seen from outside. May be changed: the node has roamed. */
  endpoint: Endpoint
  /** The inner address. */
  readonly inner: Address
  readonly delivered: { at: Instant; packet: Uint8Array; id: PacketId; peer: PublicKey }[]
  readonly unreachable: { at: Instant; packet: Uint8Array; reason: DropReason }[]
  readonly sockets: { port: number | undefined; fwmark: number }[]
  readonly secrets: SessionSecret[]
  readonly events: (DeviceEvent & { readonly at: Instant })[]
}

/** What the network does with a datagram: how often it arrives, and after how many ms each time. [] loses it. */
export type Fate = (sent: Sent) => readonly number[]

export interface NodeOptions extends Partial<DeviceOptions> {
  readonly wall?: (now: Instant) => WallTime
}

const DAY_ZERO = 1_700_000_000

/** True time since DAY_ZERO. */
export function wallTime(now: Instant): WallTime {
  return { sec: DAY_ZERO + Math.floor(now / NS_PER_S), nsec: now % NS_PER_S }
}

/** Devices and the datagrams between them, in virtual time. Delay 10 ms unless `fate` says otherwise. */
export class TestNet {
  now: Instant = instant(0)
  fate: Fate = () => [10]
  /** The ECN field a datagram arrives with. */
  mark: (sent: Sent) => Ecn = sent => (sent.tos & 3) as Ecn
  readonly sent: Sent[] = []
  readonly nodes: Node[] = []
  readonly #crypto: CryptoProvider
  readonly #flying: { at: Instant; sent: Sent }[] = []
  #count = 0

  constructor(crypto: CryptoProvider) {
    this.#crypto = crypto
  }

  /** A node with a key and the inner address 10.0.0.n. It is up. */
  add(name: string, options: NodeOptions = {}): Node {
    const key = testKey(name)
    const n = this.nodes.length + 1
    const { wall, ...given } = options
    const node: Node = {
      name,
      device: new Device({
        name,
        crypto: this.#crypto,
        random: testRandom(name),
        wallClock: wall ?? wallTime,
        ...given,
      }),
      key,
      publicKey: keyToBase64(this.#crypto.privateKey(key.reveal()).publicKey) as PublicKey,
      endpoint: { address: ip(192, 0, 2, n), port: 51820 },
      inner: ip(10, 0, 0, n),
      delivered: [],
      unreachable: [],
      sockets: [],
      secrets: [],
      events: [],
    }
    this.nodes.push(node)
    this.configure(node, { privateKey: key, listenPort: 51820 })
    this.input(node, { kind: 'link', up: true })
    return node
  }

  configure(node: Node, change: DeviceChange): void {
    this.input(node, { kind: 'configure', change })
  }

  /** Both know each other; `knows` has the other's endpoint, the other only when `mutual`. */
  connect(knows: Node, other: Node, mutual = true): void {
    const peer = (of: Node, withEndpoint: boolean): DeviceChange => ({
      peers: [
        {
          publicKey: of.publicKey,
          allowedIps: [prefix(of.inner, 32)],
          ...(withEndpoint ? { endpoint: of.endpoint } : {}),
        },
      ],
    })
    this.configure(knows, peer(other, true))
    this.configure(other, peer(knows, mutual))
  }

  input(node: Node, input: DeviceInput): void {
    node.device.handleInput(this.now, input)
    this.#drain(node)
  }

  /** An inner packet from a node to an inner address. Returns it. */
  send(
    node: Node,
    to: Node | Address,
    packet: Uint8Array = ipv4(node.inner, 'inner' in to ? to.inner : to),
  ): Uint8Array {
    this.input(node, { kind: 'inner', id: { box: 'app', n: this.#count++ }, packet })
    return packet
  }

  /** A datagram that reaches a node from anywhere. */
  inject(node: Node, bytes: Uint8Array, from: Endpoint, ecn: Ecn = 0): void {
    this.input(node, {
      kind: 'datagram',
      id: { box: 'injected', n: this.#count++ },
      bytes,
      from,
      to: node.endpoint.address,
      ecn,
    })
  }

  /** Lets time pass until `until`, that instant included. */
  run(until: Instant): void {
    for (;;) {
      const arriving = this.#flying[0]
      const arrival = arriving?.at ?? NEVER
      let due = arrival
      let waiting: Node | undefined
      for (const node of this.nodes) {
        const at = node.device.pollTimeout()
        if (at < due) {
          due = at
          waiting = node
        }
      }
      if (due > until) break
      this.now = due
      if (waiting !== undefined) {
        waiting.device.handleTimeout(due)
        this.#drain(waiting)
      } else {
        this.#flying.shift()
        this.#arrive(arriving!.sent)
      }
    }
    this.now = until
  }

  /** Lets so many seconds pass. */
  pass(seconds: number): void {
    this.run(later(this.now, Math.round(seconds * NS_PER_S)))
  }

  /** Datagrams sent so far by a node, of one kind when it is named. */
  sentBy(node: Node, message?: MessageName): Sent[] {
    return this.sent.filter(sent => sent.node === node && (message === undefined || sent.message === message))
  }

  /** Forgets what was sent, delivered and seen so far. */
  forget(): void {
    this.sent.length = 0
    for (const node of this.nodes) {
      for (const seen of [node.delivered, node.unreachable, node.sockets, node.secrets, node.events]) seen.length = 0
    }
  }

  #arrive(sent: Sent): void {
    const receiver = this.nodes.find(node => sameEndpoint(node.endpoint, sent.to))
    if (receiver === undefined) return
    const { id, bytes, node, to } = sent
    const from = { address: sent.from ?? node.endpoint.address, port: node.endpoint.port }
    this.input(receiver, { kind: 'datagram', id, bytes: bytes.slice(), from, to: to.address, ecn: this.mark(sent) })
  }

  #drain(node: Node): void {
    const { device } = node
    for (let output = device.pollOutput(); output !== undefined; output = device.pollOutput()) this.#take(node, output)
  }

  #take(node: Node, output: DeviceOutput): void {
    const at = this.now
    switch (output.kind) {
      case 'datagram': {
        const sent = { ...output, at, node }
        this.sent.push(sent)
        for (const delay_ms of this.fate(sent)) this.#launch(sent, later(at, Math.round(delay_ms * NS_PER_MS)))
        return
      }
      case 'inner':
        node.delivered.push({ at, ...output })
        return
      case 'unreachable':
        node.unreachable.push({ at, ...output })
        return
      case 'socket':
        node.sockets.push(output)
        return
      case 'secret':
        node.secrets.push(output.secret)
        return
      case 'event':
        node.events.push({ ...output.event, at })
        return
    }
  }

  #launch(sent: Sent, at: Instant): void {
    let place = this.#flying.length
    while (place > 0 && this.#flying[place - 1]!.at > at) place--
    this.#flying.splice(place, 0, { at, sent })
  }
}

/** A minimal IPv4 packet of `length` bytes with a right header checksum. `tos` is its second byte. */
export function ipv4(from: Address, to: Address, length = 84, tos = 0): Uint8Array {
  const packet = Uint8Array.from({ length }, (_, i) => i & 0xff)
  packet.set([0x45, tos, length >>> 8, length & 0xff, 0, 0, 0, 0, 64, 17, 0, 0, ...from, ...to])
  let sum = 0
  for (let i = 0; i < 20; i += 2) sum += (packet[i]! << 8) | packet[i + 1]!
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  packet[10] = ~sum >>> 8
  packet[11] = ~sum
  return packet
}

/** A minimal IPv6 packet of `length` bytes. `trafficClass`: DSCP and ECN. */
export function ipv6(from: Address, to: Address, length = 84, trafficClass = 0): Uint8Array {
  const packet = Uint8Array.from({ length }, (_, i) => i & 0xff)
  const payload = length - 40
  packet.set([0x60 | (trafficClass >>> 4), (trafficClass & 15) << 4, 0, 0, payload >>> 8, payload & 0xff, 17, 64])
  packet.set(from, 8)
  packet.set(to, 24)
  return packet
}

/** The status a node gives of another. */
export function statusOf(node: Node, peer: { readonly publicKey: PublicKey }): PeerStatus {
  const found = node.device.status().peers.find(({ publicKey }) => publicKey === peer.publicKey)
  if (found === undefined) throw new Error(`${node.name} does not know ${peer.publicKey}`)
  return found
}

/** Why packets were dropped at a node, in order. */
export function dropsAt(node: Node): DropReason[] {
  return node.events.flatMap(event => (event.kind === 'drop' ? [event.reason] : []))
}

function sameEndpoint(a: Endpoint, b: Endpoint): boolean {
  return a.port === b.port && a.address.join() === b.address.join()
}
