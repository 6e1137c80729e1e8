/** This machine as the ground of `--world netns`. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { cacheFolder } from '../kernel/cache.ts'
import { hostShell, openHost, runningKernel } from '../netns/run/host.ts'
import { lacking, missingQdiscs, otherKernel } from '../netns/run/needs.ts'
import type { Ground, Lacks } from './netns-world.ts'
import { PACKAGE_ROOT } from './package.ts'
import { quoted } from './reproduce.ts'

/** What it has, or why nothing can run here. */
export async function hostGround(): Promise<Ground | Lacks> {
  if (process.platform !== 'linux') return { lacks: `network namespaces are Linux's, and this is ${process.platform}` }
  if (process.getuid?.() !== 0) {
    return { lacks: 'network namespaces need root: run it with sudo, or use --world netns:guest' }
  }
  const shell = hostShell()
  const netem = (await missingQdiscs(['netem'], shell)).length === 0
  return {
    world: 'netns',
    netem,
    poll_ms: 1000,
    startOf: hostStart,
    async lacking(plan, cast) {
      const players = Object.keys(plan.scenario.hosts).map(host => cast[host] ?? 'ours')
      const kernel = players.map(player => otherKernel(player, runningKernel())).find(text => text !== undefined)
      const programs = players.flatMap(programOf)
      return kernel ?? (await lacking({ ...plan, needs: [...plan.needs, ...programs] }, shell, 'this machine'))
    },
    open: async ({ plan, signal }) => openHost(plan.prefix, signal),
    close: async () => {},
  }
}

/** As a word of a shell. */
export function hostStart(implementation: string): string | undefined {
  if (implementation === 'ours') {
    return `${quoted(process.execPath)} ${quoted(join(PACKAGE_ROOT, 'cli', 'wglab-tunnel.js'))}`
  }
  const [program] = programOf(implementation)
  if (program === undefined) return undefined
  // boringtun gives up root, and with it the right to answer wg.
  return implementation === 'boringtun' ? `env WG_SUDO=true ${quoted(program)}` : quoted(program)
}

function programOf(implementation: string): string[] {
  if (implementation === 'ours' || implementation.startsWith('kernel')) return []
  if (implementation.startsWith('exec:')) return [implementation.slice(5)]
  if (implementation !== 'boringtun') return [implementation]
  const built = join(dirname(cacheFolder()), 'boringtun', 'bin', 'boringtun-cli')
  return [existsSync(built) ? built : 'boringtun-cli']
}
