/** What a packet looks like at a glance. A label for people, never evidence: checks have `scenarios/decode`. */

export type WireMessage = 'initiation' | 'response' | 'cookie-reply' | 'data' | 'keepalive'

export interface WireLabel {
  /** `10.0.0.1`, `2001:db8::1`; '' when the bytes are no IP packet. */
  readonly source: string
  readonly destination: string
  readonly sourcePort?: number
  readonly destinationPort?: number
  /** The WireGuard message a UDP datagram carries. */
  readonly message?: WireMessage
  readonly sender?: number
  readonly receiver?: number
  readonly counter?: bigint
  /** Bytes above UDP, or above IP where it is not UDP. */
  readonly size: number
  readonly fragment: 'none' | 'first' | 'later'
  /** `initiation`, `icmp echo request`, `udp`, `fragment`. */
  readonly what: string
  /** The rest worth saying: `counter 3`, `id 7 seq 1`. */
  readonly more: string
}

/** The IP header read: what is above it stands from `at` to `end`. */
interface Layer {
  readonly bytes: Uint8Array
  readonly source: string
  readonly destination: string
  readonly protocol: number
  readonly at: number
  readonly end: number
  readonly fragment: 'none' | 'first' | 'later'
}

/** Labels one IP packet. Never throws; bytes that are no IP packet get `what: 'bytes'`. */
export function labelPacket(bytes: Uint8Array): WireLabel {
  const layer = readIp(bytes)
  if (layer === undefined) {
    return { source: '', destination: '', size: bytes.length, fragment: 'none', what: 'bytes', more: '' }
  }
  const { source, destination, fragment } = layer
  return { source, destination, fragment, size: layer.end - layer.at, ...labelAbove(layer) }
}

function labelAbove(layer: Layer): Above {
  if (layer.fragment === 'later') return { what: 'fragment', more: '' }
  switch (layer.protocol) {
    case 17:
      return udp(layer)
    case 1:
      return icmp4(layer)
    case 58:
      return icmp6(layer)
    case 6:
      return tcp(layer)
  }
  return { what: `protocol ${layer.protocol}`, more: '' }
}

/** `192.0.2.1:51820` or `[2001:db8::1]:51820`; without ports the addresses alone. */
export function endpointsText(label: WireLabel): { readonly source: string; readonly destination: string } {
  return {
    source: endpointText(label.source, label.sourcePort),
    destination: endpointText(label.destination, label.destinationPort),
  }
}

/** `initiation 148 B`, `data 128 B, counter 3`. */
export function labelText(label: WireLabel): string {
  const what = label.fragment === 'first' ? `${label.what} (first fragment)` : label.what
  return `${what} ${label.size} B${label.more === '' ? '' : `, ${label.more}`}`
}

function endpointText(address: string, port: number | undefined): string {
  if (port === undefined) return address
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

function readIp(bytes: Uint8Array): Layer | undefined {
  const version = (bytes[0] ?? 0) >> 4
  if (version === 4) return readIpv4(bytes)
  if (version === 6) return readIpv6(bytes)
  return undefined
}

function readIpv4(bytes: Uint8Array): Layer | undefined {
  const header = ((bytes[0] ?? 0) & 15) * 4
  if (header < 20 || bytes.length < header) return undefined
  const flags = u16(bytes, 6)
  return {
    bytes,
    source: ipv4Text(bytes, 12),
    destination: ipv4Text(bytes, 16),
    protocol: bytes[9] ?? 0,
    at: header,
    end: Math.max(header, Math.min(bytes.length, u16(bytes, 2))),
    fragment: (flags & 0x1fff) > 0 ? 'later' : (flags & 0x2000) !== 0 ? 'first' : 'none',
  }
}

function readIpv6(bytes: Uint8Array): Layer | undefined {
  if (bytes.length < 40) return undefined
  const end = Math.min(bytes.length, 40 + u16(bytes, 4))
  let protocol = bytes[6] ?? 0
  let at = 40
  let fragment: Layer['fragment'] = 'none'
  // Hop-by-hop, routing, destination options and fragment headers (RFC 8200 §4); each is at least 8 bytes.
  while (fragment !== 'later' && (protocol === 0 || protocol === 43 || protocol === 60 || protocol === 44)) {
    if (at + 8 > end) break
    if (protocol === 44) {
      const field = u16(bytes, at + 2)
      fragment = field >> 3 > 0 ? 'later' : (field & 1) === 1 ? 'first' : 'none'
    }
    const length = protocol === 44 ? 8 : ((bytes[at + 1] ?? 0) + 1) * 8
    protocol = bytes[at] ?? 59
    at += length
  }
  const [source, destination] = [ipv6Text(bytes, 8), ipv6Text(bytes, 24)]
  return { bytes, source, destination, protocol, at: Math.min(at, end), end, fragment }
}

type Above = Omit<WireLabel, 'source' | 'destination' | 'fragment' | 'size'> & { readonly size?: number }

function udp({ bytes, at, end, fragment }: Layer): Above {
  if (end - at < 8) return { what: 'udp, cut short', more: '' }
  const size = end - at - 8
  // The first fragment of a datagram tells by its header how long the whole is.
  const whole = fragment === 'first' ? Math.max(0, u16(bytes, at + 4) - 8) : size
  const ports = { sourcePort: u16(bytes, at), destinationPort: u16(bytes, at + 2), size }
  return { ...ports, ...(wireguard(bytes, at + 8, size, whole) ?? { what: 'udp', more: '' }) }
}

/** Paper §5.4.2 – §5.4.7. Told by type, reserved bytes and length, as any onlooker must. */
function wireguard(bytes: Uint8Array, at: number, here: number, length: number): Omit<Above, 'size'> | undefined {
  if (here < 16 || bytes[at + 1] !== 0 || bytes[at + 2] !== 0 || bytes[at + 3] !== 0) return undefined
  const type = bytes[at]
  if (type === 1 && length === 148) {
    return { message: 'initiation', sender: u32le(bytes, at + 4), what: 'initiation', more: '' }
  }
  if (type === 2 && length === 92) {
    const indices = { sender: u32le(bytes, at + 4), receiver: u32le(bytes, at + 8) }
    return { message: 'response', ...indices, what: 'response', more: '' }
  }
  if (type === 3 && length === 64) {
    return { message: 'cookie-reply', receiver: u32le(bytes, at + 4), what: 'cookie-reply', more: '' }
  }
  if (type === 4 && length >= 32) {
    const message = length === 32 ? 'keepalive' : 'data'
    const high = u32le(bytes, at + 12)
    const counter = high === 0 ? BigInt(u32le(bytes, at + 8)) : (BigInt(high) << 32n) | BigInt(u32le(bytes, at + 8))
    return { message, receiver: u32le(bytes, at + 4), counter, what: message, more: `counter ${counter}` }
  }
  return undefined
}

function icmp4({ bytes, at, end }: Layer): Above {
  if (end - at < 8) return { what: 'icmp, cut short', more: '' }
  const [type = 0, code = 0] = [bytes[at], bytes[at + 1]]
  if (type === 8 || type === 0) return echo(type === 8, bytes, at)
  if (type === 3 && code === 4) return { what: 'icmp too big', more: `mtu ${u16(bytes, at + 6)}` }
  if (type === 3) return { what: 'icmp unreachable', more: `code ${code}` }
  if (type === 11) return { what: 'icmp time exceeded', more: '' }
  return { what: 'icmp', more: `type ${type}` }
}

function icmp6({ bytes, at, end }: Layer): Above {
  if (end - at < 8) return { what: 'icmp, cut short', more: '' }
  const [type = 0, code = 0] = [bytes[at], bytes[at + 1]]
  if (type === 128 || type === 129) return echo(type === 128, bytes, at)
  if (type === 2) return { what: 'icmp too big', more: `mtu ${u16(bytes, at + 4) * 65536 + u16(bytes, at + 6)}` }
  if (type === 1) return { what: 'icmp unreachable', more: `code ${code}` }
  if (type === 3) return { what: 'icmp time exceeded', more: '' }
  return { what: 'icmp', more: `type ${type}` }
}

function echo(request: boolean, bytes: Uint8Array, at: number): Above {
  const what = request ? 'icmp echo request' : 'icmp echo reply'
  return { what, more: `id ${u16(bytes, at + 4)} seq ${u16(bytes, at + 6)}` }
}

function tcp({ bytes, at, end }: Layer): Above {
  if (end - at < 20) return { what: 'tcp, cut short', more: '' }
  const flags = bytes[at + 13] ?? 0
  const names = ['fin', 'syn', 'rst', 'psh', 'ack'].filter((_, bit) => (flags & (1 << bit)) !== 0)
  return { sourcePort: u16(bytes, at), destinationPort: u16(bytes, at + 2), what: 'tcp', more: names.join(' ') }
}

function ipv4Text(bytes: Uint8Array, at: number): string {
  return `${bytes[at] ?? 0}.${bytes[at + 1] ?? 0}.${bytes[at + 2] ?? 0}.${bytes[at + 3] ?? 0}`
}

/** RFC 5952: lower case, the longest run of zero groups shortened, the first of equal ones. */
function ipv6Text(bytes: Uint8Array, from: number): string {
  const groups = Array.from({ length: 8 }, (_, i) => u16(bytes, from + i * 2))
  let best = { at: 0, length: 1 }
  for (let at = 0; at < 8; at++) {
    let length = 0
    while (at + length < 8 && groups[at + length] === 0) length++
    if (length > best.length) best = { at, length }
  }
  const hex = (part: number[]) => part.map(group => group.toString(16)).join(':')
  if (best.length < 2) return hex(groups)
  return `${hex(groups.slice(0, best.at))}::${hex(groups.slice(best.at + best.length))}`
}

function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
}

function u32le(bytes: Uint8Array, at: number): number {
  const low = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16)
  return (low | ((bytes[at + 3] ?? 0) << 24)) >>> 0
}
