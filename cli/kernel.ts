/** `wglab kernel`: the real Linux kernels that play hosts. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Argument, Command } from 'commander'
import { buildKernel, findKernel, installCommand } from '../kernel/build.ts'
import { allKept, cacheFolder } from '../kernel/cache.ts'
import { Lacking } from '../kernel/command.ts'
import { SERIES, type Series } from '../kernel/recipe.ts'
import { findRoot, makeRoot } from '../kernel/root.ts'
import { EXIT, UserError } from './exit.ts'
import { print } from './print.ts'
import { createProgress } from './progress.ts'
import { raise, watchSignals } from './signals.ts'

export function kernelCommand(): Command {
  const series = () => new Argument('[series]', 'which Linux').choices(SERIES).default('6.12')
  const command = new Command('kernel')
    .description('Real Linux kernels that take part in scenarios, in virtual time, without root.')
    .addHelpText('after', '\nExample:\n  wglab kernel build 6.12 && wglab kernel list\n')
  const children = [
    new Command('build')
      .description(
        "Build the kernel of a guest from Debian's source, and its root from Debian's packages, or find them.",
      )
      .addArgument(series())
      .option('--json', 'for machines')
      .addHelpText(
        'after',
        `\nExample:\n  ${installCommand('6.12')}\n  wglab kernel build 6.12     about 3 minutes, once\n`,
      )
      .action((which: Series, flags: { json?: boolean }) => build(which, flags.json === true)),
    new Command('list')
      .description('What the cache has.')
      .option('--json', 'for machines')
      .addHelpText('after', '\nExample:\n  wglab kernel list --json\n')
      .action((flags: { json?: boolean }) => list(flags.json === true)),
    new Command('shell')
      .description('A shell in a guest, in real time, without a network; exit ends it.')
      .addArgument(series())
      .addHelpText('after', '\nExample:\n  wglab kernel shell 6.12\n')
      .action(shell),
  ]
  for (const child of children) command.addCommand(child.exitOverride().showHelpAfterError('(try --help)'))
  return command
}

async function build(series: Series, json: boolean): Promise<void> {
  const cache = cacheFolder()
  const progress = createProgress()
  const stop = watchSignals()
  const abort = new AbortController()
  stop.onSignal(() => abort.abort())
  const { signal } = abort
  const say = (text: string, done?: number, total?: number) =>
    progress.say(
      done === undefined || total === undefined ? text : `${text} ${Math.min(99, Math.floor((done / total) * 100))} %`,
    )
  try {
    const kernel = await buildKernel({ cache, series, progress: say, signal })
    const root = await makeRoot({ cache, progress: say, signal })
    progress.end()
    const text = `Linux ${kernel.source}\n  ${kernel.path}\n  sha256 ${kernel.sha256}\nroot\n  ${root.path}\n  sha256 ${root.sha256}\n`
    await print(json ? `${JSON.stringify({ kernel, root })}\n` : text)
  } catch (error) {
    progress.end()
    if (stop.signal === undefined) throw lackingAsUserError(error)
  } finally {
    stop.end()
  }
  // What was half done is gone by now.
  if (stop.signal !== undefined) raise(stop.signal)
}

async function list(json: boolean): Promise<void> {
  const cache = cacheFolder()
  const found = await allKept(cache)
  if (json || found.length === 0) {
    await print(json ? `${JSON.stringify(found)}\n` : `nothing in ${cache}. Build one: wglab kernel build 6.12\n`)
    return
  }
  const lines = found.map(({ folder, manifest: { kind, made, sha256 } }) => {
    const what =
      kind === 'kernel' ? `Linux ${made['source']}, ${made['hz']} Hz` : `root of ${Object.keys(made).length} packages`
    return `${what}\n  ${folder}\n  sha256 ${sha256}\n`
  })
  await print(lines.join(''))
}

async function shell(series: Series): Promise<void> {
  const cache = cacheFolder()
  const kernel = await findKernel(cache, series)
  const root = await findRoot(cache)
  if (kernel === undefined || root === undefined) {
    throw new UserError(`there is no Linux ${series} for a guest yet; run: wglab kernel build ${series}`, EXIT.missing)
  }
  const folder = mkdtempSync(join(tmpdir(), 'wglab-shell-'))
  try {
    await new Promise<void>((resolve, reject) => {
      const words = [
        'mem=256M',
        'rootfstype=hostfs',
        `rootflags=${root.path}`,
        'ro',
        'init=/lab/init',
        'shell=1',
        'con=null',
      ]
      const child = spawn(kernel.path, [...words, 'con0=fd:0,fd:1', 'quiet', 'panic=-1'], {
        cwd: folder,
        stdio: 'inherit',
        env: { PATH: '/usr/bin:/bin', TMPDIR: '/dev/shm', HOME: folder },
      })
      child.once('error', error => reject(new UserError(`${kernel.path}: ${error.message}`, EXIT.missing)))
      child.once('exit', () => resolve())
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function lackingAsUserError(error: unknown): unknown {
  return error instanceof Lacking ? new UserError(error.message, EXIT.missing) : error
}
