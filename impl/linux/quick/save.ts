/** SaveConfig: the file becomes what the interface is now. Comments are lost, as with wg-quick. */
import { spawnSync } from 'node:child_process'
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import type { AllowedIpValue, Conf, EndpointValue, InterfaceConf, Item, PeerConf } from '../../config/conf.ts'
import { formatConf } from '../../config/conf.ts'
import { formatPrefix, parseEndpoint, parsePrefix } from '../../ip/address.ts'
import { type UapiDevice, type UapiPeer, uapiGet } from '../client.ts'
import { linkState } from '../link.ts'

/** Writes beside the file and moves it there, so that the file is never half. The new one is for its owner alone. */
export async function saveConf(iface: string, conf: Conf, file: string): Promise<void> {
  const text = formatConf(
    savedConf(conf, await uapiGet(iface), { addresses: addressesOf(iface, conf), mtu: linkState(iface)?.mtu }),
  )
  const passing = `${file}.tmp`
  rmSync(passing, { force: true })
  const fd = openSync(passing, 'wx', 0o600)
  try {
    writeSync(fd, text)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
  renameSync(passing, file)
}

export interface SavedState {
  /** `10.0.0.1/24` */
  readonly addresses: readonly string[]
  readonly mtu: number | undefined
}

/** What the file said of wg-quick's matters, with the addresses and peers of now. */
export function savedConf(conf: Conf, device: UapiDevice, state: SavedState): Conf {
  const face = conf.interface
  const kept: InterfaceConf = {
    ...PLACE,
    comments: [],
    ...(device.privateKey === undefined ? {} : { privateKey: item({ kind: 'literal', key: device.privateKey }) }),
    ...(device.listenPort === 0 ? {} : { listenPort: item(device.listenPort) }),
    ...(device.fwmark === 0 ? {} : { fwmark: item(device.fwmark) }),
    addresses: state.addresses.flatMap(text => parsePrefix(text) ?? []).map(item),
    dns: bare(face?.dns),
    ...(face?.mtu === undefined ? {} : { mtu: item(state.mtu ?? face.mtu.value) }),
    ...(face?.table === undefined ? {} : { table: item(face.table.value) }),
    ...(face?.saveConfig === undefined ? {} : { saveConfig: item(face.saveConfig.value) }),
    preUp: bare(face?.preUp),
    postUp: bare(face?.postUp),
    preDown: bare(face?.preDown),
    postDown: bare(face?.postDown),
  }
  return { ...conf, interface: kept, peers: device.peers.map(peerConf), trailing: [] }
}

const PLACE = { line: 1, column: 1 }

function peerConf(peer: UapiPeer): PeerConf {
  const endpoint = peer.endpoint === undefined ? undefined : endpointValue(peer.endpoint)
  return {
    ...PLACE,
    comments: [],
    publicKey: item({ kind: 'literal', key: peer.publicKey }),
    ...(peer.presharedKey === undefined ? {} : { presharedKey: item({ kind: 'literal', key: peer.presharedKey }) }),
    allowedIps: peer.allowedIps.flatMap((text): Item<AllowedIpValue>[] => {
      const prefix = parsePrefix(text)
      return prefix === undefined ? [] : [item(prefix)]
    }),
    ...(endpoint === undefined ? {} : { endpoint: item(endpoint) }),
    ...(peer.persistentKeepalive_s === 0 ? {} : { persistentKeepalive_s: item(peer.persistentKeepalive_s) }),
  }
}

function endpointValue(text: string): EndpointValue | undefined {
  const endpoint = parseEndpoint(text)
  if (endpoint === undefined) return undefined
  const { address, port, scope } = endpoint
  return { host: { kind: 'address', address, ...(scope === undefined ? {} : { zone: String(scope) }) }, port }
}

function item<T>(value: T): Item<T> {
  return { ...PLACE, value, comments: [] }
}

function bare<T>(items: readonly Item<T>[] | undefined): Item<T>[] {
  return (items ?? []).map(({ value }) => item(value))
}

interface Shown {
  readonly addr_info?: readonly { readonly local?: string; readonly prefixlen?: number; readonly scope?: string }[]
}

/** Those that the kernel gave by itself are its own business; one of the file is kept even so. */
function addressesOf(iface: string, conf: Conf): string[] {
  const written = new Set(conf.interface?.addresses.map(({ value }) => formatPrefix(value)))
  const { stdout } = spawnSync('ip', ['-j', 'address', 'show', 'dev', iface], { stdio: ['ignore', 'pipe', 'ignore'] })
  let shown: Shown[] = []
  try {
    shown = JSON.parse(stdout.toString()) as Shown[]
  } catch {
    return []
  }
  return (shown[0]?.addr_info ?? [])
    .filter(({ local, prefixlen, scope }) => scope !== 'link' || written.has(`${local}/${prefixlen}`))
    .map(({ local, prefixlen }) => `${local}/${prefixlen}`)
}
