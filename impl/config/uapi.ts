/**
 * The cross-platform text protocol (wireguard.com/xplatform), as wireguard-go speaks it, without a socket.
 * Feed what arrived, then poll until undefined: write what it says, carry out `get` and `apply`, and answer them.
 */
import type { AllowedIpChange, DeviceChange, PeerChange } from '../api.ts'
import type { Endpoint } from '../box.ts'
import { parseEndpoint, parsePrefix } from '../ip/address.ts'
import { Key, type PublicKey } from '../key.ts'
import { keyFromHex, keyToBase64 } from './base64.ts'
import { formatUapiGet, type UapiSnapshot } from './uapi-format.ts'

export type UapiStep =
  /** Send this to the client. */
  | { readonly kind: 'write'; readonly text: string }
  /** Call answerGet with the device's whole configuration. Polls give nothing until then. */
  | { readonly kind: 'get' }
  /** Configure the device, then call applied. Polls give nothing until then: what a `get` shows never lies between. */
  | { readonly kind: 'apply'; readonly change: DeviceChange }
  /** Close the connection: the client asked for what does not exist. */
  | { readonly kind: 'close' }

/** The numbers of Linux. The answer carries them with a minus sign. */
export const ERRNO = { EIO: 5, EINVAL: 22, EPROTO: 71, EADDRINUSE: 98 } as const

/** A client may not send a line longer than this: nothing that is right is. */
const LONGEST_LINE = 4096

type Mode =
  | { readonly kind: 'operation' }
  | { readonly kind: 'get' }
  | { readonly kind: 'device' }
  | { readonly kind: 'peer'; peer: PeerDraft }
  /** After an error: the rest of the request is read and forgotten. */
  | { readonly kind: 'failed'; readonly errno: number }

interface PeerDraft {
  readonly publicKey: PublicKey
  readonly remove: boolean
  readonly updateOnly: boolean
  readonly presharedKey?: Key | null
  readonly endpoint?: Endpoint
  readonly persistentKeepalive_s?: number
  readonly replaceAllowedIps: boolean
  /** Grows in place: a copy for each line would make many lines of one peer a matter of their square. */
  readonly allowedIps: AllowedIpChange[]
  /** Changes that come before this one: see `begunAnew`. */
  readonly earlier: PeerDraft[]
}

export class UapiSession {
  #buffer = ''
  #mode: Mode = { kind: 'operation' }
  #waiting: 'get' | 'apply' | undefined
  #closed = false
  readonly #steps: UapiStep[] = []
  readonly #indexOf: ((zone: string) => number | undefined) | undefined

  /** `indexOf`: the index of the interface that a zone names, as in `[fe80::1%eth0]:51820`. */
  constructor(indexOf?: (zone: string) => number | undefined) {
    this.#indexOf = indexOf
  }

  /** Text from the client, in pieces of any size. Pipelined requests are answered in order. */
  feed(text: string): void {
    this.#buffer += text
  }

  /** The next thing to do; undefined: feed more, or answer what was asked. */
  poll(): UapiStep | undefined {
    while (this.#waiting === undefined) {
      const step = this.#steps.shift()
      if (step !== undefined) {
        if (step.kind === 'get' || step.kind === 'apply') this.#waiting = step.kind
        return step
      }
      const line = this.#closed ? undefined : this.#takeLine()
      if (line === undefined) return undefined
      this.#readLine(line)
    }
    return undefined
  }

  /** `told`: the configuration, or its lines as formatUapiGet makes them. */
  answerGet(told: UapiSnapshot | string): void {
    if (this.#waiting !== 'get') throw new Error('answerGet without a get')
    this.#waiting = undefined
    this.#steps.unshift({ kind: 'write', text: `${typeof told === 'string' ? told : formatUapiGet(told)}errno=0\n\n` })
  }

  /** How the device took the last change: 0, or a positive errno such as ERRNO.EADDRINUSE, which ends the request. */
  applied(errno: number): void {
    if (this.#waiting !== 'apply') throw new Error('applied without an apply')
    this.#waiting = undefined
    if (errno === 0) return
    const ended = this.#mode.kind === 'operation'
    this.#steps.length = 0
    if (ended) this.#answer(errno)
    else this.#mode = { kind: 'failed', errno }
  }

  #takeLine(): string | undefined {
    const end = this.#buffer.indexOf('\n')
    if (end < 0) {
      if (this.#buffer.length > LONGEST_LINE) this.#close()
      return undefined
    }
    const line = this.#buffer.slice(0, end)
    this.#buffer = this.#buffer.slice(end + 1)
    return line
  }

  #readLine(line: string): void {
    const mode = this.#mode
    switch (mode.kind) {
      case 'operation':
        if (line === 'get=1') this.#mode = { kind: 'get' }
        else if (line === 'set=1') this.#mode = { kind: 'device' }
        else this.#close()
        return
      case 'get':
        if (line !== '') {
          this.#mode = { kind: 'failed', errno: ERRNO.EINVAL }
          return
        }
        this.#mode = { kind: 'operation' }
        this.#steps.push({ kind: 'get' })
        return
      case 'failed':
        if (line === '') this.#answer(mode.errno)
        return
      case 'device':
      case 'peer':
        if (line === '') {
          this.#flushPeer()
          this.#answer(0)
        } else this.#setLine(line)
    }
  }

  #setLine(line: string): undefined {
    const equals = line.indexOf('=')
    if (equals < 0) return this.#fail(ERRNO.EPROTO)
    const key = line.slice(0, equals)
    const value = line.slice(equals + 1)
    if (key === 'public_key') {
      const bytes = keyFromHex(value)
      if (bytes === undefined) return this.#fail(ERRNO.EINVAL)
      this.#flushPeer()
      this.#mode = { kind: 'peer', peer: freshPeer(keyToBase64(bytes) as PublicKey) }
      return undefined
    }
    const done = this.#mode.kind === 'peer' ? this.#peerLine(this.#mode, key, value) : this.#deviceLine(key, value)
    if (!done) this.#fail(ERRNO.EINVAL)
  }

  #deviceLine(key: string, value: string): boolean {
    const change = deviceChange(key, value)
    if (change === undefined) return false
    this.#steps.push({ kind: 'apply', change })
    return true
  }

  #peerLine(mode: { peer: PeerDraft }, key: string, value: string): boolean {
    const peer = peerLine(mode.peer, key, value, this.#indexOf)
    if (peer === undefined) return false
    mode.peer = peer
    return true
  }

  #flushPeer(): void {
    if (this.#mode.kind !== 'peer') return
    const { peer } = this.#mode
    const peers = [...peer.earlier, peer].map(peerChange)
    this.#steps.push({ kind: 'apply', change: { peers } })
  }

  /** Lines before the bad one stay applied. */
  #fail(errno: number): undefined {
    this.#flushPeer()
    this.#mode = { kind: 'failed', errno }
  }

  #answer(errno: number): void {
    this.#mode = { kind: 'operation' }
    this.#steps.push({ kind: 'write', text: `errno=${errno === 0 ? 0 : -errno}\n\n` })
  }

  #close(): void {
    this.#closed = true
    this.#buffer = ''
    this.#steps.push({ kind: 'close' })
  }
}

function freshPeer(publicKey: PublicKey): PeerDraft {
  return { publicKey, remove: false, updateOnly: false, replaceAllowedIps: false, allowedIps: [], earlier: [] }
}

function peerChange({ remove, updateOnly, replaceAllowedIps, allowedIps, earlier: _, ...rest }: PeerDraft): PeerChange {
  return {
    ...rest,
    ...(remove ? { remove } : {}),
    ...(updateOnly ? { updateOnly } : {}),
    ...(replaceAllowedIps ? { replaceAllowedIps } : {}),
    ...(allowedIps.length === 0 ? {} : { allowedIps }),
  }
}

function deviceChange(key: string, value: string): DeviceChange | undefined {
  if (key === 'private_key') {
    const secret = secretOf(value)
    return secret === undefined ? undefined : { privateKey: secret }
  }
  if (key === 'listen_port') {
    const listenPort = decimal(value, 65535)
    return listenPort === undefined ? undefined : { listenPort }
  }
  if (key === 'fwmark') {
    const fwmark = decimal(value, 0xffffffff)
    return fwmark === undefined ? undefined : { fwmark }
  }
  return key === 'replace_peers' && value === 'true' ? { replacePeers: true } : undefined
}

/**
 * Lines count in their order: ranges that come before a `replace_allowed_ips`, `update_only` or `remove` have been taken
 * from other peers when it comes, as wireguard-go does it. What was added until now is a change of its own.
 */
function begunAnew(peer: PeerDraft): PeerDraft {
  if (peer.allowedIps.length === 0) return peer
  peer.earlier.push(peer)
  return { ...peer, replaceAllowedIps: false, allowedIps: [] }
}

/** The peer with one line more; undefined when the line is wrong. */
function peerLine(
  peer: PeerDraft,
  key: string,
  value: string,
  indexOf: ((zone: string) => number | undefined) | undefined,
): PeerDraft | undefined {
  switch (key) {
    case 'update_only':
      return value === 'true' ? { ...begunAnew(peer), updateOnly: true } : undefined
    case 'remove':
      return value === 'true' ? { ...begunAnew(peer), remove: true } : undefined
    case 'replace_allowed_ips':
      return value === 'true' ? { ...begunAnew(peer), replaceAllowedIps: true } : undefined
    case 'protocol_version':
      return value === '1' ? peer : undefined
    case 'preshared_key': {
      const presharedKey = secretOf(value)
      return presharedKey === undefined ? undefined : { ...peer, presharedKey }
    }
    case 'endpoint': {
      const endpoint = parseEndpoint(value, indexOf)
      return endpoint === undefined ? undefined : { ...peer, endpoint }
    }
    case 'persistent_keepalive_interval': {
      const seconds = decimal(value, 65535)
      return seconds === undefined ? undefined : { ...peer, persistentKeepalive_s: seconds }
    }
    case 'allowed_ip': {
      const remove = value.startsWith('-')
      const prefix = value.includes('/') ? parsePrefix(remove ? value.slice(1) : value) : undefined
      if (prefix === undefined) return undefined
      peer.allowedIps.push(remove ? { ...prefix, remove } : prefix)
      return peer
    }
    default:
      return undefined
  }
}

/** null: the zero key, that is none. */
function secretOf(hex: string): Key | null | undefined {
  const bytes = keyFromHex(hex)
  if (bytes === undefined) return undefined
  const key = new Key(bytes)
  bytes.fill(0)
  return key.isZero() ? null : key
}

function decimal(text: string, most: number): number | undefined {
  return /^[0-9]+$/.test(text) && Number(text) <= most ? Number(text) : undefined
}
