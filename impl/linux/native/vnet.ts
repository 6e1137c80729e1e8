/**
 * The virtio-net header before each packet of a TUN with IFF_VNET_HDR (virtio 1.2 §5.1.6; Linux virtio_net.h):
 * which checksum is still to be made, and into which segments a superpacket is to be cut. Little endian, as this machine.
 */

export const VNET_HEADER = 10

/** flags: the checksum field holds the pseudo header's sum alone. */
export const NEEDS_CSUM = 1

export const GSO_NONE = 0
export const GSO_TCPV4 = 1
export const GSO_TCPV6 = 4
export const GSO_UDP_L4 = 5
/** Or-ed to a TCP type: the first segment alone carries CWR. */
export const GSO_ECN = 0x80

export interface VnetHeader {
  flags: number
  gsoType: number
  /** Bytes of all headers. A hint: not to be trusted. */
  headerLength: number
  /** Payload of each segment but the last. */
  gsoSize: number
  /** From the start of the packet. */
  checksumStart: number
  /** From checksumStart. */
  checksumOffset: number
}

export function emptyVnetHeader(): VnetHeader {
  return { flags: 0, gsoType: GSO_NONE, headerLength: 0, gsoSize: 0, checksumStart: 0, checksumOffset: 0 }
}

/** Reads the header at `at` into `header`. */
export function readVnetHeader(view: DataView, at: number, header: VnetHeader): void {
  header.flags = view.getUint8(at)
  header.gsoType = view.getUint8(at + 1)
  header.headerLength = view.getUint16(at + 2, true)
  header.gsoSize = view.getUint16(at + 4, true)
  header.checksumStart = view.getUint16(at + 6, true)
  header.checksumOffset = view.getUint16(at + 8, true)
}

export function writeVnetHeader(view: DataView, at: number, header: Readonly<VnetHeader>): void {
  view.setUint8(at, header.flags)
  view.setUint8(at + 1, header.gsoType)
  view.setUint16(at + 2, header.headerLength, true)
  view.setUint16(at + 4, header.gsoSize, true)
  view.setUint16(at + 6, header.checksumStart, true)
  view.setUint16(at + 8, header.checksumOffset, true)
}
