/** WireGuard's four messages as they stand on the wire (paper §5.4). Views into the bytes, nothing is copied. */
import { udpOffset } from './ip.ts'

export type WireMessageKind = 'initiation' | 'response' | 'cookie-reply' | 'data' | 'keepalive'

export const INITIATION_SIZE = 148
export const RESPONSE_SIZE = 92
export const COOKIE_REPLY_SIZE = 64
/** A transport message with nothing in it: header and tag. */
export const KEEPALIVE_SIZE = 32

export type WireGuardMessage =
  | {
      readonly kind: 'initiation'
      readonly size: number
      readonly sender: number
      readonly ephemeral: Uint8Array
      /** The encrypted static key, with its tag. */
      readonly static: Uint8Array
      /** The encrypted timestamp, with its tag. */
      readonly timestamp: Uint8Array
      readonly mac1: Uint8Array
      readonly mac2: Uint8Array
    }
  | {
      readonly kind: 'response'
      readonly size: number
      readonly sender: number
      readonly receiver: number
      readonly ephemeral: Uint8Array
      /** The tag over nothing. */
      readonly nothing: Uint8Array
      readonly mac1: Uint8Array
      readonly mac2: Uint8Array
    }
  | {
      readonly kind: 'cookie-reply'
      readonly size: number
      readonly receiver: number
      readonly nonce: Uint8Array
      /** The encrypted cookie, with its tag. */
      readonly cookie: Uint8Array
    }
  | {
      readonly kind: 'data' | 'keepalive'
      readonly size: number
      readonly receiver: number
      readonly counter: bigint
      /** The encrypted packet, with its tag. */
      readonly packet: Uint8Array
    }

/** The parts of messages by the names the scenario language has for them. */
export type FieldName =
  | 'type'
  | 'reserved'
  | 'sender'
  | 'receiver'
  | 'ephemeral'
  | 'static'
  | 'timestamp'
  | 'nothing'
  | 'counter'
  | 'payload'
  | 'tag'
  | 'mac1'
  | 'mac2'
  | 'nonce'
  | 'cookie'

/**
 * Which WireGuard message a whole IP packet carries, or undefined. Quick and without allocation: a cable asks this of
 * every packet. By type, reserved bytes and size alone; of fragments only the first can be told.
 */
export function messageKind(ipPacket: Uint8Array): WireMessageKind | undefined {
  const udp = udpOffset(ipPacket)
  if (udp < 0 || udp + 12 > ipPacket.length) return undefined
  const size = (((ipPacket[udp + 4] ?? 0) << 8) | (ipPacket[udp + 5] ?? 0)) - 8
  return kindAt(ipPacket, udp + 8, size)
}

/** Which message a UDP payload is, or undefined. */
export function payloadKind(payload: Uint8Array): WireMessageKind | undefined {
  return kindAt(payload, 0, payload.length)
}

/** UDP payload bytes of a whole IP packet (of all its fragments, told by the first), or -1 where it is no UDP. */
export function udpPayloadSize(ipPacket: Uint8Array): number {
  const udp = udpOffset(ipPacket)
  return udp < 0 ? -1 : (((ipPacket[udp + 4] ?? 0) << 8) | (ipPacket[udp + 5] ?? 0)) - 8
}

/** The message a UDP payload is, or undefined where the type, the reserved bytes or the size is none of WireGuard's. */
export function decodeWireGuard(payload: Uint8Array): WireGuardMessage | undefined {
  const kind = payloadKind(payload)
  const size = payload.length
  switch (kind) {
    case 'initiation':
      return {
        kind,
        size,
        sender: u32le(payload, 4),
        ephemeral: payload.subarray(8, 40),
        static: payload.subarray(40, 88),
        timestamp: payload.subarray(88, 116),
        mac1: payload.subarray(116, 132),
        mac2: payload.subarray(132, 148),
      }
    case 'response':
      return {
        kind,
        size,
        sender: u32le(payload, 4),
        receiver: u32le(payload, 8),
        ephemeral: payload.subarray(12, 44),
        nothing: payload.subarray(44, 60),
        mac1: payload.subarray(60, 76),
        mac2: payload.subarray(76, 92),
      }
    case 'cookie-reply':
      return {
        kind,
        size,
        receiver: u32le(payload, 4),
        nonce: payload.subarray(8, 32),
        cookie: payload.subarray(32, 64),
      }
    case 'data':
    case 'keepalive':
      return {
        kind,
        size,
        receiver: u32le(payload, 4),
        counter: (BigInt(u32le(payload, 12)) << 32n) | BigInt(u32le(payload, 8)),
        packet: payload.subarray(16),
      }
    case undefined:
      return undefined
  }
}

/** Where a field lies in a message, by the message's type byte; end exclusive; undefined where that message has none. */
export function fieldRange(message: Uint8Array, field: FieldName): readonly [start: number, end: number] | undefined {
  if (field === 'type') return [0, 1]
  if (field === 'reserved') return [1, 4]
  const type = message[0] ?? 0
  if (type === 4) {
    const tag = Math.max(16, message.length - 16)
    if (field === 'payload') return [16, tag]
    if (field === 'tag') return [tag, message.length]
  }
  return FIELDS.get(type)?.get(field)
}

type FieldTable = ReadonlyMap<FieldName, readonly [number, number]>

const FIELDS: ReadonlyMap<number, FieldTable> = new Map<number, FieldTable>([
  [
    1,
    new Map<FieldName, readonly [number, number]>([
      ['sender', [4, 8]],
      ['ephemeral', [8, 40]],
      ['static', [40, 88]],
      ['timestamp', [88, 116]],
      ['mac1', [116, 132]],
      ['mac2', [132, 148]],
    ]),
  ],
  [
    2,
    new Map<FieldName, readonly [number, number]>([
      ['sender', [4, 8]],
      ['receiver', [8, 12]],
      ['ephemeral', [12, 44]],
      ['nothing', [44, 60]],
      ['mac1', [60, 76]],
      ['mac2', [76, 92]],
    ]),
  ],
  [
    3,
    new Map<FieldName, readonly [number, number]>([
      ['receiver', [4, 8]],
      ['nonce', [8, 32]],
      ['cookie', [32, 64]],
    ]),
  ],
  [
    4,
    new Map<FieldName, readonly [number, number]>([
      ['receiver', [4, 8]],
      ['counter', [8, 16]],
    ]),
  ],
])

function kindAt(bytes: Uint8Array, at: number, size: number): WireMessageKind | undefined {
  if (bytes[at + 1] !== 0 || bytes[at + 2] !== 0 || bytes[at + 3] !== 0) return undefined
  const type = bytes[at]
  if (type === 4) return size > KEEPALIVE_SIZE ? 'data' : size === KEEPALIVE_SIZE ? 'keepalive' : undefined
  if (type === 1) return size === INITIATION_SIZE ? 'initiation' : undefined
  if (type === 2) return size === RESPONSE_SIZE ? 'response' : undefined
  if (type === 3) return size === COOKIE_REPLY_SIZE ? 'cookie-reply' : undefined
  return undefined
}

function u32le(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)) >>> 0
  )
}
