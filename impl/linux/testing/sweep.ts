/** Everything the harness makes carries the process id of its maker in its name, so that leftovers can be told. */
import { execFileSync } from 'node:child_process'
import { readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Where WireGuard programs put their control sockets. */
export const SOCKETS = '/var/run/wireguard'

/** Namespaces and folders: `wgt-PID-LAB-NAME`. Interfaces: `wt-PID-N`, at most 15 bytes. */
export const namespacePrefix = (pid: number) => `wgt-${pid}-`
export const ifacePrefix = (pid: number) => `wt-${pid}-`

/** Removes what processes that are no more have left: namespaces, the programs in them, sockets, folders. */
export function sweep(): void {
  removeOf(pid => !alive(pid))
}

/** Removes everything that this process has made. Synchronous, so that it works in an exit handler. */
export function removeOwn(): void {
  removeOf(pid => pid === process.pid)
}

/** Ends the programs in a namespace and removes it. */
export function removeNamespace(name: string): void {
  for (const pid of pidsIn(name)) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It ended by itself.
    }
  }
  quietly('ip', ['netns', 'del', name])
}

export function pidsIn(namespace: string): number[] {
  return (quietly('ip', ['netns', 'pids', namespace]) ?? '').split('\n').filter(Boolean).map(Number)
}

export function removeSocket(iface: string): void {
  for (const suffix of ['sock', 'lock', 'pid']) rmSync(join(SOCKETS, `${iface}.${suffix}`), { force: true })
}

function removeOf(chosen: (pid: number) => boolean): void {
  const whose = (name: string, pattern: RegExp) => {
    const pid = pattern.exec(name)?.[1]
    return pid !== undefined && chosen(Number(pid))
  }
  for (const name of list('/var/run/netns')) if (whose(name, /^wgt-(\d+)-/)) removeNamespace(name)
  for (const name of list(SOCKETS)) if (whose(name, /^wt-(\d+)-\d+\./)) rmSync(join(SOCKETS, name), { force: true })
  for (const name of list(tmpdir()))
    if (whose(name, /^wgt-(\d+)-/)) rmSync(join(tmpdir(), name), { recursive: true, force: true })
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function quietly(command: string, args: readonly string[]): string | undefined {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 60_000 })
  } catch {
    return undefined
  }
}
