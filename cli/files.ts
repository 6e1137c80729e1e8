/** Files that are whole or not there: written beside their names, renamed when complete. */
import { readdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'

/** Where a file stands until it is whole. */
export function partialPath(path: string): string {
  return join(dirname(path), `.${basename(path)}.partial`)
}

/** Throws what the file system throws, and then leaves what was there before. */
export function writeWhole(path: string, data: string | Uint8Array): void {
  try {
    writeFileSync(partialPath(path), data)
    renameSync(partialPath(path), path)
  } catch (error) {
    rmSync(partialPath(path), { force: true })
    throw error
  }
}

/** Removes what a run that was cut off has left half written, and the folders that are empty then, up to `top`. */
export function removeUnfinished(folder: string, top: string): void {
  try {
    for (const name of readdirSync(folder)) {
      if (name.startsWith('.') && name.endsWith('.partial')) rmSync(join(folder, name), { force: true })
    }
    for (let at = resolve(folder); at !== resolve(top) && at !== dirname(at); at = dirname(at)) rmdirSync(at)
  } catch {
    // Not there, or not empty: nothing to clean up.
  }
}
