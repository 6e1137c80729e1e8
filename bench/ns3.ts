/** ns-3 as it is installed: our own small program for the same topology, compiled once and run as a process of its own. */
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Ns3Run {
  readonly hops: number
  readonly delivered: number
  /** CPU time of the run alone, without the building. */
  readonly cpu_s: number
}

export type Ns3 =
  | { readonly kind: 'ready'; readonly version: string; run(packets: number, trace: boolean): Ns3Run }
  | { readonly kind: 'missing'; readonly why: string }

const SOURCE = fileURLToPath(new URL('./ns3/natted.cc', import.meta.url))
const MODULES = ['core', 'network', 'internet', 'point-to-point', 'applications', 'traffic-control']
const INSTALL = 'apt-get install --no-install-recommends libns3-dev g++'

/** Compiles the program where there is a compiler and ns-3; otherwise says what to install. */
export function findNs3(): Ns3 {
  const compiler = spawnSync('g++', ['--version'], { encoding: 'utf8' })
  if (compiler.status !== 0) return { kind: 'missing', why: `there is no g++ (${INSTALL})` }
  const version = spawnSync('pkg-config', ['--modversion', 'ns3-core'], { encoding: 'utf8' })
  if (version.status !== 0) return { kind: 'missing', why: `there is no ns-3 with its headers (${INSTALL})` }
  const source = readFileSync(SOURCE)
  const mark = createHash('sha256').update(source).update(version.stdout).update(compiler.stdout).digest('hex')
  const folder = join(process.env['WGLAB_CACHE'] ?? join(homedir(), '.cache', 'wglab'), 'ns3')
  const program = join(folder, `natted-${mark.slice(0, 16)}`)
  if (!existsSync(program)) {
    mkdirSync(folder, { recursive: true })
    const args = ['-O2', '-std=c++17', SOURCE, '-o', program, ...MODULES.map(name => `-lns3-${name}`)]
    const built = spawnSync('g++', args, { encoding: 'utf8' })
    const first = built.stderr.split('\n').find(line => line !== '')
    if (built.status !== 0) return { kind: 'missing', why: `ns-3 is there, but its program does not compile: ${first}` }
  }
  return {
    kind: 'ready',
    version: version.stdout.trim(),
    run: (packets, trace) =>
      JSON.parse(execFileSync(program, [`${packets}`, trace ? '1' : '0'], { encoding: 'utf8' })) as Ns3Run,
  }
}
