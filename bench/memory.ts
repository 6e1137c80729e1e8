/** What a daemon holds: per idle peer, and after a while at full speed. */
import { performance } from 'node:perf_hooks'
import { Lab } from '../impl/linux/testing/lab.ts'
import { until } from '../impl/linux/testing/process.ts'
import type { Kind } from '../impl/linux/testing/programs.ts'
import { freshKey, freshSecret, startTunnel } from '../impl/linux/testing/tunnel.ts'
import { openBench, residentBytes } from './iperf.ts'

export interface PeerMemory {
  readonly kind: Kind
  readonly peers: number
  readonly bytes_per_peer: number
  /** Of the process with no peer. */
  readonly empty_bytes: number
  readonly setconf_s: number
  readonly show_s: number
}

export interface Soak {
  readonly kind: Kind
  readonly seconds: number
  readonly gbytes: number
  /** Both daemons together: after a quarter of the time, and at the end. */
  readonly warm_bytes: number
  readonly end_bytes: number
  readonly highest_bytes: number
}

/** Resident memory with and without peers that never speak; the addresses are one per peer and family. */
export async function peerMemory(kind: Kind, peers: number): Promise<PeerMemory> {
  const lab = new Lab()
  try {
    const tunnel = await startTunnel(lab, await lab.namespace('m'), kind)
    const privateKey = freshKey().secret
    await tunnel.setconf({ privateKey, listenPort: 51820, peers: [] })
    const settled = () => settledBytes(tunnel.running.pid)
    const empty_bytes = await settled()
    const sections = Array.from({ length: peers }, (_, n) => ({
      // Any 32 bytes are a public key.
      publicKey: freshSecret(),
      allowedIps: [`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}/32`, `fd98::${(n + 1).toString(16)}/128`],
    }))
    const setconf_s = await timed(() => tunnel.setconf({ privateKey, listenPort: 51820, peers: sections }))
    const bytes_per_peer = ((await settled()) - empty_bytes) / peers
    const show_s = await timed(() => tunnel.dump())
    return { kind, peers, bytes_per_peer, empty_bytes, setconf_s, show_s }
  } finally {
    await lab.close()
  }
}

/** One TCP flow as fast as it goes; memory of both daemons is read twice a second. */
export async function soak(kind: Kind, seconds: number): Promise<Soak> {
  const { lab, pair } = await openBench(kind)
  try {
    const pids = [pair.a, pair.b].map(each => each.tunnel.running.pid)
    const both = () => pids.reduce((sum, pid) => sum + residentBytes(pid), 0)
    const started = performance.now()
    const load = await pair.a.namespace.start('iperf3', ['-c', pair.b.inner4, '-t', `${seconds}`])
    let [warm_bytes, end_bytes, highest_bytes] = [0, 0, 0]
    await until(
      'the end of the soak',
      async () => {
        await new Promise(resolve => setTimeout(resolve, 500))
        if (load.ended() !== undefined) return true
        end_bytes = both()
        if (warm_bytes === 0 || performance.now() - started < seconds * 250) warm_bytes = end_bytes
        highest_bytes = Math.max(highest_bytes, end_bytes)
        return false
      },
      (seconds + 30) * 1000,
    )
    const gbytes = (await pair.b.tunnel.peer(pair.a.keys.public)).rx / 1e9
    return { kind, seconds, gbytes, warm_bytes, end_bytes, highest_bytes }
  } finally {
    await lab.close()
  }
}

/** Memory is read until it keeps still for a second. */
async function settledBytes(pid: number): Promise<number> {
  const seen: number[] = []
  return until('memory that keeps still', async () => {
    await new Promise(resolve => setTimeout(resolve, 250))
    seen.push(residentBytes(pid))
    const last = seen.slice(-4)
    return last.length === 4 && Math.max(...last) - Math.min(...last) < 1 << 20 ? last[3] : undefined
  })
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return (performance.now() - started) / 1000
}
