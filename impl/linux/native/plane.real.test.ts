/** The native data plane between two namespaces: real TUN, real sockets, ping and iperf3. Needs root, /dev/net/tun, ip, ping, iperf3, koffi. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DeviceStatus, PeerStatus } from '../../api.ts'
import { echo, Lab, type Namespace } from '../testing/lab.ts'
import { until } from '../testing/process.ts'
import { freshIface, freshKey, type KeyPair } from '../testing/tunnel.ts'
import { loadLibc } from './libc.ts'
import type { ChildAnswer, ChildOrders } from './plane.child.ts'

const missing = whatIsMissing()
const TSX = fileURLToPath(import.meta.resolve('tsx'))
const CHILD = fileURLToPath(new URL('./plane.child.ts', import.meta.url))

/** For ping: how long an answer may take on a machine that does much else. */
const PATIENT = '-W20'

describe.skipIf(missing !== undefined)(
  `native data plane${missing === undefined ? '' : ` (missing: ${missing})`}`,
  { timeout: 300_000 },
  () => {
    const lab = new Lab()
    const children: Child[] = []
    let a: Namespace
    let b: Namespace
    beforeAll(async () => {
      a = await lab.namespace('a')
      b = await lab.namespace('b')
      await lab.cable(
        { namespace: a, device: 'eth0', addresses: ['10.90.0.1/24', 'fd90::1/64'] },
        { namespace: b, device: 'eth0', addresses: ['10.90.0.2/24', 'fd90::2/64'] },
      )
    })
    afterAll(async () => {
      for (const child of children) child.process.kill('SIGKILL')
      await lab.close()
    })

    const pair = async (underlay: { a: string; b: string }, options: { mtu?: number; port: number; n: number }) => {
      const keys: [KeyPair, KeyPair] = [freshKey(), freshKey()]
      const orders = (mine: 0 | 1): ChildOrders => ({
        iface: freshIface(),
        mtu: options.mtu ?? 1420,
        listenPort: options.port,
        privateKey: keys[mine].secret,
        addresses: [`10.91.${options.n}.${mine + 1}/24`, `fd91:${options.n}::${mine + 1}/64`],
        peer: {
          publicKey: keys[1 - mine]!.public,
          // Only one of them knows the other: it learns where the first one is.
          ...(mine === 0 ? { address: underlay.b, port: options.port } : {}),
        },
      })
      // The one that waits comes first: no initiation is lost.
      const second = await startChild(b, orders(1))
      children.push(second)
      const first = await startChild(a, orders(0))
      children.push(first)
      return [first, second] as const
    }
    const finish = async (...both: Child[]) => {
      await Promise.all(both.map(child => child.ask('close')))
      for (const child of both) {
        expect(child.seen.filter(each => each.kind === 'log')).toEqual([])
        child.process.stdin?.end()
        await until('the end of the child', () => child.process.exitCode === 0)
      }
    }

    for (const [n, family, underlay] of [
      [1, 'IPv4', { a: '10.90.0.1', b: '10.90.0.2' }],
      [2, 'IPv6', { a: 'fd90::1', b: 'fd90::2' }],
    ] as const) {
      it(`carries ping, TCP and UDP of both families over ${family}, to the byte`, async () => {
        const [first, second] = await pair(underlay, { port: 51820 + n, n })
        await echo(a, `10.91.${n}.2`)
        for (const size of [0, 1, 1392]) {
          await a.run('ping', ['-c1', PATIENT, '-n', '-s', `${size}`, `10.91.${n}.2`])
          await b.run('ping', ['-c1', PATIENT, '-n', '-s', `${Math.min(size, 1372)}`, `fd91:${n}::1`])
        }
        // What one has sent the other has received, to the byte, once nothing is on its way.
        await until('the same numbers on both sides', async () => {
          const [one, other] = await counts(first, second)
          if (one.rxBytes === other.txBytes && one.txBytes === other.rxBytes) return true
          throw new Error(`${one.txBytes} → ${other.rxBytes}, ${one.rxBytes} ← ${other.txBytes}`)
        })
        for (const to of [`10.91.${n}.2`, `fd91:${n}::2`]) {
          const tcp = await iperf(a, b, to, [])
          expect(tcp.end.sum_received.bytes).toBeGreaterThan(1_000_000)
          const back = await iperf(a, b, to, ['-R', '-P', '2'])
          expect(back.end.sum_received.bytes).toBeGreaterThan(1_000_000)
          const udp = await iperf(a, b, to, ['-u', '-b', '20M', '-l', '1200'])
          expect(udp.end.sum.bytes).toBeGreaterThan(100_000)
        }
        // A machine that is busy elsewhere may lose datagrams before they are read: nobody receives more than was sent.
        const [mine, theirs] = await until('an end of the traffic', async () => {
          const before = await counts(first, second)
          const after = await counts(first, second)
          return isDeepStrictEqual(before, after) && after
        })
        expect(theirs.rxBytes).toBeLessThanOrEqual(mine.txBytes)
        expect(mine.rxBytes).toBeLessThanOrEqual(theirs.txBytes)
        // What the host's own neighbour discovery sends before the second one knows the first goes nowhere.
        const { 'no-endpoint': _, ...drops } = theirs.drops
        expect([mine.drops, drops]).toEqual([{}, {}])
        expect(await first.ask('key')).toBe(true)
        await finish(first, second)
      })
    }

    it('loses none of the packets that come before it is told that the interface is up', async () => {
      const keys: [KeyPair, KeyPair] = [freshKey(), freshKey()]
      const orders = (mine: 0 | 1, more: Partial<ChildOrders>): ChildOrders => ({
        ...lonely(`10.91.11.${mine + 1}/24`),
        listenPort: 51830,
        privateKey: keys[mine].secret,
        peer: { publicKey: keys[1 - mine]!.public, ...(mine === 0 ? { address: '10.90.0.2', port: 51830 } : {}) },
        ...more,
      })
      const second = await startChild(b, orders(1, {}))
      const first = await startChild(a, orders(0, { tellsUp: false }))
      children.push(first, second)
      // Nobody ever tells it: the first packets wait in the TUN until it has asked the driver.
      const { stdout } = await a.attempt('ping', ['-c3', '-i0.2', PATIENT, '-n', '10.91.11.2'])
      expect(stdout).toContain('3 packets transmitted, 3 received, 0% packet loss')
      const drops = first.seen.flatMap(each =>
        each.kind === 'event' && each.event.kind === 'drop' ? [each.event.reason] : [],
      )
      expect(drops).toEqual([])
      expect((await first.status()).up).toBe(true)
      await Promise.all([first.ask('close'), second.ask('close')])
    })

    it('stays down while its port is taken, says so, and comes up with another', async () => {
      const holder = await startChild(a, { ...lonely('10.91.12.1/24'), listenPort: 51840 })
      const child = await startChild(a, { ...lonely('10.91.13.1/24'), listenPort: 51840 })
      children.push(holder, child)
      const links = () =>
        child.seen.flatMap(each => (each.kind === 'event' && each.event.kind === 'link' ? [each.event] : []))
      expect((await child.status()).up).toBe(false)
      expect(links()).toEqual([{ kind: 'link', up: false, port: 51840, errno: -98 }])
      // It is not tried again and again; a port that is taken as well is no way out.
      expect(await child.ask('up true')).toBe(-98)
      expect(links()).toHaveLength(1)
      expect(await child.ask('port 51841')).toBe(0)
      expect((await child.status()).up).toBe(true)
      expect(await portsOf(a, 51841)).toEqual(['0.0.0.0', '[::]'])
      expect(links().at(-1)).toEqual({ kind: 'link', up: true, port: 51841, errno: 0 })
      expect(await child.ask('up false')).toBe(0)
      await Promise.all([holder.ask('close'), child.ask('close')])
    })

    it('carries packets longer than the path takes, in fragments, when the MTU says so', async () => {
      const [first, second] = await pair({ a: '10.90.0.1', b: '10.90.0.2' }, { port: 51823, n: 3, mtu: 9000 })
      await echo(a, '10.91.3.2')
      await a.run('ping', ['-c1', PATIENT, '-n', '-s', '8972', '10.91.3.2'])
      const tcp = await iperf(a, b, '10.91.3.2', [])
      expect(tcp.end.sum_received.bytes).toBeGreaterThan(1_000_000)
      await finish(first, second)
    })

    it('moves to another port, refuses one that is taken, and stays on the one it has', async () => {
      const child = await startChild(a, { ...lonely('10.91.4.1/24'), listenPort: 0 })
      children.push(child)
      const given = (await child.status()).listenPort
      expect(given).toBeGreaterThan(0)
      expect(await portsOf(a, given)).toEqual(['0.0.0.0', '[::]'])
      expect(await child.ask('port 51900')).toBe(0)
      expect([await portsOf(a, given), await portsOf(a, 51900)]).toEqual([[], ['0.0.0.0', '[::]']])
      const other = await startChild(a, { ...lonely('10.91.5.1/24'), listenPort: 51901 })
      children.push(other)
      expect(await child.ask('port 51901')).toBe(-98)
      expect((await child.status()).listenPort).toBe(51900)
      expect(await portsOf(a, 51900)).toEqual(['0.0.0.0', '[::]'])
      await child.ask('up false')
      expect(await portsOf(a, 51900)).toEqual([])
      await child.ask('close')
      await other.ask('close')
    })

    it('says that it ended when somebody deletes the interface', async () => {
      const orders = lonely('10.91.6.1/24')
      const child = await startChild(a, orders)
      children.push(child)
      await a.ip(`link del ${orders.iface}`)
      const ended = await until('the end', () => child.seen.find(each => each.kind === 'ended'))
      expect(ended).toEqual({ kind: 'ended', reason: `interface ${orders.iface} was deleted` })
    })

    it('lets its process end while it waits for packets', async () => {
      const child = await startChild(a, lonely('10.91.10.1/24'))
      children.push(child)
      child.process.stdin?.write('exit 3\n')
      await until('the end of the process', () => child.process.exitCode === 3)
    })

    it('says what stands in the way of an interface', async () => {
      const { output, status } = await failure(a, { ...lonely('10.91.7.1/24'), iface: 'eth0' })
      expect(status).not.toBe(0)
      expect(output).toContain('interface eth0: EINVAL, invalid argument: an interface of another kind has this name')
    })

    it('answers with an ICMP error when nobody owns the destination', async () => {
      const orders = lonely('10.91.8.1/24')
      const child = await startChild(a, orders)
      children.push(child)
      const { stdout } = await a.attempt('ping', ['-c1', PATIENT, '-n', '10.91.8.77'])
      expect(stdout).toContain('From 10.91.8.77 icmp_seq=1 Destination Host Unreachable')
      await child.ask('close')
    })

    it('works on a host without IPv6', async () => {
      const c = await lab.namespace('c')
      await c.run('sysctl', ['-qw', 'net.ipv6.conf.all.disable_ipv6=1', 'net.ipv6.conf.default.disable_ipv6=1'])
      const child = await startChild(c, lonely('10.91.9.1/24'))
      children.push(child)
      expect((await child.status()).listenPort).toBeGreaterThan(0)
      await child.ask('close')
    })
  },
)

async function counts(first: Child, second: Child): Promise<[PeerStatus, PeerStatus]> {
  const [one, other] = await Promise.all([first, second].map(async each => (await each.status()).peers[0]))
  if (one === undefined || other === undefined) throw new Error('no peer')
  return [one, other]
}

function lonely(address: string): ChildOrders {
  return { iface: freshIface(), mtu: 1420, listenPort: 0, privateKey: freshKey().secret, addresses: [address] }
}

interface Child {
  readonly process: ChildProcess
  readonly seen: ChildAnswer[]
  ask(line: string): Promise<unknown>
  status(): Promise<DeviceStatus>
}

async function startChild(where: Namespace, orders: ChildOrders): Promise<Child> {
  const args = ['netns', 'exec', where.name, process.execPath, '--import', TSX, CHILD, JSON.stringify(orders)]
  const child = spawn('ip', args, { stdio: ['pipe', 'pipe', 'pipe'] })
  const seen: ChildAnswer[] = []
  let errors = ''
  child.stderr?.setEncoding('utf8').on('data', text => {
    errors += text
  })
  createInterface({ input: child.stdout }).on('line', line => seen.push(JSON.parse(line) as ChildAnswer))
  await until('the interface', () => {
    if (child.exitCode !== null) throw new Error(errors)
    return seen.some(each => each.kind === 'ready')
  })
  const ask = async (line: string) => {
    const before = seen.filter(each => each.kind === 'answer').length
    child.stdin?.write(`${line}\n`)
    const found = await until(`an answer to ${line}`, () => seen.filter(each => each.kind === 'answer')[before])
    return found.value
  }
  return { process: child, seen, ask, status: async () => (await ask('status')) as DeviceStatus }
}

async function failure(where: Namespace, orders: ChildOrders): Promise<{ output: string; status: number | undefined }> {
  const { stderr, status } = await where.attempt(process.execPath, ['--import', TSX, CHILD, JSON.stringify(orders)])
  return { output: stderr, status }
}

interface IperfReport {
  readonly error?: string
  readonly end: { readonly sum: { bytes: number }; readonly sum_received: { bytes: number } }
}

/** A second of traffic. */
async function iperf(from: Namespace, to: Namespace, address: string, args: readonly string[]): Promise<IperfReport> {
  const server = await to.start('iperf3', ['-s', '-1'])
  try {
    return await until('iperf3', async () => {
      const { stdout, status } = await from.attempt('iperf3', ['-J', '-t', '1', '-c', address, ...args])
      if (status !== 0) return false
      const report = JSON.parse(stdout) as IperfReport
      // With -J it ends with 0 even when the server is not there yet.
      return report.error === undefined && report
    })
  } finally {
    await server.stop()
  }
}

/** The local addresses of the UDP sockets on a port. */
async function portsOf(where: Namespace, port: number): Promise<string[]> {
  const lines = (await where.run('ss', ['-Hlun', `sport = :${port}`])).split('\n').filter(Boolean)
  return lines.map(line => line.trim().split(/\s+/)[3]!.replace(/:\d+$/, '')).sort()
}

function whatIsMissing(): string | undefined {
  if (process.platform !== 'linux') return 'Linux'
  if (process.getuid?.() !== 0) return 'root'
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK)
    loadLibc()
    for (const [program, flag] of [
      ['ip', '-V'],
      ['ping', '-V'],
      ['iperf3', '-v'],
      ['ss', '-V'],
    ] as const) {
      execFileSync(program, [flag], { stdio: 'ignore' })
    }
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
