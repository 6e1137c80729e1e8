/** What a tcp step did: when it began, was connected, and how many bytes came out at each end. */
import { formatNs, formatRate } from '../language/quantity.ts'
import type { Scenario } from '../language/scenario.ts'
import type { StepOf } from '../language/step.ts'
import type { Row } from '../language/trace.ts'

export class Stream {
  readonly step: StepOf<'tcp'>
  readonly name: string
  /** Nanoseconds. */
  begunAt: number | undefined
  connectedAt: number | undefined
  lastAt: number | undefined
  doneAt: number | undefined
  /** The first error, and when. */
  error: { readonly text: string; readonly at: number } | undefined
  /** How often something was sent again. */
  resent = 0
  /** Bytes that arrived, by the host that got them. */
  readonly #arrived = new Map<string, number>()

  constructor(scenario: Scenario, name: string) {
    const step = scenario.steps.find((each, i) => (each.name ?? `#${i}`) === name)
    if (step?.do !== 'tcp') throw new RangeError(`no step "${name}" of the scenario is a tcp step`)
    this.step = step
    this.name = name
  }

  /** How many bytes it has, of both directions. */
  get total(): number {
    return this.step.direction === 'both' ? 2 * this.step.bytes : this.step.bytes
  }

  get arrived(): number {
    let sum = 0
    for (const bytes of this.#arrived.values()) sum += bytes
    return sum
  }

  get complete(): boolean {
    return this.arrived >= this.total
  }

  /** Bits per second from the first SYN to the last byte that arrived; undefined when nothing did. */
  get goodput_bits(): number | undefined {
    if (this.begunAt === undefined || this.lastAt === undefined || this.lastAt === this.begunAt) return undefined
    return Math.floor((this.arrived * 8e9) / (this.lastAt - this.begunAt))
  }

  row(row: Row): void {
    if (row.kind !== 'step' || row.step !== this.name) return
    switch (row.what) {
      case 'begun':
        this.begunAt ??= row.t
        return
      case 'answered':
        this.connectedAt ??= row.t
        return
      case 'arrived':
        this.#arrived.set(row.host, row.bytes ?? 0)
        this.lastAt = row.t
        return
      case 'error':
        this.error ??= { text: row.detail ?? 'an error', at: row.t }
        return
      case 'done':
        this.doneAt ??= row.t
        return
      case 'sent':
        this.resent++
        return
      case 'satisfied':
      case 'failed':
    }
  }

  /** `41380 of 100000 B arrived, the last at 3.2 s; connected at 1.04 s; "connection timed out" at 12 s` */
  text(): string {
    const { connectedAt, lastAt, error } = this
    if (this.begunAt === undefined) return 'It never began'
    const parts = [
      lastAt === undefined
        ? `none of ${this.total} B arrived`
        : `${this.arrived} of ${this.total} B arrived, the last at ${formatNs(lastAt)}`,
      connectedAt === undefined ? 'never connected' : `connected at ${formatNs(connectedAt)}`,
      ...(this.resent > 0 ? [`${this.resent} sent again or tried`] : []),
      ...(error === undefined ? [] : [`"${error.text}" at ${formatNs(error.at)}`]),
    ]
    const text = parts.join('; ')
    return text.charAt(0).toUpperCase() + text.slice(1)
  }

  goodputText(): string {
    const bits = this.goodput_bits
    return bits === undefined ? 'no goodput' : formatRate(bits)
  }
}
