/** What leaves a device, in the order a packet meets it: allowed IPs, stage, key, pad, seal, endpoint. Handshake messages after that. */
import type { DeviceInput, MessageName } from './api.ts'
import type { Instant, PacketId } from './box.ts'
import {
  HANDSHAKE_TOS,
  MAX_STAGED_PACKETS,
  PADDING_MULTIPLE,
  REJECT_AFTER_MESSAGES,
  REJECT_AFTER_TIME_NS,
  REKEY_AFTER_MESSAGES,
  REKEY_AFTER_TIME_NS,
} from './constants.ts'
import type { Aead } from './crypto/provider.ts'
import type { DropReason } from './drops.ts'
import type { QueuedMessage } from './handshakequeue.ts'
import { Key, type PublicKey } from './key.ts'
import {
  DATA_HEADER_LENGTH,
  DATA_MINIMUM_LENGTH,
  MAX_SMALL_COUNTER,
  readIndex,
  SENDER_OFFSET,
  writeDataHeader,
  writeIndex,
} from './messages.ts'
import { type ConsumedInitiation, createInitiation, createResponse } from './noise/handshake.ts'
import type { Keypair } from './noise/keypair.ts'
import { tai64n } from './noise/tai64n.ts'
import type { Peer } from './peer.ts'
import { beginSession, expireSending, takeHandshakeIndex } from './session.ts'
import type { DeviceState, Identity } from './state.ts'

type InnerInput = Extract<DeviceInput, { kind: 'inner' }>

const NOTHING = new Uint8Array(0)

/** An IP packet that was routed into the tunnel (kernel wg_xmit). */
export function sendInner(state: DeviceState, now: Instant, { id, packet, routeMtu, inPlace }: InnerInput): void {
  if (!state.up) {
    state.drop(id, 'device-down')
    return
  }
  const version = versionOf(packet)
  if (version === undefined) {
    state.drop(id, 'not-ip')
    return
  }
  const peer = version === 4 ? state.allowedIps.lookup(packet, 16, 4) : state.allowedIps.lookup(packet, 24, 16)
  if (peer === undefined) {
    refuse(state, id, packet, 'no-route')
    return
  }
  if (peer.endpoint === undefined) {
    refuse(state, id, packet, 'no-endpoint', peer)
    return
  }
  const mtu = isMtu(routeMtu) ? routeMtu : state.mtu
  const keypair = peer.staged.length === 0 ? sendingKeypair(state, now, peer, 1) : undefined
  if (keypair !== undefined) {
    peer.timers.packetSent(now)
    sealAndSend(state, peer, keypair, id, packet, mtu, inPlace)
    peer.timers.dataSent(now)
    keepKeyFresh(state, now, peer, keypair)
    return
  }
  // Checked before the packet is added, as in the kernel: 129 can wait (behaviour 93).
  while (peer.staged.length > MAX_STAGED_PACKETS) state.drop(peer.staged.shift()!.id, 'staged-overflow', peer)
  peer.staged.push({ id, packet: inPlace === true ? packet.slice() : packet, mtu })
  sendStaged(state, now, peer)
}

/** Sends what waits for a session, or starts a handshake when there is none that may send (behaviours 52, 55). Whether anything was sent. */
export function sendStaged(state: DeviceState, now: Instant, peer: Peer): boolean {
  const { staged } = peer
  if (staged.length === 0) return false
  const keypair = sendingKeypair(state, now, peer, staged.length)
  if (keypair === undefined) return initiate(state, now, peer, false)
  peer.staged = []
  peer.timers.packetSent(now)
  let dataSent = false
  for (const { id, packet, mtu } of staged) {
    if (sealAndSend(state, peer, keypair, id, packet, mtu) && packet.length > 0) dataSent = true
  }
  if (dataSent) peer.timers.dataSent(now)
  keepKeyFresh(state, now, peer, keypair)
  return true
}

/** An empty packet, unless something waits that says as much (behaviours 45, 89). Whether anything was sent, if only an initiation. */
export function sendKeepalive(state: DeviceState, now: Instant, peer: Peer): boolean {
  if (peer.staged.length === 0) peer.staged.push({ id: state.born(), packet: NOTHING, mtu: state.mtu })
  return sendStaged(state, now, peer)
}

/** Starts a handshake unless a message of one left in the last 5 s (behaviours 20, 21, 27, 70, 73, 74). Whether it did. */
export function initiate(state: DeviceState, now: Instant, peer: Peer, isRetry: boolean): boolean {
  const attempt = isRetry ? peer.timers.attempts + 1 : 1
  if (!isRetry) peer.timers.handshakeWanted()
  if (!peer.mayInitiate(now)) {
    // The timer is not set again: unless a packet asks for it, or the peer comes, that was the last attempt.
    if (isRetry) state.emit({ kind: 'handshake', peer: peer.publicKey, what: 'blocked', attempt })
    return false
  }
  peer.lastSentHandshake = now
  const id = state.born()
  const { identity } = state
  if (identity === undefined) {
    state.drop(id, 'no-private-key', peer)
    return false
  }
  const secret = peer.random.bytes(32)
  const ephemeral = state.noise.crypto.privateKey(secret)
  const timestamp = tai64n(state.options.wallClock(now))
  const staticStatic = state.staticStatic(peer)
  const { noise } = state
  const made = createInitiation(noise, identity.privateKey, peer.remoteStatic, staticStatic, ephemeral, timestamp)
  if (made === undefined) {
    secret.fill(0)
    state.drop(id, 'low-order-peer', peer)
    return false
  }
  peer.forgetHandshake()
  peer.handshake = made.state
  writeIndex(made.message, SENDER_OFFSET, takeHandshakeIndex(state, peer))
  state.emit({ kind: 'handshake', peer: peer.publicKey, what: isRetry ? 'retried' : 'initiated', attempt })
  sendHandshake(state, now, peer, id, made.message, secret, 'initiation')
  peer.timers.initiationSent(now)
  return true
}

/** Answers an initiation and derives the session, which stays unused until the peer confirms it (behaviours 24, 25, 46). */
export function sendResponse(state: DeviceState, now: Instant, peer: Peer, consumed: ConsumedInitiation): void {
  peer.lastSentHandshake = now
  const id = state.born()
  const secret = peer.random.bytes(32)
  const ephemeral = state.noise.crypto.privateKey(secret)
  const made = createResponse(state.noise, consumed, peer.remoteStatic, peer.presharedKey.reveal(), ephemeral)
  if (typeof made === 'string') {
    secret.fill(0)
    state.drop(id, made, peer)
    return
  }
  const index = takeHandshakeIndex(state, peer)
  writeIndex(made.message, SENDER_OFFSET, index)
  state.emit({ kind: 'handshake', peer: peer.publicKey, what: 'answered' })
  beginSession(state, now, peer, index, made.keys, 'responder', consumed.remoteIndex)
  sendHandshake(state, now, peer, id, made.message, secret, 'response')
}

/** Asks the sender of a handshake message to prove its address (behaviours 33, 34). */
export function sendCookieReply(state: DeviceState, now: Instant, identity: Identity, to: QueuedMessage): void {
  const bytes = identity.checker.createReply(now, to.bytes, readIndex(to.bytes, SENDER_OFFSET), to.from)
  state.output({
    kind: 'datagram',
    id: state.born(),
    bytes,
    to: to.from,
    from: to.to,
    tos: 0,
    fwmark: state.fwmark,
    message: 'cookie-reply',
    peer: undefined,
  })
}

/** The bytes of plaintext to seal: a multiple of 16, but not beyond the MTU; of what is longer than the MTU, the rest counts (behaviours 87, 88). */
export function paddedLength(length: number, mtu: number): number {
  if (mtu === 0) return alignUp(length)
  const lastUnit = length > mtu ? length % mtu : length
  return length + Math.min(mtu, alignUp(lastUnit)) - lastUnit
}

function sendHandshake(
  state: DeviceState,
  now: Instant,
  peer: Peer,
  id: PacketId,
  message: Uint8Array,
  ephemeral: Uint8Array,
  name: 'initiation' | 'response',
): void {
  if (state.options.revealSecrets === true) {
    state.output({ kind: 'secret', secret: { kind: 'ephemeral', peer: peer.publicKey, key: new Key(ephemeral) } })
  }
  ephemeral.fill(0)
  peer.jar.addMacs(now, message)
  peer.timers.packetSent(now)
  sendToPeer(state, peer, id, message, HANDSHAKE_TOS, name)
}

/** The session that may carry `count` more packets now, all or none as in the kernel (behaviours 46, 52, 57). */
function sendingKeypair(state: DeviceState, now: Instant, peer: Peer, count: number): Keypair | undefined {
  const keypair = peer.keypairs.current
  if (keypair === undefined || !keypair.sendingValid) return undefined
  const young = now - keypair.born < REJECT_AFTER_TIME_NS
  if (young && keypair.sendCounter + BigInt(count) <= REJECT_AFTER_MESSAGES) return keypair
  expireSending(state, peer, keypair)
  return undefined
}

function sealAndSend(
  state: DeviceState,
  peer: Peer,
  keypair: Keypair,
  id: PacketId,
  packet: Uint8Array,
  mtu: number,
  inPlace?: boolean,
): boolean {
  const counter = keypair.sendCounter
  keypair.sendCounter = counter + 1n
  const tos = packet.length === 0 ? 0 : encapsulatedEcn(packet)
  const message =
    (inPlace === true ? sealInPlace(keypair.sending, counter, packet, mtu) : undefined) ??
    keypair.sending.seal(counter, padded(packet, mtu), NOTHING, DATA_HEADER_LENGTH)
  writeDataHeader(message, keypair.remoteIndex, counter)
  return sendToPeer(state, peer, id, message, tos, packet.length === 0 ? 'keepalive' : 'data')
}

/** The message around the packet, where that stands; undefined when the provider can not. */
function sealInPlace(sending: Aead, counter: bigint, packet: Uint8Array, mtu: number): Uint8Array | undefined {
  if (sending.sealInPlace === undefined || counter > MAX_SMALL_COUNTER) return undefined
  const length = paddedLength(packet.length, mtu)
  const from = packet.byteOffset - DATA_HEADER_LENGTH
  const message = new Uint8Array(packet.buffer, from, DATA_MINIMUM_LENGTH + length)
  for (let i = packet.length; i < length; i++) message[DATA_HEADER_LENGTH + i] = 0
  sending.sealInPlace(Number(counter), message, DATA_HEADER_LENGTH, length)
  return message
}

/** False when nobody knows where the peer is. */
function sendToPeer(
  state: DeviceState,
  peer: Peer,
  id: PacketId,
  bytes: Uint8Array,
  tos: number,
  message: MessageName,
): boolean {
  const { endpoint, source, publicKey } = peer
  if (endpoint === undefined) {
    state.drop(id, 'no-endpoint', peer)
    return false
  }
  const { fwmark } = state
  state.output({ kind: 'datagram', id, bytes, to: endpoint, from: source, tos, fwmark, message, peer: publicKey })
  peer.txBytes += bytes.length
  return true
}

/** The host took a datagram back that it was to send. What a peer has been sent never falls below 0: it may be a new peer of the same key. */
export function countNotSent(state: DeviceState, publicKey: PublicKey, bytes: number): void {
  const peer = state.peers.get(publicKey)
  if (peer !== undefined) peer.txBytes = Math.max(0, peer.txBytes - bytes)
}

/** After sending: an old or much used session is renewed in time (behaviours 53, 56). */
function keepKeyFresh(state: DeviceState, now: Instant, peer: Peer, keypair: Keypair): void {
  const worn = keypair.sendCounter > REKEY_AFTER_MESSAGES
  const old = keypair.role === 'initiator' && now - keypair.born >= REKEY_AFTER_TIME_NS
  if (worn || old) initiate(state, now, peer, false)
}

/** Tells the sender, as an ICMP error that the host makes (behaviours 101, 102). */
function refuse(state: DeviceState, id: PacketId, packet: Uint8Array, reason: DropReason, peer?: Peer): void {
  state.drop(id, reason, peer)
  state.output({ kind: 'unreachable', id, packet, reason })
}

/** Undefined when it is no IP packet (behaviour 103). */
function versionOf(packet: Uint8Array): 4 | 6 | undefined {
  if (packet.length < 20) return undefined
  const version = packet[0]! >> 4
  if (version === 4) return 4
  return version === 6 && packet.length >= 40 ? 6 : undefined
}

/** What a host says of a route is not worth an exception in the packet path. */
function isMtu(value: number | undefined): value is number {
  return value !== undefined && Number.isSafeInteger(value) && value >= 0
}

function padded(packet: Uint8Array, mtu: number): Uint8Array {
  const length = paddedLength(packet.length, mtu)
  if (length === packet.length) return packet
  const plaintext = new Uint8Array(length)
  plaintext.set(packet)
  return plaintext
}

function alignUp(length: number): number {
  return Math.ceil(length / PADDING_MULTIPLE) * PADDING_MULTIPLE
}

/** RFC 3168 §9.1.1, full functionality: the inner ECN outside, but CE becomes ECT(0). DSCP does not leave (behaviour 96). */
function encapsulatedEcn(packet: Uint8Array): number {
  const inner = (packet[0]! >> 4 === 4 ? packet[1]! : packet[1]! >> 4) & 3
  return inner === 3 ? 2 : inner
}
