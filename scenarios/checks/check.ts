/** What every check looks like: rows go in one at a time, a finding comes out at the end. */
import type { Row, Visibility } from '../language/trace.ts'
import type { RunEnd } from '../language/verdict.ts'
import type { DropTable } from './drops.ts'

export interface Check {
  readonly name: string
  /** A whole sentence: what must be seen. */
  readonly expected: string
  /** A world that can not see one of these makes the check unsupported. */
  readonly needs: readonly Visibility[]
  /** The rows it wants besides hops. */
  readonly kinds: readonly Exclude<Row['kind'], 'hop'>[]
  /** The hop rows it wants: none, those born of another packet, those at some places, or all. */
  readonly hops: 'none' | 'caused' | 'all' | ReadonlySet<string>
  row(row: Row): void
  end(ending: Ending): Finding
}

export interface Ending {
  readonly end: RunEnd
  /** All drops of the run. */
  readonly drops: DropTable
}

export interface Finding {
  readonly ok: boolean | 'unsupported'
  /** A whole sentence: what was seen. */
  readonly actual: string
  /** Nanoseconds: the moment that decided. */
  readonly at?: number
  /** Ids of the packets it is about, a few. */
  readonly packets?: readonly string[]
  readonly likely?: string
}

/** How many packet ids a finding names. */
export const FEW = 5
