/** Which packets a cable loses, by chance and by time. Each mechanism draws from its own stream, for every packet while it is on. */
import type { Random } from '../../impl/box.ts'
import { durationNs } from '../../scenarios/language/quantity.ts'
import type { Link } from '../../scenarios/language/topology.ts'
import type { NetDrop } from './drops.ts'
import { Dice } from './faults.ts'
import { Chain } from './jitter.ts'

const TWO_32 = 0x1_0000_0000

export interface Loss {
  readonly reason: NetDrop
  readonly detail?: string
}

const BY_CHANCE: Loss = { reason: 'link-loss' }
const BAD_STATE: Loss = { reason: 'gilbert-elliott-loss' }

export class Losses {
  readonly #plain: Dice
  readonly #chain: Chain
  /** Of 2^32: for the draws that resemble each other. */
  #threshold = 0
  readonly #states: GilbertElliott
  readonly #burst: Burst
  #blackouts: readonly Blackout[] = []

  constructor(random: Random) {
    this.#plain = new Dice(random.split('loss'))
    this.#chain = new Chain(random.split('loss-correlation'))
    this.#states = new GilbertElliott(random.split('gilbert-elliott'))
    this.#burst = new Burst(random.split('loss-burst'))
  }

  set(link: Link): void {
    const { loss = 0, loss_correlation: correlation = 0 } = link
    const correlated = loss > 0 && correlation > 0
    this.#plain.set(correlated ? 0 : loss)
    this.#threshold = correlated ? Math.round(loss * TWO_32) : 0
    this.#chain.set(correlation)
    this.#states.set(link.gilbert_elliott)
    this.#burst.set(link.loss_burst)
    this.#blackouts = (link.blackouts ?? []).map(each => ({
      at: durationNs(each.at),
      for: durationNs(each.for),
      every: each.every === undefined ? undefined : durationNs(each.every),
    }))
  }

  /** Whether anything can be lost. */
  get isOn(): boolean {
    const chance = this.#plain.isOn || this.#threshold > 0 || this.#states.isOn || this.#burst.isOn
    return chance || this.#blackouts.length > 0
  }

  /** What chance has in mind for the next packet. Asked once for each, whatever else happens to it. */
  draw(): Loss | undefined {
    const plain = this.#plain.roll()
    const correlated = this.#threshold > 0 && this.#chain.draw() < this.#threshold
    const bad = this.#states.isOn && this.#states.roll()
    const burst = this.#burst.isOn ? this.#burst.roll() : undefined
    if (plain || correlated) return BY_CHANCE
    return bad ? BAD_STATE : burst
  }

  /** Whether the cable is in a blackout. */
  isDark(now: number): boolean {
    return this.#blackouts.some(each => isWithin(each, now))
  }
}

interface Blackout {
  readonly at: number
  readonly for: number
  readonly every: number | undefined
}

function isWithin({ at, for: length, every }: Blackout, now: number): boolean {
  if (now < at) return false
  return (every === undefined ? now - at : (now - at) % every) < length
}

/** Two states; first it may change, then the new one may lose the packet. It begins in the good one. */
export class GilbertElliott {
  readonly #toBad: Dice
  readonly #toGood: Dice
  readonly #whenGood: Dice
  readonly #whenBad: Dice
  #bad = false
  #on = false

  constructor(random: Random) {
    this.#toBad = new Dice(random.split('p'))
    this.#toGood = new Dice(random.split('r'))
    this.#whenGood = new Dice(random.split('good'))
    this.#whenBad = new Dice(random.split('bad'))
  }

  set(options: Link['gilbert_elliott']): void {
    this.#on = options !== undefined
    if (options === undefined) {
      this.#bad = false
      return
    }
    this.#toBad.set(options.p)
    this.#toGood.set(options.r)
    this.#whenGood.set(options.good ?? 0)
    this.#whenBad.set(options.bad ?? 1)
  }

  get isOn(): boolean {
    return this.#on
  }

  roll(): boolean {
    // All four are asked, so that the state never moves the draws.
    const toBad = this.#toBad.roll()
    const toGood = this.#toGood.roll()
    const good = this.#whenGood.roll()
    const bad = this.#whenBad.roll()
    this.#bad = this.#bad ? !toGood : toBad
    return this.#bad ? bad : good
  }
}

/** So many in a row. */
class Burst {
  readonly #dice: Dice
  #length = 1
  #left = 0

  constructor(random: Random) {
    this.#dice = new Dice(random)
  }

  set(options: Link['loss_burst']): void {
    this.#dice.set(options?.chance ?? 0)
    this.#length = options?.length ?? 1
    if (options === undefined) this.#left = 0
  }

  get isOn(): boolean {
    return this.#dice.isOn || this.#left > 0
  }

  roll(): Loss | undefined {
    const begins = this.#dice.roll()
    if (this.#left === 0 && begins) this.#left = this.#length
    if (this.#left === 0) return undefined
    const nth = this.#length - this.#left + 1
    this.#left--
    return { reason: 'burst-loss', detail: `${nth} of ${this.#length} in a row` }
  }
}
