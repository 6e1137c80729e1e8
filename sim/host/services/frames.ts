/** Datagrams in a stream of bytes: two bytes of length, then the datagram (RFC 4571 §2). */
const HEADER = 2

export function frame(datagram: Uint8Array): Uint8Array {
  const framed = new Uint8Array(HEADER + datagram.length)
  framed[0] = datagram.length >>> 8
  framed[1] = datagram.length & 0xff
  framed.set(datagram, HEADER)
  return framed
}

/** Takes a stream apart, however it is cut. */
export class Frames {
  #rest = new Uint8Array(0)

  /** The datagrams that are whole now. */
  push(bytes: Uint8Array): Uint8Array[] {
    const all = new Uint8Array(this.#rest.length + bytes.length)
    all.set(this.#rest)
    all.set(bytes, this.#rest.length)
    const datagrams: Uint8Array[] = []
    let at = 0
    while (all.length - at >= HEADER) {
      const length = ((all[at] ?? 0) << 8) | (all[at + 1] ?? 0)
      if (all.length - at - HEADER < length) break
      datagrams.push(all.slice(at + HEADER, at + HEADER + length))
      at += HEADER + length
    }
    this.#rest = all.slice(at)
    return datagrams
  }
}

/** What was written to a connection and is not acknowledged yet: it may be asked for again. */
export class Unacknowledged {
  /** In order; `from` is the place in the stream, from 0. */
  #chunks: { readonly from: number; readonly bytes: Uint8Array }[] = []
  #written = 0

  /** Bytes since the start of the stream. */
  get written(): number {
    return this.#written
  }

  append(bytes: Uint8Array): void {
    this.#chunks.push({ from: this.#written, bytes })
    this.#written += bytes.length
  }

  /** Everything before this place has arrived. */
  release(until: number): void {
    let gone = 0
    for (const { from, bytes } of this.#chunks) {
      if (from + bytes.length > until) break
      gone++
    }
    this.#chunks.splice(0, gone)
  }

  /** Bytes [from, from + into.length). What was released is no longer there: a RangeError. */
  fill(into: Uint8Array, from: number): void {
    let filled = 0
    for (const chunk of this.#chunks) {
      const start = from + filled - chunk.from
      if (start < 0) break
      if (start >= chunk.bytes.length) continue
      const part = chunk.bytes.subarray(start, start + into.length - filled)
      into.set(part, filled)
      filled += part.length
      if (filled === into.length) return
    }
    if (filled < into.length) throw new RangeError(`bytes ${from} to ${from + into.length} are not there`)
  }
}
