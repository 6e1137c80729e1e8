/**
 * What a cable does to packets by chance and by list. Each kind of fault draws from its own stream, once for every packet
 * that enters while its probability is not 0, whatever else happens to that packet: changing one setting never moves the
 * draws of another.
 */
import type { PacketId, Random } from '../../impl/box.ts'
import { PROTOCOL_UDP } from '../../impl/ip/ipv4.ts'
import { ipLength, ipProtocol, ipVersion, transportOffset } from '../../impl/ip/packet.ts'
import { UDP_HEADER } from '../../impl/ip/udp.ts'
import { messageKind } from '../../scenarios/decode/wireguard.ts'
import type { Link } from '../../scenarios/language/topology.ts'

const TWO_32 = 0x1_0000_0000

/** Yes or no with a probability that is a whole number of 2^-32 (rounded to the nearest). */
export class Dice {
  readonly #random: Random
  #threshold = 0

  constructor(random: Random) {
    this.#random = random
  }

  /** 0 … 1. */
  set(probability: number): void {
    this.#threshold = Math.round(probability * TWO_32)
  }

  /** Whether it draws at all. */
  get isOn(): boolean {
    return this.#threshold > 0
  }

  roll(): boolean {
    return this.isOn && this.#random.below(TWO_32) < this.#threshold
  }
}

/** An integer from 0 to `most` (up to 2^53 - 1), uniformly. */
export function drawUpTo(random: Random, most: number): number {
  if (most < TWO_32) return random.below(most + 1)
  const highest = Math.floor(most / TWO_32)
  for (;;) {
    const value = random.below(highest + 1) * TWO_32 + random.below(TWO_32)
    if (value <= most) return value
  }
}

/** Flips one bit of what the packet carries: the UDP payload, or the IP payload of all else. */
export class Corruption {
  readonly #dice: Dice
  /** Which bit: drawn for those that are hit. */
  readonly #bit: Random

  constructor(random: Random) {
    this.#dice = new Dice(random)
    this.#bit = random.split('bit')
  }

  set(probability: number): void {
    this.#dice.set(probability)
  }

  /** Whether it draws at all. */
  get isOn(): boolean {
    return this.#dice.isOn
  }

  /** The bytes with a bit flipped, in a copy; undefined when nothing is to change or there is nothing to flip. */
  apply(bytes: Uint8Array): Uint8Array | undefined {
    if (!this.#dice.roll()) return undefined
    const draw = this.#bit.below(TWO_32)
    const start = payloadStart(bytes)
    const bits = (bytes.length - start) * 8
    if (bits <= 0) return undefined
    // The product is below 2^51: exact.
    const bit = Math.floor((draw * bits) / TWO_32)
    const copy = bytes.slice()
    copy[start + (bit >>> 3)]! ^= 0x80 >>> (bit & 7)
    return copy
  }
}

interface LossRule {
  /** Undefined: packets of all kinds, of WireGuard or not. */
  readonly message: string | undefined
  readonly least: number
  readonly most: number
  /** Undefined: all of them. */
  readonly nth: ReadonlySet<number> | undefined
  readonly what: string
  seen: number
}

/** Exactly these: the nth packets that carry a message, that enter, or that have a size. Each rule counts from when it was set. */
export class LossList {
  readonly #rules: readonly LossRule[]

  constructor(rules: NonNullable<Link['lose']>) {
    this.#rules = rules.map(rule => {
      const nth = rule.nth === undefined ? undefined : new Set(rule.nth)
      const any = { least: 0, most: Number.MAX_SAFE_INTEGER, nth, seen: 0 }
      if ('message' in rule) return { ...any, message: rule.message, what: rule.message }
      if (!('size' in rule)) return { ...any, message: undefined, what: 'packet' }
      const { min = 0, max } = rule.size
      const what = `packet of ${max === undefined ? `${min} bytes or more` : `${min} to ${max} bytes`}`
      return { ...any, message: undefined, what, least: min, most: max ?? any.most }
    })
  }

  /** Whether it takes nothing, whatever comes. */
  get isEmpty(): boolean {
    return this.#rules.length === 0
  }

  /** What the list says of this packet, as `initiation number 2`: undefined when it may pass. Counts it in every rule. */
  takes(bytes: Uint8Array): string | undefined {
    if (this.#rules.length === 0) return undefined
    const message = messageKind(bytes)
    let why: string | undefined
    for (const rule of this.#rules) {
      if (rule.message !== undefined && (message === undefined || (rule.message !== 'any' && rule.message !== message)))
        continue
      if (bytes.length < rule.least || bytes.length > rule.most) continue
      rule.seen++
      if (rule.nth === undefined || rule.nth.has(rule.seen)) why ??= `${rule.what} number ${rule.seen}`
    }
    return why
  }
}

/** Numbers the copies of a packet, so that no two of them are the same. One for all cables of a world. */
export class Copies {
  readonly #made = new Map<string, number>()

  /** 1 for the first copy of this packet, and so on. */
  next(id: PacketId): number {
    const key = `${id.box}/${id.n}`
    const copy = (this.#made.get(key) ?? 0) + 1
    this.#made.set(key, copy)
    return copy
  }
}

/** Where the part that may be flipped starts: the length of the packet when there is none. */
function payloadStart(bytes: Uint8Array): number {
  const version = ipVersion(bytes)
  const header = version === 4 ? 20 : 40
  if ((version !== 4 && version !== 6) || bytes.length < header) return 0
  const transport = transportOffset(bytes)
  const payload = version === 4 ? (bytes[0]! & 15) << 2 : header
  if (transport < 0 || ipProtocol(bytes) !== PROTOCOL_UDP) return payload
  const data = transport + UDP_HEADER
  return data < Math.min(bytes.length, ipLength(bytes)) ? data : payload
}
