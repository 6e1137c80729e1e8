/** UTF-8 without the platform: the pure rooms have no TextEncoder. */

/** The bytes of a text; a lone surrogate becomes U+FFFD. At most `limit` bytes, cut between characters. */
export function utf8(text: string, limit: number = Number.MAX_SAFE_INTEGER): Uint8Array {
  const plain = text.length <= limit ? ascii(text) : undefined
  if (plain !== undefined) return plain
  const bytes: number[] = []
  for (const char of text) {
    const code = scalar(char.codePointAt(0) ?? 0xfffd)
    const size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
    if (bytes.length + size > limit) break
    if (size === 1) bytes.push(code)
    else if (size === 2) bytes.push(0xc0 | (code >> 6), tail(code, 0))
    else if (size === 3) bytes.push(0xe0 | (code >> 12), tail(code, 6), tail(code, 0))
    else bytes.push(0xf0 | (code >> 18), tail(code, 12), tail(code, 6), tail(code, 0))
  }
  return Uint8Array.from(bytes)
}

function scalar(code: number): number {
  return code >= 0xd800 && code <= 0xdfff ? 0xfffd : code
}

function tail(code: number, shift: number): number {
  return 0x80 | ((code >> shift) & 0x3f)
}

/** The usual case, fast. */
function ascii(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code >= 0x80) return undefined
    bytes[i] = code
  }
  return bytes
}
