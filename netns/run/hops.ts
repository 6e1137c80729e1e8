/** From what every namespace saw to the hops of the trace. */
import { decodeIcmp, decodeIp } from '../../scenarios/decode/ip.ts'
import type { HopRow } from '../../scenarios/language/trace.ts'
import type { PlanVantage } from '../plan/plan.ts'
import { Identities, packetKey } from './identity.ts'
import type { Sighting } from './pcap.ts'

export interface Seen {
  /** The machine whose namespace it is. */
  readonly space: string
  readonly sightings: readonly Sighting[]
  /** Interface number to names, of all that there ever were. */
  readonly interfaces: ReadonlyMap<number, string>
}

export interface HopOptions {
  readonly vantages: readonly PlanVantage[]
  readonly zero_ns: bigint
  /** Nanoseconds of the run. */
  readonly end: number
}

/** In the order of time. What passed while the tunnels were brought up is told at 0. */
export function hopRows(seen: readonly Seen[], { vantages, zero_ns, end }: HopOptions): HopRow[] {
  const identities = new Identities()
  return collect(seen, vantages)
    .map(each => ({ ...each, t: Number(each.sighting.at_ns - zero_ns) }))
    .filter(({ t, sighting }) => t <= end && !isLinkTalk(sighting.bytes))
    .toSorted((a, b) => a.t - b.t)
    .map(({ vantage, sighting, t }) => {
      const { dir, bytes } = sighting
      const { name, layer, host } = vantage
      const { packet, copy } = identities.of(host, `${name} ${dir}`, packetKey(bytes, layer))
      const size = decodeIp(bytes)?.totalSize ?? bytes.length
      return { kind: 'hop', t: Math.max(0, t), at: name, dir, layer, packet, copy, size, bytes }
    })
}

function collect(seen: readonly Seen[], vantages: readonly PlanVantage[]) {
  return seen.flatMap(({ space, sightings, interfaces }) => {
    const own = vantages.filter(({ on }) => on === space)
    return sightings.flatMap(sighting => {
      const iface = interfaces.get(sighting.interface)
      const vantage = iface === undefined ? undefined : own.find(each => each.iface === iface)
      return vantage === undefined ? [] : [{ vantage, sighting }]
    })
  })
}

const IGMP = 2

/** What machines on one link tell each other, to find each other: no packet of the scenario (RFC 4861, RFC 3810). */
function isLinkTalk(bytes: Uint8Array): boolean {
  const ip = decodeIp(bytes)
  if (ip === undefined) return true
  const icmp = decodeIcmp(ip)
  if (ip.version === 4) return ip.protocol === IGMP
  return icmp?.kind === 'other' && ip.version === 6 && icmp.type >= 130 && icmp.type <= 143
}
