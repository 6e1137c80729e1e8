/** What the machines of a generated scenario send, and when: away from the protocol's own deadlines. */
import type { Step } from '../language/step.ts'
import type { Chance } from './chance.ts'
import type { Name } from './topology.ts'

/** Kernel and paper alike, seconds: what happens so long after a packet depends on the timer, not on the traffic. */
const DEADLINES_S = [5, 10, 15, 25, 90, 120, 165, 180] as const
/** Jitter of a third of a second may come before or after, and a step of the wheel. */
const BEFORE_S = 0.4
const AFTER_S = 1.2
const TRIES = 40

export interface TrafficOptions {
  readonly names: readonly Name[]
  /** Address in the tunnel by name. */
  readonly inner: (name: Name, family: 4 | 6) => string
  readonly both: boolean
  readonly seconds: number
  /** Packets get lost on the way. */
  readonly lossy: boolean
}

const SIZES = [0, 16, 56, 100, 700, 1200, 1372, 2000] as const
/** Never in pieces: of what arrives in part the receiver speaks half a minute later, by a timer of no great care. */
const WHOLE_SIZES = [0, 16, 56, 100, 700, 1200] as const

/** Steps in the order of their time. */
export function traffic(chance: Chance, { names, inner, both, seconds, lossy }: TrafficOptions): Step[] {
  const times: number[] = []
  const found: { readonly at: number; readonly step: Step }[] = []
  const wanted = 3 + chance.below(7)
  for (let n = 0; n < wanted; n++) {
    const own = chance.split(`${n}`)
    const count = own.pick([1, 1, 2, 3, 5])
    const interval = own.pick([0.02, 0.2, 1])
    const at = place(own, times, seconds, count, interval)
    if (at === undefined) continue
    for (let i = 0; i < count; i++) times.push(at + i * interval)
    const from = own.below(names.length)
    // The first machine is the middle of the star: who is not it speaks to it.
    const to = from === 0 ? 1 + own.below(names.length - 1) : 0
    const [sender, receiver] = [names[from], names[to]]
    if (sender === undefined || receiver === undefined) continue
    const family = both && own.percent(40) ? 6 : 4
    const address = inner(receiver, family)
    const common = { at: `${at}s` as const, name: `t${n}`, from: sender, count, interval: `${interval}s` as const }
    const size = own.pick<number>(lossy ? WHOLE_SIZES : SIZES)
    const step: Step = own.percent(60)
      ? { do: 'ping', ...common, to: address, size }
      : { do: 'send', ...common, to: `${family === 6 ? `[${address}]` : address}:${own.pick([7, 9])}`, size }
    found.push({ at, step })
  }
  return found.sort((a, b) => a.at - b.at).map(({ step }) => step)
}

function place(chance: Chance, times: readonly number[], seconds: number, count: number, interval: number) {
  for (let n = 0; n < TRIES; n++) {
    const at = 1 + chance.below((seconds - 20) * 10) / 10
    const own = Array.from({ length: count }, (_, i) => at + i * interval)
    if (own.every(one => times.every(other => isApart(Math.abs(one - other))))) return at
  }
  return undefined
}

function isApart(distance: number): boolean {
  return DEADLINES_S.every(deadline => distance < deadline - BEFORE_S || distance > deadline + AFTER_S)
}
