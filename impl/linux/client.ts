/** The other side of the daemon's two sockets: what `wglab show`, `up` and `down` ask. */
import { readdirSync } from 'node:fs'
import { connect } from 'node:net'
import type { DeviceChange } from '../api.ts'
import { keyFromHex, keyToBase64 } from '../config/base64.ts'
import { formatUapiSet } from '../config/uapi-format.ts'
import { Key, type PublicKey } from '../key.ts'
import { controlPath, eventsPath, nameProblem, SOCKET_FOLDER } from './names.ts'
import { answers } from './socketfile.ts'
import type { TunnelStatus } from './status.ts'
import { errnoName } from './systemerror.ts'

/** What `get=1` answers. Endpoints and ranges stay as text. */
export interface UapiDevice {
  readonly privateKey: Key | undefined
  readonly listenPort: number
  readonly fwmark: number
  readonly peers: readonly UapiPeer[]
}

export interface UapiPeer {
  readonly publicKey: PublicKey
  readonly presharedKey: Key | undefined
  readonly endpoint: string | undefined
  /** Milliseconds since 1970; undefined: never. */
  readonly latestHandshake_ms: number | undefined
  readonly rxBytes: number
  readonly txBytes: number
  readonly persistentKeepalive_s: number
  readonly allowedIps: readonly string[]
}

/** An answer may be long, but it has an end; and nobody waits for ever. */
const LONGEST_ANSWER = 256 * 1024 * 1024
const PATIENCE_MS = 30_000

/** The interfaces whose control socket answers, whoever serves it, by name. */
export async function servedInterfaces(folder = SOCKET_FOLDER): Promise<string[]> {
  let files: string[]
  try {
    files = readdirSync(folder)
  } catch {
    return []
  }
  const names = files.filter(file => file.endsWith('.sock')).map(file => file.slice(0, -'.sock'.length))
  const alive = await Promise.all(names.map(name => answers(controlPath(name, folder))))
  return names.filter((name, place) => alive[place] === true && nameProblem(name) === undefined).sort()
}

/** Rejects when nobody answers, or when the answer is an errno. */
export async function uapiGet(iface: string, folder = SOCKET_FOLDER): Promise<UapiDevice> {
  const answer = await exchange(controlPath(iface, folder), 'get=1\n\n')
  const errno = /^errno=(-?\d+)\n\n$/m.exec(answer)
  if (errno === null) throw new Error(`${iface}: the control socket hung up in the middle of its answer`)
  if (Number(errno[1]) !== 0) throw new Error(`${iface}: ${errnoName(Math.abs(Number(errno[1])))}`)
  return readUapiDevice(answer.slice(0, errno.index))
}

/** 0, or the positive errno with which the change ended. */
export async function uapiSet(iface: string, change: DeviceChange, folder = SOCKET_FOLDER): Promise<number> {
  const answer = await exchange(controlPath(iface, folder), formatUapiSet(change))
  const errno = /^errno=(-?\d+)\n\n$/.exec(answer)
  if (errno === null) throw new Error(`${iface}: the control socket hung up without an answer`)
  return Math.abs(Number(errno[1]))
}

/** What a daemon of ours says of itself; undefined when none of ours serves the interface. */
export async function tunnelStatusOf(iface: string, folder = SOCKET_FOLDER): Promise<TunnelStatus | undefined> {
  const path = eventsPath(iface, folder)
  if (!(await answers(path))) return undefined
  return JSON.parse(await exchange(path, 'status\n'))
}

/** Calls back with each line, without its newline, until the daemon ends. Rejects when none of ours is there. */
export function follow(iface: string, onLine: (line: string) => void, folder = SOCKET_FOLDER): Promise<void> {
  return new Promise((resolve, reject) => {
    const client = connect(eventsPath(iface, folder))
    let rest = ''
    client.setEncoding('utf8')
    client.on('connect', () => client.write('follow\n'))
    client.on('data', text => {
      const lines = (rest + String(text)).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) onLine(line)
    })
    client.on('error', reject)
    client.on('close', () => resolve())
  })
}

/** The lines of a `get`. What is not known is passed over: protocols grow. */
export function readUapiDevice(text: string): UapiDevice {
  type Draft = { -readonly [K in keyof UapiPeer]: UapiPeer[K] } & { allowedIps: string[] }
  const device: { privateKey: Key | undefined; listenPort: number; fwmark: number } = {
    privateKey: undefined,
    listenPort: 0,
    fwmark: 0,
  }
  const peers: Draft[] = []
  for (const line of text.split('\n')) {
    const equals = line.indexOf('=')
    const [name, value] = [line.slice(0, equals), line.slice(equals + 1)]
    const peer = peers.at(-1)
    if (name === 'public_key') {
      const bytes = keyFromHex(value)
      if (bytes !== undefined) peers.push(freshPeer(keyToBase64(bytes) as PublicKey))
    } else if (peer === undefined) {
      if (name === 'private_key') device.privateKey = secretOf(value)
      if (name === 'listen_port') device.listenPort = Number(value)
      if (name === 'fwmark') device.fwmark = Number(value)
    } else {
      if (name === 'preshared_key') peer.presharedKey = secretOf(value)
      if (name === 'endpoint') peer.endpoint = value
      if (name === 'last_handshake_time_sec' && value !== '0') peer.latestHandshake_ms = Number(value) * 1000
      if (name === 'rx_bytes') peer.rxBytes = Number(value)
      if (name === 'tx_bytes') peer.txBytes = Number(value)
      if (name === 'persistent_keepalive_interval') peer.persistentKeepalive_s = Number(value)
      if (name === 'allowed_ip') peer.allowedIps.push(value)
    }
  }
  return { ...device, peers }
}

function freshPeer(publicKey: PublicKey) {
  return {
    publicKey,
    presharedKey: undefined,
    endpoint: undefined,
    latestHandshake_ms: undefined,
    rxBytes: 0,
    txBytes: 0,
    persistentKeepalive_s: 0,
    allowedIps: [],
  }
}

function secretOf(hex: string): Key | undefined {
  const bytes = keyFromHex(hex)
  if (bytes === undefined) return undefined
  const key = new Key(bytes)
  return key.isZero() ? undefined : key
}

/** Asks, closes its half, and reads to the end. */
function exchange(path: string, question: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const client = connect(path)
    let answer = ''
    client.setEncoding('utf8')
    client.setTimeout(PATIENCE_MS, () => client.destroy(new Error(`${path} does not answer`)))
    client.on('connect', () => client.end(question))
    client.on('data', text => {
      answer += String(text)
      if (answer.length > LONGEST_ANSWER) client.destroy(new Error(`${path} answers without end`))
    })
    client.on('error', reject)
    client.on('end', () => resolve(answer))
  })
}
