/** What two runs are compared by: the WireGuard messages that leave hosts, as the lab's own decoder reads them off the wire. */
import { addressText } from '../decode/address.ts'
import { decodeIp, decodeUdp } from '../decode/ip.ts'
import { messageKind } from '../decode/wireguard.ts'
import type { WireMessage } from '../language/parity.ts'
import type { Scenario } from '../language/scenario.ts'
import { packetText, type Row, type TraceSink } from '../language/trace.ts'
import { addressesOf } from './places.ts'
import { rowText } from './story.ts'

export interface WireRecording {
  readonly sink: TraceSink
  /** In the order of their time. */
  readonly messages: readonly WireMessage[]
  /** The last state of every peer of a host before that moment, and what left and reached it in the seconds before, a line each. */
  before(t: number, host: string): string[]
}

const FEW_PACKETS = 8

/** Listens to a run of this scenario. */
export function recordWire(scenario: Scenario): WireRecording {
  const owners = ownersOf(scenario)
  const ports = configuredPorts(scenario)
  const hosts = new Set(Object.keys(scenario.hosts))
  const messages: WireMessage[] = []
  const told: Row[] = []
  const place = (row: Row) => ('at' in row ? row.at.split(':', 1)[0] : row.host) ?? ''
  return {
    sink: {
      row(row) {
        if (row.kind === 'state' || row.kind === 'step') told.push(row)
        if (row.kind !== 'hop' || row.layer !== 'wire' || row.bytes === undefined) return
        if (row.dir !== 'out' && row.dir !== 'in') return
        const host = place(row)
        const message = messageKind(row.bytes)
        if (message === undefined || !hosts.has(host)) return
        told.push(row)
        if (row.dir === 'in') return
        const end = destination(row.bytes)
        if (end === undefined) return
        const to = `${end.address.includes(':') ? `[${end.address}]` : end.address}:${ports.has(end.port) ? end.port : '*'}`
        const peer = owners.get(end.address) ?? end.address
        messages.push({ t: row.t, host, peer, to, message, size: end.size, packet: packetText(row.packet) })
      },
    },
    messages,
    before(t, host) {
      const mine = told.filter(row => row.t <= t && place(row) === host)
      const states = new Map<string, Row>()
      for (const row of mine) if (row.kind === 'state') states.set(`${row.iface} ${row.peer}`, row)
      const rest = mine.filter(row => row.kind !== 'state').slice(-FEW_PACKETS)
      return [...states.values(), ...rest].toSorted((one, other) => one.t - other.t).map(rowText)
    },
  }
}

function destination(bytes: Uint8Array): { address: string; port: number; size: number } | undefined {
  const ip = decodeIp(bytes)
  const udp = ip === undefined ? undefined : decodeUdp(ip)
  if (ip === undefined || udp === undefined) return undefined
  return { address: addressText(ip.destination), port: udp.destinationPort, size: udp.size }
}

/** Address to the machine that has it at some time; of two, the one that the scenario names first. */
function ownersOf(scenario: Scenario): ReadonlyMap<string, string> {
  const owners = new Map<string, string>()
  for (const name of [...Object.keys(scenario.hosts), ...Object.keys(scenario.nats ?? {})]) {
    for (const address of addressesOf(scenario, name)) if (!owners.has(address)) owners.set(address, name)
  }
  return owners
}

/** Ports that somebody wrote down: the same in every run. */
function configuredPorts(scenario: Scenario): ReadonlySet<number> {
  const ports = new Set<number>()
  for (const { wg = {} } of Object.values(scenario.hosts)) {
    for (const text of Object.values(wg)) {
      for (const [, port] of text.matchAll(/^\s*ListenPort\s*=\s*(\d+)/gim)) ports.add(Number(port))
      for (const [, port] of text.matchAll(/^\s*Endpoint\s*=.*:(\d+)\s*(?:#.*)?$/gim)) ports.add(Number(port))
    }
  }
  return ports
}
