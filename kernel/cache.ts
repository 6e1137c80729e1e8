/** Where kernels and roots are kept: outside the repository, one folder for everything that went in. */
import { createHash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** $WGLAB_CACHE, or $XDG_CACHE_HOME/wglab, or ~/.cache/wglab; and in it `guests`. */
export function cacheFolder(environment: Readonly<Record<string, string | undefined>> = process.env): string {
  const base = environment['WGLAB_CACHE'] ?? join(environment['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'wglab')
  return join(base, 'guests')
}

export interface Manifest {
  readonly kind: 'kernel' | 'root'
  /** SHA-256 over everything that went in. */
  readonly key: string
  /** SHA-256 of what came out. */
  readonly sha256: string
  /** Of ours alone, without what the machine's packages decide: what was made from another recipe serves no longer. */
  readonly recipe?: string
  /** For people: versions, options. */
  readonly made: Readonly<Record<string, string>>
}

export interface Kept {
  readonly folder: string
  readonly manifest: Manifest
}

/** What the cache has of this kind and key (its first 16 digits name the folder). Undefined too when it is damaged. */
export async function kept(
  cache: string,
  kind: Manifest['kind'],
  name: string,
  key: string,
): Promise<Kept | undefined> {
  const found = await readManifest(join(cache, folderName(kind, name, key)))
  return found?.manifest.key === key ? found : undefined
}

export async function allKept(cache: string): Promise<Kept[]> {
  if (!existsSync(cache)) return []
  const names = await readdir(cache)
  const found = await Promise.all(names.toSorted().map(name => readManifest(join(cache, name))))
  return found.filter(each => each !== undefined)
}

/**
 * Makes an entry in a folder of its own beside the cache's entries and moves it into place when it is whole: two that do it
 * at once do not disturb each other, and what is cut short leaves nothing that looks finished. `make` fills the folder.
 */
export async function keep(
  cache: string,
  name: string,
  key: string,
  kind: Manifest['kind'],
  make: (folder: string) => Promise<Omit<Manifest, 'key' | 'kind'>>,
): Promise<Kept> {
  await mkdir(cache, { recursive: true })
  const work = join(cache, `.work-${process.pid}-${randomBytes(4).toString('hex')}`)
  const folder = join(cache, folderName(kind, name, key))
  try {
    await mkdir(work)
    const manifest: Manifest = { kind, key, ...(await make(work)) }
    await writeFile(join(work, 'manifest.json'), `${JSON.stringify(manifest, undefined, 2)}\n`)
    await rm(folder, { recursive: true, force: true })
    await rename(work, folder).catch(async error => {
      // Somebody else was faster, with the same.
      if ((await kept(cache, kind, name, key)) === undefined) throw error
    })
    return { folder, manifest }
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

export async function sha256File(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex')
}

function folderName(kind: Manifest['kind'], name: string, key: string): string {
  return `${kind}-${name}-${key.slice(0, 16)}`
}

async function readManifest(folder: string): Promise<Kept | undefined> {
  try {
    return { folder, manifest: JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as Manifest }
  } catch {
    return undefined
  }
}
