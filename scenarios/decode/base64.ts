/** Bytes as text: base64 of RFC 4648 §4, and hexadecimal. */

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

export function toBase64(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i
    const group = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0)
    text += LETTERS.charAt(group >> 18) + LETTERS.charAt((group >> 12) & 63)
    text += left > 1 ? LETTERS.charAt((group >> 6) & 63) : '='
    text += left > 2 ? LETTERS.charAt(group & 63) : '='
  }
  return text
}

/** The bytes, or undefined where the text is not canonical base64. */
export function fromBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined
  const size = (text.length / 4) * 3 - (text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0)
  const bytes = new Uint8Array(size)
  for (let i = 0, at = 0; i < text.length; i += 4, at += 3) {
    let group = 0
    for (let j = 0; j < 4; j++) group = (group << 6) | Math.max(0, LETTERS.indexOf(text.charAt(i + j)))
    for (let j = 0; j < 3 && at + j < size; j++) bytes[at + j] = (group >> (16 - 8 * j)) & 0xff
  }
  return toBase64(bytes) === text ? bytes : undefined
}

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

export function toHex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += HEX[byte] ?? ''
  return text
}
