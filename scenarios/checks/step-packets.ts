/** The packets of one ping or send: when each was sent, when it arrived, and what was dropped of it. */
import type { Scenario } from '../language/scenario.ts'
import type { StepOf } from '../language/step.ts'
import { type DropRow, type PacketRef, packetText, type Row } from '../language/trace.ts'
import { FEW } from './check.ts'
import { DropTable } from './drops.ts'

/** What a loss is remembered with. */
interface Loss {
  readonly reasons: Set<string>
  /** The first drop of the packet itself; of what it caused (a reply, an ICMP error) where there is none. */
  first: DropRow
  own: boolean
}

export class StepPackets {
  readonly step: StepOf<'ping' | 'send' | 'lookup'>
  readonly name: string
  /** How many the step has. */
  readonly total: number
  /** Nanoseconds by sequence number, from 1. */
  readonly #sentAt: number[] = []
  readonly #arrivedAt: number[] = []
  readonly #packets: PacketRef[] = []
  readonly #errors = new Map<number, string>()
  readonly #losses = new Map<number, Loss>()
  /** Which packet, or the answer to which, belongs to which sequence number: box, its count, sequence number. */
  readonly #owners = new Map<string, Map<number, number>>()
  #arrivals = 0

  constructor(scenario: Scenario, name: string) {
    this.name = name
    this.step = stepCalled(scenario, name)
    this.total = this.step.do === 'lookup' ? 1 : (this.step.count ?? 1)
  }

  /** `answered` for pings and lookups, `arrived` for datagrams. */
  get verb(): 'answered' | 'arrived' {
    return this.step.do === 'send' ? 'arrived' : 'answered'
  }

  get arrivals(): number {
    return this.#arrivals
  }

  row(row: Row): void {
    if (row.kind === 'hop') {
      if (row.cause !== undefined) this.#inherit(row.cause, row.packet)
    } else if (row.kind === 'drop') this.#dropped(row)
    else if (row.kind === 'step' && row.step === this.name) {
      const seq = row.seq ?? (row.packet && this.#ownerOf(row.packet))
      if (row.what === 'sent' && seq !== undefined) {
        this.#sentAt[seq] ??= row.t
        if (row.packet !== undefined) {
          this.#packets[seq] ??= row.packet
          this.#own(row.packet, seq)
        }
      } else if (row.what === this.verb && seq !== undefined && this.#arrivedAt[seq] === undefined) {
        this.#arrivedAt[seq] = row.t
        this.#arrivals++
      } else if (row.what === 'error' && seq !== undefined) this.#errors.set(seq, row.detail ?? 'an error')
    }
  }

  wasSent(seq: number): boolean {
    return this.#sentAt[seq] !== undefined
  }

  hasArrived(seq: number): boolean {
    return this.#arrivedAt[seq] !== undefined
  }

  sentAt(seq: number): number | undefined {
    return this.#sentAt[seq]
  }

  arrivedAt(seq: number): number | undefined {
    return this.#arrivedAt[seq]
  }

  /** Nanoseconds on the way (there and back for a ping), or undefined. */
  tookNs(seq: number): number | undefined {
    const sent = this.#sentAt[seq]
    const arrived = this.#arrivedAt[seq]
    return sent === undefined || arrived === undefined ? undefined : arrived - sent
  }

  error(seq: number): string | undefined {
    return this.#errors.get(seq)
  }

  /** The reasons for which it, its answer, or a part of either was dropped. */
  reasons(seq: number): readonly string[] {
    return [...(this.#losses.get(seq)?.reasons ?? [])]
  }

  /** Ids of the first few packets with these sequence numbers. */
  ids(seqs: readonly number[]): string[] {
    return seqs.flatMap(seq => (this.#packets[seq] === undefined ? [] : [packetText(this.#packets[seq])])).slice(0, FEW)
  }

  /** The sequence numbers for which something holds. */
  which(holds: (seq: number) => boolean): number[] {
    const found: number[] = []
    for (let seq = 1; seq <= this.total; seq++) if (holds(seq)) found.push(seq)
    return found
  }

  /** The first drop of each of these packets, counted by reason. */
  drops(seqs: readonly number[]): DropTable {
    const table = new DropTable()
    for (const seq of seqs) {
      const loss = this.#losses.get(seq)
      if (loss !== undefined) table.add(loss.first)
    }
    return table
  }

  #dropped(row: DropRow): void {
    const seq = this.#ownerOf(row.packet)
    if (seq === undefined) return
    const own = this.#packets[seq] !== undefined && samePacket(this.#packets[seq], row.packet)
    const loss = this.#losses.get(seq)
    if (loss === undefined) this.#losses.set(seq, { reasons: new Set([row.reason]), first: row, own })
    else {
      loss.reasons.add(row.reason)
      if (!own || loss.own) return
      loss.first = row
      loss.own = true
    }
  }

  #inherit(cause: PacketRef, packet: PacketRef): void {
    const seq = this.#ownerOf(cause)
    if (seq !== undefined) this.#own(packet, seq)
  }

  #own(packet: PacketRef, seq: number): void {
    const box = this.#owners.get(packet.box)
    if (box === undefined) this.#owners.set(packet.box, new Map([[packet.n, seq]]))
    else box.set(packet.n, seq)
  }

  #ownerOf(packet: PacketRef): number | undefined {
    return this.#owners.get(packet.box)?.get(packet.n)
  }
}

function samePacket(a: PacketRef, b: PacketRef): boolean {
  return a.n === b.n && a.box === b.box
}

/** The ping, send or lookup of this name, or `#n`. Throws a RangeError where there is none: the scenario was not validated. */
function stepCalled(scenario: Scenario, name: string): StepOf<'ping' | 'send' | 'lookup'> {
  const step = scenario.steps.find((each, i) => (each.name ?? `#${i}`) === name)
  if (step?.do === 'ping' || step?.do === 'send' || step?.do === 'lookup') return step
  throw new RangeError(`no step "${name}" of the scenario sends packets`)
}

/** What a step sends, for people. */
export function nounOf(step: StepPackets['step']): string {
  return step.do === 'send' ? 'packet' : step.do
}
