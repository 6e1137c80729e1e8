/** How often packets were dropped for each reason, and what a reason means. */
import { nearest } from '../language/nearest.ts'
import { formatNs } from '../language/quantity.ts'
import type { DropRow } from '../language/trace.ts'
import type { RunEnd } from '../language/verdict.ts'
import { counted } from './words.ts'

/** A count for each reason, with the first of its rows. */
export class DropTable {
  readonly #reasons = new Map<string, { count: number; readonly first: DropRow }>()

  add(row: DropRow): void {
    const known = this.#reasons.get(row.reason)
    if (known === undefined) this.#reasons.set(row.reason, { count: 1, first: row })
    else known.count++
  }

  get total(): number {
    let sum = 0
    for (const { count } of this.#reasons.values()) sum += count
    return sum
  }

  /** The most frequent reason; of several the one that came first. */
  most(): { readonly reason: string; readonly count: number; readonly first: DropRow } | undefined {
    let best: { reason: string; count: number; first: DropRow } | undefined
    for (const [reason, { count, first }] of this.#reasons) {
      if (best === undefined || count > best.count) best = { reason, count, first }
    }
    return best
  }

  reasons(): string[] {
    return [...this.#reasons.keys()]
  }
}

/** The most frequent reason among the packets concerned, else in the whole run, with its sentence. */
export function likelyCause(concerned: DropTable, all: DropTable, end: RunEnd): string | undefined {
  const own = concerned.most()
  if (own !== undefined) return reasonText(own, concerned.total, end)
  const other = all.most()
  if (other === undefined) return undefined
  return `None of these was dropped itself. In the whole run: ${reasonText(other, all.total, end)}`
}

/** Undefined where the run knows the reason; else a sentence with the reason that was meant. */
export function unknownReason(reason: string, end: RunEnd): string | undefined {
  if (Object.hasOwn(end.legend, reason)) return undefined
  const known = Object.keys(end.legend)
  const meant = nearest(reason, known)
  const hint = meant === undefined ? `Known are ${known.join(', ')}.` : `"${meant}" is the nearest that it knows.`
  return `This world knows no drop reason "${reason}". ${hint}`
}

function reasonText(
  most: { readonly reason: string; readonly count: number; readonly first: DropRow },
  total: number,
  end: RunEnd,
): string {
  const { reason, count, first } = most
  const sentence = Object.hasOwn(end.legend, reason) ? ` ${end.legend[reason]}` : ''
  const where = `first at ${first.at}, ${formatNs(first.t)}`
  return `${reason} (${count} of ${counted(total, 'drop')}, ${where}).${sentence}`
}
