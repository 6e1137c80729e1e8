/** The words of a guest's agent that a run in its namespaces needs: kernel/recipe/agent.c says what each kind means. */

const HEAD = 19
const TYPE = 0x88b5
/** Bytes of a command that fit one frame. */
export const LONGEST_COMMAND = 8900

/** An order to run a command line. Throws a RangeError for one that is too long. */
export function commandFrame(job: number, line: string): Uint8Array {
  const text = Buffer.from(line, 'utf8')
  if (text.length > LONGEST_COMMAND)
    throw new RangeError(`a command of ${text.length} bytes (at most ${LONGEST_COMMAND})`)
  const frame = Buffer.alloc(HEAD + text.length)
  frame.set([2, 0, 0, 0, 1, 0, 2, 0, 0, 0, 2, 0])
  frame.writeUInt16BE(TYPE, 12)
  frame.writeUInt32BE(job, 14)
  frame.write('x', 18, 'latin1')
  frame.set(text, HEAD)
  return frame
}

export type Answer =
  | { readonly kind: 'output'; readonly job: number; readonly bytes: Uint8Array }
  /** `ready` for job 0 at the beginning; an exit status else. */
  | { readonly kind: 'ended'; readonly job: number; readonly status: string }

/** Undefined for what is no answer to a command. */
export function readAnswer(frame: Uint8Array): Answer | undefined {
  const bytes = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength)
  if (bytes.length < HEAD || bytes.readUInt16BE(12) !== TYPE) return undefined
  const job = bytes.readUInt32BE(14)
  const kind = String.fromCharCode(bytes[18] ?? 0)
  if (kind === 'o') return { kind: 'output', job, bytes: Uint8Array.from(bytes.subarray(HEAD)) }
  return kind === 'e' ? { kind: 'ended', job, status: bytes.toString('latin1', HEAD) } : undefined
}
