/** A real Linux, whose clock is ours. */
import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it as vitestIt } from 'vitest'
import { fixedAddresses } from './addresses.ts'
import type { Guest } from './guest.ts'
import { SERIES } from './recipe.ts'
import { booted, readyGuests, SKIP_TEXT, shell, withGuests } from './testing.ts'

const S = 1e9
const FIXED = (await fixedAddresses()).length > 0
const KERNELS = await Promise.all(SERIES.map(async series => ({ series, ready: await readyGuests(series) })))

/** ICMP echo request to the guest, as a frame. */
function ping(seq: number): Uint8Array {
  const icmp = Buffer.from('0800000000010000', 'hex')
  icmp.writeUInt16BE(seq, 6)
  const sum = (0x0800 + 1 + seq) % 0xffff
  icmp.writeUInt16BE(0xffff - sum, 2)
  const ip = Buffer.from('4500001c000000004001f6ac0a0000020a000001', 'hex')
  ip.writeUInt16BE(0, 10)
  let total = 0
  for (let i = 0; i < 20; i += 2) total += ip.readUInt16BE(i)
  ip.writeUInt16BE(0xffff - (total % 0xffff), 10)
  return Uint8Array.from(Buffer.concat([Buffer.from('0200000001000200000002000800', 'hex'), ip, icmp]))
}

async function configured(guest: Guest): Promise<void> {
  const now = await booted(guest)
  const after = await shell(
    guest,
    now,
    'ip addr add 10.0.0.1/24 dev eth0; ip link set eth0 up; ip neigh add 10.0.0.2 lladdr 02:00:00:00:02:00 dev eth0',
  )
  // Past what an interface says when it comes up.
  await until(guest, after.now + 20 * S)
}

/** Lets the guest live so long. What it sent on eth0. */
async function until(guest: Guest, end: number): Promise<{ time: number; frame: string }[]> {
  const sent: { time: number; frame: string }[] = []
  while (guest.wants < end) {
    await guest.run(end, (time, port, frame) => {
      if (port === 0) sent.push({ time, frame: Buffer.from(frame).toString('hex') })
      return end
    })
  }
  return sent
}

describe.each(KERNELS)('a guest, Linux $series', ({ series, ready }) => {
  const it = vitestIt.skipIf(ready === undefined)
  if (ready === undefined) vitestIt.skip(`${SKIP_TEXT} ${series}`)
  // See README.md.
  const sameMemory = vitestIt.skipIf(ready === undefined || !FIXED)
  const sameBytes = series === '6.1' ? sameMemory : it
  if (!FIXED) vitestIt.skip(`setarch -R does not work here: guests have more memory or less in each run`)
  const guests = <T>(use: Parameters<typeof withGuests<T>>[1]) => withGuests(ready!, use)

  it('runs Linux, and an hour of it costs next to nothing', () =>
    guests(async start => {
      const guest = await start()
      const now = await booted(guest)
      const { output } = await shell(guest, now, 'uname -r; wg --version | cut -d" " -f1; id -u')
      expect(output.replace(/(?<=^6\.\d+)\.\d+/, '')).toBe(`${series}\nwireguard-tools\n0\n`)
      await until(guest, 10 * S)
      const slept = await shell(
        guest,
        10 * S,
        'cut -d. -f1 /proc/uptime; sleep 3600; cut -d. -f1 /proc/uptime; date -u +%F',
      )
      const [before = 0, after = 0] = slept.output.split('\n').map(Number)
      expect(after - before).toBe(3600)
      expect(slept.output).toContain('2026-01-01')
    }))

  it('answers at the very nanosecond at which it was asked', () =>
    guests(async start => {
      const guest = await start()
      await configured(guest)
      const at = 100 * S + 7
      await until(guest, at)
      await guest.inject(at, [{ port: 0, frame: ping(5) }])
      const sent = await until(guest, at + S)
      expect(sent.map(({ time, frame }) => [time, frame.slice(68)])).toEqual([[at, '0000fff900010005']])
    }))

  sameMemory('has the same memory and the same tables each time', () =>
    guests(async start => {
      const tables = async () => {
        const guest = await start()
        return (await shell(guest, await booted(guest), 'head -1 /proc/meminfo; dmesg')).output
      }
      const [one, two] = await Promise.all([tables(), tables()])
      expect(one).toMatch(/^MemTotal: +\d+ kB\n[\s\S]*IP idents hash table entries: 4096 /)
      expect(two).toBe(one)
    }),
  )

  sameBytes('does the same again with the same seed, and otherwise not', () =>
    guests(async start => {
      const elsewhere = mkdtempSync(join(tmpdir(), 'wglab-root-'))
      symlinkSync(ready!.root.path, join(elsewhere, 'another-name'))
      const life = async (seed: string, root = ready!.root.path) => {
        const guest = await start({ seed, root })
        await configured(guest)
        const key = 'wg genkey > /tmp/k; ip link add wg0 type wireguard; wg set wg0 private-key /tmp/k'
        const peer = `peer ${'A'.repeat(42)}E= endpoint 10.0.0.2:51820 allowed-ips 10.1.0.2/32 persistent-keepalive 25`
        const up = await shell(guest, 30 * S, `${key} ${peer}; ip addr add 10.1.0.1/24 dev wg0; ip link set wg0 up`)
        const sent = await until(guest, up.now + 200 * S)
        return { count: sent.length, hash: createHash('sha256').update(JSON.stringify(sent)).digest('hex') }
      }
      const away = join(elsewhere, 'another-name')
      const [one, two, other] = await Promise.all([life('1'), life('1', away), life('2')])
      rmSync(elsewhere, { recursive: true })
      expect(one?.count).toBeGreaterThan(20)
      // Wherever its root lies.
      expect(two).toEqual(one)
      expect(other?.hash).not.toBe(one?.hash)
    }),
  )

  it('takes 8192 frames at one instant', () =>
    guests(async start => {
      const guest = await start()
      await configured(guest)
      await until(guest, 50 * S)
      const frames = Array.from({ length: 8192 }, (_, i) => ({ port: 0, frame: ping(i) }))
      expect(await guest.inject(50 * S, frames)).toEqual([])
      const sent = await until(guest, 51 * S)
      expect(new Set(sent.map(each => each.frame)).size).toBe(8192)
      const { output } = await shell(guest, 51 * S, 'cat /sys/class/net/eth0/statistics/rx_packets')
      expect(Number(output)).toBe(8192)
    }))

  it('tells the ephemeral keys of its WireGuard to who asks, and nobody else', () =>
    guests(async start => {
      const secrets: Uint8Array[] = []
      const [asked, silent] = await Promise.all([start({ secret: key => secrets.push(key) }), start()])
      for (const guest of [asked, silent]) {
        await configured(guest!)
        const set = 'wg genkey > /tmp/k; ip link add wg0 type wireguard; wg set wg0 private-key /tmp/k'
        const peer = `peer ${'A'.repeat(42)}E= endpoint 10.0.0.2:51820 allowed-ips 10.1.0.2/32 persistent-keepalive 25`
        await shell(guest!, 30 * S, `${set} ${peer}; ip link set wg0 up; echo seen > /dev/console`)
      }
      expect(secrets.map(key => key.length)).toEqual([32])
      const hex = secrets.map(key => Buffer.from(key).toString('hex')).join()
      expect([asked, silent].map(guest => /seen\n$/.test(guest!.said.text))).toEqual([true, true])
      expect(asked?.said.text).not.toContain(hex)
      expect(silent?.said.text).toBe('seen\n')
    }))

  it('that spins is given up, and says so', () =>
    guests(async start => {
      const guest = await start()
      const now = await booted(guest)
      guest.patience_s = 2
      await expect(shell(guest, now, 'while :; do :; done')).rejects.toThrow(
        'the guest g0 is down: for 2 s it has neither spoken nor stood still',
      )
      await expect(guest.inject(now + S, [{ port: 0, frame: ping(1) }])).rejects.toThrow('is down')
    }))

  it('that ends is down, with its last words', () =>
    guests(async start => {
      const guest = await start()
      const now = await booted(guest)
      await expect(shell(guest, now, 'echo farewell > /dev/console; /lab/agent halt')).rejects.toThrow(
        /^the guest g0 is down: [\s\S]*\nfarewell/,
      )
    }))

  it('can not be started from what is no kernel', () =>
    guests(async start => {
      const broken = withGuests({ ...ready!, kernel: { ...ready!.kernel, path: '/bin/false' } }, other => other())
      await expect(broken).rejects.toThrow('the guest g0 is down: it ended with status 1')
      const absent = withGuests({ ...ready!, kernel: { ...ready!.kernel, path: '/nowhere' } }, other => other())
      await expect(absent).rejects.toThrow('can not be started')
      expect((await booted(await start())) > 0).toBe(true)
    }))

  it('ends when who started it is killed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'wglab-killed-'))
    const script = `
      const { readyGuests, withGuests, booted } = await import(${JSON.stringify(new URL('testing.ts', import.meta.url).href)})
      await withGuests(await readyGuests('${series}'), async start => {
        const guest = await start()
        await booted(guest)
        console.log(guest.pid)
        setInterval(() => {}, 1000)
        await new Promise(() => {})
      })`
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
      // Who is killed removes no folder: it is made in ours.
      env: { ...process.env, TMPDIR: folder },
    })
    const pid = await new Promise<number>(resolve => child.stdout.once('data', data => resolve(Number(data))))
    const group = () => {
      try {
        return execFileSync('pgrep', ['-g', String(pid)], { encoding: 'utf8' })
      } catch {
        return ''
      }
    }
    expect(group()).toContain(String(pid))
    child.kill('SIGKILL')
    await expect.poll(group, { timeout: 20_000 }).toBe('')
    rmSync(folder, { recursive: true, force: true })
  })
})
