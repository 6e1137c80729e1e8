/** The command line as a user meets it: a process, its output, its exit status, what it leaves behind. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  watch,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { initCommand } from './init.ts'
import { runCommand } from './run.ts'
import { statusOf } from './status.ts'
import { traceCommand } from './trace.ts'

const BIN = fileURLToPath(new URL('./wglab.js', import.meta.url))
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wglab-cli-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function wglab(args: readonly string[], env: Record<string, string> = {}) {
  const run = spawnSync(process.execPath, [BIN, ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1', ...env },
  })
  return { status: run.status, out: run.stdout, err: run.stderr }
}

const COMMANDS = new Map([
  ['run', runCommand],
  ['init', initCommand],
  ['trace', traceCommand],
])

/** The same in this process, where starting one is all that a case would do. */
async function here([name, ...args]: readonly string[]) {
  const command = COMMANDS.get(name ?? '')?.()
  if (command === undefined) throw new Error(`no command ${name}`)
  const spies = (['stdout', 'stderr'] as const).map(stream =>
    vi.spyOn(process[stream], 'write').mockImplementation((...taken: unknown[]) => {
      const done = taken.at(-1)
      if (typeof done === 'function') done()
      return true
    }),
  )
  const before = process.cwd()
  process.chdir(folder)
  let status = 0
  try {
    await command.exitOverride().showHelpAfterError('(try --help)').parseAsync(args, { from: 'user' })
    status = Number(process.exitCode ?? 0)
  } catch (error) {
    status = statusOf(error)
  }
  process.exitCode = undefined
  process.chdir(before)
  const [out, err] = spies.map(spy => spy.mock.calls.map(call => String(call[0])).join(''))
  for (const spy of spies) spy.mockRestore()
  return { status, out: out ?? '', err: err ?? '' }
}

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text)
  return name
}

describe('wglab', () => {
  it('init writes a scenario that runs and passes, and run leaves all the evidence', () => {
    expect(wglab(['init', 'lab.yaml'])).toMatchObject({
      status: 0,
      out: 'lab.yaml written. Now: npx wglab run lab.yaml\n',
    })
    const run = wglab(['run', 'lab.yaml', '--out', 'evidence'])
    expect(run.err).toBe('')
    expect(run.status).toBe(0)
    expect(run.out).toContain('evidence')
    expect(readdirSync(join(folder, 'evidence')).sort()).toEqual(['index.html', 'junit.xml', 'lab', 'report.json'])
    expect(readdirSync(join(folder, 'evidence/lab')).sort()).toEqual([
      'capture.pcapng',
      'ladder.mmd',
      'ladder.svg',
      'trace.jsonl',
    ])
  })

  it('init names the schema where the package has it', async () => {
    await here(['init', 'schema.yaml'])
    const [, path] =
      /\$schema=\.\/node_modules\/wglab\/(\S+)/.exec(readFileSync(join(folder, 'schema.yaml'), 'utf8')) ?? []
    expect(JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).files).toContain(path)
    expect(existsSync(fileURLToPath(new URL(`../${path}`, import.meta.url)))).toBe(true)
  })

  it('init does not overwrite', async () => {
    file('mine.yaml', 'mine')
    expect(await here(['init', 'mine.yaml'])).toEqual({
      status: 2,
      out: '',
      err: 'wglab: mine.yaml is there already; choose another name or add --force\n',
    })
    expect(readFileSync(join(folder, 'mine.yaml'), 'utf8')).toBe('mine')
  })

  it('run --json prints the report and nothing else', () => {
    const run = wglab(['run', 'handshake/one-round-trip', '--json', '--out', 'o1'])
    expect(run.status).toBe(0)
    const report = JSON.parse(run.out)
    expect(report.schema).toBe('wglab/report@1')
    expect(report.totals).toEqual({ pass: 1, fail: 0, unsupported: 0, skipped: 0, inconclusive: 0 })
    expect(report.verdicts[0]).toMatchObject({
      id: 'handshake/one-round-trip',
      verdict: 'pass',
      world: 'sim',
      seed: '1',
    })
    expect(run.out).toBe(readFileSync(join(folder, 'o1/report.json'), 'utf8'))
  })

  it('a failing scenario ends with 1 and says what was expected, what came, and how to see it again', () => {
    wglab(['init', 'broken.yaml', '--force'])
    file('broken.yaml', readFileSync(join(folder, 'broken.yaml'), 'utf8').replace('timeout: 60s', 'timeout: 1s'))
    const run = wglab(['run', 'broken.yaml', '--out', 'o2'])
    expect(run.status).toBe(1)
    for (const part of ['still reachable', 'nat-mapping-expired', 'npx wglab run broken.yaml --seed 1'])
      expect(run.out).toContain(part)
  })

  it.each([
    ['an unknown selector', ['run', 'no/such'], 3, /^wglab: nothing matches "no\/such".*wglab list/],
    ['a missing file', ['run', 'none.yaml'], 3, /^wglab: none\.yaml: no such file\n$/],
    ['an unknown option', ['run', '--sedd', '1'], 2, /unknown option '--sedd'/],
    ['a bad shard', ['run', '--shard', '5/2'], 2, /write I\/N/],
    ['an unknown world', ['run', '--world', 'mars'], 2, /Allowed choices are sim/],
    [
      'a host that nobody has',
      ['run', 'handshake/*', '--cast', 'zoe=ours'],
      2,
      /no selected scenario has a host "zoe"/,
    ],
    ['an unreadable trace', ['trace', 'none.jsonl'], 3, /none\.jsonl: no such file/],
    ['a folder for a trace', ['trace', '.'], 2, /\.: is a folder; name the trace\.jsonl in it/],
    ['a trace that is none', ['trace', BIN], 2, /wglab\.js:1: no row of a trace/],
    [
      'an end before the beginning',
      ['trace', BIN, '--from', '5s', '--until', '5s'],
      2,
      /--until 5s is not after --from 5s/,
    ],
    ['an empty seed', ['run', '--seed', ''], 2, /write 1 to 100 characters/],
    ['an empty folder name', ['run', '--out', ''], 2, /write the name of a folder/],
    ['two reporters', ['run', '--json', '--reporter', 'junit'], 2, /'--json' cannot be used with option '--reporter/],
    ['too many runs', ['run', 'nat', '--seeds', '1000000'], 2, /runs; at most 100000 at a time/],
    ['an empty shard', ['run', 'handshake/one-round-trip', '--shard', '2/2'], 3, /this shard is empty/],
    [
      'a list of known failures that is not there',
      ['run', '--known-failures', 'none.json'],
      2,
      /none\.json: no such file/,
    ],
  ])('%s', async (_, args, status, error) => {
    const run = await here(args as string[])
    expect(run.err).toMatch(error as RegExp)
    expect(run.err).not.toMatch(/\n\s+at /)
    expect(run.status).toBe(status)
  })

  it('a foreign implementation that was asked for and is not there ends with 4, or with 0 under --allow-skip', () => {
    const args = ['run', 'handshake/one-round-trip', '--cast', 'bob=kernel-6.12', '--out', 'o3']
    const env = { WGLAB_CACHE: join(folder, 'no-cache') }
    const run = wglab(args, env)
    expect(run).toMatchObject({ status: 4, err: '' })
    expect(run.out.replaceAll(/\s+/g, ' ')).toMatch(
      /skipped: (no Linux 6\.12 was built for guests; run: npx wglab kernel build 6\.12|a guest runs on x86-64 Linux)/,
    )
    expect(wglab([...args, '--allow-skip'], env).status).toBe(0)
  })

  it('a broken file names path, line and reason, and ends with 2', async () => {
    await here(['init', 'bad.yaml', '--force'])
    file('bad.yaml', readFileSync(join(folder, 'bad.yaml'), 'utf8').replace('do: ping, at: 1s', 'do: ping, att: 1s'))
    const run = await here(['run', 'bad.yaml'])
    expect(run.status).toBe(2)
    const line =
      readFileSync(join(folder, 'bad.yaml'), 'utf8')
        .split('\n')
        .findIndex(each => each.includes('att:')) + 1
    expect(run.err).toMatch(new RegExp(`^wglab: bad\\.yaml:${line}:\\d+: /steps/0.*"?att"?.*`))
  })

  it.each([
    ['a key of the wrong length', 'PublicKey = <server.pub>', 'PublicKey = AAAA', /key/i],
    ['a duplicate key', 'Endpoint = vpn', 'Endpoint = 192.0.2.1:1\n        Endpoint = vpn', /Endpoint/],
    ['an unknown key', 'Address = 10.8.0.2/24', 'Addres = 10.8.0.2/24', /Address/],
    [
      'a host name that does not resolve',
      'vpn.example.com:51820',
      'nowhere.example.com:51820',
      /nowhere\.example\.com/,
    ],
    ['a mixed-up family', '192.168.1.10/24', '2001:db8::10/64', /family|IPv6|IPv4|gateway/],
    ['an MTU of 60', 'Address = 10.8.0.2/24', 'Address = 10.8.0.2/24\n        MTU = 60', /MTU/],
  ])('%s is a clear error', async (what, from, to, reason) => {
    const name = `${what.replace(/\W+/g, '-')}.yaml`
    await here(['init', name, '--force'])
    const text = readFileSync(join(folder, name), 'utf8')
    expect(text).toContain(from)
    file(name, text.replace(from, to))
    const run = await here(['run', name, '--out', 'o4'])
    expect(`${run.out}${run.err}`).toMatch(reason)
    expect(`${run.out}${run.err}`).not.toMatch(/\n\s+at /)
    expect(run.status).toBe(2)
  })

  it('an output folder that can not be made', async () => {
    file('occupied', '')
    const run = await here(['run', 'handshake/one-round-trip', '--out', 'occupied/x'])
    expect(run.err).toMatch(/^wglab: --out occupied\/x: /)
    expect(run.status).toBe(2)
  })

  it('known failures: a passing one is reported with 6', () => {
    file('known.json', JSON.stringify({ 'handshake/one-round-trip': { reason: 'a test' } }))
    const run = wglab(['run', 'handshake/one-round-trip', '--known-failures', 'known.json', '--out', 'o5'])
    expect(run.err).toMatch(/passed, but known\.json says it fails/)
    expect(run.status).toBe(6)
  })

  it('--verify-determinism runs twice and is content', () => {
    expect(
      wglab(['run', 'handshake/lost-initiation', '--verify-determinism', '--seeds', '3', '--out', 'o6']).status,
    ).toBe(0)
    expect(readdirSync(join(folder, 'o6/handshake/lost-initiation')).sort()).toEqual(['seed-1', 'seed-2', 'seed-3'])
  })

  it('list shows ids and titles; as JSON for machines', () => {
    expect(wglab(['list', 'handshake/one-round-trip']).out).toMatch(/^handshake\/one-round-trip {2}One round trip/)
    expect(JSON.parse(wglab(['list', 'nat/*', '--json']).out).length).toBeGreaterThan(3)
  })

  it('trace tells a recorded trace again', async () => {
    wglab(['run', 'handshake/one-round-trip', '--out', 'o7'])
    const trace = 'o7/handshake/one-round-trip/trace.jsonl'
    expect((await here(['trace', trace])).out).toMatch(/initiation/)
    expect((await here(['trace', trace, '--to', 'mermaid'])).out).toMatch(/^sequenceDiagram/m)
    expect((await here(['trace', trace, '--to', 'svg'])).out).toMatch(/^<svg|^<\?xml/)
    expect((await here(['trace', trace, '--to', 'jsonl'])).out).toBe(readFileSync(join(folder, trace), 'utf8'))
    expect((await here(['trace', trace, '--from', '10 s'])).status).toBe(2)
    expect(await here(['trace', trace, '--at', 'nowhere'])).toMatchObject({
      status: 3,
      err: expect.stringMatching(/no row matches/),
    })
    expect((await here(['trace', trace, '--to', 'mermaid'])).out).toContain('handshake/one-round-trip')
  })

  it('mermaid-svg asks for mermaid-cli, and uses the one that is there', () => {
    wglab(['run', 'handshake/one-round-trip', '--out', 'o8'])
    const args = ['trace', 'o8/handshake/one-round-trip/trace.jsonl', '--to', 'mermaid-svg']
    const without = wglab(args, { PATH: '/nonexistent' })
    expect([without.status, without.err]).toEqual([4, expect.stringMatching(/mermaid-cli is not here/)])
    file('mmdc', '#!/bin/sh\nwhile [ "$1" != -o ]; do shift; done\necho "<svg>drawn</svg>" > "$2"\n')
    chmodSync(join(folder, 'mmdc'), 0o755)
    expect(wglab(args, { WGLAB_MMDC: join(folder, 'mmdc') })).toMatchObject({ status: 0, out: '<svg>drawn</svg>\n' })
  })

  it.skipIf(process.platform === 'win32')('a reader that goes away is no error', () => {
    wglab(['run', 'handshake/rekey-over-twenty-minutes', '--out', 'o9'])
    const trace = 'o9/handshake/rekey-over-twenty-minutes/trace.jsonl'
    for (const args of ['list', '--help', 'run handshake/one-round-trip --json --out o9', `trace ${trace}`]) {
      const piped = `{ "${process.execPath}" "${BIN}" ${args}; echo $? >status; } | head -c 1`
      const run = spawnSync('/bin/sh', ['-c', piped], { cwd: folder, encoding: 'utf8' })
      expect([args, run.stdout.length, run.stderr]).toEqual([args, 1, ''])
      expect([args, readFileSync(join(folder, 'status'), 'utf8')]).toEqual([args, '0\n'])
    }
  })

  it.skipIf(!existsSync('/dev/full'))('output that can not be written is said, with 2', () => {
    for (const args of ['list', 'run handshake/one-round-trip --out o9']) {
      const full = spawnSync('/bin/sh', ['-c', `"${process.execPath}" "${BIN}" ${args} >/dev/full`], {
        cwd: folder,
        encoding: 'utf8',
      })
      expect([full.status, full.stderr]).toEqual([2, 'wglab: standard output: no space left on the device\n'])
    }
  })

  it.skipIf(process.platform === 'win32').each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s, twice as npm does, ends it by that signal, with a report and nothing half written',
    async signal => {
      await here(['init', 'endless.yaml', '--force'])
      const text = readFileSync(join(folder, 'endless.yaml'), 'utf8')
      file('endless.yaml', text.replace('duration: 70m', 'duration: 2000h'))
      const out = join(folder, `cut-${signal}`)
      mkdirSync(join(out, 'endless'), { recursive: true })
      const begun = watch(join(out, 'endless'))
      const child = spawn(process.execPath, [BIN, 'run', 'endless.yaml', '--out', out, '--reporter', 'none'], {
        cwd: folder,
      })
      let said = ''
      child.stderr.on('data', chunk => {
        said += chunk
      })
      await once(begun, 'change')
      begun.close()
      child.kill(signal)
      child.kill(signal)
      expect(await once(child, 'close')).toEqual([null, signal])
      expect(said).toBe('wglab: interrupted: the report holds what was finished\n')
      expect(readdirSync(out).sort()).toEqual(['index.html', 'junit.xml', 'report.json'])
      const report = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8'))
      expect(report.totals).toEqual({ pass: 0, fail: 0, unsupported: 0, skipped: 1, inconclusive: 0 })
    },
  )

  it('init writes through no link, and leaves no empty file where there is no folder', async () => {
    symlinkSync('elsewhere.yaml', join(folder, 'link.yaml'))
    expect(await here(['init', 'link.yaml'])).toMatchObject({
      status: 2,
      err: expect.stringMatching(/is there already/),
    })
    expect(existsSync(join(folder, 'elsewhere.yaml'))).toBe(false)
    expect(await here(['init', 'no/such/x.yaml'])).toMatchObject({
      status: 2,
      err: 'wglab: no/such/x.yaml: no such file or folder\n',
    })
  })

  it('an unknown command is told, with the one that was meant', () => {
    expect(wglab(['rum'])).toEqual({
      status: 2,
      out: '',
      err: "error: unknown command 'rum'\n(Did you mean run?)\n(try --help)\n",
    })
  })

  it('every command has help with an example', () => {
    for (const command of [[], ['run'], ['list'], ['trace'], ['init'], ['tunnel']]) {
      const help = wglab([...command, '--help'])
      expect([command, help.status]).toEqual([command, 0])
      expect(help.out).toMatch(/Examples?:/)
    }
  })

  it('leaves nothing half written', () => {
    const partial = (at: string): string[] =>
      readdirSync(at, { withFileTypes: true }).flatMap(entry =>
        entry.isDirectory() ? partial(join(at, entry.name)) : entry.name.includes('partial') ? [entry.name] : [],
      )
    expect(partial(folder)).toEqual([])
    expect(existsSync(join(folder, 'reports'))).toBe(false)
  })
})
