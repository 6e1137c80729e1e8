/** A mistake in a scenario, for the person who wrote it. */
export interface Problem {
  readonly file?: string
  /** From 1, where the text is known. */
  readonly line?: number
  readonly column?: number
  /** JSON pointer; empty for the scenario itself. */
  readonly path: string
  readonly what: string
  /** What to write. */
  readonly instead: string
}
