/** The WireGuards that the harness can start, and where they are found. */
import { accessSync, constants } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { attempt } from './process.ts'

/** `…-new` is the newest one in the cache; `ours-plain` is ours without native calls. */
export type Kind = 'ours' | 'ours-plain' | 'wireguard-go' | 'wireguard-go-new' | 'boringtun'

export const KINDS: readonly Kind[] = ['ours', 'ours-plain', 'wireguard-go', 'wireguard-go-new', 'boringtun']

export interface Program {
  readonly kind: Kind
  readonly command: string
  /** In the foreground. */
  readonly args: (iface: string) => readonly string[]
  /** Goes to the background by itself, as wg-quick wants it. */
  readonly background: (iface: string) => readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** Of a checkout, or with `WGLAB_DIST=1` what `npm run build` made: it starts sooner and holds less. */
function wglabArgs(): readonly string[] {
  const path = (name: string) => fileURLToPath(new URL(`../../../${name}`, import.meta.url))
  return process.env['WGLAB_DIST'] === '1' ? [path('dist/cli/main.js'), 'tunnel'] : [path('cli/wglab-tunnel.js')]
}

/** Where foreign programs are built: `$WGLAB_CACHE`, or `~/.cache/wglab`. */
export function cacheFolder(): string {
  return process.env['WGLAB_CACHE'] ?? join(homedir(), '.cache', 'wglab')
}

/** The program of a kind; undefined when it is not on this machine. */
export function program(kind: Kind): Program | undefined {
  switch (kind) {
    case 'ours':
    case 'ours-plain': {
      const plain = kind === 'ours-plain' ? ['--plain'] : []
      return {
        kind,
        command: process.execPath,
        args: iface => [...wglabArgs(), iface, '-f', ...plain],
        background: iface => [...wglabArgs(), iface, ...plain],
        env: {},
      }
    }
    case 'wireguard-go':
      return goProgram(kind, which('wireguard-go'))
    case 'wireguard-go-new':
      return goProgram(kind, executable(join(cacheFolder(), 'bin', 'wireguard')))
    case 'boringtun': {
      const command = executable(join(cacheFolder(), 'boringtun', 'bin', 'boringtun-cli')) ?? which('boringtun-cli')
      if (command === undefined) return undefined
      return {
        kind,
        command,
        args: iface => ['-f', '--disable-drop-privileges', iface],
        background: iface => ['--disable-drop-privileges', iface],
        env: { WG_SUDO: '1' },
      }
    }
  }
}

function goProgram(kind: Kind, command: string | undefined): Program | undefined {
  if (command === undefined) return undefined
  return { kind, command, args: iface => ['-f', iface], background: iface => [iface], env: { LOG_LEVEL: 'error' } }
}

/** Builds the newest wireguard-go and boringtun into the cache, each where its compiler is there. Takes minutes once. */
export async function build(kind: 'wireguard-go-new' | 'boringtun'): Promise<Program | undefined> {
  const found = program(kind)
  if (found !== undefined) return found
  const bounded = { timeout_ms: 15 * 60_000 }
  if (kind === 'wireguard-go-new' && which('go') !== undefined)
    await attempt('go', ['install', 'golang.zx2c4.com/wireguard@latest'], {
      ...bounded,
      env: { GOBIN: join(cacheFolder(), 'bin') },
    })
  if (kind === 'boringtun' && which('cargo') !== undefined)
    await attempt('cargo', ['install', 'boringtun-cli', '--root', join(cacheFolder(), 'boringtun')], bounded)
  return program(kind)
}

/** What the harness itself needs and this machine has not; undefined when everything is there. */
export function missing(tools: readonly string[] = []): string | undefined {
  if (process.platform !== 'linux') return 'Linux'
  if (process.getuid?.() !== 0) return 'root'
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK)
  } catch {
    return '/dev/net/tun'
  }
  return ['ip', 'wg', 'ping', 'setpriv', ...tools].find(tool => which(tool) === undefined)
}

/** The path of a tool on `PATH`. */
export function which(tool: string): string | undefined {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = executable(join(folder, tool))
    if (path !== undefined) return path
  }
  return undefined
}

function executable(path: string): string | undefined {
  try {
    accessSync(path, constants.X_OK)
    return path
  } catch {
    return undefined
  }
}
