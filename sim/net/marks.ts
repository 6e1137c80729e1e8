/** What a network writes into the traffic class of packets (DSCP and ECN, RFC 2474 and RFC 3168). Always in a copy. */
import { ipTos, ipVersion } from '../../impl/ip/packet.ts'
import { setTos } from '../../impl/ip/rewrite.ts'
import type { Packet } from '../node.ts'

const CE = 3

export interface Marks {
  readonly ecn: 'pass' | 'bleach' | 'mark'
  readonly dscp: number | undefined
}

/** The packet as it leaves: itself where nothing changes. */
export function marked(packet: Packet, { ecn, dscp }: Marks): Packet {
  if (!hasClass(packet.bytes)) return packet
  const before = ipTos(packet.bytes)
  const bits = before & 3
  const now = ecn === 'bleach' ? 0 : ecn === 'mark' && bits !== 0 ? CE : bits
  const tos = ((dscp ?? before >>> 2) << 2) | now
  return tos === before ? packet : withTos(packet, tos)
}

/** The packet with the mark "congestion experienced"; undefined where its ends do not understand it (not ECT). */
export function congested(packet: Packet): Packet | undefined {
  if (!hasClass(packet.bytes)) return undefined
  const tos = ipTos(packet.bytes)
  if ((tos & 3) === 0) return undefined
  return (tos & 3) === CE ? packet : withTos(packet, tos | CE)
}

function withTos({ id, copy, bytes }: Packet, tos: number): Packet {
  const changed = bytes.slice()
  setTos(changed, tos)
  return { id, copy, bytes: changed }
}

function hasClass(bytes: Uint8Array): boolean {
  const version = ipVersion(bytes)
  return version === 4 ? bytes.length >= 20 : version === 6 && bytes.length >= 40
}
