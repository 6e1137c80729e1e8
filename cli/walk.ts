import { type Dirent, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from './exit.ts'
import { systemText } from './system.ts'

/** The files below a folder: not those of hidden folders and of node_modules; links to files, but not to folders. */
export function walk(folder: string): string[] {
  let entries: Dirent[]
  try {
    entries = readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    throw new UserError(`${folder}: can not be read: ${systemText(error)}`)
  }
  return entries.flatMap(entry => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return entry.name === 'node_modules' || entry.name.startsWith('.') ? [] : walk(path)
    return entry.isFile() || (entry.isSymbolicLink() && leadsToFile(path)) ? [path] : []
  })
}

function leadsToFile(path: string): boolean {
  try {
    return statSync(path).isFile()
  } catch {
    return false
  }
}
