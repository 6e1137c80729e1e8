/** What the steps put into their packets: which step, which packet, and a pattern that shows damage. */
import { get32, set32 } from '../../impl/ip/bytes.ts'

/** The number of the step and of the packet, 32 bits each. */
const HEADER = 8

const PATTERN = Uint8Array.from({ length: 65536 + 256 }, (_, i) => i)
const WORDS = new Int32Array(PATTERN.buffer)
/** From here on a view of whole words is worth its making. */
const WORTH_A_VIEW = 256
/** Of the length that was written last: by the place where they start. */
let patterns: { readonly length: number; readonly views: (Uint8Array | undefined)[] } = { length: 0, views: [] }

export interface Stamp {
  /** The step's place in the scenario, from 0. */
  readonly step: number
  /** From 1. */
  readonly seq: number
}

/** Fills the whole payload. With less than 8 bytes it has only the pattern. */
export function writePayload(payload: Uint8Array, step: number, seq: number): void {
  payload.set(patternOf(payload.length, shiftOf(seq)))
  if (payload.length < HEADER) return
  set32(payload, 0, step)
  set32(payload, 4, seq)
}

/** The stamp in bytes[from, to), which are the payload. Undefined when it is too short to say, or to have been quoted whole. */
export function readStamp(bytes: Uint8Array, from = 0, to = bytes.length): Stamp | undefined {
  return to - from < HEADER ? undefined : { step: get32(bytes, from), seq: get32(bytes, from + 4) }
}

/** Whether the payload, bytes[from, to), is to the last byte what writePayload writes. */
export function checkPayload(bytes: Uint8Array, step: number, seq: number, from = 0, to = bytes.length): boolean {
  const length = to - from
  const shift = shiftOf(seq)
  const short = length < HEADER
  if (!short && (get32(bytes, from) !== step || get32(bytes, from + 4) !== seq)) return false
  let at = short ? 0 : HEADER
  // Without a way out in the middle: what arrives is nearly always right.
  let different = 0
  if (length >= WORTH_A_VIEW && ((bytes.byteOffset + from) & 3) === 0) {
    const words = new Int32Array(bytes.buffer, bytes.byteOffset + from, length >>> 2)
    const first = shift >>> 2
    for (let i = HEADER / 4; i < words.length; i++) different |= words[i]! ^ WORDS[i + first]!
    at = words.length * 4
  }
  for (; at < length; at++) different |= bytes[from + at]! ^ PATTERN[at + shift]!
  return different === 0
}

function patternOf(length: number, shift: number): Uint8Array {
  if (length !== patterns.length) patterns = { length, views: [] }
  const { views } = patterns
  views[shift >>> 2] ??= PATTERN.subarray(shift, shift + length)
  return views[shift >>> 2] as Uint8Array
}

/** Where the pattern starts: a multiple of 4, so that whole words can be compared. */
function shiftOf(seq: number): number {
  return (seq & 0x3f) << 2
}

/** Which numbers from 1 were seen: one bit each. */
export class Seen {
  #words = new Uint32Array(4)
  #count = 0

  get count(): number {
    return this.#count
  }

  /** False: it was seen before. */
  add(seq: number): boolean {
    const word = seq >>> 5
    if (word >= this.#words.length) {
      const wider = new Uint32Array(Math.max(word + 1, this.#words.length * 2))
      wider.set(this.#words)
      this.#words = wider
    }
    const bit = 1 << (seq & 31)
    if ((this.#words[word]! & bit) !== 0) return false
    this.#words[word] = this.#words[word]! | bit
    this.#count++
    return true
  }
}
