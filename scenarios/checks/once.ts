/** No packet comes out of a tunnel twice: what a network duplicates or an attacker replays, WireGuard drops. */
import { decodeIp } from '../decode/ip.ts'
import { formatNs } from '../language/quantity.ts'
import type { Scenario } from '../language/scenario.ts'
import { type HopRow, packetText, type Row } from '../language/trace.ts'
import type { Check, Finding } from './check.ts'
import { RangeSet } from './ranges.ts'

/**
 * Counts by place, box of birth and TTL: a packet that travels in a circle comes back with another TTL. Fragments of one
 * packet share its id and are left out; so are packets that went into tunnels more than once themselves.
 */
export function onceCheck(scenario: Scenario): Check {
  const places = new Set<string>()
  for (const [host, { wg }] of Object.entries(scenario.hosts)) {
    for (const iface of Object.keys(wg ?? {})) places.add(`${host}:${iface}`)
  }
  const seen = new Map<string, RangeSet>()
  const enteredTwice = new Set<string>()
  const again: HopRow[] = []
  const row = (row: Row): void => {
    if (row.kind !== 'hop' || row.layer !== 'inner' || row.bytes === undefined) return
    if (row.dir !== 'in' && row.dir !== 'out') return
    if (decodeIp(row.bytes)?.fragment !== undefined) return
    const hops = (row.bytes[0] ?? 0) >> 4 === 4 ? row.bytes[8] : row.bytes[7]
    const key = `${row.at} ${row.dir} ${hops} ${row.packet.box}`
    const set = seen.get(key) ?? new RangeSet()
    seen.set(key, set)
    if (set.add(row.packet.n)) return
    if (row.dir === 'out') enteredTwice.add(packetText(row.packet))
    else again.push(row)
  }
  return {
    name: 'nothing comes out of a tunnel twice',
    expected: 'No packet comes out of a tunnel interface twice.',
    needs: ['inner'],
    kinds: [],
    hops: places,
    row,
    end(): Finding {
      const twice = again.filter(hop => !enteredTwice.has(packetText(hop.packet)))
      const first = twice[0]
      if (first === undefined) return { ok: true, actual: 'None did.' }
      const id = packetText(first.packet)
      return {
        ok: false,
        actual: `${id} came out of ${first.at} again at ${formatNs(first.t)}.`,
        at: first.t,
        packets: [id],
      }
    },
  }
}
