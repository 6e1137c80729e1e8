/** What a packet is, in half a line for people. */
import { addressText, endpointText } from './address.ts'
import { decodeIcmp, decodeIp, decodeUdp, type IcmpMessage, type IpPacket } from './ip.ts'
import { messageKind } from './wireguard.ts'

export interface PacketText {
  /** `initiation 148 B`, `ping request 3`, `too big (1280 B)`, `UDP 64 B`, `fragment at 1480` */
  readonly what: string
  /** `192.0.2.1:51820`, or the address alone */
  readonly from: string
  readonly to: string
}

/** The parts of a sentence about an IP packet; undefined where it is none. */
export function describePacket(bytes: Uint8Array): PacketText | undefined {
  const ip = decodeIp(bytes)
  if (ip === undefined) return undefined
  const ends = { from: addressText(ip.source), to: addressText(ip.destination) }
  if ((ip.fragment?.offset ?? 0) > 0) return { what: `fragment at ${ip.fragment?.offset}`, ...ends }
  const udp = decodeUdp(ip)
  if (udp !== undefined) {
    return {
      what: `${messageKind(bytes) ?? 'UDP'} ${udp.size} B${ip.fragment === undefined ? '' : ' (first fragment)'}`,
      from: endpointText(ip.source, udp.sourcePort),
      to: endpointText(ip.destination, udp.destinationPort),
    }
  }
  const icmp = decodeIcmp(ip)
  return { what: icmp === undefined ? protocolText(ip) : icmpText(icmp), ...ends }
}

function icmpText(icmp: IcmpMessage): string {
  switch (icmp.kind) {
    case 'echo-request':
      return `ping request ${icmp.sequence}`
    case 'echo-reply':
      return `ping reply ${icmp.sequence}`
    case 'too-big':
      return `too big (at most ${icmp.mtu ?? 0} B)`
    case 'unreachable':
      return `unreachable (code ${icmp.code})`
    case 'time-exceeded':
      return `time exceeded (code ${icmp.code})`
    case 'other-error':
    case 'other':
      return `ICMP type ${icmp.type} code ${icmp.code}`
  }
}

function protocolText(ip: IpPacket): string {
  return `${ip.protocol === 6 ? 'TCP' : `protocol ${ip.protocol}`} ${ip.totalSize} B`
}
