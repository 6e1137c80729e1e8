/** What came of a measurement: for each parameter its value and how it was seen, or why it can not be seen. */
import type { NatParameters } from '../../scenarios/language/nat-parameters.ts'
import type { Duration } from '../../scenarios/language/quantity.ts'

export type Finding<T> =
  /** The packets tell. */
  | { readonly kind: 'measured'; readonly value: T; readonly how: string }
  /** Every value that is left acts alike, as far as was looked; `value` is one of them. */
  | { readonly kind: 'unseen'; readonly value: T; readonly because: string }

export type Findings = { readonly [K in keyof NatParameters]: Finding<NatParameters[K]> }
export type Draft = { -readonly [K in keyof NatParameters]?: Finding<NatParameters[K]> }

/** What is seen beside the parameters: of use to people, nothing to build a NAT from. */
export interface Trait {
  readonly name: string
  readonly value: string
  readonly how: string
}

export interface Measured {
  readonly parameters: Findings
  readonly traits: readonly Trait[]
  /** How often the NAT was started anew, and how many datagrams it took. */
  readonly runs: number
  readonly sent: number
}

export function measured<T>(value: T, how: string): Finding<T> {
  return { kind: 'measured', value, how }
}

export function unseen<T>(value: T, because: string): Finding<T> {
  return { kind: 'unseen', value, because }
}

/** A NAT that acts as the measured one did. */
export function parametersOf(findings: Findings): NatParameters {
  const values = Object.entries(findings).map(([key, { value }]) => [key, value] as const)
  // Each key of NatParameters is there with a value of its own type.
  return Object.fromEntries(values) as unknown as NatParameters
}

const UNITS: readonly (readonly [number, string])[] = [
  [3_600_000_000_000, 'h'],
  [60_000_000_000, 'm'],
  [1_000_000_000, 's'],
  [1_000_000, 'ms'],
  [1_000, 'us'],
  [1, 'ns'],
]
/** Up to ten minutes people count in seconds: 120s, 300s. */
const IN_SECONDS = 600_000_000_000

/** As people write it: 90s, 350s, 124m, 1h. Exact. */
export function durationText(ns: number): Duration {
  if (ns === 0) return '0s'
  const [size, unit] = UNITS.find(([size]) => ns % size === 0 && (size <= 1e9 || ns > IN_SECONDS)) ?? [1, 'ns']
  return `${ns / size}${unit}` as Duration
}
