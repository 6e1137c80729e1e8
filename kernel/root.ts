/**
 * The root of a guest: named packages of Debian, unpacked into one folder that all guests share and none can write to, with
 * the lab's first program and agent in /lab. What runs in a guest is the same on every machine with the same hash.
 */
import { createHash } from 'node:crypto'
import {
  chmod,
  copyFile,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { allKept, type Kept, keep, kept } from './cache.ts'
import { Lacking, missingPrograms, run } from './command.ts'
import { RECIPE } from './recipe.ts'

export interface Root {
  readonly path: string
  /** SHA-256 over the names, modes and contents of all that is in it. */
  readonly sha256: string
  /** Name and version of each package. */
  readonly packages: Readonly<Record<string, string>>
}

export interface RootOptions {
  readonly cache: string
  readonly progress?: (text: string) => void
  readonly signal?: AbortSignal
}

/** Programs, and below them the libraries they are linked with. */
const PACKAGES = [
  'bash coreutils dash grep iperf3 iproute2 iptables iputils-ping conntrack kmod mawk mount nftables procps sed tar',
  'tcpdump util-linux wireguard-go wireguard-tools base-files netbase libc-bin',
  'libacl1 libattr1 libaudit1 libblkid1 libbpf1 libbsd0 libbz2-1.0 libc6 libcap-ng0 libcap2 libcap2-bin libcom-err2',
  'libcrypt1 libdb5.3 libdbus-1-3 libedit2 libelf1 libgcc-s1 libgcrypt20 libgmp10 libgpg-error0 libgssapi-krb5-2',
  'libidn2-0 libip4tc2 libip6tc2 libiperf0 libjansson4 libk5crypto3 libkeyutils1 libkmod2 libkrb5-3 libkrb5support0',
  'liblz4-1 liblzma5 libmd0 libmnl0 libmount1 libmpfr6 libncursesw6 libnetfilter-conntrack3 libnfnetlink0 libnftables1',
  'libnftnl11 libpcap0.8 libpcre2-8-0 libproc2-0 libreadline8 libsctp1 libselinux1 libsmartcols1 libssl3 libstdc++6',
  'libsystemd0 libtinfo6 libtirpc3 libudev1 libunistring2 libuuid1 libxtables12 libxxhash0 libzstd1 zlib1g',
]
  .join(' ')
  .split(' ')

/** Of no use in a guest, and most of the size. */
const LEFT_OUT = [
  'usr/share/doc',
  'usr/share/man',
  'usr/share/locale',
  'usr/share/info',
  'usr/share/lintian',
  'usr/share/bug',
]
/** Counted up when what `make` does beside unpacking changes. */
const LAYOUT = 1
const PROGRAMS = ['apt-get', 'dpkg-deb', 'gcc']
export const ROOT_COMMAND = 'sudo apt-get update && sudo apt-get install -y apt dpkg gcc libc6-dev'

interface Archive {
  readonly name: string
  readonly file: string
  readonly version: string
  readonly sha256: string
}

/** The latest root of this recipe in the cache, whatever apt would say today: `makeRoot` asks it. Undefined: it has to be made. */
export async function findRoot(cache: string): Promise<Root | undefined> {
  const recipe = await recipeOf()
  const roots = (await allKept(cache)).filter(({ manifest }) => manifest.kind === 'root' && manifest.recipe === recipe)
  const made = await Promise.all(roots.map(async each => ({ each, at: (await stat(each.folder)).mtimeMs })))
  const last = made.toSorted((a, b) => a.at - b.at).at(-1)
  return last === undefined ? undefined : rootOf(last.each)
}

/** Makes it where the cache has none; downloads 25 MB. Rejects with Lacking on a machine that can not. */
export async function makeRoot(options: RootOptions): Promise<Root> {
  const missing = await missingPrograms(PROGRAMS)
  if (missing.length > 0)
    throw new Lacking(`to make the guest's root this machine lacks ${missing.join(', ')}`, ROOT_COMMAND)
  const archives = await listArchives().catch(error => {
    throw new Lacking(`Debian's packages for the guest can not be found (${(error as Error).message})`, ROOT_COMMAND)
  })
  const key = await keyOf(archives)
  const found = await kept(options.cache, 'root', 'debian', key)
  if (found !== undefined) return rootOf(found)
  return rootOf(await keep(options.cache, 'debian', key, 'root', folder => make(options, folder, archives)))
}

async function make({ progress, signal }: RootOptions, folder: string, archives: readonly Archive[]) {
  const root = join(folder, 'root')
  const debs = join(folder, 'debs')
  await mkdir(debs)
  await mkdir(root)
  // Debian 12 has /bin and its like in /usr.
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
    await mkdir(join(root, 'usr', name), { recursive: true })
    await symlink(`usr/${name}`, join(root, name))
  }
  progress?.(`downloading ${archives.length} packages`)
  await run('apt-get', ['download', '-qq', ...archives.map(({ name, version }) => `${name}=${version}`)], {
    cwd: debs,
    signal,
  })
  for (const { file, sha256, name } of archives) {
    const path = join(debs, file)
    const actual = createHash('sha256')
      .update(await readFile(path))
      .digest('hex')
    if (actual !== sha256) throw new Error(`${name}: the package that was downloaded is not the one of the index`)
    progress?.(`unpacking ${name}`)
    await run('dpkg-deb', ['-x', path, root], { signal })
  }
  for (const path of LEFT_OUT) await rm(join(root, path), { recursive: true, force: true })
  for (const name of ['dev', 'proc', 'sys', 'run', 'tmp', 'root', 'lab', 'var/tmp', 'etc/wireguard', 'share']) {
    await mkdir(join(root, name), { recursive: true })
  }
  await rm(join(root, 'var/run'), { recursive: true, force: true })
  await symlink('/run', join(root, 'var/run'))
  await writeFile(join(root, 'etc/hosts'), '127.0.0.1 localhost\n::1 localhost\n')
  await writeFile(join(root, 'etc/resolv.conf'), '')
  await writeFile(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/bash\n')
  await writeFile(join(root, 'etc/group'), 'root:x:0:\n')
  // What a package would choose when it is installed.
  for (const [name, target] of Object.entries({ iptables: 'iptables-nft', ip6tables: 'ip6tables-nft', awk: 'mawk' })) {
    const folderOf = name === 'awk' ? 'usr/bin' : 'usr/sbin'
    await rm(join(root, folderOf, name), { force: true })
    await symlink(target, join(root, folderOf, name))
    if (name !== 'awk') {
      for (const tool of ['save', 'restore'])
        await symlink(`${target}-${tool}`, join(root, folderOf, `${name}-${tool}`))
    }
  }
  const recipe = fileURLToPath(RECIPE)
  await copyFile(join(recipe, 'init.sh'), join(root, 'lab/init'))
  await chmod(join(root, 'lab/init'), 0o755)
  progress?.('compiling the agent')
  await run('gcc', ['-O2', '-static', '-s', '-o', join(root, 'lab/agent'), join(recipe, 'agent.c')], { signal })
  await rm(debs, { recursive: true })
  const made = Object.fromEntries(archives.map(({ name, version }) => [name, version]))
  return { sha256: await treeHash(root), recipe: await recipeOf(), made }
}

/** What apt would download, with its checksums. */
async function listArchives(): Promise<Archive[]> {
  const text = await run('apt-get', ['download', '--print-uris', '-qq', ...PACKAGES])
  const archives = text
    .split('\n')
    .flatMap(line => {
      const [, file, sha256] = /^'[^']*' (\S+) \d+ SHA256:([0-9a-f]{64})$/.exec(line) ?? []
      if (file === undefined || sha256 === undefined) return []
      const [name = '', version = ''] = file.split('_')
      return [{ name, file, version: decodeURIComponent(version), sha256 }]
    })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
  if (archives.length !== PACKAGES.length) throw new Error(`found ${archives.length} of ${PACKAGES.length} packages`)
  return archives
}

async function keyOf(archives: readonly Archive[]): Promise<string> {
  const hash = createHash('sha256').update(await recipeOf())
  for (const { name, version, sha256 } of archives) hash.update(`${name} ${version} ${sha256}\n`)
  return hash.digest('hex')
}

async function recipeOf(): Promise<string> {
  const hash = createHash('sha256')
  for (const name of ['init.sh', 'agent.c']) hash.update(await readFile(new URL(name, RECIPE)))
  return hash.update(`${LAYOUT} ${LEFT_OUT.join(' ')} ${PACKAGES.join(' ')}`).digest('hex')
}

/** Names, modes and contents, in the order of their names. */
export async function treeHash(root: string): Promise<string> {
  const hash = createHash('sha256')
  const walk = async (path: string): Promise<void> => {
    for (const name of (await readdir(join(root, path))).toSorted()) {
      const inner = path === '' ? name : `${path}/${name}`
      const about = await lstat(join(root, inner))
      if (about.isSymbolicLink()) hash.update(`l ${inner} ${await readlink(join(root, inner))}\n`)
      else if (about.isDirectory()) {
        hash.update(`d ${inner}\n`)
        await walk(inner)
      } else {
        const content = createHash('sha256')
          .update(await readFile(join(root, inner)))
          .digest('hex')
        hash.update(`f ${inner} ${(about.mode & 0o777).toString(8)} ${content}\n`)
      }
    }
  }
  await walk('')
  return hash.digest('hex')
}

function rootOf({ folder, manifest }: Kept): Root {
  return { path: join(folder, 'root'), sha256: manifest.sha256, packages: manifest.made }
}
