/** What ICMP has told about the MTU of paths, by destination. */
import { type Address, type Instant, later, NS_PER_S } from '../../impl/box.ts'
import { formatAddress } from '../../impl/ip/address.ts'
import { IPV6_MIN_MTU } from './interfaces.ts'

/** Linux: net.ipv4.route.mtu_expires and net.ipv6.route.mtu_expires. */
export const PATH_MTU_EXPIRES_NS = 600 * NS_PER_S
/** Linux: net.ipv4.route.min_pmtu. */
const IPV4_MIN_PATH_MTU = 552

interface Known {
  readonly mtu: number
  readonly until: Instant
}

export class PathMtus {
  readonly #known = new Map<string, Known>()

  /**
   * A router said "too big, at most `mtu`". `before`: what was sent until now. Never more than before. Less than any path
   * of IPv6 may have is no news at all (RFC 8201 §4; Linux route.c: __ip6_rt_update_pmtu); in IPv4 it is believed half.
   */
  learn(now: Instant, destination: Address, mtu: number, before: number): void {
    const isIpv4 = destination.length === 4
    if (!isIpv4 && mtu < IPV6_MIN_MTU) return
    const believed = isIpv4 ? Math.max(mtu, IPV4_MIN_PATH_MTU) : mtu
    this.#known.set(formatAddress(destination), {
      mtu: Math.min(before, believed),
      until: later(now, PATH_MTU_EXPIRES_NS),
    })
  }

  /** Undefined when nothing was said in the last ten minutes. */
  lookup(now: Instant, destination: Address): Known | undefined {
    if (this.#known.size === 0) return undefined
    const key = formatAddress(destination)
    const known = this.#known.get(key)
    if (known === undefined || known.until > now) return known
    this.#known.delete(key)
    return undefined
  }
}
