/** Congestion marks of the outer header on the inner one (RFC 6040 §4.2, as Linux does it: no combination is dropped). */
import type { Ecn } from './api.ts'

const ECT_1 = 1
const ECT_0 = 2
const CE = 3

/** Changes the header of an IPv4 or IPv6 packet in place, with its checksum (behaviour 97). */
export function decapsulateEcn(packet: Uint8Array, outer: Ecn): void {
  const isIpv4 = packet[0]! >> 4 === 4
  const shift = isIpv4 ? 0 : 4
  const inner = (packet[1]! >> shift) & 3
  const congested = outer === CE && (inner === ECT_0 || inner === ECT_1)
  if (!congested && !(outer === ECT_1 && inner === ECT_0)) return
  packet[1] = (packet[1]! & ~(3 << shift)) | (outer << shift)
  if (isIpv4) addToChecksum(packet, inner - outer)
}

/** The header's sum has grown by −delta, so its complement grows by delta, with end-around carry (RFC 1624). */
function addToChecksum(packet: Uint8Array, delta: number): void {
  let sum = ((packet[10]! << 8) | packet[11]!) + (delta < 0 ? 0xffff + delta : delta)
  sum = (sum & 0xffff) + (sum >>> 16)
  packet[10] = sum >>> 8
  packet[11] = sum
}
