/**
 * Whether two runs of one scenario are the same by the rule of parity: the same verdicts; per sender and direction the same
 * messages, types and sizes; times within the protocol's jitter and a step of the kernel's timer wheel. Order across senders
 * counts only where one message causes another, and there the times tell.
 */
import type { Divergence, MessageDivergence, WireMessage } from '../language/parity.ts'
import type { Scenario } from '../language/scenario.ts'
import type { CheckOutcome } from '../language/verdict.ts'

/** Kernel: what is added to the timers that lead to an initiation, a third of a second. */
const JITTER_NS = 333_000_000
/** The wheel of a kernel with HZ=250 for timers below 16.128 s, and for those above. */
const STEP_NS = 256_000_000
const LONG_STEP_NS = 2_048_000_000
const LONG_TIMER_S = 16
/** Reading a clock, running a command: a guest's time passes a little. */
const SLACK_NS = 5_000_000
/** So long a message can be the cause of another: keys live 180 s, and the last try for a new one 90 s more. */
const MEMORY_NS = 300_000_000_000

export interface Side {
  readonly messages: readonly WireMessage[]
  readonly checks: readonly CheckOutcome[]
  /** Nanoseconds. */
  readonly ended_at: number
}

/** `same timers`: both are late by the same rule, so that nothing but jitter makes them differ. */
export type Timers = 'any timers' | 'same timers'

/** Everything that differs, first by time; verdicts last. Empty: the same. */
export function compareRuns(scenario: Scenario, a: Side, b: Side, timers: Timers = 'any timers'): Divergence[] {
  return [...compareMessages(scenario, a, b, timers), ...compareChecks(a.checks, b.checks)]
}

function compareChecks(a: readonly CheckOutcome[], b: readonly CheckOutcome[]): Divergence[] {
  const others = new Map(b.map(each => [each.name, each]))
  return a.flatMap(({ name, result, actual }): Divergence[] => {
    const other = others.get(name)
    // What one cast can not show is no difference.
    if (other === undefined || other.result === result) return []
    if (result === 'unsupported' || other.result === 'unsupported') return []
    return [{ kind: 'check', check: name, a: `${result}: ${actual}`, b: `${other.result}: ${other.actual}` }]
  })
}

/** Messages that can stand for each other, in the order of time. */
const classOf = ({ host, peer, to, message, size }: WireMessage) => `${host} ${peer} ${to} ${message} ${size}`

function compareMessages(scenario: Scenario, a: Side, b: Side, timers: Timers): MessageDivergence[] {
  const steps = stepsOf(scenario)
  const waiting = new Map<string, WireMessage[]>()
  for (const message of b.messages) {
    const list = waiting.get(classOf(message))
    if (list === undefined) waiting.set(classOf(message), [message])
    else list.push(message)
  }
  const shifts = new Shifts(timers)
  const found: MessageDivergence[] = []
  const unmatched: { readonly message: WireMessage; readonly allowed: readonly [number, number] }[] = []
  for (const message of a.messages) {
    const allowed = shifts.allowed(message, steps.get(message.host) ?? STEP_NS)
    const list = waiting.get(classOf(message)) ?? []
    const at = list.findIndex(other => within(other.t - message.t, allowed))
    const other = list[at]
    if (other === undefined) {
      unmatched.push({ message, allowed })
      continue
    }
    list.splice(at, 1)
    shifts.add(message.t, other.t - message.t)
  }
  const last = Math.min(a.ended_at, b.ended_at)
  for (const { message, allowed } of unmatched) {
    // It may be on its way: the other run has ended by then.
    if (message.t + allowed[1] >= last) continue
    const list = waiting.get(classOf(message)) ?? []
    const other = list.shift()
    if (other === undefined) found.push({ kind: 'message', how: 'only-a', a: message })
    else found.push({ kind: 'message', how: 'time', a: message, b: other, allowed })
  }
  for (const list of waiting.values()) {
    for (const message of list) {
      const [least] = shifts.allowed(message, steps.get(message.host) ?? STEP_NS)
      if (message.t - least < last) found.push({ kind: 'message', how: 'only-b', b: message })
    }
  }
  return found.sort((one, other) => timeOf(one) - timeOf(other))
}

/** When the two began to differ, ns. */
export function timeOf(divergence: Divergence): number {
  if (divergence.kind === 'check') return Number.POSITIVE_INFINITY
  return Math.min(divergence.a?.t ?? Number.POSITIVE_INFINITY, divergence.b?.t ?? Number.POSITIVE_INFINITY)
}

function within(shift: number, [least, most]: readonly [number, number]): boolean {
  return shift >= least && shift <= most
}

/**
 * How far B was behind A (or, negative, ahead) at the messages so far. What a message causes is as far behind as it was,
 * and by its own timer's lateness more; what a step of the scenario causes is on time in both.
 */
class Shifts {
  readonly #timers: Timers
  #recent: { readonly t: number; readonly shift: number }[] = []

  constructor(timers: Timers) {
    this.#timers = timers
  }

  add(t: number, shift: number): void {
    if (Math.abs(shift) <= SLACK_NS) return
    this.#recent.push({ t, shift })
    if (this.#recent.length > 4096) this.#recent = this.#recent.filter(each => each.t >= t - MEMORY_NS)
  }

  allowed({ t, message }: WireMessage, step_ns: number): readonly [least: number, most: number] {
    let least = 0
    let most = 0
    for (const { t: when, shift } of this.#recent) {
      if (when > t || when < t - MEMORY_NS) continue
      least = Math.min(least, shift)
      most = Math.max(most, shift)
    }
    const drawn = message === 'initiation'
    // Only what a timer sends by itself can be a long step late.
    const ownStep_ns = drawn || message === 'keepalive' ? step_ns : Math.min(step_ns, STEP_NS)
    // The same timers set at the same time are due at the same time; a little later may be a step later.
    const mayStep = this.#timers === 'any timers' || drawn || least < 0 || most > 0
    const late = (drawn ? JITTER_NS : 0) + (mayStep ? ownStep_ns : 0) + SLACK_NS
    return [least - late, most + late]
  }
}

/** Host to the step of the wheel for the longest timer that can make it send by itself. */
function stepsOf(scenario: Scenario): ReadonlyMap<string, number> {
  const texts = Object.entries(scenario.hosts).map(
    ([host, { wg = {} }]) => [host, Object.values(wg).join('\n')] as const,
  )
  return new Map(
    texts.map(([host, text]) => {
      const seconds = [...text.matchAll(/^\s*PersistentKeepalive\s*=\s*(\d+)/gim)].map(([, digits]) => Number(digits))
      return [host, Math.max(0, ...seconds) >= LONG_TIMER_S ? LONG_STEP_NS : STEP_NS] as const
    }),
  )
}
