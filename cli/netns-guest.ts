/** One guest kernel as the ground of `--world netns:guest`: no root is needed, and time that nothing happens in costs nothing. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { findKernel } from '../kernel/build.ts'
import { cacheFolder } from '../kernel/cache.ts'
import { Guest } from '../kernel/guest.ts'
import { SERIES, type Series } from '../kernel/recipe.ts'
import { findRoot } from '../kernel/root.ts'
import { openGuestSite } from '../netns/run/guest.ts'
import { lacking } from '../netns/run/needs.ts'
import { exec, type Site } from '../netns/run/site.ts'
import type { Cast } from '../scenarios/language/scenario.ts'
import { EPOCH } from '../sim/parts.ts'
import type { Ground, Lacks } from './netns-world.ts'
import { PACKAGE_ROOT } from './package.ts'
import { quoted } from './reproduce.ts'

/** Where the guest sees this machine's files: for what its own root does not have. */
const THIS_MACHINE = '/tmp/machine'
const EXTRA = '/tmp/extra'
/** Node wants room. */
const MEMORY_MB = 1024
/** Ends the run by itself; the guest goes with all that is in it. */
const NOT_NEEDED = ['xargs']

/** The guest is started with the run. Nothing is made before. */
export async function openGround(cast: Cast): Promise<Ground | Lacks> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return { lacks: `a guest runs on x86-64 Linux, and this is ${process.platform} on ${process.arch}` }
  }
  const series = seriesOf(cast)
  if (typeof series !== 'string') return series
  const cache = cacheFolder()
  const kernel = await findKernel(cache, series)
  if (kernel === undefined)
    return { lacks: `no Linux ${series} was built for guests; run: npx wglab kernel build ${series}` }
  const root = await findRoot(cache)
  if (root === undefined) return { lacks: 'no root was made for guests; run: npx wglab kernel build' }
  const folder = mkdtempSync(join(tmpdir(), 'wglab-'))
  let site: Site | undefined
  return {
    world: 'netns:guest',
    netem: true,
    poll_ms: 2000,
    startOf,
    // The guest has to be there to be asked: see `open`.
    lacking: async () => undefined,
    async open({ plan, seed, secret, signal }) {
      const share = join(folder, 'run')
      mkdirSync(share)
      const epoch_ns = BigInt(EPOCH.sec) * 1_000_000_000n
      const guest = await Guest.start({
        name: 'lab',
        kernel: kernel.path,
        root: root.path,
        folder: join(folder, 'guest'),
        ports: 0,
        seed: seed.replaceAll(/[^A-Za-z0-9.-]/g, '_'),
        epoch_ns,
        memory_mb: MEMORY_MB,
        ...(Object.values(cast).some(player => player.startsWith('kernel')) ? { secret } : {}),
      })
      try {
        site = await openGuestSite({ guest, folder: share, epoch_ns, signal, path: EXTRA })
        await furnish(site)
        const needs = plan.needs.filter(name => !NOT_NEEDED.includes(name))
        const programs = Object.values(cast).flatMap(player => programOf(player))
        const lacks = await lacking({ ...plan, needs: [...needs, ...programs] }, site, 'the guest')
        if (lacks !== undefined) throw new GuestLacks(lacks)
        return site
      } catch (error) {
        await guest.stop()
        throw error
      }
    },
    async close() {
      await site?.stop([])
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Its root has not what the plan needs. */
export class GuestLacks extends Error {
  constructor(what: string) {
    super(what)
    this.name = 'GuestLacks'
  }
}

/** One kernel for all that ask for one. */
function seriesOf(cast: Cast): Series | Lacks {
  const asked = new Set(Object.values(cast).flatMap(player => /^kernel-(.+)$/.exec(player)?.[1] ?? []))
  if (asked.size > 1) {
    return {
      lacks: `all namespaces are of one kernel, and ${[...asked].map(each => `kernel-${each}`).join(' and ')} were asked for; --world sim has a guest for each`,
    }
  }
  const [series = '6.12'] = asked
  return (
    SERIES.find(each => each === series) ?? { lacks: `no guest is a Linux ${series} (there are ${SERIES.join(', ')})` }
  )
}

function startOf(implementation: string): string | undefined {
  if (implementation === 'ours') {
    const [node, script] = [process.execPath, join(PACKAGE_ROOT, 'cli', 'wglab-tunnel.js')]
    return `env HOME=/tmp ${quoted(THIS_MACHINE + node)} ${quoted(THIS_MACHINE + script)}`
  }
  const [program] = programOf(implementation)
  if (program === undefined) return undefined
  return implementation === 'boringtun' ? `env WG_SUDO=true ${quoted(program)}` : quoted(program)
}

function programOf(implementation: string): string[] {
  if (implementation === 'ours' || implementation.startsWith('kernel')) return []
  if (implementation === 'boringtun') {
    return [`${THIS_MACHINE}${join(dirname(cacheFolder()), 'boringtun', 'bin', 'boringtun-cli')}`]
  }
  return [implementation.startsWith('exec:') ? implementation.slice(5) : implementation]
}

/** Files of this machine, and its perl, which sends datagrams. */
async function furnish(site: Site): Promise<void> {
  const line = `mkdir -p ${THIS_MACHINE} ${EXTRA}; mount -t hostfs none ${THIS_MACHINE} -o /`
  const { status, output } = await exec(site, line)
  if (status !== 0) throw new GuestLacks(`the guest does not see this machine's files: ${output.trim()}`)
  const perl = perlOf()
  if (perl === undefined) return
  const text = `#!/bin/sh\nPERL5LIB=${perl.library} exec ${perl.program} "$@"\n`
  await site.write('.perl', text, 0o755)
  await exec(site, `cp .perl ${EXTRA}/perl`)
}

function perlOf(): { readonly program: string; readonly library: string } | undefined {
  try {
    const said = execFileSync('perl', ['-e', 'print join "\\n", $^X, @INC'], { encoding: 'utf8' })
    const [program = '', ...folders] = said.split('\n').filter(path => path.startsWith('/'))
    return { program: THIS_MACHINE + program, library: folders.map(path => THIS_MACHINE + path).join(':') }
  } catch {
    return undefined
  }
}
