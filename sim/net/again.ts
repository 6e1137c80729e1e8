/** Packets that enter a cable a second time: copies that come late, and old packets that the network sends again. */
import { type Instant, later, NEVER, type Random } from '../../impl/box.ts'
import { messageKind } from '../../scenarios/decode/wireguard.ts'
import { durationNs } from '../../scenarios/language/quantity.ts'
import type { Link } from '../../scenarios/language/topology.ts'
import type { Packet } from '../node.ts'
import { Dice } from './faults.ts'
import { type Due, Heap } from './heap.ts'

type Rule = NonNullable<Link['replays']>[number]

/** One that is kept for later. Its number as a copy is given when it enters. */
export interface Kept extends Due {
  readonly packet: Packet
  readonly via: Uint8Array | undefined
}

/** What is to enter later, the earliest first. */
export class Later {
  readonly #kept = new Heap<Kept>()
  #seq = 0

  /** What would come after the end of time never comes. */
  add(due: Instant, packet: Packet, via: Uint8Array | undefined): void {
    if (due < NEVER) this.#kept.push({ due, seq: this.#seq++, packet, via })
  }

  /** The next one that is due by now. */
  take(now: Instant): Kept | undefined {
    return this.deadline() <= now ? this.#kept.pop() : undefined
  }

  deadline(): Instant {
    return (this.#kept.peek()?.due ?? NEVER) as Instant
  }
}

/** Which packets are kept to be sent again, by the rules of a link. */
export class Replays {
  readonly #random: Random
  #rules: { readonly rule: Rule; readonly nth: ReadonlySet<number> | undefined; readonly dice: Dice; seen: number }[] =
    []

  constructor(random: Random) {
    this.#random = random
  }

  set(rules: readonly Rule[]): void {
    this.#rules = rules.map((rule, i) => {
      const dice = new Dice(this.#random.split(`${i}`))
      dice.set(rule.chance ?? 1)
      return { rule, nth: rule.nth === undefined ? undefined : new Set(rule.nth), dice, seen: 0 }
    })
  }

  get isOn(): boolean {
    return this.#rules.length > 0
  }

  /** Keeps what a rule takes of a packet that passes. */
  see(now: Instant, packet: Packet, via: Uint8Array | undefined, into: Later): void {
    const message = messageKind(packet.bytes)
    for (const each of this.#rules) {
      const { rule, nth } = each
      if (rule.message !== undefined && (message === undefined || (rule.message !== 'any' && rule.message !== message)))
        continue
      each.seen++
      const chosen = each.dice.roll()
      if (!chosen || (nth !== undefined && !nth.has(each.seen))) continue
      const after = durationNs(rule.after)
      for (let i = 1; i <= (rule.count ?? 1); i++) into.add(later(now, i * after), packet, via)
    }
  }
}
