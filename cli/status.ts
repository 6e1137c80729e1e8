/** From what a command threw to what is printed and the exit status. */
import { CommanderError } from 'commander'
import { EXIT, UserError } from './exit.ts'
import { messageText } from './problems.ts'

/** Prints what people can do something about, and returns the status. */
export function statusOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
  if (error instanceof UserError) {
    process.stderr.write(`wglab: ${messageText(error.message)}\n`)
    return error.status
  }
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error)
  process.stderr.write(
    `wglab: this is a bug of wglab, not of your scenario. Please report it with these lines:\n${what}\n`,
  )
  return EXIT.bug
}
