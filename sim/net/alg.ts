/** Application-level gateways: what NATs do to payloads they believe to understand. WireGuard is none of these protocols. */
import { type Instant, NS_PER_S } from '../../impl/box.ts'
import { get16, set16 } from '../../impl/ip/bytes.ts'
import { onesSum, updateChecksum } from '../../impl/ip/checksum.ts'
import { PROTOCOL_UDP } from '../../impl/ip/ipv4.ts'
import { ipLength, ipProtocol, transportOffset } from '../../impl/ip/packet.ts'
import { UDP_HEADER } from '../../impl/ip/udp.ts'
import type { NatEdgeSpec } from '../../scenarios/language/nat-edge.ts'
import { type End, endKey } from './flow.ts'
import { endText } from './nat-state.ts'

type AlgName = NonNullable<NatEdgeSpec['alg']>[number]

const SIP_PORT = 5060
const DNS_PORT = 53
/** IKE, and IKE with ESP in UDP. */
const IPSEC_PORTS: ReadonlySet<number> = new Set([500, 4500])
/** How long an IPsec pass-through remembers whose it is. */
const IPSEC_IDLE = 300 * NS_PER_S
/** RFC 3261 §7, §27.4, and the methods registered since; a line end alone keeps a flow alive (RFC 5626 §3.5.1). */
const SIP_STARTS = [
  ...['INVITE ', 'ACK ', 'BYE ', 'CANCEL ', 'OPTIONS ', 'REGISTER ', 'SIP/2.0 ', 'PRACK ', 'SUBSCRIBE ', 'NOTIFY '],
  ...['PUBLISH ', 'INFO ', 'REFER ', 'MESSAGE ', 'UPDATE ', '\r\n'],
]

export class Algs {
  readonly #on: ReadonlySet<AlgName>
  /** By remote end: the inner host whose IPsec it is taken for. */
  readonly #ipsec = new Map<number | string, { readonly owner: string; until: number }>()

  constructor(names: readonly AlgName[]) {
    this.#on = new Set(names)
  }

  /** Why a packet of a flow does not pass; undefined: it may. `inside` and `remote` as the inside sees them. */
  refuses(now: Instant, packet: Uint8Array, inside: End, remote: End): string | undefined {
    if (this.#on.size === 0 || ipProtocol(packet) !== PROTOCOL_UDP) return undefined
    if (this.#on.has('sip') && (inside.port === SIP_PORT || remote.port === SIP_PORT) && !isSip(payloadOf(packet))) {
      return 'UDP port 5060, and no SIP'
    }
    if (!this.#on.has('ipsec') || !IPSEC_PORTS.has(remote.port)) return undefined
    const key = endKey(remote.address, remote.port)
    const known = this.#ipsec.get(key)
    const owner = inside.address.join('.')
    if (known !== undefined && known.until > now && known.owner !== owner)
      return `the pass-through to ${endText(remote)} belongs to another inner host`
    this.#ipsec.set(key, { owner, until: now + IPSEC_IDLE })
    return undefined
  }

  /** Changes the payload of a packet that is the box's own copy: each place that has the bytes of `from` gets those of `to`. */
  rewrite(packet: Uint8Array, from: Uint8Array, to: Uint8Array): void {
    if (!this.#on.has('payload') || from.length !== 4 || to.length !== 4 || ipProtocol(packet) !== PROTOCOL_UDP) return
    const at = transportOffset(packet)
    const end = ipLength(packet)
    if (at < 0 || at + UDP_HEADER > end) return
    const datagram = packet.subarray(at, end)
    const before = onesSum(datagram)
    let some = false
    for (let i = UDP_HEADER; i + 4 <= datagram.length; i++) {
      if (from.some((byte, k) => datagram[i + k] !== byte)) continue
      datagram.set(to, i)
      some = true
      i += 3
    }
    const old = get16(datagram, 6)
    if (!some || old === 0) return
    const sum = updateChecksum(old, before, onesSum(datagram))
    set16(datagram, 6, sum === 0 ? 0xffff : sum)
  }

  /** Whether the mapping ends with this answer. */
  closes(packet: Uint8Array, remote: End): boolean {
    return this.#on.has('dns') && remote.port === DNS_PORT && ipProtocol(packet) === PROTOCOL_UDP
  }

  /** As after a reboot. */
  clear(): void {
    this.#ipsec.clear()
  }
}

/** Only what has something in it can be told from SIP. */
function isSip(payload: Uint8Array): boolean {
  return SIP_STARTS.some(start => [...start].every((letter, i) => payload[i] === letter.charCodeAt(0)))
}

function payloadOf(packet: Uint8Array): Uint8Array {
  const at = transportOffset(packet)
  return at < 0 ? packet.subarray(0, 0) : packet.subarray(at + UDP_HEADER, ipLength(packet))
}
