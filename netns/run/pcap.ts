/** What tcpdump writes, read: pcap files with the frames of every interface of a namespace (LINKTYPE_LINUX_SLL2). */

/** A packet at an interface. */
export interface Sighting {
  /** The machine's time of day, nanoseconds since 1970. */
  readonly at_ns: bigint
  /** The number of the interface in its namespace. */
  readonly interface: number
  readonly dir: 'in' | 'out'
  /** The IP packet, without the padding of short frames. */
  readonly bytes: Uint8Array
}

const MICROSECONDS = 0xa1b2c3d4
const NANOSECONDS = 0xa1b23c4d
const LINUX_SLL2 = 276
const FILE_HEADER = 24
const RECORD_HEADER = 16
const SLL2_HEADER = 20
const OUTGOING = 4
const FOR_OTHERS = 3

/**
 * The IP packets of a file, in its order; ARP and all else are left out, and so is what is only overheard. The end of a
 * file that was cut off in the middle of a record is left out too. Throws a RangeError for what is no such file.
 */
export function readCapture(file: Uint8Array): Sighting[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  if (file.length < FILE_HEADER)
    throw new RangeError(`a pcap file has at least ${FILE_HEADER} bytes, not ${file.length}`)
  const [little, scale] = formatOf(view)
  const linkType = view.getUint32(20, little) & 0xffff
  if (linkType !== LINUX_SLL2) throw new RangeError(`the capture has link type ${linkType}, not ${LINUX_SLL2} (SLL2)`)
  const found: Sighting[] = []
  for (let at = FILE_HEADER; at + RECORD_HEADER <= file.length; ) {
    const kept = view.getUint32(at + 8, little)
    const body = at + RECORD_HEADER
    if (body + kept > file.length) break
    const at_ns = BigInt(view.getUint32(at, little)) * 1_000_000_000n + BigInt(view.getUint32(at + 4, little) * scale)
    const sighting = sightingOf(file.subarray(body, body + kept), at_ns)
    if (sighting !== undefined) found.push(sighting)
    at = body + kept
  }
  return found
}

function formatOf(view: DataView): [little: boolean, scale: number] {
  for (const little of [true, false]) {
    const magic = view.getUint32(0, little)
    if (magic === NANOSECONDS) return [little, 1]
    if (magic === MICROSECONDS) return [little, 1000]
  }
  throw new RangeError('this is no pcap file')
}

/** https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL2.html: protocol, reserved, interface, ARPHRD, direction, address. */
function sightingOf(frame: Uint8Array, at_ns: bigint): Sighting | undefined {
  if (frame.length < SLL2_HEADER + 20) return undefined
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
  const protocol = view.getUint16(0)
  if (protocol !== 0x0800 && protocol !== 0x86dd) return undefined
  const direction = view.getUint8(10)
  if (direction === FOR_OTHERS) return undefined
  const bytes = frame.slice(SLL2_HEADER)
  const size = protocol === 0x0800 ? view.getUint16(SLL2_HEADER + 2) : 40 + view.getUint16(SLL2_HEADER + 4)
  return {
    at_ns,
    interface: view.getUint32(4),
    dir: direction === OUTGOING ? 'out' : 'in',
    bytes: size < bytes.length ? bytes.subarray(0, size) : bytes,
  }
}
