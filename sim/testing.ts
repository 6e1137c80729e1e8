/** Simple machines for tests of the loop and the wires, and rows as text that can be compared. */
import { type Address, type Instant, instant, NEVER, type Random } from '../impl/box.ts'
import { buildIp } from '../impl/ip/packet.ts'
import type { Row, TraceSink } from '../scenarios/language/trace.ts'
import type { Node, NodeInput, NodeOutput, Packet } from './node.ts'

export interface ChatterOptions {
  readonly name: string
  readonly random: Random
  /** The port everything leaves by. */
  readonly port: string
  readonly source: Address
  readonly targets: readonly Address[]
  /** How many packets it sends, at random times up to `span_ns` (at whole milliseconds: many at one instant). */
  readonly count: number
  readonly span_ns: number
  /** Every packet that arrives is answered once, at once. */
  readonly answers: boolean
}

/** Sends at random times to random targets, and answers. */
export class Chatter implements Node {
  readonly #options: ChatterOptions
  readonly #times: number[]
  readonly #out: NodeOutput[] = []
  #born = 0

  constructor(options: ChatterOptions) {
    this.#options = options
    const { random, count, span_ns } = options
    const times = Array.from({ length: count }, () => random.below(Math.floor(span_ns / 1e6) + 1) * 1e6)
    this.#times = times.sort((a, b) => b - a)
  }

  handleInput(now: Instant, input: NodeInput): void {
    if (input.kind !== 'packet') return
    const { id, copy, bytes } = input.packet
    const at = this.#options.name
    this.#out.push({
      kind: 'row',
      row: { kind: 'hop', t: now, at, dir: 'done', layer: 'inner', packet: id, copy, size: bytes.length },
    })
    // The first byte after the header says whether this is an answer already.
    if (this.#options.answers && bytes[20] === 0) this.#send(now, bytes.slice(12, 16), 1, input.packet)
  }

  handleTimeout(now: Instant): void {
    while ((this.#times.at(-1) ?? NEVER) <= now) {
      this.#times.pop()
      const { random, targets } = this.#options
      const target = targets[random.below(targets.length)]
      if (target !== undefined) this.#send(now, target, 0)
    }
  }

  pollOutput(): NodeOutput | undefined {
    return this.#out.shift()
  }

  pollTimeout(): Instant {
    return instant(this.#times.at(-1) ?? NEVER)
  }

  timeoutReason(): string {
    return 'something to say'
  }

  #send(now: Instant, destination: Address, what: 0 | 1, cause?: Packet): void {
    const { name, random, source, port } = this.#options
    const payload = new Uint8Array(1 + random.below(100)).fill(what)
    const bytes = buildIp({ source, destination, protocol: 253, payload })
    const packet: Packet = { id: { box: name, n: ++this.#born }, copy: 0, bytes }
    this.#out.push({
      kind: 'row',
      row: {
        kind: 'hop',
        t: now,
        at: name,
        dir: 'born',
        layer: 'inner',
        packet: packet.id,
        copy: 0,
        size: bytes.length,
        ...(cause === undefined ? {} : { cause: cause.id }),
      },
    })
    this.#out.push({ kind: 'packet', port, packet })
  }
}

/** Keeps every row, as one line of JSON each. */
export class Lines implements TraceSink {
  readonly lines: string[] = []

  row(row: Row): void {
    this.lines.push(
      JSON.stringify(row, (_key, value) => (value instanceof Uint8Array ? Array.from(value).join() : value)),
    )
  }
}
