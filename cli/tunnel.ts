/** `wglab tunnel`: a WireGuard interface of our own, used as wireguard-go is. */
import { spawn } from 'node:child_process'
import { closeSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { type Daemon, startDaemon } from '../impl/linux/daemon.ts'
import { type LogLevel, logLevel, makeLog } from '../impl/linux/log.ts'
import { parseMetricsAddress } from '../impl/linux/metricsserver.ts'
import { readsLeftBehind } from '../impl/linux/plain/tun.ts'
import { StartError } from '../impl/linux/starterror.ts'
import { EXIT, type ExitStatus, UserError } from './exit.ts'
import { PACKAGE_ROOT } from './package.ts'
import { statusOf } from './status.ts'

interface Flags {
  readonly foreground?: boolean
  readonly plain?: boolean
  readonly metrics?: string
}

type ReadyWord =
  | { readonly ready: true; readonly warning?: string }
  | { readonly ready: false; readonly message: string; readonly status: ExitStatus }

/** Where the background process says that it is ready, or why not. */
const READY_FD = 3
const READY_ENV = 'WGLAB_TUNNEL_READY'

export function tunnelCommand(name = 'tunnel'): Command {
  return new Command(name)
    .description('Make a WireGuard interface that wg and wg-quick can configure; goes to the background.')
    .argument('<interface>', 'its name, such as wg0')
    .option('-f, --foreground', 'stay in the foreground, also with WG_PROCESS_FOREGROUND=1')
    .option('--plain', "the plain data plane: Node's own files and sockets, slower")
    .option('--metrics <address>', 'serve Prometheus at unix:/path or 127.0.0.1:PORT (default: nowhere)')
    .addHelpText(
      'after',
      `
Examples:
  wglab tunnel wg0 && wg setconf wg0 /etc/wireguard/wg0.conf && ip link set wg0 up
  LOG_LEVEL=verbose wglab tunnel -f wg0
  WG_QUICK_USERSPACE_IMPLEMENTATION=wglab-tunnel wg-quick up wg0

It needs CAP_NET_ADMIN and /dev/net/tun. LOG_LEVEL is verbose, error (the default) or silent.
The interface ends with SIGTERM, with "ip link delete", or with its socket in /var/run/wireguard.
`,
    )
    .action(async (iface: string, flags: Flags) => {
      if (flags.metrics !== undefined) {
        const address = parseMetricsAddress(flags.metrics)
        if (typeof address === 'string') throw new UserError(address)
      }
      const level = logLevel(process.env['LOG_LEVEL'])
      if (level === undefined) {
        throw new UserError(`LOG_LEVEL=${process.env['LOG_LEVEL']} is none of verbose, error and silent`)
      }
      if (flags.foreground === true || process.env['WG_PROCESS_FOREGROUND'] === '1') await serve(iface, flags, level)
      else await startTunnel(iface, flags)
    })
}

/** The program `wglab-tunnel`. */
export async function tunnelMain(argv: readonly string[]): Promise<void> {
  const command = tunnelCommand('wglab-tunnel').exitOverride().showHelpAfterError('(try --help)')
  try {
    await command.parseAsync([...argv])
  } catch (error) {
    process.exitCode = statusOf(error)
  }
}

/** Starts the daemon in the background; resolves when it listens. Throws a UserError with what it said otherwise. */
export async function startTunnel(iface: string, flags: Omit<Flags, 'foreground'>): Promise<void> {
  const loud = process.env['LOG_LEVEL'] !== undefined && process.env['LOG_LEVEL'] !== 'silent'
  const args = [...process.execArgv, join(PACKAGE_ROOT, 'cli', 'wglab-tunnel.js'), '--foreground']
  if (flags.plain === true) args.push('--plain')
  if (flags.metrics !== undefined) args.push('--metrics', flags.metrics)
  const child = spawn(process.execPath, [...args, '--', iface], {
    detached: true,
    cwd: '/',
    env: { ...process.env, [READY_ENV]: '1' },
    stdio: ['ignore', loud ? 'inherit' : 'ignore', loud ? 'inherit' : 'ignore', 'pipe'],
  })
  let said = ''
  child.stdio[READY_FD]?.on('data', text => {
    said += String(text)
  })
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.stdio[READY_FD]?.once('end', () => {
      // One that did not start ends by itself, and is waited for.
      if (said !== '' && (JSON.parse(said) as ReadyWord).ready) resolve(null)
    })
    child.once('close', code => resolve(code))
  })
  child.unref()
  if (said === '')
    throw new UserError(`the daemon of ${iface} ended with status ${status} before it was ready`, EXIT.failed)
  const word = JSON.parse(said) as ReadyWord
  if (!word.ready) throw new UserError(word.message, word.status)
  if (word.warning !== undefined) process.stderr.write(`wglab: ${word.warning}\n`)
}

/** Runs the daemon here until it ends, then ends the process. */
async function serve(iface: string, flags: Flags, level: LogLevel): Promise<void> {
  process.title = `wglab-tunnel ${iface}`
  process.stderr.on('error', () => {})
  const log = makeLog(iface, level, line => process.stderr.write(line))
  let daemon: Daemon
  let warning: string | undefined
  try {
    daemon = await startDaemon({
      iface,
      plain: flags.plain === true,
      log: (of, text) => {
        if (of === 'error') warning ??= text
        log(of, text)
      },
      logsEvents: level === 'verbose',
      metrics: flags.metrics,
    })
  } catch (error) {
    const failure = startFailure(error)
    sayReady({ ready: false, message: failure.message, status: failure.status })
    throw failure
  }
  sayReady({ ready: true, ...(warning === undefined ? {} : { warning }) })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => void daemon.stop(`received ${signal}`))
  }
  let status: ExitStatus = EXIT.ok
  process.on('uncaughtException', error => {
    log('error', `a bug: ${error.stack ?? error.message}`)
    status = EXIT.bug
    void daemon.stop('a bug')
  })
  await daemon.ended
  // A read that nothing wakes holds up the ordinary end for ever; all is removed by now.
  if (readsLeftBehind() > 0) process.kill(process.pid, 'SIGKILL')
  process.exit(status)
}

function startFailure(error: unknown): UserError {
  if (error instanceof StartError) {
    const status = { usage: EXIT.usage, missing: EXIT.missing, taken: EXIT.failed } as const
    return new UserError(error.message, status[error.kind])
  }
  return new UserError(error instanceof Error ? error.message : String(error), EXIT.failed)
}

function sayReady(word: ReadyWord): void {
  if (process.env[READY_ENV] !== '1') return
  writeSync(READY_FD, JSON.stringify(word))
  closeSync(READY_FD)
}
