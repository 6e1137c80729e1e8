/** Programs of the host that build kernels and roots. */
import { spawn } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { join } from 'node:path'

/** What is missing on this machine, with the one command that helps. */
export class Lacking extends Error {
  readonly command: string
  constructor(what: string, command: string) {
    super(`${what}. Run: ${command}`)
    this.name = 'Lacking'
    this.command = command
  }
}

export interface RunOptions {
  readonly cwd?: string
  readonly environment?: Readonly<Record<string, string>>
  /** Each line of its output. */
  readonly line?: (text: string) => void
  readonly signal?: AbortSignal | undefined
}

/** The output of a program. Rejects with its last lines when it fails. */
export function run(program: string, words: readonly string[], options: RunOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, {
      cwd: options.cwd,
      env: { ...process.env, LC_ALL: 'C', ...options.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    let output = ''
    let all = ''
    let rest = ''
    const take = (bytes: Buffer) => {
      all = `${all}${bytes}`.slice(-20_000)
      const lines = `${rest}${bytes}`.split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) options.line?.(line)
    }
    child.stdout.on('data', (bytes: Buffer) => {
      output += bytes
      take(bytes)
    })
    child.stderr.on('data', take)
    const stop = () => {
      // With what it has started.
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM')
    }
    options.signal?.addEventListener('abort', stop, { once: true })
    child.once('error', error => reject(new Error(`${program}: ${error.message}`)))
    child.once('close', status => {
      options.signal?.removeEventListener('abort', stop)
      if (status === 0) resolve(output)
      else {
        const last = all.trimEnd().split('\n').slice(-15).join('\n')
        reject(new Error(`${[program, ...words].join(' ')} ended with status ${status}:\n${last}`))
      }
    })
  })
}

/** Those of the programs that are not on the PATH. */
export async function missingPrograms(programs: readonly string[]): Promise<string[]> {
  const folders = (process.env['PATH'] ?? '').split(':').filter(each => each !== '')
  const isThere = async (program: string): Promise<boolean> => {
    for (const folder of folders) {
      try {
        await access(join(folder, program), constants.X_OK)
        return true
      } catch {
        // The next folder.
      }
    }
    return false
  }
  const there = await Promise.all(programs.map(isThere))
  return programs.filter((_, i) => there[i] === false)
}
