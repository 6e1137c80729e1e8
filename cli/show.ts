/** `wglab show`: what `wg show` tells, and why packets were lost. */
import { Command } from 'commander'
import { keyToBase64 } from '../impl/config/base64.ts'
import { nodeCrypto } from '../impl/crypto/node/provider.ts'
import { follow, servedInterfaces, tunnelStatusOf, type UapiDevice, uapiGet } from '../impl/linux/client.ts'
import { nameProblem, SOCKET_FOLDER } from '../impl/linux/names.ts'
import type { TunnelStatus } from '../impl/linux/status.ts'
import { EXIT, UserError } from './exit.ts'
import { showText } from './show-text.ts'

interface Flags {
  readonly json?: boolean
  readonly follow?: boolean
  readonly drops?: boolean
}

export function showCommand(): Command {
  return new Command('show')
    .description('Show tunnels as wg show does, and why packets were dropped.')
    .argument('[interface]', 'its name; default: all')
    .option('--json', 'as JSON: an object for one interface, a list for all')
    .option('--follow', 'print what happens, one JSON object a line, until Ctrl-C')
    .option('--drops', 'every recent drop, not the last alone')
    .addHelpText(
      'after',
      `
Examples:
  wglab show wg0 --drops
  wglab show wg0 --follow | jq 'select(.kind == "drop")'

Drops and events are told by wglab's own daemon alone; of others it shows what their control socket tells.
`,
    )
    .action((iface: string | undefined, flags: Flags) =>
      flags.follow === true ? followOne(iface, flags) : show(iface, flags),
    )
}

async function show(iface: string | undefined, flags: Flags): Promise<void> {
  const names = iface === undefined ? await servedInterfaces() : [checked(iface)]
  const all = await Promise.all(names.map(statusOf))
  if (flags.json === true) {
    process.stdout.write(`${JSON.stringify(iface === undefined ? all : all[0], undefined, 2)}\n`)
    return
  }
  if (names.length === 0 && process.getuid?.() !== 0) {
    process.stderr.write(`wglab: nothing to be seen; the sockets in ${SOCKET_FOLDER} are for root alone\n`)
  }
  const options = { now_ms: Date.now(), drops: flags.drops === true }
  process.stdout.write(all.map(status => showText(status, options)).join('\n'))
}

async function followOne(iface: string | undefined, flags: Flags): Promise<void> {
  const names = iface === undefined ? await servedInterfaces() : [checked(iface)]
  const [name, another] = names
  if (name === undefined || another !== undefined) {
    throw new UserError(`--follow wants one interface; there are ${names.length}: ${names.join(', ') || 'none'}`)
  }
  if (flags.drops === true) throw new UserError('--follow tells drops anyway; leave --drops out')
  try {
    await follow(name, line => process.stdout.write(`${line}\n`))
  } catch {
    throw nobody(name, 'a daemon of wglab')
  }
}

async function statusOf(iface: string): Promise<TunnelStatus> {
  const ours = await tunnelStatusOf(iface)
  if (ours !== undefined) return ours
  try {
    return foreign(iface, await uapiGet(iface), Date.now())
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined)
      throw new UserError(`${(error as Error).message}`, EXIT.failed)
    if ((error as NodeJS.ErrnoException).code === 'EACCES') {
      throw new UserError(`${iface}: its socket in ${SOCKET_FOLDER} is for root alone; try sudo`, EXIT.missing)
    }
    throw nobody(iface, 'a WireGuard')
  }
}

/** What another program's control socket tells: no drops, and not whether it is up. */
export function foreign(iface: string, device: UapiDevice, now_ms: number): TunnelStatus {
  const { privateKey } = device
  return {
    schema: 'wglab/tunnel@1',
    interface: iface,
    pid: 0,
    plane: 'of another program',
    lacks: [],
    public_key: privateKey === undefined ? null : keyToBase64(nodeCrypto.privateKey(privateKey.reveal()).publicKey),
    listen_port: device.listenPort,
    fwmark: device.fwmark,
    up: true,
    problem: null,
    under_load: false,
    peers: device.peers.map(peer => ({
      public_key: peer.publicKey,
      has_preshared_key: peer.presharedKey !== undefined,
      endpoint: peer.endpoint ?? null,
      allowed_ips: peer.allowedIps,
      latest_handshake_ms: peer.latestHandshake_ms === undefined ? null : sinceEpoch(peer.latestHandshake_ms, now_ms),
      rx_bytes: peer.rxBytes,
      tx_bytes: peer.txBytes,
      persistent_keepalive_s: peer.persistentKeepalive_s,
      staged: 0,
      drops: {},
      recent_drops: [],
    })),
    drops: {},
    recent_drops: [],
  }
}

/** boringtun tells how long ago it was, the others when (behaviour 148): nobody shook hands before 2001. */
function sinceEpoch(time_ms: number, now_ms: number): number {
  return time_ms < 1e12 ? now_ms - time_ms : time_ms
}

function checked(iface: string): string {
  const problem = nameProblem(iface)
  if (problem !== undefined) throw new UserError(problem)
  return iface
}

function nobody(iface: string, what: string): UserError {
  return new UserError(
    `${what} does not serve ${iface}: no socket of it answers in ${SOCKET_FOLDER} (of the kernel's own, wg show tells)`,
    EXIT.failed,
  )
}
