/** Scenarios in real namespaces, by the command: verdicts, broken twins, and that nothing is left, however a run ends. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { leases } from '../netns/run/lease.ts'
import { applyChanges } from '../scenarios/language/patch.ts'
import type { Scenario } from '../scenarios/language/scenario.ts'
import type { Report } from '../scenarios/language/verdict.ts'
import { openGround } from './netns-guest.ts'
import { PACKAGE_ROOT } from './package.ts'
import { select } from './select.ts'

const ready =
  process.platform === 'linux' &&
  process.getuid?.() === 0 &&
  ['wireguard-go', 'tcpdump', 'wg-quick', 'nft', 'nsenter'].every(
    name => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0,
  ) &&
  spawnSync('unshare', ['-n', 'ip', 'link', 'add', 'type', 'veth']).status === 0

const folder = mkdtempSync(join(tmpdir(), 'wglab-test-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const PATIENCE_MS = 280_000

interface Going {
  readonly child: ChildProcess
  readonly ended: Promise<{ readonly status: number | null; readonly signal: string | null; readonly output: string }>
}

function wglab(words: readonly string[]): Going {
  const child = spawn(process.execPath, [join(PACKAGE_ROOT, 'cli', 'wglab.js'), ...words], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', text => {
    output += text
  })
  child.stderr.resume()
  const ended = new Promise<Awaited<Going['ended']>>(resolve => {
    child.once('close', (status, signal) => resolve({ status, signal, output }))
  })
  return { child, ended }
}

/** Its broken twin as a file, without a twin of its own. */
async function twinOf(id: string): Promise<string> {
  const [named] = await select([id])
  const { twin, ...rest } = named?.scenario ?? ({} as Scenario)
  const file = join(folder, `${id.replaceAll('/', '-')}.json`)
  writeFileSync(file, JSON.stringify(applyChanges(rest as Scenario, twin?.changes ?? [])))
  return file
}

/** What failed of each, by id; a twin has the id of its file. */
function failures(output: string, wanted = 'netns'): Record<string, string[]> {
  const { verdicts } = JSON.parse(output) as Report
  return Object.fromEntries(
    verdicts.map(({ id, checks, verdict, world, because }) => {
      const failed = checks.filter(({ result }) => result !== 'pass').map(({ name }) => name)
      const ran = verdict === 'pass' || verdict === 'fail'
      return [id.replace(/^.*\//, ''), ran && world === wanted ? failed : [`${world} ${verdict}: ${because}`]]
    }),
  )
}

const ip = (...words: string[]) => execFileSync('ip', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })

/** Namespaces of the runs that a process has going. */
function namespacesOf(pid: number | undefined): string[] {
  const own = [...leases()].flatMap(([prefix, owner]) => (owner?.pid === pid ? [prefix] : []))
  const all = ip('netns', 'list')
    .split('\n')
    .map(line => line.split(' ')[0] ?? '')
  return all.filter(name => own.some(prefix => name.startsWith(`${prefix}-`)))
}

function processesIn(inodes: ReadonlySet<string>): string[] {
  return readdirSync('/proc').filter(pid => {
    try {
      return /^\d+$/.test(pid) && inodes.has(readlinkSync(`/proc/${pid}/ns/net`))
    } catch {
      return false
    }
  })
}

const inodesOf = (names: readonly string[]) => new Set(names.map(name => `net:[${statSync(`/run/netns/${name}`).ino}]`))

/** Until its tunnels are up: programs of its own run in all its machines. */
async function underWay({ child }: Going): Promise<string[]> {
  for (let attempt = 0; attempt < 1000; attempt++) {
    const names = namespacesOf(child.pid)
    const wanted = names.filter(name => /-(alice|bob)$/.test(name))
    const tunnels = wanted.filter(name => spawnSync('ip', ['-n', name, 'link', 'show', 'wg0']).status === 0)
    if (tunnels.length === 2) return names
    await pause(100)
  }
  throw new Error('the run does not get under way')
}

const lab = (...words: string[]) =>
  wglab(['run', '--world', 'netns', '--json', '--out', mkdtempSync(join(folder, 'out-')), ...words])
const stillThere = (names: readonly string[]) => {
  const all = ip('netns', 'list')
  return names.filter(name => all.includes(name))
}

describe.skipIf(!ready)('--world netns (needs root, wireguard-go, tcpdump)', () => {
  it(
    'a handshake, a NAT and a roam pass, their broken twins fail, two runs side by side',
    async () => {
      const [first, second, third] = ['handshake/one-round-trip', 'nat/double-nat', 'interop/initiator-roams'] as const
      const runs = [
        lab('--jobs', '2', '--cast', 'bob=wireguard-go', first, await twinOf(first)),
        lab('--jobs', '2', '--cast', 'server=wireguard-go', second, await twinOf(second)),
        lab('--jobs', '2', '--cast', 'responder=wireguard-go', third, await twinOf(third)),
      ]
      const outputs = await Promise.all(runs.map(async ({ ended }) => (await ended).output))
      const found = Object.assign({}, ...outputs.map(output => failures(output))) as Record<string, string[]>
      // How long an answer or a move takes is the business of whoever else uses this machine.
      expect(found['one-round-trip']?.filter(name => name !== 'delivered first')).toEqual([])
      expect(found['double-nat']).toEqual([])
      expect(found['initiator-roams']?.filter(name => name !== 'delivered on the move')).toEqual([])
      expect(found['handshake-one-round-trip']).toContain('one initiation')
      expect(found['nat-double-nat']).toContain('works')
      expect(found['interop-initiator-roams']).toContain('delivered found again')
    },
    PATIENCE_MS,
  )

  it(
    'bytes over TCP come through a forwarded port, and not where none is',
    async () => {
      const id = 'nat/web-server-behind-a-forwarded-port'
      const found = failures((await lab('--jobs', '2', id, await twinOf(id)).ended).output)
      expect(found['web-server-behind-a-forwarded-port']).toEqual([])
      expect(found['nat-web-server-behind-a-forwarded-port']).toContain('reachable')
    },
    PATIENCE_MS,
  )

  it(
    'Ctrl-C in the middle leaves nothing',
    async () => {
      const going = lab('handshake/one-round-trip', '--cast', 'alice=wireguard-go')
      const names = await underWay(going)
      const inodes = inodesOf(names)
      expect(processesIn(inodes).length).toBeGreaterThan(0)
      going.child.kill('SIGINT')
      expect((await going.ended).signal).toBe('SIGINT')
      expect({ names: stillThere(names), processes: processesIn(inodes) }).toEqual({ names: [], processes: [] })
      expect([...leases().values()].filter(owner => owner?.pid === going.child.pid)).toEqual([])
    },
    PATIENCE_MS,
  )

  it(
    'what kill -9 leaves, netns clean removes, and nothing of a run that lives',
    async () => {
      const killed = lab('handshake/one-round-trip', '--cast', 'alice=wireguard-go,bob=wireguard-go')
      const names = await underWay(killed)
      const inodes = inodesOf(names)
      killed.child.kill('SIGKILL')
      await killed.ended
      expect(stillThere(names)).toEqual(names)
      const living = lab('handshake/one-round-trip', '--cast', 'alice=wireguard-go,bob=wireguard-go')
      const others = await underWay(living)
      const { output, status } = await wglab(['netns', 'clean', '--json']).ended
      expect(status).toBe(0)
      const { removed } = JSON.parse(output) as { removed: { kind: string; name: string }[] }
      const said = removed.map(({ name }) => name)
      expect(said).toEqual(expect.arrayContaining(names))
      expect(said.filter(name => others.includes(name))).toEqual([])
      expect({ names: stillThere(names), processes: processesIn(inodes) }).toEqual({ names: [], processes: [] })
      // It went on to its end. On a busy machine an initiation is sent again, which is no matter here.
      const slow = ['delivered first', 'one initiation', 'one response']
      const found = failures((await living.ended).output)
      expect(found['one-round-trip']?.filter(name => !slow.includes(name))).toEqual([])
    },
    PATIENCE_MS,
  )
})

const guest = await openGround({ alice: 'kernel-6.12' })
if (!('lacks' in guest)) await guest.close()

describe.skipIf('lacks' in guest)('--world netns:guest (needs a built kernel and root)', () => {
  it(
    'two namespaces of one kernel: passes, its broken twin fails, and the capture has the keys',
    async () => {
      const id = 'handshake/one-round-trip'
      const out = mkdtempSync(join(folder, 'out-'))
      const words = [
        'run',
        '--world',
        'netns:guest',
        '--json',
        '--out',
        out,
        '--cast',
        'alice=kernel-6.12,bob=kernel-6.12',
      ]
      const { output, status } = await wglab([...words, id, await twinOf(id)]).ended
      expect(status).toBe(1)
      const found = failures(output, 'netns:guest')
      expect(found['one-round-trip']).toEqual([])
      expect(found['handshake-one-round-trip']).toContain('one initiation')
      const capture = readFileSync(join(out, id, 'capture.pcapng'), 'latin1')
      expect(capture).toContain('LOCAL_EPHEMERAL_PRIVATE_KEY')
    },
    PATIENCE_MS,
  )
})
