/** Keys as text: base64 as in wg(8) files, hexadecimal as in the cross-platform protocol. */

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

const NO_DIGIT = 255
/** By character code: a device of ten thousand peers reads and writes as many keys for each `wg show`. */
const DIGIT_VALUES = valuesOf(DIGITS)
const HEX_VALUES = valuesOf('0123456789abcdef')
for (const [i, digit] of Array.from('ABCDEF').entries()) HEX_VALUES[digit.charCodeAt(0)] = 10 + i
const HEX_BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Base64 of 32 bytes, 44 characters with one `=` at the end. */
export function keyToBase64(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < 32; i += 3) {
    const triple = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0)
    text += DIGITS[triple >>> 18]! + DIGITS[(triple >>> 12) & 63]! + DIGITS[(triple >>> 6) & 63]!
    text += i + 2 < 32 ? DIGITS[triple & 63]! : '='
  }
  return text
}

/**
 * The 32 bytes of exactly 44 characters; undefined for all else, and where the last character before `=` has bits to
 * spare that are set.
 */
export function keyFromBase64(text: string): Uint8Array | undefined {
  if (text.length !== 44 || text[43] !== '=') return undefined
  const bytes = new Uint8Array(33)
  for (let i = 0; i < 44; i += 4) {
    let quad = 0
    for (let j = i; j < i + 4; j++) {
      const digit = j === 43 ? 0 : (DIGIT_VALUES[text.charCodeAt(j)] ?? NO_DIGIT)
      if (digit === NO_DIGIT) return undefined
      quad = (quad << 6) | digit
    }
    const at = (i / 4) * 3
    bytes[at] = quad >>> 16
    bytes[at + 1] = quad >>> 8
    bytes[at + 2] = quad
  }
  return bytes[32] === 0 ? bytes.slice(0, 32) : undefined
}

export function isBase64Digit(character: string): boolean {
  return DIGITS.includes(character)
}

/** Lower case, two digits a byte. */
export function toHex(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i++) text += HEX_BYTES[bytes[i]!]
  return text
}

/** The 32 bytes of exactly 64 digits of either case; else undefined. */
export function keyFromHex(text: string): Uint8Array | undefined {
  if (text.length !== 64) return undefined
  const bytes = new Uint8Array(32)
  for (let i = 0; i < 32; i++) {
    const high = HEX_VALUES[text.charCodeAt(i * 2)] ?? NO_DIGIT
    const low = HEX_VALUES[text.charCodeAt(i * 2 + 1)] ?? NO_DIGIT
    if (high === NO_DIGIT || low === NO_DIGIT) return undefined
    bytes[i] = (high << 4) | low
  }
  return bytes
}

/** The value of each digit at its character code, NO_DIGIT elsewhere. */
function valuesOf(digits: string): Uint8Array {
  const values = new Uint8Array(128).fill(NO_DIGIT)
  for (let i = 0; i < digits.length; i++) values[digits.charCodeAt(i)] = i
  return values
}
