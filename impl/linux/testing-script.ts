/**
 * Runs a script in namespaces of its own: network, mounts, processes. All it starts ends with it, and its
 * /var/run/wireguard is empty and its own. For real tests.
 */
import { spawn } from 'node:child_process'
import { accessSync, constants, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Long for a machine that does much else. */
const DEADLINE_S = 500

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** What this machine lacks for such a script, with these programs in it; undefined when nothing. */
export function missingForScript(programs: readonly string[]): string | undefined {
  if (process.platform !== 'linux') return 'Linux'
  if (process.getuid?.() !== 0) return 'root'
  if (!existsSync('/dev/net/tun')) return '/dev/net/tun'
  return ['bash', 'unshare', 'mount', 'ip', 'timeout', ...programs].find(name => !isThere(name))
}

function isThere(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some(folder => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** Before every script: a folder of its own, and words for what the scripts do often. */
const PRELUDE = `
exec 2>&1; set -u; umask 077; export LC_ALL=C
mount -t sysfs sysfs /sys
mkdir -p /var/run/wireguard; mount -t tmpfs tmpfs /var/run/wireguard
ip link set lo up
tunnel() { "$ROOT/cli/wglab-tunnel.js" "$@"; }
wglab() { "$ROOT/cli/wglab.js" "$@"; }
# until COMMAND…: as often as it takes, but not for ever.
until_() { local end=$((SECONDS + 90)); while :; do "$@" >/dev/null 2>&1 && return 0; [ $SECONDS -lt $end ] || break; sleep 0.05; done; echo "never: $*"; return 1; }
not() { ! "$@"; }
daemons() { ps -e -o args= | grep -c '^wglab-tunnel ' || true; }
# N of them.
are_daemons() { test "$(daemons)" = "$1"; }
`

/** Its output and its errors together, as they came. `env`: more variables. */
export function runScript(script: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), `wglab-script-${process.pid}-`))
  const inside = ['unshare', '--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc']
  const words = ['-k', '5', String(DEADLINE_S), ...inside, 'bash', '-c', `${PRELUDE}\n${script}`]
  return new Promise((resolve, reject) => {
    let heard = ''
    const child = spawn('timeout', words, {
      cwd: folder,
      env: { ...process.env, ROOT: ROOT.replace(/\/$/, ''), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8')
      stream.on('data', text => {
        heard += String(text)
      })
    }
    child.on('error', reject)
    child.on('close', () => {
      rmSync(folder, { recursive: true, force: true })
      resolve(heard)
    })
  })
}
