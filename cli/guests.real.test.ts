/** Scenarios of the catalogue with real kernels and unmodified programs in them, in virtual time. */
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readyGuests, SKIP_TEXT } from '../kernel/testing.ts'
import type { Cast } from '../scenarios/language/scenario.ts'
import type { Verdict } from '../scenarios/language/verdict.ts'
import { runOneWithGuests } from './evidence.ts'
import { openGuests } from './guests.ts'
import { select } from './select.ts'

const ready = await readyGuests('6.12')

async function play(id: string, cast: Cast, out?: string): Promise<Verdict> {
  const [named] = await select([id])
  const guests = await openGuests(cast)
  if ('lacks' in guests) throw new Error(guests.lacks)
  try {
    return await runOneWithGuests(named!, { cast, seed: '1', out }, guests)
  } finally {
    await guests.stop()
  }
}

const tell = ({ verdict, because }: Verdict) => `${verdict}: ${because}`
const running = () => {
  try {
    return execFileSync('pgrep', ['-f', 'labnet=net'], { encoding: 'utf8' })
  } catch {
    return ''
  }
}

describe.skipIf(ready === undefined)(`guests in scenarios${ready === undefined ? ` (${SKIP_TEXT})` : ''}`, () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'wglab-real-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it.each<[string, Cast]>([
    ['the kernel with itself', { alice: 'kernel-6.12', bob: 'kernel-6.12' }],
    ['the kernel and ours', { alice: 'kernel-6.12' }],
    ['ours and the kernel', { bob: 'kernel-6.12' }],
    ['wireguard-go and ours', { alice: 'wireguard-go' }],
    ['wireguard-go and the kernel', { alice: 'wireguard-go', bob: 'kernel-6.12' }],
  ])('%s: two peers meet', async (_, cast) => {
    expect(tell(await play('topologies/two-peers', cast))).toMatch(/^pass: all \d+ checks hold$/)
  })

  it('the same seed gives the same trace, and the capture decrypts itself', async () => {
    const cast = { alice: 'kernel-6.12', bob: 'kernel-6.12' }
    const one = await play('topologies/two-peers', cast, join(folder, 'one'))
    const two = await play('topologies/two-peers', cast)
    expect(two.trace_sha256).toBe(one.trace_sha256)
    if (!existsSync('/usr/bin/tshark')) return
    const words = [
      '-r',
      join(folder, 'one', 'capture.pcapng'),
      '-Y',
      'wg.type == 4 && icmp',
      '-T',
      'fields',
      '-e',
      'frame.number',
    ]
    const decrypted = execFileSync('tshark', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    expect(decrypted.trim().split('\n').length).toBeGreaterThan(4)
  })

  it('a NAT of ours forgets a kernel as it forgets us', async () => {
    const verdict = await play('nat/mapping-expires', { laptop: 'kernel-6.12', server: 'kernel-6.12' })
    expect(tell(verdict)).toMatch(/^pass/)
  })

  it('what a guest can not play is unsupported, with the reason', async () => {
    expect(tell(await play('time/laptop-sleeps', { alice: 'kernel-6.12' }))).toBe(
      'unsupported: alice is to be kernel-6.12, in a guest, which can not sleep: this kernel has no sleep state, and only its time as a whole can be stopped, CLOCK_BOOTTIME too',
    )
  })

  it('Ctrl-C in the middle leaves no process and no folder', async () => {
    const before = new Set(readdirSync(tmpdir()))
    const words = ['run', 'handshake/rekey-over-twenty-minutes', '--seeds', '40', '--out', join(folder, 'cut')]
    const hosts = Object.keys((await select(['handshake/rekey-over-twenty-minutes']))[0]!.scenario.hosts)
    const cast = hosts.map(host => `${host}=kernel-6.12`).join(',')
    const child = spawn(process.execPath, ['cli/wglab.js', ...words, '--cast', cast], { stdio: 'ignore' })
    const mine = () => running().trim() !== ''
    await expect.poll(mine, { timeout: 30_000 }).toBe(true)
    const pids = running().trim().split('\n')
    child.kill('SIGINT')
    await new Promise(resolve => child.once('exit', resolve))
    const left = () =>
      pids.filter(pid => existsSync(`/proc/${pid}`) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('labnet'))
    await expect.poll(left, { timeout: 20_000 }).toEqual([])
    const folders = readdirSync(tmpdir()).filter(name => /^wglab-[A-Za-z0-9]{6}$/.test(name) && !before.has(name))
    expect(folders).toEqual([])
  })
})
