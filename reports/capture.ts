/** The capture of a run: keeps what passes the vantage points and what became of it, and writes it all at the end. */
import type { HopRow, TraceSink } from '../scenarios/language/trace.ts'
import { packetText } from '../scenarios/language/trace.ts'
import type { RunEnd, Vantage } from '../scenarios/language/verdict.ts'
import { plain } from './escape.ts'
import { createFateBook, type FateBook, fateText, type Words, wordsOf } from './fate.ts'
import { keylogText } from './keylog.ts'
import { PcapngWriter } from './pcapng.ts'
import { orderForSessions } from './realms.ts'
import { labelPacket, labelText } from './wire.ts'

export interface CaptureOptions {
  /** The world's time of day at the start of the run: seconds and nanoseconds since 1970. */
  readonly epoch: { readonly sec: number; readonly nsec: number }
  /** `wglab 0.1.0` */
  readonly application: string
  /** What the capture is of, one line: `nat/expiry, seed 1, world sim`. */
  readonly about: string
  /** Packets kept; the rest is counted and said in the file. Default 100,000. */
  readonly maxPackets?: number
}

export interface CaptureSummary {
  readonly packets: number
  /** Seen, but beyond maxPackets. */
  readonly omitted: number
  readonly interfaces: number
}

export interface Capture {
  readonly sink: TraceSink
  /** Writes the file, a block a chunk. The same rows, end and options give the same bytes. */
  finish(end: RunEnd, write: (chunk: Uint8Array) => void): CaptureSummary
}

export type KeptHop = HopRow & { readonly dir: 'in' | 'out'; readonly bytes: Uint8Array }

export function createCapture(options: CaptureOptions): Capture {
  const limit = options.maxPackets ?? 100_000
  const kept: KeptHop[] = []
  const fates = createFateBook(limit)
  /** Hops beyond the limit, by place: which of them are vantage points is known at the end only. */
  const beyond = new Map<string, number>()
  const sink: TraceSink = {
    row(row) {
      fates.row(row)
      if (row.kind !== 'hop' || !isKept(row)) return
      if (kept.length < limit) kept.push(row)
      else beyond.set(row.at, (beyond.get(row.at) ?? 0) + 1)
    },
  }
  const finish = (end: RunEnd, write: (chunk: Uint8Array) => void): CaptureSummary => {
    const vantages = new Map(end.vantages.map(vantage => [vantage.name, vantage]))
    const seen = kept.filter(hop => vantages.has(hop.at))
    const omitted = end.vantages.reduce((sum, vantage) => sum + (beyond.get(vantage.name) ?? 0), 0)
    const { hops, translated } = orderForSessions(seen, end.vantages)
    const comment = sectionComment(options, end, omitted, limit, translated)
    const writer = new PcapngWriter(write, { application: options.application, comment })
    const keylog = keylogText(end.keylog)
    if (keylog !== '') writer.secrets(keylog)
    const numbers = new Map(end.vantages.map(vantage => [vantage.name, writer.addInterface(described(vantage))]))
    const words = wordsOf(end)
    const start = BigInt(options.epoch.sec) * 1_000_000_000n + BigInt(options.epoch.nsec)
    for (const hop of hops) {
      writer.packet({
        interface: numbers.get(hop.at) ?? 0,
        time_ns: start + BigInt(hop.t),
        bytes: hop.bytes,
        direction: hop.dir,
        comment: packetComment(hop, fates, words),
      })
    }
    return { packets: hops.length, omitted, interfaces: numbers.size }
  }
  return { sink, finish }
}

function isKept(hop: HopRow): hop is KeptHop {
  return hop.bytes !== undefined && (hop.dir === 'in' || hop.dir === 'out')
}

function described(vantage: Vantage): { readonly name: string; readonly description: string } {
  const place =
    vantage.layer === 'wire' ? `what ${vantage.host} sends and receives` : `inside the tunnel at ${vantage.host}`
  return { name: vantage.name, description: place }
}

/** `alice/12 initiation 148 B, step hello 3, answers bob/4, lost on the cable alice:internet at 1.01 s: …`. */
function packetComment(hop: KeptHop, fates: FateBook, words: Words): string {
  const origin = fates.origin(hop.packet)
  const copy = hop.copy === 0 ? '' : ` (copy ${hop.copy})`
  const fate = fateText(fates.of(hop.packet, hop.copy), words)
  const parts = [`${packetText(hop.packet)}${copy} ${labelText(labelPacket(hop.bytes))}`]
  if (origin.step !== undefined) parts.push(`step ${origin.step}${origin.seq === undefined ? '' : ` ${origin.seq}`}`)
  if (origin.cause !== undefined) parts.push(`answers ${packetText(origin.cause)}`)
  if (fate !== '') parts.push(fate)
  return plain(parts.join(', '))
}

function sectionComment(
  options: CaptureOptions,
  end: RunEnd,
  omitted: number,
  limit: number,
  translated: boolean,
): string {
  const lines = [plain(options.about)]
  if (end.keylog.some(line => line.kind === 'LOCAL_EPHEMERAL_PRIVATE_KEY')) {
    lines.push('The WireGuard keys of this run are in the file: Wireshark and tshark decrypt it as it is.')
  } else if (end.vantages.some(vantage => vantage.layer === 'inner')) {
    lines.push(
      'No side gave its session keys away: the packets in the clear are on the tunnel interfaces of this file.',
    )
  } else {
    lines.push('No side gave its session keys away: this file can not be decrypted.')
  }
  if (translated) {
    lines.push(
      'A NAT changes addresses on the way, and Wireshark follows a session by its addresses: the packets before and ' +
        'behind the NAT stand one after the other, each part in the order of time. Sort by time to mix them.',
    )
  }
  if (omitted > 0) lines.push(`${omitted} packets more are not in the file: it keeps the first ${limit}.`)
  for (const warning of end.warnings) lines.push(`Warning: ${plain(warning)}`)
  return lines.join('\n')
}
