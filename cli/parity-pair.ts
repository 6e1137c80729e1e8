/** One scenario under two casts, with one seed. */
import { compareRuns, timeOf } from '../scenarios/checks/parity.ts'
import { sortKnown } from '../scenarios/checks/parity-known.ts'
import { recordWire, type WireRecording } from '../scenarios/checks/parity-record.ts'
import type { Divergence, KnownDifference, ParityResult } from '../scenarios/language/parity.ts'
import type { Cast, NamedScenario, Scenario } from '../scenarios/language/scenario.ts'
import type { Verdict } from '../scenarios/language/verdict.ts'
import { isGuest } from '../sim/guest/supports.ts'
import { GUEST_WHEEL } from '../sim/guest/world.ts'
import { type RunOneOptions, runOne, runOneWithGuests } from './evidence.ts'
import type { Guests } from './guests.ts'

export interface Pair {
  readonly named: NamedScenario
  readonly seed: string
  readonly a: Cast
  readonly b: Cast
  readonly known: readonly KnownDifference[]
  /** How many other draws of ours' own luck are tried before a difference is one. */
  readonly draws: number
  /**
   * To agree within a step of the timer wheel is not enough: with B's own wheel ours must do the same to the millisecond
   * until jitter parts them. So a timer that is wrong by less than a step is found too. For kernels alone.
   */
  readonly strict?: boolean
  readonly reproduce: string
  /** Puts other boxes among ours of side A: how the comparison tests itself. */
  readonly faulty?: RunOneOptions['faulty']
}

export interface Run {
  readonly verdict: Verdict
  readonly wire: WireRecording
}

/** Of all draws for one comparison together. */
const MOST_MESSAGES = 40_000
const FEW_DRAWS = 4

/** Runs both and compares. `guests`: undefined where neither cast needs any. */
export async function comparePair(pair: Pair, guests: Pick<Guests, 'start'> | undefined): Promise<ParityResult> {
  const started = performance.now()
  const { named, a, b } = pair
  const first = await runSide(pair, a, guests, pair.faulty === undefined ? {} : { faulty: pair.faulty })
  const second = await runSide(pair, b, guests, {})
  const refused = [first, second].find(({ verdict }) => verdict.checks.length === 0)
  const found = compareRuns(named.scenario, sideOf(first), sideOf(second))
  const { left, met } = sortKnown(found, pair.known, { scenario: named.id, b })
  const result: ParityResult = {
    scenario: named.id,
    title: named.scenario.title,
    seed: pair.seed,
    a: castOf(named, a),
    b: castOf(named, b),
    outcome: left.length > 0 ? 'differs' : met.length > 0 ? 'known' : 'same',
    because: left.length > 0 ? divergenceText(left[0]!) : met.length > 0 ? knownText(met.length) : 'nothing differs',
    messages: { a: first.wire.messages.length, b: second.wire.messages.length },
    divergences: left,
    known: met,
    story: storyOf(left[0], first, second),
    wall_ms: 0,
    reproduce: pair.reproduce,
  }
  const wall = () => Math.round(performance.now() - started)
  if (refused !== undefined) {
    return { ...result, outcome: 'unsupported', because: refused.verdict.because, divergences: [], wall_ms: wall() }
  }
  if (left.length === 0 && !isStrict(pair)) return { ...result, wall_ms: wall() }
  const draws = await sameByChance(pair, second)
  if (left.length === 0) {
    const closer = draws.kind === 'never' ? draws.left : []
    if (closer.length === 0) return { ...result, wall_ms: wall() }
    const because = `with the same timers: ${divergenceText(closer[0]!)}`
    return { ...result, outcome: 'differs', because, divergences: closer, wall_ms: wall() }
  }
  if (draws.kind === 'never') return { ...result, wall_ms: wall() }
  const because = `as ours does it with its draw ${draws.draw} of its own jitter; with the first: ${result.because}`
  return { ...result, outcome: 'chance', because, divergences: [], story: { a: [], b: [] }, wall_ms: wall() }
}

const isKernel = (implementation = 'ours') => implementation.startsWith('kernel-')

/** Not where a machine's own clock drifts, or its wheel begins anew: there even the same timers are not due together. */
function isStrict({ strict, a, b, named: { scenario } }: Pair): boolean {
  const { hosts, steps } = scenario
  const drifts = Object.values(hosts).some(({ clock }) => clock?.drift_ppm !== undefined)
  const changes = steps.some(
    step => step.do === 'reboot' || step.do === 'suspend' || (step.do === 'clock' && step.drift_ppm !== undefined),
  )
  const kernels = Object.values(b).every(isKernel) && !Object.values(a).some(isGuest)
  return strict === true && kernels && !drifts && !changes
}

async function runSide(
  { named, seed }: Pair,
  cast: Cast,
  guests: Pick<Guests, 'start'> | undefined,
  more: Pick<RunOneOptions, 'dice' | 'faulty'>,
): Promise<Run> {
  const wire = recordWire(named.scenario)
  const options = { ...more, cast, seed, onRow: wire.sink.row }
  const withGuests = Object.values(cast).some(isGuest)
  if (!withGuests) return { verdict: runOne(named, options), wire }
  if (guests === undefined) throw new Error('a cast with guests, and nobody who starts them')
  return { verdict: await runOneWithGuests(named, options, guests), wire }
}

const sideOf = ({ verdict, wire }: Run) => ({
  messages: wire.messages,
  checks: verdict.checks,
  ended_at: verdict.virtual_s * 1e9,
})

/**
 * Jitter of a third of a second can decide which of two things is first, and a timer wheel which packet is still in time.
 * So ours gets the very wheel that B has, and other jitter; then the two must be the same to the millisecond until jitter
 * parts them. The draws are the same in every run.
 */
async function sameByChance(pair: Pair, second: Run): Promise<Draws> {
  const { named, a, b, known } = pair
  const changed = Object.keys(named.scenario.hosts).filter(host => (a[host] ?? 'ours') !== (b[host] ?? 'ours'))
  const hosts = changed.filter(host => (a[host] ?? 'ours') === 'ours')
  if (hosts.length === 0 || Object.values(a).some(isGuest)) return { kind: 'never', left: [] }
  let fewest: readonly Divergence[] | undefined
  const wheel = changed.some(host => isKernel(b[host])) ? GUEST_WHEEL : {}
  // Where much is sent much is drawn by chance, and more draws would take minutes.
  const most = Math.min(pair.draws, Math.max(FEW_DRAWS, Math.floor(MOST_MESSAGES / (second.wire.messages.length + 1))))
  for (let draw = 1; draw <= most; draw++) {
    const dice = { hosts, draw: String(draw), ...wheel }
    const more = pair.faulty === undefined ? { dice } : { dice, faulty: pair.faulty }
    const own = { ...pair, named: { ...named, scenario: started(named.scenario, hosts, draw) } }
    const other = await runSide(own, a, undefined, more)
    const found = compareRuns(named.scenario, sideOf(other), sideOf(second), 'same timers')
    const { left } = sortKnown(found, known, { scenario: named.id, b })
    if (left.length === 0) return { kind: 'same', draw }
    if (fewest === undefined || left.length < fewest.length) fewest = left
  }
  return { kind: 'never', left: fewest ?? [] }
}

/** The number of a draw with which ours does what B did; or what was left where least was. */
type Draws =
  | { readonly kind: 'same'; readonly draw: number }
  | { readonly kind: 'never'; readonly left: readonly Divergence[] }

/**
 * The tunnels of ours are up at once, while a real machine works on it for a while: of machines that start together, any
 * may be first. In every other draw each begins a little later than the others, in one order or another.
 */
export function started(scenario: Scenario, hosts: readonly string[], draw: number): Scenario {
  const waiting = hosts.filter(host => scenario.hosts[host]?.autostart !== false)
  if (draw % 2 === 1 || waiting.length === 0) return scenario
  const turn = Math.floor(draw / 2)
  const order = waiting.map((_, i) => waiting[(i + turn) % waiting.length] ?? '')
  if (turn % 2 === 1) order.reverse()
  const steps = order.flatMap((host, i) =>
    Object.keys(scenario.hosts[host]?.wg ?? {}).map(iface => ({
      do: 'run' as const,
      at: `${600 + 40 * i}us` as const,
      host,
      command: `wg-quick up ${iface}`,
    })),
  )
  const later = Object.entries(scenario.hosts).map(([name, host]) =>
    waiting.includes(name) ? ([name, { ...host, autostart: false }] as const) : ([name, host] as const),
  )
  return { ...scenario, hosts: Object.fromEntries(later), steps: [...scenario.steps, ...steps] }
}

function castOf({ scenario }: NamedScenario, cast: Cast): Record<string, string> {
  return Object.fromEntries(
    Object.entries(scenario.hosts).map(([host, { probe }]) => [
      host,
      probe === true ? 'probe' : (cast[host] ?? 'ours'),
    ]),
  )
}

const knownText = (count: number) => `${count} known ${count === 1 ? 'difference' : 'differences'}, nothing else`

const seconds = (ns: number) => `${(ns / 1e9).toFixed(6)} s`

/** One line for people. */
export function divergenceText(divergence: Divergence): string {
  if (divergence.kind === 'check') return `"${divergence.check}": A ${divergence.a} B ${divergence.b}`
  const { a, b, how, allowed } = divergence
  const message = a ?? b
  if (message === undefined) return ''
  const what = `${message.message} of ${message.size} B from ${message.host} to ${message.peer} (${message.to})`
  if (how === 'only-a') return `A alone sends ${what}, at ${seconds(message.t)}`
  if (how === 'only-b') return `B alone sends ${what}, at ${seconds(message.t)}`
  const [least, most] = allowed ?? [0, 0]
  const range = `${(least / 1e6).toFixed(0)} to ${(most / 1e6).toFixed(0)} ms`
  return `${what}: A at ${seconds(a?.t ?? 0)}, B at ${seconds(b?.t ?? 0)} (allowed: B later by ${range})`
}

function storyOf(divergence: Divergence | undefined, first: Run, second: Run): ParityResult['story'] {
  if (divergence === undefined || divergence.kind === 'check') return { a: [], b: [] }
  const host = (divergence.a ?? divergence.b)?.host ?? ''
  const until = timeOf(divergence) + (divergence.how === 'time' ? 1e9 : 0)
  return { a: first.wire.before(until, host), b: second.wire.before(until, host) }
}
