/** The rules of a box on the way: what it blocks, and what it holds to a rate by dropping the rest (policing). */
import type { Prefix } from '../../impl/api.ts'
import type { Instant } from '../../impl/box.ts'
import { addressInPrefix, parsePrefix } from '../../impl/ip/address.ts'
import { get16 } from '../../impl/ip/bytes.ts'
import { PROTOCOL_ICMP, PROTOCOL_ICMPV6, PROTOCOL_TCP, PROTOCOL_UDP } from '../../impl/ip/ipv4.ts'
import { ipDestination, ipLength, ipProtocol, ipSource, transportOffset } from '../../impl/ip/packet.ts'
import type { GateSpec } from '../../scenarios/language/gate.ts'
import { rateBits } from '../../scenarios/language/quantity.ts'

/** Ten packets of 1500 bytes. */
const DEFAULT_BURST = 15_000
const NS_PER_S = 1_000_000_000

type Protocol = 'udp' | 'tcp' | 'icmp'

interface Rule {
  readonly protocol: Protocol | undefined
  readonly port: number | undefined
  readonly prefix: Prefix | undefined
}

interface Bucket extends Rule {
  readonly bits_per_s: number
  /** How far ahead of the clock the bucket may be, ns: the time in which a whole burst drains. */
  readonly burst_ns: number
  /** When what has passed will have drained. */
  full: number
}

export type Refused =
  | { readonly reason: 'blocked'; readonly reject: boolean; readonly detail: string }
  | { readonly reason: 'policed'; readonly reject: false; readonly detail: string }

export class Gate {
  readonly #blocks: readonly (Rule & { readonly reject: boolean })[]
  readonly #buckets: readonly Bucket[]

  constructor(spec: GateSpec) {
    this.#blocks = (spec.block ?? []).map(each => ({ ...ruleOf(each), reject: each.how === 'reject' }))
    this.#buckets = (spec.police ?? []).map(each => {
      const bits_per_s = rateBits(each.rate)
      const burst_ns = Math.floor(((each.burst ?? DEFAULT_BURST) * 8 * NS_PER_S) / bits_per_s)
      return { ...ruleOf(each), bits_per_s, burst_ns, full: 0 }
    })
  }

  /** Undefined: a sound packet may pass, and has taken its share of the rates. The first rule that refuses speaks. */
  refuses(now: Instant, packet: Uint8Array): Refused | undefined {
    for (const rule of this.#blocks) {
      if (matches(rule, packet)) return { reason: 'blocked', reject: rule.reject, detail: ruleText(rule) }
    }
    const taken: { readonly bucket: Bucket; readonly full: number }[] = []
    for (const bucket of this.#buckets) {
      if (!matches(bucket, packet)) continue
      const cost_ns = Math.ceil((ipLength(packet) * 8 * NS_PER_S) / bucket.bits_per_s)
      const full = Math.max(bucket.full, now) + cost_ns
      if (full - now > bucket.burst_ns) return { reason: 'policed', reject: false, detail: ruleText(bucket) }
      taken.push({ bucket, full })
    }
    for (const { bucket, full } of taken) bucket.full = full
    return undefined
  }
}

function ruleOf(spec: NonNullable<GateSpec['block']>[number] | NonNullable<GateSpec['police']>[number]): Rule {
  const prefix = spec.with === undefined ? undefined : parsePrefix(spec.with)
  if (spec.with !== undefined && prefix === undefined)
    throw new RangeError(`not an address: "${spec.with}" (write 192.0.2.0/24)`)
  return { protocol: spec.protocol, port: spec.port, prefix }
}

/** A later fragment has no port: a rule with a port does not see it. */
function matches(rule: Rule, packet: Uint8Array): boolean {
  const number = ipProtocol(packet)
  if (rule.protocol !== undefined && rule.protocol !== protocolOf(number)) return false
  const { prefix, port } = rule
  if (prefix !== undefined) {
    if (!addressInPrefix(ipSource(packet), prefix) && !addressInPrefix(ipDestination(packet), prefix)) return false
  }
  if (port === undefined) return true
  const at = transportOffset(packet)
  if ((number !== PROTOCOL_UDP && number !== PROTOCOL_TCP) || at < 0 || at + 4 > ipLength(packet)) return false
  return get16(packet, at) === port || get16(packet, at + 2) === port
}

function protocolOf(number: number): Protocol | undefined {
  if (number === PROTOCOL_UDP) return 'udp'
  if (number === PROTOCOL_TCP) return 'tcp'
  return number === PROTOCOL_ICMP || number === PROTOCOL_ICMPV6 ? 'icmp' : undefined
}

function ruleText({ protocol, port, prefix }: Rule): string {
  const where = prefix === undefined ? '' : ' with an end in its prefix'
  return `the rule about ${protocol ?? 'any protocol'}${port === undefined ? '' : `, port ${port}`}${where}`
}
