/** What passes between machines, as rows of the trace: with its bytes at hosts and NATs, without on the way through. */

import type { Instant } from '../impl/box.ts'
import { keyToBase64 } from '../impl/config/base64.ts'
import type { HopRow, TraceSink } from '../scenarios/language/trace.ts'
import type { KeyLogLine } from '../scenarios/language/verdict.ts'
import type { Port, Watch } from './loop.ts'
import type { NodeOutput, Packet } from './node.ts'

/** What is lost between the boxes. */
export const TAP_DROPS = {
  unplugged: 'The machine had left the network when the packet was to go out or to arrive.',
} as const satisfies Record<string, string>

/** Writes rows to the sink as they happen, so in the order of time, and keeps the secrets for the capture's key log. */
export class Tap implements Watch {
  readonly #sink: TraceSink
  readonly #secrets = new Map<string, KeyLogLine>()
  readonly warnings = new Set<string>()

  constructor(sink: TraceSink) {
    this.#sink = sink
  }

  sent(t: Instant, port: Port, packet: Packet): void {
    if (port.vantage) this.#sink.row(hop(t, port, 'out', packet))
  }

  arrived(t: Instant, port: Port, packet: Packet): void {
    if (port.vantage) {
      this.#sink.row(hop(t, port, 'in', packet))
      return
    }
    const { id, copy, bytes } = packet
    this.#sink.row({ kind: 'hop', t, at: port.at, dir: 'in', layer: 'wire', packet: id, copy, size: bytes.length })
  }

  unplugged(t: Instant, port: Port, packet: Packet): void {
    const { id, copy } = packet
    this.#sink.row({ kind: 'drop', t, at: port.at, layer: 'wire', packet: id, copy, reason: 'unplugged' })
  }

  output(_now: Instant, output: Exclude<NodeOutput, { kind: 'packet' }>): void {
    switch (output.kind) {
      case 'row':
        if (output.row.kind === 'note' && output.row.level === 'warning') {
          this.warnings.add(`${output.row.at}: ${output.row.text}`)
        }
        this.#sink.row(output.row)
        return
      case 'secret': {
        const { secret, key } = output
        const text = keyToBase64(key.reveal())
        this.#secrets.set(`${secret} ${text}`, { kind: secret, reveal: () => text })
        return
      }
    }
  }

  /** A note at the start of the run, and a warning of its end. */
  warn(at: string, text: string): void {
    this.warnings.add(text)
    this.#sink.row({ kind: 'note', t: 0, at, text, level: 'warning' })
  }

  /** Each secret once, in the order of their first appearance. */
  keylog(): readonly KeyLogLine[] {
    return [...this.#secrets.values()]
  }
}

function hop(t: Instant, port: Port, dir: 'out' | 'in', packet: Packet): HopRow {
  const { id, copy, bytes } = packet
  return { kind: 'hop', t, at: port.at, dir, layer: 'wire', packet: id, copy, size: bytes.length, bytes }
}
