/** Standard output, which may end before we do: `wglab list | head -1`. */
import { EXIT, UserError } from './exit.ts'
import { codeOf, systemText } from './system.ts'

const CLOSED = new Set(['EPIPE', 'ECONNRESET', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END'])
/** Errors that who called `print` knows of. */
const told = new WeakSet<Error>()

/** Writes all of it and waits until it is taken; false when nobody reads any more. Throws UserError when it can not be written. */
export function print(text: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, error => {
      if (error === undefined || error === null) return resolve(true)
      told.add(error)
      if (CLOSED.has(codeOf(error) ?? '')) resolve(false)
      else reject(cannotWrite(error))
    })
  })
}

/** Called once, at the start: who writes without `print` has nothing more to do when nobody reads, and must not lose a word in silence. */
export function watchOutput(): void {
  process.stderr.on('error', () => {})
  process.stdout.on('error', error => {
    if (told.has(error)) return
    if (CLOSED.has(codeOf(error) ?? '')) process.exit()
    process.stderr.write(`wglab: ${cannotWrite(error).message}\n`)
    process.exit(EXIT.usage)
  })
}

function cannotWrite(error: Error): UserError {
  return new UserError(`standard output: ${systemText(error)}`)
}
