/** The four messages on the wire (paper §5.4): lengths, offsets, and the first look at a datagram. */
import type { DropReason } from './drops.ts'

export const INITIATION = 1
export const RESPONSE = 2
export const COOKIE_REPLY = 3
export const DATA = 4
export type MessageType = typeof INITIATION | typeof RESPONSE | typeof COOKIE_REPLY | typeof DATA

export const INITIATION_LENGTH = 148
export const RESPONSE_LENGTH = 92
export const COOKIE_REPLY_LENGTH = 64
/** Data: header, ciphertext, tag. */
export const DATA_HEADER_LENGTH = 16
export const TAG_LENGTH = 16
export const DATA_MINIMUM_LENGTH = DATA_HEADER_LENGTH + TAG_LENGTH

/** Offset of the sender's index in types 1 and 2. */
export const SENDER_OFFSET = 4
/** Offset of the receiver's index in types 3 and 4. */
export const RECEIVER_OFFSET = 4
export const COUNTER_OFFSET = 8

export const INITIATION_FIELDS = { ephemeral: 8, static: 40, timestamp: 88, mac1: 116, mac2: 132 } as const
export const RESPONSE_FIELDS = { receiver: 8, ephemeral: 12, empty: 44, mac1: 60, mac2: 76 } as const
export const COOKIE_REPLY_FIELDS = { receiver: 4, nonce: 8, cookie: 32 } as const

/** The type of a datagram whose header and length are right, else why it is refused (behaviours 1 to 4). */
export function classify(bytes: Uint8Array): MessageType | DropReason {
  if (bytes.length < 4) return 'too-short'
  const type = bytes[0]!
  if (type < INITIATION || type > DATA) return 'unknown-type'
  if ((bytes[1]! | bytes[2]! | bytes[3]!) !== 0) return 'reserved-not-zero'
  if (type === DATA) return bytes.length >= DATA_MINIMUM_LENGTH ? DATA : 'wrong-length'
  const length = type === INITIATION ? INITIATION_LENGTH : type === RESPONSE ? RESPONSE_LENGTH : COOKIE_REPLY_LENGTH
  return bytes.length === length ? (type as MessageType) : 'wrong-length'
}

/** Bytes `offset` to `offset + 3` as a little-endian number. */
export function readIndex(bytes: Uint8Array, offset: number): number {
  return (bytes[offset]! | (bytes[offset + 1]! << 8) | (bytes[offset + 2]! << 16) | (bytes[offset + 3]! << 24)) >>> 0
}

export function writeIndex(bytes: Uint8Array, offset: number, index: number): void {
  bytes[offset] = index
  bytes[offset + 1] = index >>> 8
  bytes[offset + 2] = index >>> 16
  bytes[offset + 3] = index >>> 24
}

/** The counter of a data message: 64 bits, little endian. */
export function readCounter(bytes: Uint8Array): bigint {
  const low = readIndex(bytes, COUNTER_OFFSET)
  const high = readIndex(bytes, COUNTER_OFFSET + 4)
  return high < 0x20_0000 ? BigInt(high * 0x1_0000_0000 + low) : (BigInt(high) << 32n) | BigInt(low)
}

/** A data message of this ciphertext and tag. */
export function dataMessage(receiver: number, counter: bigint, sealed: Uint8Array): Uint8Array {
  const message = new Uint8Array(DATA_HEADER_LENGTH + sealed.length)
  writeDataHeader(message, receiver, counter)
  message.set(sealed, DATA_HEADER_LENGTH)
  return message
}

/** The greatest counter that is a safe integer as a number. */
export const MAX_SMALL_COUNTER = 0x1f_ffff_ffff_ffffn

/** Writes the first 16 bytes. */
export function writeDataHeader(message: Uint8Array, receiver: number, counter: bigint): void {
  message[0] = DATA
  message[1] = 0
  message[2] = 0
  message[3] = 0
  writeIndex(message, RECEIVER_OFFSET, receiver)
  if (counter <= MAX_SMALL_COUNTER) {
    const small = Number(counter)
    writeIndex(message, COUNTER_OFFSET, small >>> 0)
    writeIndex(message, COUNTER_OFFSET + 4, Math.floor(small / 0x1_0000_0000))
  } else {
    writeIndex(message, COUNTER_OFFSET, Number(counter & 0xffff_ffffn))
    writeIndex(message, COUNTER_OFFSET + 4, Number(counter >> 32n))
  }
}
