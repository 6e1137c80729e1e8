/** What a probe remembers under a name: a message, where it went, and what is needed to go on from it. */
import type { Endpoint } from '../../impl/box.ts'
import {
  consumeResponse,
  type InitiatorState,
  mac1Fits,
  openCookieReply,
  putMacs,
  type Session,
} from '../../scenarios/decode/noise.ts'
import { decodeWireGuard, fieldRange } from '../../scenarios/decode/wireguard.ts'
import type { ProbeAct } from '../../scenarios/language/step.ts'

export interface Slot {
  /** The UDP payload. */
  readonly message: Uint8Array
  readonly from: Endpoint
  readonly to: Endpoint
  /** The static public key the message was made for; undefined for a captured one. */
  readonly receiver: Uint8Array | undefined
  readonly initiator?: InitiatorState
  readonly psk?: Uint8Array | undefined
  /** Set when the handshake of this slot has finished. */
  session?: Session
  /** Of the next transport message. */
  counter: number
  /** From a cookie reply to this message. */
  cookie?: Uint8Array
}

type Replay = Extract<ProbeAct, { kind: 'replay' }>
type Alteration = NonNullable<Replay['alter']>[number]

/** A copy of the slot's message, altered, with its macs as asked. Throws an Error that says what the message does not have. */
export function alteredMessage(slot: Slot, act: Replay, stale: Uint8Array, known: Iterable<Uint8Array>): Uint8Array {
  const message = Uint8Array.from(slot.message)
  for (const alteration of act.alter ?? []) alter(message, alteration)
  if (act.macs === undefined || act.macs === 'keep') return message
  const kind = decodeWireGuard(message)?.kind
  if (kind !== 'initiation' && kind !== 'response') throw new Error(`macs: a message of type ${message[0]} has no macs`)
  if (act.macs === 'absent') {
    message.fill(0, message.length - 32)
    return message
  }
  const receiver = slot.receiver ?? receiverOf(slot.message, known)
  if (receiver === undefined) throw new Error('macs: nobody knows for whose public key this message was made')
  putMacs(message, receiver, act.macs === 'stale' ? stale : slot.cookie)
  return message
}

/** A response or a cookie reply that came: the slots whose message it answers go on. */
export function advance(slots: Iterable<Slot>, message: Uint8Array): void {
  const decoded = decodeWireGuard(message)
  for (const slot of slots) {
    const { initiator } = slot
    if (initiator === undefined) continue
    if (decoded?.kind === 'response' && decoded.receiver === initiator.sender && slot.session === undefined) {
      const outcome = consumeResponse(initiator, message, slot.psk)
      if (outcome.ok) slot.session = outcome.value
    }
    if (decoded?.kind === 'cookie-reply' && decoded.receiver === initiator.sender) {
      const outcome = openCookieReply(initiator.remoteStatic, message, initiator.mac1)
      if (outcome.ok) slot.cookie = outcome.value
    }
  }
}

function alter(message: Uint8Array, { field, flip, hex }: Alteration): void {
  const range = fieldRange(message, field)
  if (range === undefined) throw new Error(`alter: a message of type ${message[0]} has no field "${field}"`)
  const [start, end] = range
  if (hex !== undefined) {
    const bytes = hexBytes(hex)
    if (bytes.length > end - start) throw new Error(`alter: "${field}" has ${end - start} bytes, not ${bytes.length}`)
    message.set(bytes, start)
  }
  if (flip === undefined) return
  const at = start + (flip >> 3)
  if (at >= end) throw new Error(`alter: "${field}" has ${(end - start) * 8} bits; bit ${flip} is beyond`)
  message[at] = (message[at] ?? 0) ^ (1 << (flip & 7))
}

function receiverOf(message: Uint8Array, known: Iterable<Uint8Array>): Uint8Array | undefined {
  for (const key of known) if (mac1Fits(message, key)) return key
  return undefined
}

/** Pairs of hexadecimal digits as bytes. */
export function hexBytes(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, position) =>
    Number.parseInt(hex.slice(position * 2, position * 2 + 2), 16),
  )
}
