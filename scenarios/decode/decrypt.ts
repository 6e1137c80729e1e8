/** Reads the inside of tunnels out of what passed on the wire, with the keys of a key log. */
import { fromBase64, toHex } from './base64.ts'
import { decodeIp, decodeUdp } from './ip.ts'
import {
  mac1Fits,
  openTransport,
  publicKey,
  type ResponderState,
  readInitiation,
  readResponse,
  type Session,
  sharedSecret,
} from './noise.ts'
import { Reassembler } from './reassemble.ts'
import { decodeWireGuard } from './wireguard.ts'

/** Private keys of 32 bytes. One side's static and ephemeral keys suffice, with the public keys of the others. */
export interface DecryptorKeys {
  readonly statics?: readonly Uint8Array[]
  readonly ephemerals?: readonly Uint8Array[]
  readonly presharedKeys?: readonly Uint8Array[]
  /** Static public keys of peers whose private key is not known. */
  readonly publics?: readonly Uint8Array[]
}

/** A line of a key log; the value is base64 and only read here. */
export interface SecretLine {
  readonly kind: 'LOCAL_STATIC_PRIVATE_KEY' | 'LOCAL_EPHEMERAL_PRIVATE_KEY' | 'PRESHARED_KEY'
  readonly reveal: () => string
}

/** What a wire packet turned out to be. */
export type Decrypted =
  | { readonly kind: 'other' }
  /** A fragment: more are needed. */
  | { readonly kind: 'part' }
  | { readonly kind: 'initiation'; readonly from: Uint8Array; readonly to: Uint8Array; readonly timestamp: Uint8Array }
  | { readonly kind: 'response'; readonly from: Uint8Array; readonly to: Uint8Array }
  | { readonly kind: 'cookie-reply' }
  | { readonly kind: 'keepalive'; readonly counter: bigint }
  /** `packet` without the padding, which was `padding` bytes; `all` the plaintext as it was. */
  | {
      readonly kind: 'inner'
      readonly counter: bigint
      readonly packet: Uint8Array
      readonly padding: number
      readonly all: Uint8Array
    }
  /** WireGuard, but it can not be read. */
  | { readonly kind: 'locked'; readonly because: string }

interface Pending {
  readonly state: ResponderState
  readonly responder: Uint8Array
}

/** Sessions remembered for one index: indices are random, but a trace may hold many hosts. */
const MOST_FOR_INDEX = 16

/** Packets in the order of the wire; keys may come at any time before the handshake they are for. */
export class Decryptor {
  readonly #reassembler = new Reassembler()
  readonly #privates = new Map<string, Uint8Array>()
  readonly #ephemerals = new Map<string, Uint8Array>()
  readonly #presharedKeys: Uint8Array[] = [new Uint8Array(32)]
  readonly #publics = new Map<string, Uint8Array>()
  readonly #initiations = new Map<number, Pending[]>()
  readonly #sessions = new Map<number, Session[]>()
  /** Handshake messages already read: one packet is seen at many places. */
  readonly #known = new Map<string, Decrypted>()

  constructor(keys: DecryptorKeys = {}) {
    for (const key of keys.statics ?? []) this.addStatic(key)
    for (const key of keys.ephemerals ?? []) this.addEphemeral(key)
    for (const key of keys.presharedKeys ?? []) this.addPresharedKey(key)
    for (const key of keys.publics ?? []) this.addPublic(key)
  }

  addStatic(privateKey: Uint8Array): void {
    const key = publicKey(privateKey)
    this.#privates.set(toHex(key), privateKey)
    this.addPublic(key)
  }

  addEphemeral(privateKey: Uint8Array): void {
    this.#ephemerals.set(toHex(publicKey(privateKey)), privateKey)
    this.#known.clear()
  }

  addPresharedKey(key: Uint8Array): void {
    this.#presharedKeys.push(key)
    this.#known.clear()
  }

  addPublic(key: Uint8Array): void {
    this.#publics.set(toHex(key), key)
    this.#known.clear()
  }

  addLine(line: SecretLine): void {
    const key = fromBase64(line.reveal())
    if (key?.length !== 32) throw new RangeError(`a ${line.kind} of the key log is not base64 of 32 bytes`)
    switch (line.kind) {
      case 'LOCAL_STATIC_PRIVATE_KEY':
        this.addStatic(key)
        break
      case 'LOCAL_EPHEMERAL_PRIVATE_KEY':
        this.addEphemeral(key)
        break
      case 'PRESHARED_KEY':
        this.addPresharedKey(key)
        break
    }
  }

  /** One IP packet from the wire. What is inside may be a tunnel again: give it back in. */
  packet(wire: Uint8Array): Decrypted {
    const whole = this.#reassembler.packet(wire)
    if (whole === undefined) return { kind: 'part' }
    const ip = decodeIp(whole)
    const udp = ip === undefined ? undefined : decodeUdp(ip)
    return udp === undefined ? { kind: 'other' } : this.payload(udp.payload)
  }

  /** One UDP payload from the wire. */
  payload(bytes: Uint8Array): Decrypted {
    const message = decodeWireGuard(bytes)
    if (message === undefined) return { kind: 'other' }
    switch (message.kind) {
      case 'initiation':
        return this.#once(bytes, () => this.#initiation(bytes))
      case 'response':
        return this.#once(bytes, () => this.#response(bytes, message.receiver))
      case 'cookie-reply':
        return { kind: 'cookie-reply' }
      case 'data':
      case 'keepalive':
        return this.#transport(bytes, message.receiver)
    }
  }

  #once(bytes: Uint8Array, read: () => Decrypted): Decrypted {
    const key = toHex(bytes)
    const before = this.#known.get(key)
    if (before !== undefined) return before
    const now = read()
    this.#known.set(key, now)
    return now
  }

  #initiation(bytes: Uint8Array): Decrypted {
    const responder = this.#receiver(bytes)
    if (responder === undefined) return locked('no known key has this mac1')
    const ephemeralPublic = bytes.subarray(8, 40)
    const responderPrivate = this.#privates.get(toHex(responder))
    const ephemeral = this.#ephemerals.get(toHex(ephemeralPublic))
    const es =
      responderPrivate !== undefined
        ? sharedSecret(responderPrivate, ephemeralPublic)
        : ephemeral && sharedSecret(ephemeral, responder)
    if (es === undefined) return locked('neither the static key of its receiver nor its ephemeral key is known')
    const read = readInitiation(bytes, responder, es, initiator => {
      this.#learn(initiator)
      return this.#shared(initiator, responder)
    })
    if (!read.ok) return locked(read.because)
    remember(this.#initiations, read.value.receiver, { state: read.value, responder })
    return { kind: 'initiation', from: read.value.remoteStatic, to: responder, timestamp: read.value.timestamp }
  }

  #response(bytes: Uint8Array, receiver: number): Decrypted {
    let because = 'the initiation it answers was not seen or not read'
    for (const { state, responder } of this.#initiations.get(receiver) ?? []) {
      const ephemeralPublic = bytes.subarray(12, 44)
      const ephemeral = this.#ephemerals.get(toHex(ephemeralPublic))
      const initiatorEphemeral = this.#ephemerals.get(toHex(state.remoteEphemeral))
      const initiatorStatic = this.#privates.get(toHex(state.remoteStatic))
      const ee = ephemeral
        ? sharedSecret(ephemeral, state.remoteEphemeral)
        : initiatorEphemeral && sharedSecret(initiatorEphemeral, ephemeralPublic)
      const se = ephemeral
        ? sharedSecret(ephemeral, state.remoteStatic)
        : initiatorStatic && sharedSecret(initiatorStatic, ephemeralPublic)
      if (ee === undefined || se === undefined) {
        because = 'no ephemeral private key of either side is known'
        continue
      }
      for (const psk of this.#presharedKeys) {
        const keys = readResponse(state, bytes, ee, se, psk)
        because = keys.ok ? because : keys.because
        if (!keys.ok) continue
        this.#begin(state.receiver, u32(bytes, 4), keys.value.initiatorSends, keys.value.responderSends)
        return { kind: 'response', from: responder, to: state.remoteStatic }
      }
    }
    return locked(because)
  }

  #transport(bytes: Uint8Array, receiver: number): Decrypted {
    for (const session of this.#sessions.get(receiver) ?? []) {
      const opened = openTransport(session, bytes)
      if (!opened.ok) continue
      const { counter, plaintext } = opened.value
      if (plaintext.length === 0) return { kind: 'keepalive', counter }
      const size = Math.min(decodeIp(plaintext)?.totalSize ?? plaintext.length, plaintext.length)
      const packet = plaintext.subarray(0, size)
      return { kind: 'inner', counter, packet, padding: plaintext.length - size, all: plaintext }
    }
    return locked(this.#sessions.has(receiver) ? 'it does not open' : 'its handshake was not seen or not read')
  }

  /** Both directions of a session, each as its receiver sees it. */
  #begin(initiator: number, responder: number, initiatorSends: Uint8Array, responderSends: Uint8Array): void {
    remember(this.#sessions, initiator, {
      localIndex: initiator,
      remoteIndex: responder,
      sendKey: initiatorSends,
      receiveKey: responderSends,
    })
    remember(this.#sessions, responder, {
      localIndex: responder,
      remoteIndex: initiator,
      sendKey: responderSends,
      receiveKey: initiatorSends,
    })
  }

  #receiver(message: Uint8Array): Uint8Array | undefined {
    for (const key of this.#publics.values()) if (mac1Fits(message, key)) return key
    return undefined
  }

  #shared(initiator: Uint8Array, responder: Uint8Array): Uint8Array | undefined {
    const responderPrivate = this.#privates.get(toHex(responder))
    if (responderPrivate !== undefined) return sharedSecret(responderPrivate, initiator)
    const initiatorPrivate = this.#privates.get(toHex(initiator))
    return initiatorPrivate && sharedSecret(initiatorPrivate, responder)
  }

  /** A public key learnt on the way: its owner may answer or begin later. */
  #learn(key: Uint8Array): void {
    const name = toHex(key)
    if (!this.#publics.has(name)) this.#publics.set(name, key.slice())
  }
}

/** The newest first. */
function remember<T>(map: Map<number, T[]>, index: number, item: T): void {
  const list = map.get(index)
  if (list === undefined) map.set(index, [item])
  else {
    list.unshift(item)
    if (list.length > MOST_FOR_INDEX) list.pop()
  }
}

function locked(because: string): Decrypted {
  return { kind: 'locked', because }
}

function u32(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true)
}
