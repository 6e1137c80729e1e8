/** One scenario under two casts: what differed, and which differences are known and why. */
import { z } from 'zod'
import type { MessageKind } from './words.ts'

/** One WireGuard message as it left a host. */
export interface WireMessage {
  /** Nanoseconds since the start. */
  readonly t: number
  /** Who sent it. */
  readonly host: string
  /** Whose address it is on its way to; the address itself where nobody has it. */
  readonly peer: string
  /** `198.51.100.1:51820`; a port that nobody configured is `*`: it may be drawn anew in every run. */
  readonly to: string
  readonly message: Exclude<MessageKind, 'any'>
  /** Bytes of the UDP payload. */
  readonly size: number
  /** `alice/12` */
  readonly packet: string
}

export interface MessageDivergence {
  readonly kind: 'message'
  /** only-a: B never sent it; only-b: A never did; time: both did, too far apart. */
  readonly how: 'only-a' | 'only-b' | 'time'
  readonly a?: WireMessage
  readonly b?: WireMessage
  /** How far apart in time they might have been, ns: B's time less A's. */
  readonly allowed?: readonly [least: number, most: number]
}

export interface CheckDivergence {
  readonly kind: 'check'
  readonly check: string
  readonly a: string
  readonly b: string
}

export type Divergence = MessageDivergence | CheckDivergence

/** A difference that is right, said once. Every word is exact: no patterns. */
const shared = {
  scenario: z.string().min(1),
  /** The implementation that differs from ours. */
  implementation: z.string().min(1),
  reason: z.string().min(20).describe('Why both are right.'),
  source: z
    .string()
    .regex(/^\S+\.[ch](pp)?: \w+|^\S+\.(ts|go|rs): \w+/)
    .describe('File and function, as drivers/net/wireguard/send.c: wg_packet_send_keepalive'),
}
export const knownDifference = z.union([
  z.strictObject({
    ...shared,
    host: z.string().min(1),
    peer: z.string().min(1),
    message: z.enum(['initiation', 'response', 'cookie-reply', 'data', 'keepalive']),
  }),
  z.strictObject({ ...shared, check: z.string().min(1) }),
])
export type KnownDifference = z.infer<typeof knownDifference>

export const knownDifferences = z.strictObject({
  schema: z.literal('wglab/known-differences@1'),
  differences: z.array(knownDifference),
})

/** What two runs of one scenario come to. */
export interface ParityResult {
  readonly scenario: string
  readonly title: string
  readonly seed: string
  readonly a: Readonly<Record<string, string>>
  readonly b: Readonly<Record<string, string>>
  /**
   * same: by the rule. chance: not with the first draw, but ours does the very same with another draw of its own jitter.
   * known: all that differs stands in the known-differences file. unsupported, skipped: not compared, see `because`.
   */
  readonly outcome: 'same' | 'chance' | 'known' | 'differs' | 'unsupported' | 'skipped'
  readonly because: string
  readonly messages: { readonly a: number; readonly b: number }
  /** In the order of their time, those that are not known. */
  readonly divergences: readonly Divergence[]
  /** Known differences that were met. */
  readonly known: readonly KnownDifference[]
  /** The state of both sides before the first divergence, and the packets around it, a line each. */
  readonly story: { readonly a: readonly string[]; readonly b: readonly string[] }
  readonly wall_ms: number
  readonly reproduce: string
}

export interface ParityReport {
  readonly schema: 'wglab/parity@1'
  readonly tool: { readonly name: 'wglab'; readonly version: string }
  readonly totals: Readonly<Record<ParityResult['outcome'], number>>
  readonly known: number
  /** Entries of the file that nothing needed, though their scenario was compared. */
  readonly stale: readonly KnownDifference[]
  readonly results: readonly ParityResult[]
  /** Of generated ones: the first that differs, made as small as it could be. */
  readonly smallest?: { readonly scenario: unknown; readonly result: ParityResult; readonly asked: number }
}
