/** The small programs of a run, tried alone: in a network namespace with nothing but `lo`. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { toolFiles } from './tools.ts'

// A namespace of processes too: what is left running ends with the first.
const ALONE = ['-n', '-p', '-f', '--kill-child', 'sh', '-c']
const ready =
  process.platform === 'linux' &&
  spawnSync('unshare', [...ALONE, 'ip link set lo up']).status === 0 &&
  ['perl', 'tcpdump'].every(name => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0)

const folder = mkdtempSync(join(tmpdir(), 'wglab-tools-'))
beforeAll(() => {
  for (const { path, text } of toolFiles({ datagrams: true, streams: true })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function run(script: string): string {
  const { stdout, stderr } = spawnSync('unshare', [...ALONE, `ip link set lo up; ${script}`], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 30_000,
  })
  return stdout + stderr
}

/** What they say, without the times; how far it was in between is luck. */
const rows = (said: string) =>
  said
    .split('\n')
    .map(line => line.replace(/^\d+\.\d+ /, '').replace(/ \d+ sent again.*/, ''))
    .filter(line => line !== '')

const ask = (words: string) => rows(run(`perl tools/tcp.pl serve log; perl tools/tcp.pl ask ${words}; cat log; rm log`))
const last = (lines: readonly string[], what: string) => lines.filter(line => line.includes(what)).at(-1)

describe.skipIf(!ready)('tcp.pl (needs root, perl)', () => {
  it('up: the server has every byte before the client ends', () => {
    const lines = ask('127.0.0.1 80 40001 1 3000000 0 cubic 0 0')
    expect(lines.slice(0, 2)).toEqual(['1 answered', '1 done 3000000'])
    expect(last(lines, 'arrived')).toBe('1 arrived 3000000')
  })

  it('down, by IPv6, with Reno and a small window: the client has them', () => {
    const lines = ask('::1 443 40002 12 3000000 0 reno 0 0').concat(ask('::1 443 40002 12 0 500000 reno 4096 0'))
    expect(last(lines.slice(-3), 'arrived')).toBe('12 arrived 500000')
    expect(lines.at(-1)).toBe('12 done 500000')
  })

  it('both ways at once', () => {
    const lines = ask('127.0.0.1 7 40003 3 500000 500000 cubic 0 20')
    expect(lines.filter(line => line === '3 arrived 500000').length).toBe(2)
    expect(last(lines, 'done')).toBe('3 done 1000000')
    expect(last(lines, 'error')).toBe(undefined)
  })

  it('a port that nobody has, a deadline, an end too early, bytes that are others: told, each', () => {
    expect(ask('127.0.0.1 8080 40004 4 10 0 cubic 0 0')).toEqual(['4 error connection refused', '4 done 0'])
    const early = `perl -MSocket -e 'socket S, AF_INET, SOCK_STREAM, 0; setsockopt S, SOL_SOCKET, SO_REUSEADDR, 1; bind S, pack_sockaddr_in(81, INADDR_ANY); listen S, 5; while (accept C, S) { ACT }' & sleep 0.5;`
    const client = 'perl tools/tcp.pl ask 127.0.0.1 81 40005 5 0 9 cubic 0 1'
    const told = (act: string) => rows(run(`${early.replace('ACT', act)} ${client}`))
    expect(told('sleep 5')).toEqual(['5 answered', '5 error not finished after 1 s', '5 done 0'])
    expect(told('sysread C, $x, 20; shutdown C, 1; sleep 5')).toEqual([
      '5 answered',
      '5 error the other side ended early',
      '5 done 0',
    ])
    expect(told('sysread C, $x, 20; syswrite C, "a" x 9; shutdown C, 1; sleep 5')).toEqual([
      '5 answered',
      '5 error what arrived is not what was sent',
      '5 arrived 9',
      '5 done 9',
    ])
  })
})

describe.skipIf(!ready)('udp.pl (needs root, perl, tcpdump)', () => {
  it.each([
    ['127.0.0.1', /tos 0xb8, ttl 9,.* \[DF\]/],
    ['::1', /class 0xb8, .*hlim 9,/],
  ])('to %s with a class and a TTL, and its echo', (address, marks) => {
    const watch = 'tcpdump -i lo -n -v -l -c 2 udp and port 7 > seen 2>/dev/null & seen=$!; sleep 1'
    const said = run(
      `perl tools/udp.pl serve & ${watch}; perl tools/udp.pl send ${address} 7 40001 1 0 64 1 184 9; wait $seen; cat seen; rm seen`,
    )
    expect(said).toContain('sent 1\n')
    expect(said).toMatch(marks)
    expect(said).toMatch(/\.7 > \S+\.40001: .*64/)
  })
})
