/** The ICMP error for a packet that the tunnel can not take (behaviours 101, 102), as a packet for the TUN. */
import { buildIcmpError, mayAnswerWithError } from '../ip/icmp.ts'
import { checkIp, ipDestination } from '../ip/packet.ts'

/** The kernel's default for all hosts together: net.ipv4.icmp_msgs_per_sec and icmp_msgs_burst. */
const PER_SECOND = 1000
const BURST = 50

export class Unreachable {
  #tokens = BURST
  #at_ms = 0

  /**
   * `now_ms`: any clock that goes forward. undefined when no error may or need be sent. It speaks in the name of the
   * destination: an address of this host would be refused by the kernel, as it came from outside.
   */
  answer(original: Uint8Array, now_ms: number): Uint8Array | undefined {
    const error = { kind: 'host-unreachable' } as const
    if (checkIp(original) !== undefined || !mayAnswerWithError(original, error)) return undefined
    this.#tokens = Math.min(BURST, this.#tokens + ((now_ms - this.#at_ms) * PER_SECOND) / 1000)
    this.#at_ms = now_ms
    if (this.#tokens < 1) return undefined
    this.#tokens--
    return buildIcmpError({ source: Uint8Array.from(ipDestination(original)), error, original })
  }
}
