/** What a run comes to: outcomes of checks, verdicts, the report. */
import type { PacketRef, Visibility } from './trace.ts'

export type VerdictKind = 'pass' | 'fail' | 'unsupported' | 'skipped' | 'inconclusive'

/** What one check found. */
export interface CheckOutcome {
  readonly name: string
  readonly result: 'pass' | 'fail' | 'unsupported'
  readonly expected: string
  readonly actual: string
  /** Nanoseconds since the start, where one moment decided. */
  readonly at?: number
  /** Ids of the packets it is about, as text. */
  readonly packets?: readonly string[]
  /** A likely cause, from the reasons in the trace. */
  readonly likely?: string
}

/** A place whose packets are kept, and one interface of the capture. */
export interface Vantage {
  /** `alice:internet`, `alice:wg0` */
  readonly name: string
  readonly layer: 'wire' | 'inner'
  readonly host: string
}

/** One line of Wireshark's WireGuard key log. The value is secret: it goes into captures and nowhere else. */
export interface KeyLogLine {
  readonly kind: 'LOCAL_STATIC_PRIVATE_KEY' | 'LOCAL_EPHEMERAL_PRIVATE_KEY' | 'PRESHARED_KEY'
  /** base64 */
  readonly reveal: () => string
}

/** What a world tells about itself before a run: a no is a verdict with a reason. */
export type Support =
  | { readonly ok: true }
  | { readonly ok: false; readonly verdict: 'unsupported' | 'skipped'; readonly because: string }

/** A packet that has not ended when the run does, and the box that has it: a cable, a machine. */
export interface Held {
  readonly at: string
  readonly packet: PacketRef
  readonly copy: number
}

/** What a world leaves behind besides the rows. */
export interface RunEnd {
  /** Nanoseconds of the world's time. */
  readonly ended_at: number
  /** The sentence that explains each drop reason this world knows. */
  readonly legend: Readonly<Record<string, string>>
  readonly vantages: readonly Vantage[]
  readonly keylog: readonly KeyLogLine[]
  /** What this world can not see. */
  readonly blind: readonly Visibility[]
  /** Peer public key (base64) to key name. */
  readonly names: Readonly<Record<string, string>>
  readonly warnings: readonly string[]
  /** Every packet that is still on its way; absent: this world can not say. */
  readonly held?: readonly Held[]
}

export interface Verdict {
  readonly id: string
  readonly title: string
  readonly world: string
  readonly cast: Readonly<Record<string, string>>
  readonly seed: string
  readonly verdict: VerdictKind
  readonly because: string
  readonly requirements: readonly string[]
  readonly claims: readonly string[]
  readonly expected: string
  readonly actual: string
  readonly checks: readonly CheckOutcome[]
  readonly virtual_s: number
  readonly wall_ms: number
  readonly trace_sha256: string
  readonly artefacts: Readonly<Record<string, string>>
  readonly reproduce: string
  readonly warnings: readonly string[]
  /** Lines of the story around a failure, for people. */
  readonly story?: readonly string[]
}

export interface Report {
  readonly schema: 'wglab/report@1'
  readonly tool: { readonly name: 'wglab'; readonly version: string }
  readonly machine: { readonly platform: string; readonly node: string; readonly crypto: string }
  readonly seed: string
  readonly totals: Readonly<Record<VerdictKind, number>>
  readonly verdicts: readonly Verdict[]
}
