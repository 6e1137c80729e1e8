/** No host seals two data messages with one counter under one key: seen by the receiver index and the counter. */

import { addressText } from '../decode/address.ts'
import { decodeIp, udpOffset } from '../decode/ip.ts'
import { messageKind } from '../decode/wireguard.ts'
import { formatNs } from '../language/quantity.ts'
import type { Scenario } from '../language/scenario.ts'
import { type HopRow, packetText } from '../language/trace.ts'
import type { Check, Finding } from './check.ts'
import { othersAddresses, wirePlaces } from './places.ts'
import { RangeSet } from './ranges.ts'
import { counted } from './words.ts'

/** What one host has sent. */
interface Sent {
  readonly host: string
  readonly foreign: ReadonlySet<string>
  /** By receiver index: the counters below 2^53, and above them as text. */
  readonly counters: Map<number, RangeSet>
  readonly large: Set<string>
}

/**
 * Probes replay on purpose and are left out, and so is what a host only forwards. An index counts anew when its owner
 * gives it out again: in a handshake message that comes in.
 */
export function nonceReuseCheck(scenario: Scenario): Check {
  const at = new Map<string, Sent>()
  for (const [host, { probe }] of Object.entries(scenario.hosts)) {
    if (probe === true) continue
    const sent = { host, foreign: othersAddresses(scenario, host), counters: new Map(), large: new Set<string>() }
    for (const place of wirePlaces(scenario, host)) at.set(place, sent)
  }
  let wrong: { readonly hop: HopRow; readonly text: string } | undefined
  let seen = 0
  return {
    name: 'no nonce is used twice',
    expected: 'No host sends two data messages with the same receiver index and counter.',
    needs: ['wire'],
    kinds: [],
    hops: new Set(at.keys()),
    row(row) {
      if (row.kind !== 'hop' || row.layer !== 'wire' || row.bytes === undefined) return
      const sent = at.get(row.at)
      const kind = messageKind(row.bytes)
      if (sent === undefined || kind === undefined) return
      const { bytes } = row
      const payload = udpOffset(bytes) + 8
      if (row.dir === 'in') {
        if (kind !== 'initiation' && kind !== 'response') return
        sent.counters.delete(u32(bytes, payload + 4))
        return
      }
      if (row.dir !== 'out' || (kind !== 'data' && kind !== 'keepalive') || payload + 16 > bytes.length) return
      seen++
      const receiver = u32(bytes, payload + 4)
      if (addCounter(sent, receiver, u32(bytes, payload + 8), u32(bytes, payload + 12))) return
      if (wrong !== undefined || isForwarded(sent, bytes)) return
      const counter = u32(bytes, payload + 12) * 0x1_0000_0000 + u32(bytes, payload + 8)
      wrong = {
        hop: row,
        text: `${sent.host} sent counter ${counter} to index ${receiver} again at ${formatNs(row.t)}`,
      }
    },
    end(): Finding {
      if (wrong === undefined) return { ok: true, actual: `${counted(seen, 'data message')}, all different.` }
      return { ok: false, actual: `${wrong.text}.`, at: wrong.hop.t, packets: [packetText(wrong.hop.packet)] }
    },
  }
}

/** False where the host has used it before. */
function addCounter(sent: Sent, receiver: number, low: number, high: number): boolean {
  if (high >= 0x20_0000) {
    const text = `${receiver} ${high} ${low}`
    if (sent.large.has(text)) return false
    sent.large.add(text)
    return true
  }
  const set = sent.counters.get(receiver) ?? new RangeSet()
  sent.counters.set(receiver, set)
  return set.add(high * 0x1_0000_0000 + low)
}

function isForwarded(sent: Sent, bytes: Uint8Array): boolean {
  const ip = decodeIp(bytes)
  return ip !== undefined && sent.foreign.has(addressText(ip.source))
}

function u32(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)) >>> 0
  )
}
