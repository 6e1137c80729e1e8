/** The language of the agent in a guest: kernel/recipe/agent.c says what each kind means. */
import { get16, get32, set16, set32 } from '../../impl/ip/bytes.ts'

const HEAD = 19
const TYPE = 0x88b5
const GUEST_MAC = [2, 0, 0, 0, 1, 0]
const LAB_MAC = [2, 0, 0, 0, 2, 0]
/** Bytes of a command line. */
export const LONGEST_COMMAND = 8900

export type Order = 'x' | 'p' | 's' | 't' | 'd' | 'i' | 'h' | 'k'

/** Throws a RangeError for a text that is too long for one frame. */
export function orderFrame(job: number, order: Order, text: string): Uint8Array {
  const bytes = utf8(text)
  if (bytes.length > LONGEST_COMMAND) {
    throw new RangeError(`a command of ${bytes.length} bytes (at most ${LONGEST_COMMAND}) for a guest`)
  }
  const frame = new Uint8Array(HEAD + bytes.length)
  frame.set(GUEST_MAC)
  frame.set(LAB_MAC, 6)
  set16(frame, 12, TYPE)
  set32(frame, 14, job)
  frame[18] = order.charCodeAt(0)
  frame.set(bytes, HEAD)
  return frame
}

export type Report =
  | { readonly kind: 'output'; readonly job: number; readonly text: string }
  /** `ready`, or an exit status. */
  | { readonly kind: 'ended'; readonly job: number; readonly status: string }
  | { readonly kind: 'row'; readonly job: number; readonly what: string; readonly seq: number; readonly detail: string }
  | { readonly kind: 'arrived'; readonly step: number; readonly seq: number }
  | { readonly kind: 'bytes'; readonly step: number; readonly bytes: number }
  | { readonly kind: 'damaged'; readonly step: number; readonly text: string }
  | { readonly kind: 'words'; readonly text: string }
  | { readonly kind: 'inner'; readonly job: number; readonly leaving: boolean; readonly packet: Uint8Array }

/** Undefined for a frame that is not the agent's. */
export function readReport(frame: Uint8Array): Report | undefined {
  if (frame.length < HEAD || get16(frame, 12) !== TYPE) return undefined
  const job = get32(frame, 14)
  const bytes = frame.subarray(HEAD)
  switch (String.fromCharCode(frame[18]!)) {
    case 'o':
      return { kind: 'output', job, text: latin1(bytes) }
    case 'e':
      return { kind: 'ended', job, status: latin1(bytes) }
    case 'r': {
      const [, what = '', seq = '0', detail = ''] = /^(\S+) ?(\d*) ?(.*)$/s.exec(latin1(bytes)) ?? []
      return { kind: 'row', job, what, seq: Number(seq), detail }
    }
    case 'a': {
      const [step = 0, seq = 0] = latin1(bytes).split(' ').map(Number)
      return { kind: 'arrived', step, seq }
    }
    case 'b': {
      const [step = 0, count = 0] = latin1(bytes).split(' ').map(Number)
      return { kind: 'bytes', step, bytes: count }
    }
    case 'f': {
      const [, step = '0', text = ''] = /^(\d*) ?(.*)$/s.exec(latin1(bytes)) ?? []
      return { kind: 'damaged', step: Number(step), text }
    }
    case 'k':
      return { kind: 'words', text: latin1(bytes) }
    case 'I':
      return { kind: 'inner', job, leaving: bytes[0] === 0x3e, packet: bytes.slice(1) }
    default:
      return undefined
  }
}

function latin1(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return text
}

/** Pure rooms have no TextEncoder. */
function utf8(text: string): Uint8Array {
  const bytes = encodeURIComponent(text).replace(/%(..)/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return Uint8Array.from(bytes, each => each.charCodeAt(0))
}
