/** What is wrong with a text, where, and what to write instead. Never carries the value of a secret key. */

export interface Place {
  /** From 1. */
  readonly line: number
  /** From 1, in UTF-16 units. */
  readonly column: number
}

export interface Problem extends Place {
  /** An error: the file is refused as a whole. A warning: it is taken, and perhaps not as meant. */
  readonly severity: 'error' | 'warning'
  readonly file: string
  /** What was found. */
  readonly what: string
  /** What to write, or what to do. */
  readonly instead: string
}

/** `wg0.conf:3:14: error: …` and below it what to write. */
export function formatProblem(problem: Problem): string {
  const { file, line, column, severity, what, instead } = problem
  return `${file}:${line}:${column}: ${severity}: ${what}\n  instead: ${instead}`
}

export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some(problem => problem.severity === 'error')
}
