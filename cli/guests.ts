/** Guests for a run: which kernel, which program, and that all of them end. */
import { mkdtempSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { findKernel, type Kernel } from '../kernel/build.ts'
import { cacheFolder } from '../kernel/cache.ts'
import { Guest, type GuestOptions } from '../kernel/guest.ts'
import type { Series } from '../kernel/recipe.ts'
import { findRoot, type Root } from '../kernel/root.ts'
import type { Cast } from '../scenarios/language/scenario.ts'
import type { GuestWanted, StartedGuest } from '../sim/guest/world.ts'

export interface Guests {
  /** The kernels and the root, for the report. */
  readonly made: Readonly<Record<string, string>>
  /** Of an implementation, where it is known: `6.12.10-1`. */
  versionOf(implementation: string): string | undefined
  start(wanted: GuestWanted): Promise<StartedGuest>
  /** Ends all of them. May be called twice. */
  stop(): Promise<void>
}

/** How an implementation is had in a guest. */
interface Recipe {
  readonly series: Series
  /** The kernel has its WireGuard; otherwise wg-quick starts this program in its place. */
  readonly program?: string
  /** A folder of this machine that the guest sees as /share. */
  readonly share?: string
}

function recipeOf(implementation: string): Recipe | undefined {
  if (implementation === 'kernel-6.12') return { series: '6.12' }
  if (implementation === 'kernel-6.1') return { series: '6.1' }
  if (implementation === 'wireguard-go') return { series: '6.12', program: 'wireguard-go' }
  if (implementation === 'boringtun') {
    return { series: '6.12', program: '/share/boringtun-cli', share: join(boringtunFolder(), 'bin') }
  }
  return implementation.startsWith('exec:') ? { series: '6.12', program: implementation.slice(5) } : undefined
}

/** Where `cargo install --root` puts it. */
export function boringtunFolder(): string {
  return join(dirname(cacheFolder()), 'boringtun')
}

/** As cargo has noted it. */
function boringtunVersion(): string | undefined {
  try {
    return /"boringtun-cli (\S+) /.exec(readFileSync(join(boringtunFolder(), '.crates.toml'), 'utf8'))?.[1]
  } catch {
    return undefined
  }
}

export interface Lacks {
  readonly lacks: string
}

type Machine = Pick<NodeJS.Process, 'platform' | 'arch'>

/** Why no guest can run on a machine of this kind. */
export function foreignMachine({ platform, arch }: Machine): string | undefined {
  if (platform === 'linux' && arch === 'x64') return undefined
  return `a guest runs on x86-64 Linux, and this is ${platform} on ${arch}`
}

/** What a cast needs, or what this machine lacks for it and the command that helps. */
export async function openGuests(cast: Cast, machine: Machine = process): Promise<Guests | Lacks> {
  const foreign = foreignMachine(machine)
  if (foreign !== undefined) return { lacks: foreign }
  const cache = cacheFolder()
  const kernels = new Map<Series, Kernel>()
  for (const implementation of Object.values(cast)) {
    const series = recipeOf(implementation)?.series
    if (series === undefined || kernels.has(series)) continue
    const kernel = await findKernel(cache, series)
    if (kernel === undefined)
      return { lacks: `no Linux ${series} was built for guests; run: npx wglab kernel build ${series}` }
    kernels.set(series, kernel)
  }
  const root = await findRoot(cache)
  if (root === undefined) return { lacks: 'no root was made for guests; run: npx wglab kernel build' }
  return new Running(kernels, root)
}

class Running implements Guests {
  readonly made: Readonly<Record<string, string>>
  readonly #kernels: ReadonlyMap<Series, Kernel>
  readonly #root: Root
  readonly #folder = mkdtempSync(join(tmpdir(), 'wglab-'))
  readonly #guests = new Map<string, Promise<Guest>>()
  #over = false

  constructor(kernels: ReadonlyMap<Series, Kernel>, root: Root) {
    this.#kernels = kernels
    this.#root = root
    const sums = [...kernels.values()].map(({ series, source, sha256 }) => [
      `kernel-${series}`,
      `${source} sha256:${sha256}`,
    ])
    this.made = Object.fromEntries([...sums, ['root', `sha256:${root.sha256}`]])
  }

  versionOf(implementation: string): string | undefined {
    const recipe = recipeOf(implementation)
    if (recipe === undefined) return undefined
    if (recipe.program === undefined) return this.#kernels.get(recipe.series)?.source
    return this.#root.packages[implementation] ?? (implementation === 'boringtun' ? boringtunVersion() : undefined)
  }

  async start({ host, implementation, ports, seed, epoch_ns, secret }: GuestWanted): Promise<StartedGuest> {
    const recipe = recipeOf(implementation)
    const kernel = recipe === undefined ? undefined : this.#kernels.get(recipe.series)
    if (recipe === undefined || kernel === undefined)
      throw new Error(`nobody knows how ${implementation} plays a guest`)
    const { program, share } = recipe
    const starting = this.#replace(host, {
      name: host,
      kernel: kernel.path,
      root: this.#root.path,
      folder: join(this.#folder, host),
      ports,
      seed,
      epoch_ns,
      // A program's keys are its own; the kernel tells its keys.
      ...(program === undefined ? { secret } : { without: 'wireguard' }),
    })
    this.#guests.set(host, starting)
    return {
      machine: await starting,
      commands: [
        ...(share === undefined ? [] : [`mount -t hostfs none /share -o ${share}`]),
        // wg-quick takes a program only where nothing speaks of the kernel's own.
        ...(program === undefined ? [] : ['mount -t tmpfs none /sys/module']),
      ],
      environment: program === undefined ? '' : `WG_SUDO=true WG_QUICK_USERSPACE_IMPLEMENTATION=${program} `,
    }
  }

  /** A scenario that is run a second time has the same hosts: those of the first run are over. */
  async #replace(host: string, options: GuestOptions): Promise<Guest> {
    await this.#guests.get(host)?.then(
      guest => guest.stop(),
      () => undefined,
    )
    if (this.#over) throw new Error('the run is over')
    return Guest.start(options)
  }

  async stop(): Promise<void> {
    this.#over = true
    await Promise.allSettled([...this.#guests.values()].map(async starting => (await starting).stop()))
    await rm(this.#folder, { recursive: true, force: true })
  }
}
