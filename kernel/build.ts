/** Builds the kernel of a guest from Debian's source, or takes it from the cache. */
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { allKept, type Kept, keep, kept, sha256File } from './cache.ts'
import { Lacking, missingPrograms, run } from './command.ts'
import { configuration, driver, edited, edits, HZ, recipeHash, type Series } from './recipe.ts'

export interface BuildOptions {
  readonly cache: string
  readonly series: Series
  /** What is being done, for people who wait; `done` of `total` files are compiled, where that is known. */
  readonly progress?: (text: string, done?: number, total?: number) => void
  readonly signal?: AbortSignal
}

export interface Kernel {
  readonly series: Series
  /** The binary. */
  readonly path: string
  readonly sha256: string
  /** Debian's version of the source: 6.12.117-1~deb12u1 */
  readonly source: string
}

const PROGRAMS = ['make', 'gcc', 'ld', 'flex', 'bison', 'bc', 'tar', 'xz', 'strip', 'dpkg-query']
/** Not needed for User-Mode Linux, and half of what the archive holds. */
const LEFT_OUT = ['*/drivers/gpu/drm/amd/include', '*/Documentation/devicetree', '*/boot/dts', '*/tools/testing']
/** Object files of such a build, for the progress; it need not be exact. */
const ABOUT_FILES = 1500

/** dpkg's own placeholders. */
const FORMAT = ['db:Status-Status', 'Version'].map(each => `\${${each}}`).join(' ')

const archive = (series: Series): string => `/usr/src/linux-source-${series}.tar.xz`

/** The one command that installs everything a build needs. */
export function installCommand(series: Series): string {
  return `sudo apt-get install -y --no-install-recommends linux-source-${series} bc flex bison gcc libc6-dev make xz-utils`
}

/** The kernel of this series in the cache, made from the source that is installed; undefined: it has to be built. */
export async function findKernel(cache: string, series: Series): Promise<Kernel | undefined> {
  const source = await sourceVersion(series)
  if (source === undefined) return newest(cache, series)
  const found = await kept(cache, 'kernel', series, recipeHash(series, source))
  return found === undefined ? undefined : kernelOf(series, found)
}

/** Builds it where the cache has none. Rejects with Lacking on a machine that can not. */
export async function buildKernel(options: BuildOptions): Promise<Kernel> {
  const { cache, series } = options
  if (process.arch !== 'x64') throw new Lacking('a guest kernel runs on x86-64 Linux alone', 'wglab on such a machine')
  const found = await findKernel(cache, series)
  if (found !== undefined) return found
  const source = await sourceVersion(series)
  const missing = await missingPrograms(PROGRAMS)
  if (source === undefined || !existsSync(archive(series)) || missing.length > 0) {
    const what = [...(source === undefined ? [`the source of Linux ${series}`] : []), ...missing].join(', ')
    throw new Lacking(`to build the guest's kernel this machine lacks ${what}`, installCommand(series))
  }
  const made = await keep(cache, series, recipeHash(series, source), 'kernel', folder => build(options, folder, source))
  return kernelOf(series, made)
}

async function build({ series, progress, signal }: BuildOptions, folder: string, source: string) {
  const tree = join(folder, `linux-source-${series}`)
  const objects = join(folder, 'objects')
  progress?.(`unpacking Linux ${series}`)
  const left = LEFT_OUT.map(each => `--exclude=${each}`)
  await run('tar', ['-C', folder, '-xf', archive(series), ...left], { signal })
  for (const edit of edits(HZ)) {
    const path = join(tree, edit.file)
    await writeFile(path, edited(await readFile(path, 'utf8'), edit))
  }
  await writeFile(join(tree, 'arch/um/drivers/labnet.c'), driver())
  await writeFile(join(folder, 'config'), configuration())
  await mkdir(objects)
  const make = ['-C', tree, 'ARCH=um', `O=${objects}`]
  // The same binary wherever and whenever it is built.
  const environment = {
    KBUILD_BUILD_TIMESTAMP: '2026-01-01',
    KBUILD_BUILD_USER: 'wglab',
    KBUILD_BUILD_HOST: 'wglab',
    KCONFIG_ALLCONFIG: join(folder, 'config'),
  }
  progress?.('configuring')
  await run('make', [...make, 'allnoconfig'], { environment, signal })
  let compiled = 0
  const line = (text: string) => {
    if (/^\s+(CC|AS|AR|LD)\s/.test(text)) progress?.('compiling', ++compiled, ABOUT_FILES)
  }
  await run('make', [...make, `-j${availableParallelism()}`, 'linux'], { environment, line, signal })
  progress?.('done')
  const binary = join(folder, 'linux')
  await run('strip', ['-o', binary, join(objects, 'linux')], { signal })
  await run('rm', ['-rf', tree, objects])
  const compiler = (await run('gcc', ['--version'])).split('\n')[0] ?? ''
  return { sha256: await sha256File(binary), made: { series, source, hz: String(HZ), compiler } }
}

/** Debian's version of the source package, where it is installed. */
async function sourceVersion(series: Series): Promise<string | undefined> {
  try {
    const text = await run('dpkg-query', ['-W', '-f', FORMAT, `linux-source-${series}`])
    const [status, version] = text.trim().split(' ')
    return status === 'installed' ? version : undefined
  } catch {
    return undefined
  }
}

/** Without the source nobody can say what the key would be: a kernel that was built here before serves. */
async function newest(cache: string, series: Series): Promise<Kernel | undefined> {
  const kernels = (await allKept(cache)).filter(
    ({ manifest }) => manifest.kind === 'kernel' && manifest.made['series'] === series,
  )
  const last = kernels
    .toSorted((a, b) => ((a.manifest.made['source'] ?? '') < (b.manifest.made['source'] ?? '') ? -1 : 1))
    .at(-1)
  return last === undefined ? undefined : kernelOf(series, last)
}

function kernelOf(series: Series, { folder, manifest }: Kept): Kernel {
  return { series, path: join(folder, 'linux'), sha256: manifest.sha256, source: manifest.made['source'] ?? '' }
}
