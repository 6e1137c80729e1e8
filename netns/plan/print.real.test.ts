/** Scripts that a person runs by hand: read by sh all of them, and three of them run as root, side by side, to their end. */
import { type ExecFileException, execFile, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { scenario as oneRoundTrip } from '../../scenarios/catalogue/handshake/one-round-trip.ts'
import { scenario as phone } from '../../scenarios/catalogue/roaming/phone-changes-network.ts'
import { scenario as fullTunnel } from '../../scenarios/catalogue/topologies/full-tunnel.ts'
import { durationNs } from '../../scenarios/language/quantity.ts'
import type { Scenario } from '../../scenarios/language/scenario.ts'
import { plan } from './compile.ts'
import { printPlan } from './print.ts'
import { supportsNetns } from './supports.ts'
import { planOf } from './testing.ts'

const CATALOGUE = fileURLToPath(new URL('../../scenarios/catalogue/', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'wglab-print-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function supported(): Promise<(readonly [string, Scenario])[]> {
  const files = readdirSync(CATALOGUE, { recursive: true, encoding: 'utf8' }).filter(file =>
    /(?<!\.test)\.ts$/.test(file),
  )
  const all = await Promise.all(
    files.map(async file => {
      const { scenario }: { scenario: Scenario } = await import(`${CATALOGUE}${file}`)
      return [file, scenario] as const
    }),
  )
  return all.filter(([, scenario]) => supportsNetns(scenario, {}).ok)
}

describe.skipIf(process.platform === 'win32')('each script of the catalogue', () => {
  it('is one for sh, and tells no secret unless it is asked', async () => {
    const all = await supported()
    expect(all.length).toBeGreaterThan(100)
    for (const [file, scenario] of all) {
      const made = planOf(scenario)
      const path = join(folder, 'script.sh')
      writeFileSync(path, printPlan(made, { secrets: true }))
      const { status, stderr } = spawnSync('sh', ['-n', path], { encoding: 'utf8' })
      expect({ file, status, stderr }).toEqual({ file, status: 0, stderr: '' })
      expect(printPlan(made, { secrets: false }), file).not.toContain('KEY(')
      const lines = [...made.setUp, ...made.timeline.flatMap(each => each.commands)].map(({ line }) => line)
      expect(lines.join('\n'), file).not.toContain('KEY(')
    }
  }, 180_000)
})

const OURS = `${process.execPath} ${fileURLToPath(new URL('../../cli/wglab-tunnel.js', import.meta.url))}`
const NEEDED = ['ip', 'nft', 'wg-quick', 'wg', 'wireguard-go', 'perl', 'ping', 'nsenter']
const missing =
  process.platform !== 'linux'
    ? 'Linux'
    : process.getuid?.() !== 0
      ? 'root'
      : NEEDED.find(program => spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0)

describe.skipIf(missing !== undefined)(`by hand${missing === undefined ? '' : ` (missing: ${missing})`}`, () => {
  it('three side by side come to their end, and nothing is left', async () => {
    const before = traces()
    const runs = [
      runScript('a', oneRoundTrip, 1, 'wireguard-go'),
      // wireguard-go holds on to an address that is gone: see interop-differences.json.
      runScript('b', phone as Scenario, 4, OURS),
      runScript('c', fullTunnel as Scenario, 6, 'wireguard-go'),
    ]
    const [first, second, third] = await Promise.all(runs)
    for (const each of [first, second, third]) expect(each).toMatchObject({ code: 0 })
    expect(first?.text).toMatch(/64 bytes from 10\.0\.0\.2: icmp_seq=1/)
    expect(first?.text).toMatch(/endpoint: 203\.0\.113\.2:51820/)
    // The server has followed the phone.
    expect(second?.text).toMatch(/endpoint: 198\.51\.100\.200:/)
    expect(third?.text).toMatch(/64 bytes from 203\.0\.113\.80/)
    for (const each of [first, second, third]) expect(each?.text).not.toMatch(/PrivateKey|private key: [^(]/)
    await expect.poll(traces, { timeout: 20_000 }).toEqual(before)
  }, 150_000)
})

/** With the times of the scenario divided. */
async function runScript(name: string, scenario: Scenario, faster: number, daemon: string) {
  const quick = (text: string) => `${Math.round(durationNs(text as '1s') / faster / 1e6)}ms` as const
  const steps = scenario.steps.map(step => ({ ...step, at: quick(step.at) }))
  const prefix = `wglabp${process.pid}${name}`
  const made = plan({
    scenario: { ...scenario, duration: quick(scenario.duration), steps },
    cast: {},
    prefix,
    keyOf,
    startOf: () => daemon,
    netem: false,
  })
  const path = join(folder, `${name}.sh`)
  writeFileSync(path, printPlan(made, { secrets: true }), { mode: 0o600 })
  return new Promise<{ readonly code: ExecFileException['code'] | 0; readonly text: string }>(resolve => {
    // SIGTERM lets it take everything back.
    execFile(
      'sh',
      [path],
      { timeout: 120_000, killSignal: 'SIGTERM', env: { ...process.env, TMPDIR: folder } },
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : error.code, text: `${stdout}${stderr}` }),
    )
  })
}

function keyOf(name: string): string {
  const [owner = '', kind] = name.split('.')
  const secret = createHash('sha256')
    .update(`${owner}${kind === 'psk' ? '.psk' : ''}`)
    .digest('base64')
  return kind === 'pub' ? spawnSync('wg', ['pubkey'], { input: secret, encoding: 'utf8' }).stdout.trim() : secret
}

/** What a run could leave behind: namespaces, mounts, folders, processes. */
function traces() {
  const said = (...[program = '', ...args]: string[]) =>
    spawnSync(program, args, { encoding: 'utf8' }).stdout.split('\n')
  const mine = (lines: readonly string[]) =>
    lines.filter(line => line.includes(`wglabp${process.pid}`) || line.includes(folder))
  return {
    namespaces: mine(said('ip', 'netns', 'list')),
    mounts: mine(readFileSync('/proc/self/mounts', 'utf8').split('\n')),
    folders: readdirSync(folder).filter(name => name.startsWith('tmp.')),
    processes: mine(said('ps', '-eo', 'args')).filter(line => !line.startsWith('ps ')),
  }
}
