/** What runs left behind that were killed: found by their names, removed where their owner is dead. */
import { execFile } from 'node:child_process'
import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { folderOf, isAlive, leases, type Owner, PREFIX } from './lease.ts'

export interface Found {
  readonly kind: 'namespace' | 'link' | 'folder'
  readonly name: string
}

/** What is here, by the prefix of the run that it is called after. */
export function byRun(found: readonly Found[]): Map<string, Found[]> {
  const runs = new Map<string, Found[]>()
  for (const each of found) {
    const prefix = PREFIX.exec(each.name)?.[0]
    if (prefix === undefined) continue
    runs.set(prefix, [...(runs.get(prefix) ?? []), each])
  }
  return runs
}

/** Runs whose owner lives no more: their folder is made first and removed last, so one without a folder has none. */
export function deadRuns(
  found: readonly Found[],
  owners: ReadonlyMap<string, Owner | undefined>,
  alive: (owner: Owner) => boolean,
): Map<string, Found[]> {
  const dead = [...byRun(found)].filter(([prefix]) => {
    const owner = owners.get(prefix)
    return owner === undefined || !alive(owner)
  })
  return new Map(dead)
}

/** Removes what dead runs left. Rejects where `ip` can not be run. */
export async function clean(base = tmpdir()): Promise<{ removed: Found[]; failed: string[] }> {
  // Owners are looked at after what they own: one that has just begun is there then.
  const found = await look(base)
  const dead = deadRuns(found, leases(base), isAlive)
  const removed: Found[] = []
  const failed: string[] = []
  for (const [prefix, things] of dead) {
    const trouble = await sweep(prefix, base)
    failed.push(...trouble)
    if (trouble.length === 0) removed.push(...things)
  }
  return { removed, failed }
}

/** Everything that is called after this run: processes in its namespaces, these, links, the folder. Never rejects. */
export async function sweep(prefix: string, base = tmpdir()): Promise<string[]> {
  const failed: string[] = []
  const things = byRun(await look(base).catch(() => [])).get(prefix) ?? []
  const spaces = things.filter(({ kind }) => kind === 'namespace')
  await endProcesses(prefix)
  for (const { kind, name } of things) {
    const words =
      kind === 'namespace' ? ['netns', 'delete', name] : kind === 'link' ? ['link', 'delete', name] : undefined
    if (words === undefined) continue
    await ip(...words).catch(error => failed.push((error as Error).message))
  }
  try {
    for (const { name } of spaces) rmSync(join('/etc/netns', name), { recursive: true, force: true })
    // What is called after the run and stands elsewhere holds its name too.
    rmSync(folderOf(prefix, base), { recursive: true, force: true })
  } catch (error) {
    failed.push((error as Error).message)
  }
  return failed
}

/** Everything that lives in the namespaces of a run. Never rejects. */
export async function endProcesses(prefix: string): Promise<void> {
  const names = (await namespaces().catch(() => [])).filter(name => PREFIX.exec(name)?.[0] === prefix)
  await Promise.all(names.map(killAll))
}

async function namespaces(): Promise<string[]> {
  return (await ip('netns', 'list')).split('\n').map(line => line.split(' ')[0] ?? '')
}

/** Everything on this machine that is called as a run is. */
async function look(base: string): Promise<Found[]> {
  const [spaces, links] = await Promise.all([namespaces(), ip('-o', 'link', 'show')])
  const named = (names: readonly string[], kind: Found['kind']): Found[] =>
    names.filter(name => PREFIX.test(name)).map(name => ({ kind, name }))
  return [
    ...named(spaces, 'namespace'),
    ...named(
      [...links.matchAll(/^\d+: ([^:@]+)/gm)].map(([, name]) => name ?? ''),
      'link',
    ),
    ...named([...leases(base).keys()], 'folder'),
  ]
}

const TRIES = 100

/** Asks the processes of a namespace to end, and then makes them. */
async function killAll(netns: string): Promise<void> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const pids = (await ip('netns', 'pids', netns).catch(() => '')).split('\n').filter(line => line !== '')
    if (pids.length === 0) return
    for (const pid of pids) {
      try {
        // A tunnel's program removes its sockets when it is asked.
        process.kill(Number(pid), attempt < 10 ? 'SIGTERM' : 'SIGKILL')
      } catch {
        // It has ended.
      }
    }
    await pause(20)
  }
}

function ip(...words: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile('ip', words, { env: { ...process.env, LC_ALL: 'C' } }, (error, output, said) => {
      if (error === null) resolve(output)
      else reject(new Error(`ip ${words.join(' ')}: ${said.trim() === '' ? error.message : said.trim()}`))
    })
  })
}
