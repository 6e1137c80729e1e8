/** Packets written out byte by byte, for tests of the decoder and of the checks. */
import { parseAddress } from './address.ts'

function u16(value: number): number[] {
  return [(value >> 8) & 0xff, value & 0xff]
}

function onesComplement(bytes: readonly number[]): number {
  let sum = 0
  for (let i = 0; i < bytes.length; i += 2) sum += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}

function addressBytes(text: string): number[] {
  const bytes = parseAddress(text)
  if (bytes === undefined) throw new Error(`no address: ${text}`)
  return [...bytes]
}

export interface IpOptions {
  readonly tos?: number
  readonly ttl?: number
  readonly id?: number
  readonly df?: boolean
  readonly more?: boolean
  /** In bytes. */
  readonly offset?: number
  /** IPv4 options: a multiple of 4 bytes. */
  readonly options?: readonly number[]
}

export function ipv4(from: string, to: string, protocol: number, payload: ArrayLike<number>, o: IpOptions = {}) {
  const options = o.options ?? []
  const header = 20 + options.length
  const flags = (o.df ? 0x4000 : 0) | (o.more ? 0x2000 : 0) | ((o.offset ?? 0) >> 3)
  const head = [
    0x40 | (header >> 2),
    o.tos ?? 0,
    ...u16(header + payload.length),
    ...u16(o.id ?? 7),
    ...u16(flags),
    o.ttl ?? 64,
    protocol,
    0,
    0,
    ...addressBytes(from),
    ...addressBytes(to),
    ...options,
  ]
  head.splice(10, 2, ...u16(onesComplement(head)))
  return Uint8Array.from([...head, ...Array.from(payload)])
}

export function ipv6(from: string, to: string, next: number, payload: ArrayLike<number>, o: IpOptions = {}) {
  const tos = o.tos ?? 0
  const head = [0x60 | (tos >> 4), (tos & 15) << 4, 0, 0, ...u16(payload.length), next, o.ttl ?? 64]
  return Uint8Array.from([...head, ...addressBytes(from), ...addressBytes(to), ...Array.from(payload)])
}

/** A UDP datagram in an IP packet of the family of its addresses, with a right checksum. */
export function udp(
  from: string,
  fromPort: number,
  to: string,
  toPort: number,
  payload: ArrayLike<number>,
  o?: IpOptions,
) {
  const body = [...u16(fromPort), ...u16(toPort), ...u16(8 + payload.length), 0, 0, ...Array.from(payload)]
  const source = addressBytes(from)
  const pseudo = [...source, ...addressBytes(to), 0, 17, ...u16(body.length)]
  const sum = onesComplement([...pseudo, ...body]) || 0xffff
  body.splice(6, 2, ...u16(sum))
  return source.length === 4 ? ipv4(from, to, 17, body, o) : ipv6(from, to, 17, body, o)
}

/** An ICMP or ICMPv6 message; `rest` are the four bytes after the checksum, then the body. */
export function icmp(from: string, to: string, type: number, code: number, rest: ArrayLike<number>, o?: IpOptions) {
  const body = [type, code, 0, 0, ...Array.from(rest)]
  const source = addressBytes(from)
  const v4 = source.length === 4
  const pseudo = v4 ? [] : [...source, ...addressBytes(to), ...u16(0), ...u16(body.length), 0, 0, 0, 58]
  body.splice(2, 2, ...u16(onesComplement([...pseudo, ...body])))
  return v4 ? ipv4(from, to, 1, body, o) : ipv6(from, to, 58, body, o)
}

/** A message of WireGuard that is nothing but its type and size, and for data its receiver and counter. */
export function shell(
  kind: 'initiation' | 'response' | 'cookie-reply' | 'data' | 'keepalive',
  counter = 0,
  receiver = 9,
) {
  const size = { initiation: 148, response: 92, 'cookie-reply': 64, data: 128, keepalive: 32 }[kind]
  const type = { initiation: 1, response: 2, 'cookie-reply': 3, data: 4, keepalive: 4 }[kind]
  const bytes = new Uint8Array(size)
  bytes[0] = type
  const view = new DataView(bytes.buffer)
  view.setUint32(4, receiver, true)
  if (type === 4) view.setBigUint64(8, BigInt(counter), true)
  return bytes
}
