/**
 * Network namespaces with cables between them, and WireGuards in them. Nothing outlives its maker: programs die with
 * this process, namespaces, sockets and files are removed on every way out, and what a killed process left behind is
 * removed by the next one.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { attempt, type Finished, PATIENCE_MS, type Running, type RunOptions, run, start, until } from './process.ts'
import { namespacePrefix, removeNamespace, removeOwn, sweep } from './sweep.ts'

export interface Namespace {
  readonly name: string
  /** Runs a program in the namespace; throws when its status is not 0. */
  run(command: string, args?: readonly string[], options?: RunOptions): Promise<string>
  /** The same, but a status is an answer. */
  attempt(command: string, args?: readonly string[], options?: RunOptions): Promise<Finished>
  /** Starts a program that is killed with this process. */
  start(command: string, args?: readonly string[], options?: Pick<RunOptions, 'env'>): Promise<Running>
  /** Lines for `ip -batch`, all in one process. */
  ip(...lines: readonly string[]): Promise<void>
}

export interface CableEnd {
  readonly namespace: Namespace
  readonly device: string
  /** With prefix length, both families welcome. */
  readonly addresses: readonly string[]
}

let armed = false
let labs = 0

export class Lab {
  readonly id: number
  /** For configuration files: mode 0700, removed with the lab. */
  readonly folder: string
  readonly #namespaces = new Map<string, Namespace>()
  readonly #running = new Set<Running>()
  #closed = false

  constructor() {
    if (!armed) {
      armed = true
      sweep()
      process.once('exit', removeOwn)
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
        process.once(signal, () => {
          removeOwn()
          process.kill(process.pid, signal)
        })
    }
    this.id = ++labs
    this.folder = mkdtempSync(join(tmpdir(), `${namespacePrefix(process.pid)}${this.id}-`))
  }

  /** Makes a namespace with loopback up, forwarding off and no waiting for duplicate addresses. */
  async namespace(name: string): Promise<Namespace> {
    const full = `${namespacePrefix(process.pid)}${this.id}-${name}`
    await run('ip', ['netns', 'add', full])
    const inside = (command: string, args: readonly string[]) => ['netns', 'exec', full, command, ...args]
    const namespace: Namespace = {
      name: full,
      run: (command, args = [], options) => run('ip', inside(command, args), options),
      attempt: (command, args = [], options) => attempt('ip', inside(command, args), options),
      start: async (command, args = [], options) => {
        const running = await start('ip', inside('setpriv', ['--pdeathsig', 'KILL', command, ...args]), options)
        this.#running.add(running)
        return running
      },
      ip: async (...lines) => void (await run('ip', ['-n', full, '-batch', '-'], { input: `${lines.join('\n')}\n` })),
    }
    this.#namespaces.set(full, namespace)
    await namespace.ip('link set lo up')
    await namespace.run('sysctl', ['-q', 'net.ipv6.conf.default.accept_dad=0'])
    return namespace
  }

  /** A veth pair between two namespaces, both ends up and with their addresses. */
  async cable(a: CableEnd, b: CableEnd, mtu = 1500): Promise<void> {
    const args = ['link', 'add', a.device, 'mtu', `${mtu}`, 'netns', a.namespace.name, 'type', 'veth']
    await run('ip', [...args, 'peer', 'name', b.device, 'mtu', `${mtu}`, 'netns', b.namespace.name])
    await Promise.all(
      [a, b].map(end =>
        end.namespace.ip(
          ...end.addresses.map(each => `addr add ${each} dev ${end.device}${each.includes(':') ? ' nodad' : ''}`),
          `link set ${end.device} up`,
        ),
      ),
    )
  }

  /** Writes a file of mode 0600 into the lab's folder and returns its path. */
  file(name: string, text: string, mode = 0o600): string {
    const path = join(this.folder, name)
    writeFileSync(path, text, { mode })
    return path
  }

  /** Ends everything. Safe to call twice. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await Promise.all([...this.#running].map(each => each.stop('SIGKILL')))
    for (const name of this.#namespaces.keys()) removeNamespace(name)
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** One echo to the address, tried until it comes back. An ICMP error on the way is no answer yet. */
export async function echo(from: Namespace, address: string, deadline_ms = PATIENCE_MS): Promise<void> {
  await until(
    `an echo of ${address} in ${from.name}`,
    async () => (await from.attempt('ping', ['-c1', '-W2', '-n', address])).status === 0,
    deadline_ms,
  )
}

/** Runs the work in a lab of its own and removes it whatever happens. */
export async function inLab<T>(work: (lab: Lab) => Promise<T>): Promise<T> {
  const lab = new Lab()
  try {
    return await work(lab)
  } finally {
    await lab.close()
  }
}
