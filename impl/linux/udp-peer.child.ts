/**
 * A UdpPeer as a process of its own, so that it can live in a network namespace. It reads one JSON object a line:
 * first how to open, then commands; it answers in JSON lines. It answers echo requests that come through the tunnel.
 * It ends with its standard input. For tests; the keys come in over the pipe and are printed nowhere.
 */
import { createInterface } from 'node:readline'
import type { DeviceChange } from '../api.ts'
import type { Address } from '../box.ts'
import { parseAddress, parseEndpoint, parsePrefix } from '../ip/address.ts'
import { buildIcmpEcho, ICMP_HEADER, icmpEcho, icmpEchoId, icmpEchoSequence, icmpProtocol } from '../ip/icmp.ts'
import { buildIp, checkIp, ipDestination, ipProtocol, ipSource, ipVersion, transportPayload } from '../ip/packet.ts'
import { Key, type PublicKey } from '../key.ts'
import { UdpPeer } from './udp-peer.ts'

export interface ChildOpen {
  readonly bind: string
  readonly listenPort: number
  readonly privateKey: string
  readonly pace: number
  readonly peer: { publicKey: string; presharedKey?: string; endpoint?: string; allowedIps: readonly string[] }
}

export type ChildCommand =
  | {
      readonly do: 'ping'
      readonly from: string
      readonly to: string
      readonly sequence: number
      readonly size: number
    }
  | { readonly do: 'status' }

export type ChildAnswer =
  | { readonly is: 'open'; readonly port: number }
  | { readonly is: 'pong'; readonly sequence: number; readonly size: number }
  | { readonly is: 'asked'; readonly sequence: number }
  | { readonly is: 'handshake'; readonly what: string }
  | { readonly is: 'key'; readonly what: string; readonly role: string | undefined }
  | { readonly is: 'drop'; readonly reason: string }
  | { readonly is: 'status'; readonly rx: number; readonly tx: number; readonly endpoint: boolean }

const ECHO_ID = 0x5747

let peer: UdpPeer | undefined

const lines = createInterface({ input: process.stdin })
lines.on('line', line => {
  if (peer === undefined) void open(JSON.parse(line))
  else obey(peer, JSON.parse(line))
})
lines.on('close', () => {
  peer?.close()
  process.exitCode = 0
})

function say(answer: ChildAnswer): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}

async function open(options: ChildOpen): Promise<void> {
  const opened = await UdpPeer.open(
    {
      name: 'child',
      address: options.bind,
      pace: options.pace,
      onInner: packet => receive(packet),
      onEvent: event => {
        if (event.kind === 'handshake') say({ is: 'handshake', what: event.what })
        if (event.kind === 'key') say({ is: 'key', what: event.what, role: event.role })
        if (event.kind === 'drop') say({ is: 'drop', reason: event.reason })
      },
    },
    changeOf(options),
  )
  peer = opened
  say({ is: 'open', port: opened.port })
}

function changeOf(options: ChildOpen): DeviceChange {
  const { peer: other } = options
  const endpoint = other.endpoint === undefined ? undefined : parseEndpoint(other.endpoint)
  return {
    privateKey: new Key(Buffer.from(options.privateKey, 'base64')),
    listenPort: options.listenPort,
    peers: [
      {
        publicKey: other.publicKey as PublicKey,
        ...(other.presharedKey === undefined
          ? {}
          : { presharedKey: new Key(Buffer.from(other.presharedKey, 'base64')) }),
        ...(endpoint === undefined ? {} : { endpoint }),
        allowedIps: other.allowedIps.map(text => parsePrefix(text)).filter(prefix => prefix !== undefined),
      },
    ],
  }
}

function receive(packet: Uint8Array): void {
  const source = Uint8Array.from(ipSource(packet))
  if (checkIp(packet) !== undefined || ipProtocol(packet) !== icmpProtocol(source)) return
  const message = transportPayload(packet)
  const echo = icmpEcho(message, ipVersion(packet) === 4 ? 4 : 6)
  if (echo === undefined) return
  const sequence = icmpEchoSequence(message)
  const payload = message.subarray(ICMP_HEADER)
  if (echo === 'reply') return say({ is: 'pong', sequence, size: payload.length })
  say({ is: 'asked', sequence })
  sendEcho(Uint8Array.from(ipDestination(packet)), source, { reply: true, id: icmpEchoId(message), sequence, payload })
}

function obey(device: UdpPeer, command: ChildCommand): void {
  if (command.do === 'status') {
    const status = device.status().peers[0]
    return say({
      is: 'status',
      rx: status?.rxBytes ?? 0,
      tx: status?.txBytes ?? 0,
      endpoint: status?.endpoint !== undefined,
    })
  }
  const [source, destination] = [parseAddress(command.from), parseAddress(command.to)]
  if (source === undefined || destination === undefined) throw new Error(`no addresses: ${command.from}, ${command.to}`)
  const payload = new Uint8Array(command.size).map((_, position) => position & 0xff)
  sendEcho(source, destination, { reply: false, id: ECHO_ID, sequence: command.sequence, payload })
}

interface Echo {
  readonly reply: boolean
  readonly id: number
  readonly sequence: number
  readonly payload: Uint8Array
}

function sendEcho(source: Address, destination: Address, echo: Echo): void {
  const message = buildIcmpEcho({ source, destination, ...echo })
  peer?.sendInner(
    buildIp({ source, destination, protocol: icmpProtocol(source), ttl: 64, tos: 0, id: 0, payload: message }),
  )
}
