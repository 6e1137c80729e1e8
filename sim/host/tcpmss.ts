/** The TCPMSS target of iptables: what a TCP SYN says its sender takes is made smaller, never larger (xt_TCPMSS.c). */
import { get16, set16 } from '../../impl/ip/bytes.ts'
import { updateChecksum } from '../../impl/ip/checksum.ts'
import { PROTOCOL_TCP } from '../../impl/ip/ipv4.ts'
import { ipLength, ipProtocol, ipVersion, isFragment, transportOffset } from '../../impl/ip/packet.ts'
import { RST, SYN, TCP_HEADER, tcpFlags, tcpMssOffset } from '../../impl/ip/tcp.ts'

/** Whether `--tcp-flags SYN,RST SYN` matches: an opening segment, or the answer to one. */
export function isSyn(packet: Uint8Array): boolean {
  if (ipProtocol(packet) !== PROTOCOL_TCP || isFragment(packet)) return false
  const at = transportOffset(packet)
  if (at < 0 || at + TCP_HEADER > ipLength(packet)) return false
  return (tcpFlags(packet.subarray(at)) & (SYN | RST)) === SYN
}

/** The largest segment whose packet has so many bytes, without options. */
export function mssFor(packet: Uint8Array, mtu: number): number {
  return Math.max(0, mtu - (ipVersion(packet) === 4 ? 40 : 60))
}

/** Lowers the option of a SYN in place, with the checksum; true when it was larger. A SYN without the option stays: it is taken for 536 (IPv4) or 1220 (IPv6) anyway. */
export function clampMss(packet: Uint8Array, most: number): boolean {
  const at = transportOffset(packet)
  const segment = packet.subarray(at, ipLength(packet))
  const option = tcpMssOffset(segment)
  if (option < 0) return false
  const before = get16(segment, option)
  if (before <= most) return false
  // The option may stand at an odd place; the checksum is over even ones.
  const from = option & ~1
  const to = (option + 3) & ~1
  const words: number[] = []
  for (let i = from; i < to; i += 2) words.push(get16(segment, i))
  set16(segment, option, most)
  let check = get16(segment, 16)
  for (const [i, word] of words.entries()) check = updateChecksum(check, word, get16(segment, from + 2 * i))
  set16(segment, 16, check)
  return true
}
