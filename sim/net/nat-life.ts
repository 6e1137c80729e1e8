/**
 * How long what a NAT remembers lives while it is idle: by protocol, by what was seen of it so far, by destination port.
 * A mapping has such a track, and each remote end of it has its own.
 */
import type { Instant } from '../../impl/box.ts'
import { ACK, FIN, RST, SYN } from '../../impl/ip/tcp.ts'
import type { NatParameters } from '../../scenarios/language/nat-parameters.ts'
import { durationNs } from '../../scenarios/language/quantity.ts'
import type { FlowProtocol } from './flow.ts'
import { type Key, NOBODY } from './nat-key.ts'

/** Of a connection: its handshake, its life, after the first FIN, after a RST. */
export type TcpState = 'syn' | 'established' | 'closing' | 'reset'

/** What was seen of a mapping, or of one remote end of it. */
export interface Track {
  /** When its first packet passed. */
  born: Instant
  /** When it was last refreshed. */
  refreshed: Instant
  /** Packets of the inside: none, one, or more. */
  sent: 0 | 1 | 2
  /** Something came back. */
  replied: boolean
  /** Answered, and old enough. */
  stream: boolean
  tcp: TcpState
  /** Nothing that passes can change it any more: most packets of most flows find it so. */
  settled: boolean
  /** Which of the lives is its own now. */
  life: number
  /** The host of a remote end of TCP, whose sessions are kept by connection; else 0. */
  readonly host: Key
}

/** The lives of UDP by what was seen, of ICMP, and of TCP by state; those of special ports come after them. */
const FIRST = 0
const UNREPLIED = 1
const REPLIED = 2
const STREAM = 3
const QUERY = 4
const TCP: Readonly<Record<TcpState, number>> = { syn: 5, established: 6, closing: 7, reset: 8 }
const SPECIAL = 9

export class Lives {
  readonly #streamAfter: number
  /** ns */
  readonly #lives: readonly number[]
  /** By destination port, the place among the lives. */
  readonly #ports: ReadonlyMap<number, number>

  constructor(parameters: NatParameters) {
    const { timeout_first, timeout_unreplied, timeout, timeout_stream, query, tcp, timeout_ports } = parameters
    const special = Object.entries(timeout_ports)
    this.#streamAfter = durationNs(parameters.stream_after)
    this.#lives = [
      ...[timeout_first, timeout_unreplied, timeout, timeout_stream, query.timeout],
      ...[tcp.timeout_syn, tcp.timeout, tcp.timeout_closing, tcp.timeout_reset],
      ...special.map(([, life]) => life),
    ].map(durationNs)
    this.#ports = new Map(special.map(([port], i) => [Number(port), SPECIAL + i]))
  }

  /** `port`: the remote port that it is opened to. */
  track(now: Instant, protocol: FlowProtocol, port: number, host: Key = NOBODY): Track {
    const special = protocol === 'udp' ? this.#ports.get(port) : undefined
    const life = special ?? (protocol === 'udp' ? FIRST : protocol === 'tcp' ? TCP.syn : QUERY)
    return { born: now, refreshed: now, sent: 0, replied: false, stream: false, tcp: 'syn', settled: false, life, host }
  }

  /** How long it may be idle now, ns. */
  of(track: Track): number {
    return this.#lives[track.life]!
  }

  /** The inside sends. Whether that may have changed how long it lives. */
  sent(now: Instant, protocol: FlowProtocol, track: Track, flags: number | undefined): boolean {
    if (track.settled) return false
    this.#age(now, track)
    if (track.sent < 2) track.sent = track.sent === 0 ? 1 : 2
    if (protocol === 'tcp') follow(track, flags ?? ACK, 'out')
    return this.#judge(protocol, track)
  }

  /** The outside answers. An answer itself still finds the flow unanswered, as in nf_conntrack_udp_packet. */
  answered(now: Instant, protocol: FlowProtocol, track: Track, flags: number | undefined): boolean {
    if (track.settled) return false
    this.#age(now, track)
    track.replied = true
    if (protocol === 'tcp') follow(track, flags ?? ACK, 'in')
    return this.#judge(protocol, track)
  }

  #age(now: Instant, track: Track): void {
    if (track.replied && !track.stream && now - track.born > this.#streamAfter) track.stream = true
  }

  #judge(protocol: FlowProtocol, track: Track): boolean {
    const before = track.life
    if (protocol === 'tcp') {
      track.life = TCP[track.tcp]
      return track.life !== before
    }
    track.settled = track.stream && track.sent === 2
    if (protocol === 'icmp' || before >= SPECIAL) return false
    track.life = track.replied ? (track.stream ? STREAM : REPLIED) : track.sent < 2 ? FIRST : UNREPLIED
    return track.life !== before
  }
}

/** No sequence numbers are looked at: whatever passes the filter counts. */
function follow(track: Track, flags: number, way: 'in' | 'out'): void {
  if ((flags & RST) !== 0) {
    track.tcp = 'reset'
  } else if ((flags & SYN) !== 0) {
    // A new connection between the same ends.
    if (way === 'out' && (flags & ACK) === 0 && track.tcp !== 'syn') {
      track.tcp = 'syn'
      track.replied = false
    }
  } else if ((flags & FIN) !== 0) {
    if (track.tcp !== 'reset') track.tcp = 'closing'
  } else if (way === 'out' && track.replied && track.tcp === 'syn') {
    track.tcp = 'established'
  } else if (way === 'in' && track.sent === 2 && track.tcp === 'syn') {
    track.tcp = 'established'
  }
}
