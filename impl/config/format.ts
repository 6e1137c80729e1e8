/** Writes a configuration as text: one way of writing for each meaning, comments kept. */
import { formatAddress, formatPrefix } from '../ip/address.ts'
import { keyToBase64 } from './base64.ts'
import type {
  AllowedIpValue,
  Conf,
  DnsValue,
  EndpointValue,
  Item,
  PublicValue,
  SecretValue,
  Section,
  TableValue,
} from './model.ts'

/**
 * The canonical text. It holds the secret keys themselves. parseConf gives the same configuration back, but for the
 * places.
 */
export function formatConf(conf: Conf): string {
  const out: string[] = []
  const face = conf.interface
  if (face !== undefined) {
    header(out, 'Interface', face)
    line(out, 'PrivateKey', face.privateKey, secret)
    line(out, 'ListenPort', face.listenPort, String)
    line(out, 'FwMark', face.fwmark, mark => (mark === 0 ? 'off' : `0x${mark.toString(16)}`))
    list(out, 'Address', face.addresses, formatPrefix)
    list(out, 'DNS', face.dns, dns)
    line(out, 'MTU', face.mtu, String)
    line(out, 'Table', face.table, table)
    line(out, 'SaveConfig', face.saveConfig, String)
    for (const hook of face.preUp) line(out, 'PreUp', hook, String)
    for (const hook of face.postUp) line(out, 'PostUp', hook, String)
    for (const hook of face.preDown) line(out, 'PreDown', hook, String)
    for (const hook of face.postDown) line(out, 'PostDown', hook, String)
  }
  for (const peer of conf.peers) {
    header(out, 'Peer', peer)
    line(out, 'PublicKey', peer.publicKey, publicKey)
    line(out, 'PresharedKey', peer.presharedKey, secret)
    list(out, 'AllowedIPs', peer.allowedIps, allowedIp)
    line(out, 'Endpoint', peer.endpoint, endpoint)
    line(out, 'PersistentKeepalive', peer.persistentKeepalive_s, seconds => (seconds === 0 ? 'off' : String(seconds)))
  }
  comments(out, conf.trailing)
  return out.map(text => `${text}\n`).join('')
}

function header(out: string[], name: string, section: Section): void {
  if (out.length > 0) out.push('')
  comments(out, section.comments)
  out.push(`[${name}]${remark(section.comment)}`)
}

function line<T>(out: string[], name: string, item: Item<T> | undefined, write: (value: T) => string): void {
  if (item === undefined) return
  comments(out, item.comments)
  out.push(`${name} = ${write(item.value)}${remark(item.comment)}`)
}

/** Values with commas; one that has comments begins a line of its own. */
function list<T>(out: string[], name: string, items: readonly Item<T>[], write: (value: T) => string): void {
  for (let at = 0; at < items.length; ) {
    const first = items[at]!
    const rest = items.slice(at + 1)
    const next = rest.findIndex(item => item.comments.length > 0 || item.comment !== undefined)
    const end = next < 0 ? items.length : at + 1 + next
    const values = items.slice(at, end).map(item => write(item.value))
    line(out, name, { ...first, value: values.join(', ') }, String)
    at = end
  }
}

function comments(out: string[], texts: readonly string[]): void {
  for (const text of texts) out.push(text === '' ? '#' : `# ${text}`)
}

function remark(comment: string | undefined): string {
  if (comment === undefined) return ''
  return comment === '' ? ' #' : ` # ${comment}`
}

function secret(value: SecretValue): string {
  return value.kind === 'named' ? `<${value.name}>` : keyToBase64(value.key.reveal())
}

function publicKey(value: PublicValue): string {
  return value.kind === 'named' ? `<${value.name}>` : value.key
}

function dns(value: DnsValue): string {
  return value.kind === 'server' ? formatAddress(value.address) : value.domain
}

function table(value: TableValue): string {
  return value.kind === 'table' ? String(value.table) : value.kind
}

function allowedIp(value: AllowedIpValue): string {
  const sign = value.change === undefined ? '' : value.change === 'add' ? '+' : '-'
  return sign + formatPrefix(value)
}

function endpoint(value: EndpointValue): string {
  const { host, port } = value
  if (host.kind === 'name') return `${host.name}:${port}`
  const address = formatAddress(host.address)
  if (host.address.length === 4) return `${address}:${port}`
  return `[${address}${host.zone === undefined ? '' : `%${host.zone}`}]:${port}`
}
