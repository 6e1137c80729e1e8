/** The hole-punching table: every kind of NAT against every other, and why a pair fails. */
import type { CryptoProvider } from '../../impl/crypto/provider.ts'
import type { NatBehaviour, NatBehaviours } from '../../scenarios/language/nat.ts'
import { type Punched, punch } from './punch.ts'

/** One kind of NAT, and what the table calls it. */
export interface Side {
  readonly name: string
  readonly mapping: NatBehaviour
  readonly filtering: NatBehaviour
  readonly ports: 'kept' | 'random'
  readonly nat: NatBehaviours
}

export interface Cell extends Punched {
  /** `·` it works; a letter: the reason with this letter. */
  readonly letter: string
}

export interface Reason {
  readonly letter: string
  readonly text: string
  /** How many pairs fail by it. */
  readonly pairs: number
}

export interface PunchTable {
  readonly sides: readonly Side[]
  /** cells[i][j]: the host behind sides[i] initiates first, the other is behind sides[j]. */
  readonly cells: readonly (readonly Cell[])[]
  readonly reasons: readonly Reason[]
}

const BEHAVIOURS: readonly NatBehaviour[] = ['endpoint-independent', 'address-dependent', 'address-and-port-dependent']

/** As the tables of the literature have them. */
export const SHORT: Readonly<Record<NatBehaviour, string>> = {
  'endpoint-independent': 'EI',
  'address-dependent': 'AD',
  'address-and-port-dependent': 'APD',
}

/**
 * 3 mappings × 3 filterings × ports kept or random. Kept: the inner port is the outer one towards every remote end, which
 * for mappings that depend on the remote end means that they share it, as in Linux.
 */
export const SIDES: readonly Side[] = BEHAVIOURS.flatMap(mapping =>
  BEHAVIOURS.flatMap(filtering => [
    {
      name: `${SHORT[mapping]}/${SHORT[filtering]}/kept`,
      mapping,
      filtering,
      ports: 'kept' as const,
      nat: { mapping, filtering, ports: 'preserving' as const, sharing: 'by-remote' as const },
    },
    {
      name: `${SHORT[mapping]}/${SHORT[filtering]}/random`,
      mapping,
      filtering,
      ports: 'random' as const,
      nat: { mapping, filtering, ports: 'random' as const },
    },
  ]),
)

export interface TableOptions {
  readonly seed: string
  readonly crypto: CryptoProvider
  /** Default: SIDES. */
  readonly sides?: readonly Side[]
  /** Told after each pair. */
  readonly progress?: (done: number, of: number) => void
}

/** Tries every ordered pair: 324 of them take some seconds. */
export function punchTable(options: TableOptions): PunchTable {
  const { seed, crypto, sides = SIDES, progress } = options
  const letters = new Letters()
  let done = 0
  const cells = sides.map(first =>
    sides.map(second => {
      const punched = punch({ first: first.nat, second: second.nat, seed, crypto })
      progress?.(++done, sides.length ** 2)
      return { letter: letters.of(punched), ...punched }
    }),
  )
  return { sides, cells, reasons: letters.reasons() }
}

/** A letter for each reason, in the order in which they turn up. */
class Letters {
  readonly #known = new Map<string, { letter: string; text: string; pairs: number }>()

  of(punched: Punched): string {
    if (punched.works) return '·'
    const text = whyNot(punched)
    const known = this.#known.get(text)
    if (known !== undefined) {
      known.pairs++
      return known.letter
    }
    const letter = 'abcdefghijklmnopqrstuvwxyz'[this.#known.size] ?? '?'
    this.#known.set(text, { letter, text, pairs: 1 })
    return letter
  }

  reasons(): Reason[] {
    return [...this.#known.values()]
  }
}

/** Which NAT threw away what, in words. */
export function whyNot(punched: Punched): string {
  const { drops } = punched
  if (drops.length === 0) return 'nothing was thrown away by a NAT'
  return drops
    .map(({ nat, reason }) => `${nat === 'first' ? "the first one's" : "the second one's"} NAT: ${reason}`)
    .join('; ')
}
