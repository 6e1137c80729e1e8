/** Addresses, prefixes and endpoints as text. Stricter than most: what has two readings is refused. */
import type { Prefix } from '../api.ts'
import type { Address, Endpoint } from '../box.ts'
import { get16, sameBytes } from './bytes.ts'

/** 4 or 6. Throws a RangeError unless the address has 4 or 16 bytes. */
export function family(address: Address): 4 | 6 {
  if (address.length === 4) return 4
  if (address.length === 16) return 6
  throw new RangeError(`an address has 4 or 16 bytes, not ${address.length}`)
}

/**
 * Four decimal numbers without leading zeros, or IPv6 as in RFC 4291 §2.2 (the last 32 bits may be dotted). Undefined
 * for all else, a zone included.
 */
export function parseAddress(text: string): Address | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text)
}

/** Dotted decimal, or RFC 5952; IPv4-mapped addresses as ::ffff:192.0.2.1. */
export function formatAddress(address: Address): string {
  if (family(address) === 4) return dotted(address, 0)
  const gap = longestZeros(address)
  if (gap.start === 0 && gap.length === 5 && get16(address, 10) === 0xffff) return `::ffff:${dotted(address, 12)}`
  let text = ''
  let needsColon = false
  for (let group = 0; group < 8; group++) {
    if (group === gap.start && gap.length >= 2) {
      text += '::'
      needsColon = false
      group += gap.length - 1
      continue
    }
    if (needsColon) text += ':'
    text += get16(address, group * 2).toString(16)
    needsColon = true
  }
  return text
}

const dotted = (bytes: Uint8Array, at: number): string =>
  `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`

export function sameAddress(a: Address, b: Address): boolean {
  return sameBytes(a, b)
}

/** `10.0.0.0/8`; without a length it is the one address (/32 or /128). Host bits stay as they are. */
export function parsePrefix(text: string): Prefix | undefined {
  const slash = text.indexOf('/')
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash))
  if (address === undefined) return undefined
  const longest = address.length * 8
  if (slash < 0) return { address, length: longest }
  const length = parseDecimal(text.slice(slash + 1), longest)
  return length === undefined ? undefined : { address, length }
}

export function formatPrefix(prefix: Prefix): string {
  return `${formatAddress(prefix.address)}/${prefix.length}`
}

/**
 * `192.0.2.1:51820`, `[2001:db8::1]:51820`, `[fe80::1%3]:51820`; the port is 1 … 65535.
 * A zone is a number, or a name that `indexOf` knows; else undefined.
 */
export function parseEndpoint(
  text: string,
  indexOf: (zone: string) => number | undefined = () => undefined,
): Endpoint | undefined {
  const bracketed = /^\[([^\]%]*)(?:%([^\]]+))?\]:([^:]*)$/.exec(text)
  const plain = bracketed === null ? /^([^:]*):([^:]*)$/.exec(text) : null
  const address = bracketed !== null ? parseIpv6(bracketed[1]!) : plain !== null ? parseIpv4(plain[1]!) : undefined
  const port = parseDecimal(bracketed?.[3] ?? plain?.[2] ?? '', 65535)
  if (address === undefined || port === undefined || port === 0) return undefined
  const zone = bracketed?.[2]
  if (zone === undefined) return { address, port }
  const scope = parseDecimal(zone, 0xffffffff) ?? indexOf(zone)
  return scope === undefined ? undefined : { address, port, scope }
}

export function formatEndpoint(endpoint: Endpoint): string {
  const address = formatAddress(endpoint.address)
  if (family(endpoint.address) === 4) return `${address}:${endpoint.port}`
  return `[${address}${endpoint.scope === undefined ? '' : `%${endpoint.scope}`}]:${endpoint.port}`
}

export function sameEndpoint(a: Endpoint, b: Endpoint): boolean {
  return a.port === b.port && a.scope === b.scope && sameBytes(a.address, b.address)
}

/** Whether the first `prefix.length` bits are equal. Never across families. */
export function addressInPrefix(address: Address, prefix: Prefix): boolean {
  if (address.length !== prefix.address.length) return false
  const whole = prefix.length >>> 3
  for (let i = 0; i < whole; i++) if (address[i] !== prefix.address[i]) return false
  const rest = prefix.length & 7
  return rest === 0 || ((address[whole]! ^ prefix.address[whole]!) & (0xff << (8 - rest)) & 0xff) === 0
}

/** A copy with every bit after the first `length` cleared. */
export function maskAddress(address: Address, length: number): Address {
  const masked = Uint8Array.from(address)
  const whole = length >>> 3
  const rest = length & 7
  if (rest !== 0) masked[whole] = masked[whole]! & (0xff << (8 - rest))
  masked.fill(0, whole + (rest === 0 ? 0 : 1))
  return masked
}

/** The prefix without host bits. */
export function maskPrefix(prefix: Prefix): Prefix {
  return { address: maskAddress(prefix.address, prefix.length), length: prefix.length }
}

export function samePrefix(a: Prefix, b: Prefix): boolean {
  return a.length === b.length && sameBytes(a.address, b.address)
}

/** 224.0.0.0/4 or ff00::/8. */
export function isMulticast(address: Address): boolean {
  return family(address) === 4 ? address[0]! >>> 4 === 0xe : address[0] === 0xff
}

/** 0.0.0.0 or ::. */
export function isUnspecified(address: Address): boolean {
  return address.every(byte => byte === 0)
}

/** 169.254.0.0/16 or fe80::/10. */
export function isLinkLocal(address: Address): boolean {
  if (family(address) === 4) return address[0] === 169 && address[1] === 254
  return address[0] === 0xfe && (address[1]! & 0xc0) === 0x80
}

/** 127.0.0.0/8 or ::1. */
export function isLoopback(address: Address): boolean {
  if (family(address) === 4) return address[0] === 127
  return address[15] === 1 && address.subarray(0, 15).every(byte => byte === 0)
}

/** 255.255.255.255. */
export function isBroadcast(address: Address): boolean {
  return address.length === 4 && address.every(byte => byte === 255)
}

/** Digits alone, no leading zero, at most `most`. */
function parseDecimal(text: string, most: number): number | undefined {
  if (!/^(0|[1-9][0-9]{0,9})$/.test(text)) return undefined
  const value = Number(text)
  return value <= most ? value : undefined
}

function parseIpv4(text: string): Address | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  const address = new Uint8Array(4)
  for (const [i, part] of parts.entries()) {
    const byte = parseDecimal(part, 255)
    if (byte === undefined) return undefined
    address[i] = byte
  }
  return address
}

function parseIpv6(text: string): Address | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const last = halves.length - 1
  const head = groupsOf(halves[0]!, last === 0)
  const tail = last === 0 ? [] : groupsOf(halves[1]!, true)
  if (head === undefined || tail === undefined) return undefined
  const missing = 16 - head.length - tail.length
  // A gap stands for at least one group.
  if (last === 0 ? missing !== 0 : missing < 2) return undefined
  return Uint8Array.from([...head, ...new Array<number>(missing).fill(0), ...tail])
}

/** The bytes of colon-separated groups; the last one may be dotted decimal when `atEnd`. */
function groupsOf(text: string, atEnd: boolean): number[] | undefined {
  if (text === '') return []
  const bytes: number[] = []
  const groups = text.split(':')
  for (const [i, group] of groups.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(group)) {
      const value = Number.parseInt(group, 16)
      bytes.push(value >>> 8, value & 0xff)
      continue
    }
    const dotted = atEnd && i === groups.length - 1 ? parseIpv4(group) : undefined
    if (dotted === undefined) return undefined
    bytes.push(...dotted)
  }
  return bytes
}

/** The first longest run of zero groups. */
function longestZeros(address: Address): { start: number; length: number } {
  const best = { start: 0, length: 0 }
  let start = 0
  for (let group = 0; group < 8; group++) {
    if (get16(address, group * 2) !== 0) start = group + 1
    else if (group + 1 - start > best.length) {
      best.start = start
      best.length = group + 1 - start
    }
  }
  return best
}
