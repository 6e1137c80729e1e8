/** What comes to a device from the network, in the order a packet meets it: classify, macs, index, open, replay, source check. */
import type { DeviceInput, Ecn } from './api.ts'
import type { Instant, PacketId } from './box.ts'
import { keyToBase64 } from './config/base64.ts'
import { INITIATION_GATE_NS, REJECT_AFTER_MESSAGES, REJECT_AFTER_TIME_NS, REKEY_ON_RECEIVE_NS } from './constants.ts'
import type { Aead } from './crypto/provider.ts'
import type { DropReason } from './drops.ts'
import { decapsulateEcn } from './ecn.ts'
import type { QueuedMessage, Served } from './handshakequeue.ts'
import type { PublicKey } from './key.ts'
import {
  COOKIE_REPLY,
  COOKIE_REPLY_FIELDS,
  classify,
  DATA,
  DATA_HEADER_LENGTH,
  INITIATION,
  MAX_SMALL_COUNTER,
  RECEIVER_OFFSET,
  RESPONSE_FIELDS,
  readCounter,
  readIndex,
  SENDER_OFFSET,
  TAG_LENGTH,
} from './messages.ts'
import { authenticateInitiation, consumeResponse, openInitiation } from './noise/handshake.ts'
import type { Keypair } from './noise/keypair.ts'
import { isAfter } from './noise/tai64n.ts'
import type { Peer } from './peer.ts'
import { initiate, sendCookieReply, sendKeepalive, sendResponse, sendStaged } from './send.ts'
import { beginSession, completeHandshake, confirmSession, expireReceiving } from './session.ts'
import type { DeviceState, Identity } from './state.ts'

type DatagramInput = Extract<DeviceInput, { kind: 'datagram' }>

const NOTHING = new Uint8Array(0)

/** The payload of a UDP datagram. Whatever it is, nothing is thrown. */
export function receiveDatagram(state: DeviceState, now: Instant, input: DatagramInput): void {
  const { id, bytes, from, to } = input
  if (!state.up) {
    state.drop(id, 'device-down')
    return
  }
  const type = classify(bytes)
  if (typeof type === 'string') {
    state.drop(id, type)
    return
  }
  if (type === DATA) {
    receiveData(state, now, input)
    return
  }
  if (!state.queue.offer(now, { type, id, bytes, from, to })) {
    state.drop(id, 'handshake-queue-full')
    return
  }
  serveHandshakes(state, now)
}

/** Works off the handshake messages whose turn has come. */
export function serveHandshakes(state: DeviceState, now: Instant): void {
  for (let served = state.queue.take(now); served !== undefined; served = state.queue.take(now)) {
    receiveHandshake(state, now, served)
  }
}

/** mac1 comes before all else; under load also mac2 and the rate limit (behaviours 12, 13, 33, 37, 38). */
function receiveHandshake(state: DeviceState, now: Instant, { message, underLoad }: Served): void {
  const { id, bytes, from } = message
  if (message.type === COOKIE_REPLY) {
    receiveCookieReply(state, now, message)
    return
  }
  noteLoad(state, underLoad)
  const { identity } = state
  if (identity === undefined) {
    state.drop(id, 'no-private-key')
    return
  }
  if (!identity.checker.validateMac1(bytes)) {
    state.drop(id, 'bad-mac1')
    return
  }
  if (underLoad) {
    if (!identity.checker.validateMac2(now, bytes, from)) {
      state.drop(id, 'cookie-required')
      sendCookieReply(state, now, identity, message)
      return
    }
    if (!state.limiter.allow(now, from.address)) {
      state.drop(id, 'rate-limited')
      return
    }
  }
  if (message.type === INITIATION) receiveInitiation(state, now, identity, message)
  else receiveResponse(state, now, identity, message)
}

/** Nothing changes unless the whole initiation is authentic, new and not too early (behaviours 14 to 18, 23). */
function receiveInitiation(state: DeviceState, now: Instant, identity: Identity, message: QueuedMessage): void {
  const { id, bytes } = message
  const opened = openInitiation(state.noise, identity.privateKey, bytes)
  if (typeof opened === 'string') {
    state.drop(id, opened)
    return
  }
  const peer = state.peers.get(keyToBase64(opened.remoteStatic) as PublicKey)
  if (peer === undefined) {
    state.drop(id, 'unknown-peer')
    return
  }
  const proven = authenticateInitiation(state.noise, opened, state.staticStatic(peer), bytes)
  if (typeof proven === 'string') {
    state.drop(id, proven, peer)
    return
  }
  if (!isAfter(proven.timestamp, peer.latestTimestamp)) {
    state.drop(id, 'old-timestamp', peer)
    return
  }
  const before = peer.lastInitiationConsumed
  if (before !== undefined && now - before < INITIATION_GATE_NS) {
    state.drop(id, 'initiation-flood', peer)
    return
  }
  peer.latestTimestamp = proven.timestamp
  peer.lastInitiationConsumed = now
  peer.forgetHandshake()
  peer.handshake = proven.state
  state.setEndpoint(peer, message.from, message.to)
  countReceived(now, peer, bytes)
  sendResponse(state, now, peer, proven.state)
}

function receiveResponse(state: DeviceState, now: Instant, identity: Identity, message: QueuedMessage): void {
  const { id, bytes } = message
  const index = readIndex(bytes, RESPONSE_FIELDS.receiver)
  const entry = state.indices.get(index)
  if (entry === undefined || entry.keypair !== undefined) {
    state.drop(id, 'unknown-handshake')
    return
  }
  const { peer } = entry
  const { handshake } = peer
  if (handshake?.kind !== 'created-initiation') {
    state.drop(id, 'handshake-superseded', peer)
    return
  }
  const keys = consumeResponse(state.noise, identity.privateKey, handshake, peer.presharedKey.reveal(), bytes)
  if (typeof keys === 'string') {
    state.drop(id, keys, peer)
    return
  }
  state.setEndpoint(peer, message.from, message.to)
  beginSession(state, now, peer, index, keys, 'initiator', readIndex(bytes, SENDER_OFFSET))
  completeHandshake(state, now, peer)
  // The kernel's next two steps stand the other way round, but its sending happens later, in another thread.
  countReceived(now, peer, bytes)
  sendKeepalive(state, now, peer)
}

/** Only the cookie is kept: no endpoint, no timer, no statistics, no answer (behaviours 39, 42, 43). */
function receiveCookieReply(state: DeviceState, now: Instant, { id, bytes }: QueuedMessage): void {
  const entry = state.indices.get(readIndex(bytes, COOKIE_REPLY_FIELDS.receiver))
  if (entry === undefined) {
    state.drop(id, 'unknown-cookie-index')
    return
  }
  const result = entry.peer.jar.consumeReply(now, bytes)
  if (result === 'no-mac1-sent') state.drop(id, 'cookie-not-expected', entry.peer)
  else if (result === 'bad-tag') state.drop(id, 'bad-cookie', entry.peer)
}

function receiveData(state: DeviceState, now: Instant, { id, bytes, from, to, ecn, inPlace }: DatagramInput): void {
  const entry = state.indices.get(readIndex(bytes, RECEIVER_OFFSET))
  const keypair = entry?.keypair
  if (entry === undefined || keypair === undefined) {
    state.drop(id, 'unknown-session')
    return
  }
  const { peer } = entry
  const plaintext = open(state, now, peer, keypair, bytes, inPlace)
  if (typeof plaintext === 'string') {
    state.drop(id, plaintext, peer)
    return
  }
  state.setEndpoint(peer, from, to)
  const isNew = keypair === peer.keypairs.next
  if (isNew) confirmSession(state, now, peer, keypair)
  peer.timers.packetReceived(now)
  // Whatever is in it, it is data and owed an answer (behaviour 80).
  if (plaintext.length > 0) peer.timers.dataReceived(now)
  // The kernel leaves sending to another thread, so what it sends counts as sent after all of the above.
  if (isNew) sendStaged(state, now, peer)
  keepKeyFresh(state, now, peer)
  const refused = plaintext.length === 0 ? undefined : deliver(state, peer, id, plaintext, ecn)
  if (refused === undefined) peer.rxBytes += bytes.length
  else state.drop(id, refused, peer)
}

/** The plaintext of an authentic data message that was not seen before; the window moves for no other (behaviours 52, 57 to 60). */
function open(
  state: DeviceState,
  now: Instant,
  peer: Peer,
  keypair: Keypair,
  bytes: Uint8Array,
  inPlace?: boolean,
): Uint8Array | DropReason {
  if (now - keypair.born >= REJECT_AFTER_TIME_NS) {
    expireReceiving(state, peer, keypair)
    return 'session-expired'
  }
  if (!keypair.receivingValid) return 'session-exhausted'
  const counter = readCounter(bytes)
  const plaintext = decrypt(keypair.receiving, counter, bytes, inPlace)
  if (plaintext === undefined) return 'bad-data'
  if (counter >= REJECT_AFTER_MESSAGES) return 'session-exhausted'
  if (!keypair.window.accept(counter)) return 'replayed'
  if (counter === REJECT_AFTER_MESSAGES - 1n) expireReceiving(state, peer, keypair)
  return plaintext
}

function decrypt(receiving: Aead, counter: bigint, bytes: Uint8Array, inPlace?: boolean): Uint8Array | undefined {
  if (inPlace !== true || receiving.openInPlace === undefined || counter > MAX_SMALL_COUNTER) {
    return receiving.open(counter, bytes.subarray(DATA_HEADER_LENGTH), NOTHING)
  }
  const end = bytes.length - TAG_LENGTH
  const isRight = receiving.openInPlace(Number(counter), bytes, DATA_HEADER_LENGTH, bytes.length - DATA_HEADER_LENGTH)
  return isRight ? bytes.subarray(DATA_HEADER_LENGTH, end) : undefined
}

/** Hands the inner packet to the host, without its padding, if its sender may use its source address (behaviours 90, 91, 123). */
function deliver(
  state: DeviceState,
  peer: Peer,
  id: PacketId,
  plaintext: Uint8Array,
  ecn: Ecn,
): DropReason | undefined {
  const version = plaintext[0]! >> 4
  const isIpv4 = version === 4 && plaintext.length >= 20
  if (!isIpv4 && !(version === 6 && plaintext.length >= 40)) return 'inner-not-ip'
  const length = isIpv4 ? (plaintext[2]! << 8) | plaintext[3]! : ((plaintext[4]! << 8) | plaintext[5]!) + 40
  if (length < 20 || length > plaintext.length) return 'inner-bad-length'
  const { allowedIps } = state
  const owner = isIpv4 ? allowedIps.lookup(plaintext, 12, 4) : allowedIps.lookup(plaintext, 8, 16)
  if (owner !== peer) return 'source-not-allowed'
  decapsulateEcn(plaintext, ecn)
  const packet = length === plaintext.length ? plaintext : plaintext.subarray(0, length)
  state.output({ kind: 'inner', id, packet, peer: peer.publicKey })
  return undefined
}

/** After receiving: an initiator renews a session in its last 15 s, once (behaviour 54). */
function keepKeyFresh(state: DeviceState, now: Instant, peer: Peer): void {
  const { current } = peer.keypairs
  if (peer.sentLastMinuteHandshake || current?.role !== 'initiator' || !current.sendingValid) return
  if (now - current.born < REKEY_ON_RECEIVE_NS) return
  peer.sentLastMinuteHandshake = true
  initiate(state, now, peer, false)
}

function countReceived(now: Instant, peer: Peer, bytes: Uint8Array): void {
  peer.rxBytes += bytes.length
  peer.timers.packetReceived(now)
}

function noteLoad(state: DeviceState, underLoad: boolean): void {
  if (state.underLoad === underLoad) return
  state.underLoad = underLoad
  state.emit({ kind: 'load', underLoad, queued: state.queue.length })
}
