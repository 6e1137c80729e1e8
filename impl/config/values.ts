/** Reads the value of one key. Each reader returns undefined after it has complained. */
import type { Prefix } from '../api.ts'
import { formatAddress, formatPrefix, maskPrefix, parseAddress, samePrefix } from '../ip/address.ts'
import { Key, type PublicKey } from '../key.ts'
import { isBase64Digit, keyFromBase64 } from './base64.ts'
import type {
  AllowedIpValue,
  DnsValue,
  EndpointValue,
  HostValue,
  PublicValue,
  SecretValue,
  TableValue,
} from './model.ts'

/** Text to read, and where complaints go; `offset` counts in `text`. */
export interface Value {
  readonly text: string
  error(what: string, instead: string, offset?: number): undefined
  warning(what: string, instead: string, offset?: number): undefined
}

/** A piece of a list. */
export interface Piece<T> {
  readonly value: T
  readonly offset: number
}

const SUFFIX = { private: '', public: '.pub', preshared: '.psk' } as const

export function readSecret(
  value: Value,
  name: string,
  kind: 'private' | 'preshared',
  named: boolean,
): SecretValue | undefined {
  if (value.text.startsWith('<')) return readNamed(value, name, kind, named)
  const bytes = readKey(value, name)
  if (bytes === undefined) return undefined
  const key = new Key(bytes)
  bytes.fill(0)
  return { kind: 'literal', key }
}

export function readPublic(value: Value, named: boolean): PublicValue | undefined {
  if (value.text.startsWith('<')) return readNamed(value, 'PublicKey', 'public', named)
  return readKey(value, 'PublicKey') === undefined ? undefined : { kind: 'literal', key: value.text as PublicKey }
}

/** 0 … 65535. */
export function readListenPort(value: Value): number | undefined {
  return (
    readDecimal(value.text, 65535) ??
    value.error(`ListenPort is "${value.text}", not a number from 0 to 65535`, 'ListenPort = 51820')
  )
}

/** `off`, decimal or 0x hexadecimal, 32 bits. */
export function readFwmark(value: Value): number | undefined {
  const { text } = value
  if (text.toLowerCase() === 'off') return 0
  const hex = /^0x[0-9a-fA-F]+$/.test(text) ? Number.parseInt(text, 16) : undefined
  const mark = hex !== undefined ? (hex <= 0xffffffff ? hex : undefined) : readDecimal(text, 0xffffffff)
  return (
    mark ??
    value.error(
      `FwMark is "${text}", not off and not a number of 32 bits`,
      'FwMark = off, FwMark = 51820 or FwMark = 0xca6c',
    )
  )
}

/** `off` or seconds. */
export function readKeepalive(value: Value): number | undefined {
  if (value.text.toLowerCase() === 'off') return 0
  return (
    readDecimal(value.text, 65535) ??
    value.error(
      `PersistentKeepalive is "${value.text}", not off and not a number of seconds from 0 to 65535`,
      'PersistentKeepalive = 25',
    )
  )
}

/** Bytes: 68 is the least that IPv4 works with (RFC 791). What IPv6 needs is checked with the addresses. */
export function readMtu(value: Value): number | undefined {
  const mtu = readDecimal(value.text, 2147483552)
  if (mtu === undefined) return value.error(`MTU is "${value.text}", not a number of bytes`, 'MTU = 1420')
  if (mtu < 68)
    return value.error(
      `MTU is ${mtu}: IPv4 needs at least 68 bytes, IPv6 at least 1280`,
      'MTU = 1420, or MTU = 1280 where paths are narrow',
    )
  return mtu
}

const NAMED_TABLES: ReadonlyMap<string, number> = new Map([
  ['default', 253],
  ['main', 254],
  ['local', 255],
])

export function readTable(value: Value): TableValue | undefined {
  const { text } = value
  if (text === 'off' || text === 'auto') return { kind: text }
  const table = NAMED_TABLES.get(text) ?? readDecimal(text, 0xffffffff)
  if (table !== undefined && table > 0) return { kind: 'table', table }
  const lower = text.toLowerCase()
  const instead =
    lower === 'off' || lower === 'auto'
      ? `Table = ${lower} (in small letters)`
      : 'Table = off, Table = auto or the number of a routing table'
  return value.error(`Table is "${text}", not off, auto or a number from 1 to 4294967295`, instead)
}

export function readSaveConfig(value: Value): boolean | undefined {
  const lower = value.text.toLowerCase()
  if (lower === 'true' || lower === 'false') return lower === 'true'
  return value.error(`SaveConfig is "${value.text}", neither true nor false`, 'SaveConfig = true or SaveConfig = false')
}

/** Addresses of the interface; no length is /32 or /128, host bits are what they are for. */
export function readAddresses(value: Value): Piece<Prefix>[] {
  return words(value.text).flatMap(word => {
    const prefix = readPrefix(value, word.value, word.offset, 'Address')
    return prefix === undefined ? [] : [{ value: prefix, offset: word.offset }]
  })
}

/** Servers by address; what looks like no address is a search domain, as in wg-quick. */
export function readDns(value: Value): Piece<DnsValue>[] {
  return words(value.text).flatMap((word): Piece<DnsValue>[] => {
    const { value: text, offset } = word
    const address = parseAddress(text)
    if (address !== undefined) return [{ value: { kind: 'server', address }, offset }]
    if (/^[0-9.]+$/.test(text) || text.includes(':')) {
      value.error(
        `DNS server "${text}" is no IP address`,
        'DNS = 192.0.2.53, or a search domain: DNS = corp.example',
        offset,
      )
      return []
    }
    if (!isHostName(text)) {
      value.error(`DNS search domain "${text}" is no domain name`, 'DNS = corp.example', offset)
      return []
    }
    return [{ value: { kind: 'search', domain: text }, offset }]
  })
}

/** A list with commas; `+` and `-` add and remove. May be empty. */
export function readAllowedIps(value: Value): Piece<AllowedIpValue>[] {
  if (value.text === '') {
    value.warning('AllowedIPs is empty, which some versions of wg refuse', 'no AllowedIPs line at all')
    return []
  }
  const pieces: Piece<AllowedIpValue>[] = []
  let offset = 0
  let empty = false
  for (const entry of value.text.split(',')) {
    const sign = entry[0] === '+' ? 'add' : entry[0] === '-' ? 'remove' : undefined
    const text = sign === undefined ? entry : entry.slice(1)
    const at = offset
    offset += entry.length + 1
    if (text === '') {
      if (!empty) value.error('AllowedIPs has an empty entry', 'AllowedIPs = 10.0.0.2/32, fd00::2/128', at)
      empty = true
      continue
    }
    const prefix = readPrefix(value, text, at, 'AllowedIPs')
    if (prefix === undefined) continue
    const masked = maskPrefix(prefix)
    if (!samePrefix(masked, prefix)) {
      value.warning(
        `AllowedIPs entry ${text} has bits set after its first ${prefix.length}; they are ignored`,
        formatPrefix(masked),
        at,
      )
    }
    pieces.push({ value: sign === undefined ? prefix : { ...prefix, change: sign }, offset: at })
  }
  return pieces
}

/** `host:port`, `[v6]:port`; as wg does, the last colon counts when there are no brackets. */
export function readEndpoint(value: Value): EndpointValue | undefined {
  const { text } = value
  const example = 'Endpoint = 192.0.2.1:51820, Endpoint = [2001:db8::1]:51820 or Endpoint = vpn.example.com:51820'
  if (text === '')
    return value.error('Endpoint is empty', `${example}; leave the line out when the peer is to speak first`)
  const close = text.indexOf(']')
  if (text[0] === '[' && close < 0) return value.error('Endpoint has "[" and no "]"', 'Endpoint = [2001:db8::1]:51820')
  const colon = text[0] === '[' ? close + 1 : text.lastIndexOf(':')
  const host = text[0] === '[' ? text.slice(1, close) : text.slice(0, Math.max(colon, 0))
  if (colon < 0 || text[colon] !== ':' || colon === text.length - 1) {
    const shown = parseAddress(text)?.length === 16 ? `[${text}]` : text.replace(/:$/, '')
    return value.error(`Endpoint "${text}" has no port`, `Endpoint = ${shown}:51820`)
  }
  const port = readDecimal(text.slice(colon + 1), 65535)
  if (port === undefined || port === 0) {
    return value.error(
      `Endpoint has port "${text.slice(colon + 1)}", not a number from 1 to 65535`,
      `Endpoint = ${text.slice(0, colon)}:51820`,
      colon + 1,
    )
  }
  const read = readHost(value, host, text[0] === '[', port)
  return read === undefined ? undefined : { host: read, port }
}

function readHost(value: Value, text: string, bracketed: boolean, port: number): HostValue | undefined {
  const percent = text.indexOf('%')
  const zone = percent < 0 ? undefined : text.slice(percent + 1)
  const address = parseAddress(percent < 0 ? text : text.slice(0, percent))
  if (address !== undefined) {
    if (zone !== undefined && (address.length === 4 || !/^[A-Za-z0-9_.=+-]+$/.test(zone))) {
      return value.error(
        `Endpoint host "${text}": a zone (%) is the name or number of an interface, and for IPv6 alone`,
        `Endpoint = [fe80::1%eth0]:${port}`,
      )
    }
    const shown = formatAddress(address)
    if (bracketed && address.length === 4) {
      value.warning('Endpoint has an IPv4 address in brackets, which are for IPv6', `Endpoint = ${shown}:${port}`)
    }
    if (!bracketed && address.length === 16) {
      value.warning(
        `Endpoint has an IPv6 address without brackets; it is read as address ${shown}, port ${port}`,
        `Endpoint = [${text}]:${port}`,
      )
    }
    return { kind: 'address', address, ...(zone === undefined ? {} : { zone }) }
  }
  if (text.includes(':')) {
    if (!bracketed && parseAddress(value.text) !== undefined) {
      return value.error(`Endpoint "${value.text}" has no port`, `Endpoint = [${value.text}]:51820`)
    }
    return value.error(`Endpoint host "${text}" is no IPv6 address`, 'Endpoint = [2001:db8::1]:51820')
  }
  if (/^[0-9.]+$/.test(text)) {
    return value.error(
      `Endpoint host "${text}" is no IPv4 address: that is four numbers from 0 to 255 without leading zeros`,
      `Endpoint = 192.0.2.1:${port}`,
    )
  }
  if (!isHostName(text))
    return value.error(`Endpoint host "${text}" is no host name`, `Endpoint = vpn.example.com:${port}`)
  return { kind: 'name', name: text }
}

function readPrefix(value: Value, text: string, offset: number, name: string): Prefix | undefined {
  const slash = text.indexOf('/')
  const host = slash < 0 ? text : text.slice(0, slash)
  const example = `${name} = ${name === 'Address' ? '10.0.0.1/24' : '10.0.0.0/24'}`
  const address = parseAddress(host)
  if (address === undefined) return value.error(`${name} has "${text}": ${addressFault(host)}`, example, offset)
  const longest = address.length * 8
  if (slash < 0) return { address, length: longest }
  const length = readDecimal(text.slice(slash + 1), longest)
  if (length !== undefined) return { address, length }
  const written = text.slice(slash + 1)
  const found = netmaskLength(written)
  if (longest === 32 && found !== undefined) {
    return value.error(
      `${name} has a netmask "${written}" where the number of bits belongs`,
      `${name} = ${host}/${found}`,
      offset,
    )
  }
  const mixed = longest === 32 && readDecimal(written, 128) !== undefined
  const what = mixed
    ? `${name} has ${text}: an IPv4 address with a length that only IPv6 has; IPv4 goes from /0 to /32`
    : `${name} has ${text}: the length "${written}" is not a number from 0 to ${longest}`
  return value.error(what, `${name} = ${host}/${longest}`, offset)
}

function addressFault(host: string): string {
  if (host.includes('%')) return 'a zone (%) has no place here'
  if (host.includes(':')) return `"${host}" is no IPv6 address`
  if (/^[0-9]+(\.[0-9]+)*$/.test(host)) {
    if (/(^|\.)0[0-9]/.test(host)) return 'an IPv4 address has no leading zeros, which some programs read as octal'
    if (host.split('.').length !== 4) return 'an IPv4 address has four numbers'
    return 'the numbers of an IPv4 address go from 0 to 255'
  }
  return `"${host}" is no IP address`
}

/** 24 for 255.255.255.0; undefined for what is no netmask. */
function netmaskLength(text: string): number | undefined {
  const mask = parseAddress(text)
  if (mask?.length !== 4) return undefined
  const bits = Array.from(mask, byte => byte.toString(2).padStart(8, '0')).join('')
  return /^1*0*$/.test(bits) ? bits.lastIndexOf('1') + 1 : undefined
}

function readNamed(
  value: Value,
  key: string,
  kind: 'private' | 'public' | 'preshared',
  allowed: boolean,
): { kind: 'named'; name: string } | undefined {
  const example = { private: '<alice>', public: '<alice.pub>', preshared: '<alice-bob.psk>' }[kind]
  if (!allowed)
    return value.error(
      `${key} names a key in angle brackets, which only scenarios may`,
      `${key} = (the 44 characters of the key)`,
    )
  const name = /^<([A-Za-z0-9_-]+(?:\.(?:pub|psk))?)>$/.exec(value.text)?.[1]
  const suffix = name === undefined ? undefined : name.slice(name.includes('.') ? name.indexOf('.') : name.length)
  if (name === undefined || suffix !== SUFFIX[kind]) {
    return value.error(`${key} does not name a ${kind} key`, `${key} = ${example}`)
  }
  return { kind: 'named', name }
}

/** 32 bytes, or a complaint that counts what was found and never repeats it. */
function readKey(value: Value, name: string): Uint8Array | undefined {
  const bytes = keyFromBase64(value.text)
  if (bytes !== undefined) return bytes
  const command = name === 'PrivateKey' ? 'wg genkey' : name === 'PublicKey' ? 'wg pubkey' : 'wg genpsk'
  return value.error(
    `${name} ${keyFault(value.text)}`,
    `the 44 base64 characters that \`${command}\` prints, with = at the end`,
  )
}

function keyFault(text: string): string {
  if (text === '') return 'is empty'
  if (/^[0-9a-fA-F]{64}$/.test(text)) return 'is 64 hexadecimal digits, not base64'
  const body = text.replace(/=+$/, '')
  const bad = Array.from(body).findIndex(character => !isBase64Digit(character))
  if (bad >= 0) return `has a character that is not base64 at position ${bad + 1} of ${text.length}`
  const bytes = Math.floor((body.length * 6) / 8)
  if (text.length !== 44 || bytes !== 32) {
    const missing = bytes === 32 && text.length === 43 ? '; the = at the end is missing' : ''
    return `has ${text.length} characters, ${bytes} bytes; a key has 44 characters, 32 bytes${missing}`
  }
  return 'has 44 characters, but no 32 bytes end in its last ones: it is mistyped'
}

function isHostName(text: string): boolean {
  return (
    text.length <= 253 &&
    /^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?$/.test(text)
  )
}

/** Digits alone; leading zeros do no harm. */
function readDecimal(text: string, most: number): number | undefined {
  if (!/^[0-9]+$/.test(text)) return undefined
  const number = Number(text)
  return number <= most ? number : undefined
}

/** Split at commas and white space, as the shell does for wg-quick. */
function words(text: string): Piece<string>[] {
  return Array.from(text.matchAll(/[^\s,]+/g), match => ({ value: match[0], offset: match.index }))
}
