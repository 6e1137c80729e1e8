/** Who made what: a folder for each run, with the process that owns it, so that what a dead one left can be told. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A process, told from a later one with its number. */
export interface Owner {
  readonly pid: number
  /** When it started, in ticks since the machine did. */
  readonly started: string
  /** The machine's own name for the time since it was switched on. */
  readonly boot: string
}

/** How everything of a run begins. */
export const PREFIX = /^wglab-[0-9a-f]{6}(?=-|$)/

const FILE = 'owner.json'

export function folderOf(prefix: string, base = tmpdir()): string {
  return join(base, prefix)
}

/** Before anything else of a run is made. Throws what the file system throws, also where the folder is there already. */
export function takeLease(folder: string): void {
  mkdirSync(folder, { mode: 0o700 })
  writeFileSync(join(folder, FILE), JSON.stringify(thisProcess()))
}

/** Undefined: nobody wrote it, or not yet. */
export function readLease(folder: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, FILE), 'utf8')) as Owner
  } catch {
    return undefined
  }
}

/** The folders of runs, dead or alive. */
export function leases(base = tmpdir()): Map<string, Owner | undefined> {
  const names = readdirSync(base).filter(name => PREFIX.exec(name)?.[0] === name)
  return new Map(
    names.flatMap(name => {
      const owner = readLease(join(base, name))
      // Others of ours have folders that begin so too, without an owner.
      return owner === undefined ? [] : [[name, owner] as const]
    }),
  )
}

export function isAlive({ pid, started, boot }: Owner): boolean {
  return bootId() === boot && startOf(pid) === started
}

function thisProcess(): Owner {
  return { pid: process.pid, started: startOf(process.pid) ?? '', boot: bootId() }
}

/** Undefined: there is no such process, or it is one that waits to be buried. */
function startOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name is in brackets and may hold anything.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? undefined : fields[19]
  } catch {
    return undefined
  }
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return ''
  }
}
