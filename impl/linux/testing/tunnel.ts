/** A WireGuard in a namespace, driven by the real `wg`. */
import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { join } from 'node:path'
import { nodeCrypto } from '../../crypto/node/provider.ts'
import type { Lab, Namespace } from './lab.ts'
import { type Finished, Hopeless, type Running, until } from './process.ts'
import { type Kind, program } from './programs.ts'
import { ifacePrefix, removeSocket, SOCKETS } from './sweep.ts'

/** Base64, both: for configuration files of tests alone. */
export interface KeyPair {
  readonly secret: string
  readonly public: string
}

export interface PeerDump {
  readonly publicKey: string
  readonly presharedKey: string
  readonly endpoint: string
  readonly allowedIps: string
  /** Unix seconds; 0 is never. boringtun tells seconds since. */
  readonly latestHandshake: number
  readonly rx: number
  readonly tx: number
  readonly keepalive: string
}

export interface Dump {
  readonly privateKey: string
  readonly publicKey: string
  readonly listenPort: number
  readonly fwmark: string
  readonly peers: readonly PeerDump[]
}

export interface PeerSection {
  readonly publicKey: string
  readonly presharedKey?: string
  readonly endpoint?: string
  readonly allowedIps: readonly string[]
  readonly keepalive?: number
}

export interface Section {
  readonly privateKey: string
  readonly listenPort?: number
  readonly peers: readonly PeerSection[]
}

/** A daemon that runs in the foreground, its interface and its control socket. */
export interface Tunnel {
  readonly kind: Kind
  readonly iface: string
  readonly namespace: Namespace
  readonly running: Running
  wg(...args: readonly string[]): Promise<string>
  tryWg(...args: readonly string[]): Promise<Finished>
  /** `wg setconf` with a file. */
  setconf(section: Section): Promise<void>
  /** Inner addresses with prefix, link up, and the MTU where it is given. */
  up(addresses: readonly string[], mtu?: number): Promise<void>
  dump(): Promise<Dump>
  peer(publicKey: string): Promise<PeerDump>
  /** Ends the daemon and waits until its socket is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>
}

let ifaces = 0

/** A name no other process uses, at most 15 bytes. */
export function freshIface(): string {
  return `${ifacePrefix(process.pid)}${ifaces++}`
}

export function freshKey(): KeyPair {
  const secret = new Uint8Array(randomBytes(32))
  return { secret: base64(secret), public: base64(nodeCrypto.privateKey(secret).publicKey) }
}

export function freshSecret(): string {
  return randomBytes(32).toString('base64')
}

/** Starts a WireGuard of the kind and waits until its control socket answers. */
export async function startTunnel(
  lab: Lab,
  namespace: Namespace,
  kind: Kind,
  iface = freshIface(),
  env: Readonly<Record<string, string>> = {},
): Promise<Tunnel> {
  const found = program(kind)
  if (found === undefined) throw new Error(`${kind} is not on this machine`)
  const running = await namespace.start(found.command, found.args(iface), { env: { ...found.env, ...env } })
  const tunnel: Tunnel = {
    kind,
    iface,
    namespace,
    running,
    wg: (...args) => namespace.run('wg', args),
    tryWg: (...args) => namespace.attempt('wg', args),
    setconf: async section =>
      void (await namespace.run('wg', ['setconf', iface, lab.file(`${iface}.conf`, configText(section))])),
    up: async (addresses, mtu) =>
      namespace.ip(
        ...addresses.map(each => `addr add ${each} dev ${iface}${each.includes(':') ? ' nodad' : ''}`),
        `link set ${iface}${mtu === undefined ? '' : ` mtu ${mtu}`} up`,
      ),
    dump: async () => parseDump(await namespace.run('wg', ['show', iface, 'dump'])),
    async peer(publicKey) {
      const peer = (await this.dump()).peers.find(each => each.publicKey === publicKey)
      if (peer === undefined) throw new Error(`${kind} does not know the peer`)
      return peer
    },
    async stop(signal) {
      await running.stop(signal)
      removeSocket(iface)
    },
  }
  await until(`the control socket of ${kind}`, async () => {
    const end = running.ended()
    if (end !== undefined) throw new Hopeless(`${kind} ended with ${end.status ?? end.signal}: ${running.output()}`)
    return (await listens(iface)) && (await tunnel.tryWg('show', iface)).status === 0
  })
  return tunnel
}

/** Asked without wg, which removes a socket that is bound and does not listen yet. */
function listens(iface: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(join(SOCKETS, `${iface}.sock`), () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}

/** The text of a `wg setconf` file. */
export function configText(section: Section): string {
  const lines = ['[Interface]', `PrivateKey = ${section.privateKey}`]
  if (section.listenPort !== undefined) lines.push(`ListenPort = ${section.listenPort}`)
  for (const peer of section.peers) lines.push('', ...peerLines(peer))
  return `${lines.join('\n')}\n`
}

/** A [Peer] section. */
export function peerLines(peer: PeerSection): string[] {
  return [
    '[Peer]',
    `PublicKey = ${peer.publicKey}`,
    ...(peer.presharedKey === undefined ? [] : [`PresharedKey = ${peer.presharedKey}`]),
    `AllowedIPs = ${peer.allowedIps.join(', ')}`,
    ...(peer.endpoint === undefined ? [] : [`Endpoint = ${peer.endpoint}`]),
    ...(peer.keepalive === undefined ? [] : [`PersistentKeepalive = ${peer.keepalive}`]),
  ]
}

function parseDump(text: string): Dump {
  const [first = '', ...rest] = text.trimEnd().split('\n')
  const [privateKey = '', publicKey = '', listenPort = '', fwmark = ''] = first.split('\t')
  const peers = rest.map(line => {
    const [key = '', presharedKey = '', endpoint = '', allowedIps = '', handshake, rx, tx, keepalive = ''] =
      line.split('\t')
    const counts = { latestHandshake: Number(handshake), rx: Number(rx), tx: Number(tx) }
    return { publicKey: key, presharedKey, endpoint, allowedIps, ...counts, keepalive }
  })
  return { privateKey, publicKey, listenPort: Number(listenPort), fwmark, peers }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
