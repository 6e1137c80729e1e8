/**
 * A guest's kernel takes the memory from its own end to its heap for its own. The host puts the heap somewhere within a
 * gibibyte at random, so how much memory there is, and with it the size of many a table of the kernel, would be another in
 * each run: 6.1 chose IP identifications from tables of 4096 or of 16384 places. The host leaves that be for a program that
 * is started by `setarch -R`.
 */
import { execFile } from 'node:child_process'
import { join } from 'node:path'

/** Of a process's personality(2): its memory is at the same addresses each time. */
const ADDR_NO_RANDOMIZE = 0x40000
const FIXED = ['linux64', '-R']

let asked: Promise<readonly string[]> | undefined

/**
 * What goes before a command so that its memory is at the same addresses each time. Nothing where this machine has no
 * setarch, or forbids it, as some containers do. Asked once.
 */
export function fixedAddresses(): Promise<readonly string[]> {
  asked ??= firstThatWorks((process.env['PATH'] ?? '').split(':'))
  return asked
}

/** The first setarch of these folders that does what it says. */
export async function firstThatWorks(folders: readonly string[]): Promise<readonly string[]> {
  for (const folder of folders) {
    const command = [join(folder, 'setarch'), ...FIXED]
    if (folder.startsWith('/') && (await personality(command)) & ADDR_NO_RANDOMIZE) return command
  }
  return []
}

/** What a program has that is started so; 0 when it can not be. */
function personality([program = '', ...words]: readonly string[]): Promise<number> {
  return new Promise(resolve => {
    execFile(program, [...words, 'cat', '/proc/self/personality'], { timeout: 10_000 }, (error, output) => {
      resolve(error === null ? Number.parseInt(output, 16) : 0)
    })
  })
}
