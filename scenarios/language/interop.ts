/** Every implementation with every other, in both seats: what came of it, and which differences are known and why. */
import { z } from 'zod'
import type { CheckOutcome, Report, VerdictKind } from './verdict.ts'

export const SEATS = ['initiator', 'responder'] as const
export type Seat = (typeof SEATS)[number]

/** What an implementation says or leaves unsaid otherwise: a message of WireGuard, or `set`, the answer to `wg set`. */
export const DIFFERENT_MESSAGES = ['initiation', 'response', 'cookie-reply', 'data', 'keepalive', 'set'] as const

const exact = z.string().regex(/^[^*?]+$/, 'is one name, not a pattern')

/** What an implementation in a seat does otherwise, said once. Every word is exact: no patterns. */
export const interopDifference = z.strictObject({
  test: exact.describe('The id of the scenario.'),
  implementation: exact,
  seat: z.enum(SEATS),
  message: z.enum(DIFFERENT_MESSAGES),
  check: exact.describe('The name of the check that fails.'),
  reason: z.string().min(20).describe('What it does, and what for.'),
  source: z
    .string()
    .regex(/^[\w./-]+\.[a-z]+: \w+$/, 'is a file and a function, as device/send.go: RoutineEncryption')
    .describe('Where in its own source.'),
})
export type InteropDifference = z.infer<typeof interopDifference>

export const interopDifferences = z.strictObject({
  schema: z.literal('wglab/interop-differences@1'),
  differences: z.array(interopDifference),
})

/** known: it fails, and all that fails stands in the list of known differences. */
export type CellOutcome = VerdictKind | 'known'

/** One test of one pair. */
export interface Cell {
  readonly test: string
  readonly initiator: string
  readonly responder: string
  readonly outcome: CellOutcome
  readonly because: string
  /** Those that did not hold. */
  readonly failed: readonly CheckOutcome[]
  /** Entries of the list that explain it, by their place. */
  readonly known: readonly number[]
  /** The folder of its trace, capture and ladder; '' where it was not run. */
  readonly evidence: string
  readonly reproduce: string
  readonly virtual_s: number
  readonly wall_ms: number
}

export interface InteropReport {
  readonly schema: 'wglab/interop@1'
  readonly tool: Report['tool']
  readonly machine: Report['machine']
  readonly seed: string
  /** In the order of the matrix. `lacks`: why it does not take part here, and what to do about it. */
  readonly implementations: readonly {
    readonly name: string
    readonly version?: string | undefined
    readonly lacks?: string
  }[]
  readonly tests: readonly { readonly id: string; readonly title: string }[]
  readonly totals: Readonly<Record<CellOutcome, number>>
  readonly cells: readonly Cell[]
  /** The list of known differences; `used`: cells that each explains. */
  readonly differences: readonly (InteropDifference & { readonly used: number })[]
  /** Entries that were asked for and explained nothing, by their place: to be taken off the list. */
  readonly stale: readonly number[]
  readonly wall_ms: number
}

/** The name of a test, without the chapter that all share. */
export function testName(id: string): string {
  return id.replace(/^interop\//, '')
}
