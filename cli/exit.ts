/** What a command ends with. Never a count. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  nothingMatched: 3,
  missing: 4,
  notDeterministic: 5,
  knownFailurePassed: 6,
  bug: 70,
} as const

export type ExitStatus = (typeof EXIT)[keyof typeof EXIT]

/** A mistake of the user's, or of their machine: shown as it is, without a stack. */
export class UserError extends Error {
  readonly status: ExitStatus

  constructor(message: string, status: ExitStatus = EXIT.usage) {
    super(message)
    this.status = status
  }
}
