/** Bytes and their text: hexadecimal, lower case, no prefix. */
import { blake2s } from '@noble/hashes/blake2.js'

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
}

/** Throws on anything but pairs of hexadecimal digits. */
export function unhex(text: string): Uint8Array {
  if (!/^([0-9a-f]{2})*$/.test(text)) throw new RangeError(`not lower-case hexadecimal: ${text.slice(0, 40)}`)
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16))
}

export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, character => character.charCodeAt(0))
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}

/** A number as 1 to 8 bytes, little endian. */
export function littleEndian(value: number | bigint, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => Number((BigInt(value) >> BigInt(8 * i)) & 0xffn))
}

/** 32 bytes that belong to a name, the same for everybody: BLAKE2s-256 of "wglab vectors: " and the name. */
export function named(name: string): Uint8Array {
  return blake2s(ascii(`wglab vectors: ${name}`))
}

export function base64(bytes: Uint8Array): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
  let text = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const group = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0)
    for (let sixth = 0; sixth < 4; sixth++) {
      text += i + sixth > bytes.length ? '=' : alphabet[(group >> (18 - 6 * sixth)) & 63]
    }
  }
  return text
}

/** The same bytes with one bit the other way. */
export function flipped(bytes: Uint8Array, at: number): Uint8Array {
  return Uint8Array.from(bytes, (byte, i) => (i === at ? byte ^ 1 : byte))
}
