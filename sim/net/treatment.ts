/** What an internet or a router does to other people's packets besides forwarding them: marks, and ICMP that may not pass. */
import { type IcmpError, icmpEcho, icmpError, icmpProtocol } from '../../impl/ip/icmp.ts'
import { ipDestination, ipProtocol, ipTos, ipVersion, isFragment, transportPayload } from '../../impl/ip/packet.ts'
import { setTos } from '../../impl/ip/rewrite.ts'
import type { IcmpErrorName, IcmpMessageName } from '../../scenarios/language/policy.ts'

export interface TreatmentOptions {
  /** ICMP errors that it sends. Default true. */
  readonly icmp?: boolean | readonly IcmpErrorName[] | undefined
  /** Other people's ICMP that may pass. Default true. */
  readonly icmp_pass?: boolean | readonly IcmpMessageName[] | undefined
  readonly ecn?: 'pass' | 'bleach' | 'mark' | undefined
  readonly dscp?: 'pass' | 'bleach' | number | undefined
}

const CE = 3

/** Whether a box may say this error at all. */
export function mayTell(icmp: TreatmentOptions['icmp'], error: IcmpError): boolean {
  if (icmp === undefined || typeof icmp === 'boolean') return icmp ?? true
  return icmp.some(name => name === nameOf(error))
}

function nameOf({ kind }: IcmpError): IcmpErrorName {
  switch (kind) {
    case 'too-big':
    case 'port-unreachable':
      return kind
    case 'time-exceeded':
    case 'reassembly-timeout':
      return 'time-exceeded'
    case 'no-route':
    case 'host-unreachable':
    case 'protocol-unreachable':
    case 'prohibited':
      return 'no-route'
  }
}

export class Treatment {
  readonly #pass: TreatmentOptions['icmp_pass']
  readonly #ecn: NonNullable<TreatmentOptions['ecn']>
  readonly #dscp: NonNullable<TreatmentOptions['dscp']>

  constructor(options: TreatmentOptions) {
    this.#pass = options.icmp_pass
    this.#ecn = options.ecn ?? 'pass'
    this.#dscp = options.dscp ?? 'pass'
  }

  /** What it does not let pass, in words; undefined: it may. A sound packet. A later fragment does not say what it is, and passes. */
  refusal(packet: Uint8Array): string | undefined {
    const pass = this.#pass
    if (pass === undefined || pass === true) return undefined
    const version = ipVersion(packet) === 4 ? 4 : 6
    if (ipProtocol(packet) !== icmpProtocol(ipDestination(packet)) || isFragment(packet)) return undefined
    const name = messageName(transportPayload(packet), version)
    if (name === undefined) return pass === false ? 'ICMP of another kind' : undefined
    return pass !== false && pass.includes(name) ? undefined : `ICMP ${name}`
  }

  /** Changes the marks of a packet that is this box's own copy. */
  mark(packet: Uint8Array): void {
    if (this.#ecn === 'pass' && this.#dscp === 'pass') return
    const before = ipTos(packet)
    const after = (dscpOf(this.#dscp, before >>> 2) << 2) | ecnOf(this.#ecn, before & 3)
    if (after !== before) setTos(packet, after)
  }
}

function messageName(message: Uint8Array, version: 4 | 6): IcmpMessageName | undefined {
  if (icmpEcho(message, version) !== undefined) return 'echo'
  const error = icmpError(message, version)
  if (error === undefined) return undefined
  const name = nameOf(error)
  return name === 'too-big' || name === 'time-exceeded' ? name : 'unreachable'
}

function dscpOf(how: NonNullable<TreatmentOptions['dscp']>, dscp: number): number {
  return how === 'pass' ? dscp : how === 'bleach' ? 0 : how
}

/** RFC 3168 §5: what is not ECN-capable can not be marked. */
function ecnOf(how: NonNullable<TreatmentOptions['ecn']>, ecn: number): number {
  return how === 'bleach' ? 0 : how === 'mark' && ecn !== 0 ? CE : ecn
}
