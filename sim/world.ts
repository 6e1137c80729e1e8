/** START HERE. The world in virtual time: builds a scenario's boxes, runs them through the one loop, and tells what was seen. */
import { type Instant, instant } from '../impl/box.ts'
import type { CryptoProvider } from '../impl/crypto/provider.ts'
import { DROPS } from '../impl/drops.ts'
import { durationNs } from '../scenarios/language/quantity.ts'
import type { Cast, Scenario } from '../scenarios/language/scenario.ts'
import type { TraceSink } from '../scenarios/language/trace.ts'
import type { RunEnd, Support, Vantage } from '../scenarios/language/verdict.ts'
import { readTexts } from './check/texts.ts'
import { checkScenario, scenarioWarnings } from './check.ts'
import { GUEST_DROPS } from './guest/drops.ts'
import { HOST_DROPS } from './host/drops.ts'
import { KeyRing } from './keys.ts'
import { layoutOf } from './layout.ts'
import { replaceLiteralKeys } from './literalkeys.ts'
import { Loop } from './loop.ts'
import { NET_DROPS } from './net/drops.ts'
import { type Dice, type PartsOptions, realParts } from './parts.ts'
import { seededRandom } from './random.ts'
import { Resolver } from './resolver.ts'
import { planSteps } from './script.ts'
import { TAP_DROPS, Tap } from './tap.ts'
import { type Parts, Topology } from './topology.ts'

export interface RunOptions {
  readonly scenario: Scenario
  readonly cast: Cast
  readonly seed: string
  readonly sink: TraceSink
  readonly crypto: CryptoProvider
  /** Nanoseconds since the start at which to stop. Default: the scenario's duration. */
  readonly until?: number
  readonly dice?: Dice
  /** Puts other boxes in the place of the real ones: how the lab tests itself. */
  readonly faulty?: (real: Parts) => Parts
  /** Called now and then with the time of the world, in nanoseconds. */
  readonly progress?: (now: number) => void
}

export interface SimWorld {
  readonly name: 'sim'
  supports(scenario: Scenario, cast: Cast): Support
  run(options: RunOptions): RunEnd
}

export const simWorld: SimWorld = { name: 'sim', supports, run }

/** Every machine is played by our own implementation, probes by the lab. */
function supports(scenario: Scenario, cast: Cast): Support {
  const no = (because: string): Support => ({ ok: false, verdict: 'unsupported', because })
  for (const [host, implementation] of Object.entries(cast)) {
    const spec = Object.hasOwn(scenario.hosts, host) ? scenario.hosts[host] : undefined
    if (spec === undefined) return no(`the cast names a host "${host}", which the scenario does not have`)
    if (implementation === 'ours') continue
    if (spec.probe === true) return no(`${host} is a probe, which the lab itself plays, not ${implementation}`)
    return no(`the simulator plays "ours" only, and ${host} is to be ${implementation}`)
  }
  return { ok: true }
}

/**
 * Runs the scenario to its end. The same scenario, cast and seed give the same rows, on every machine. Throws a
 * RangeError that lists the problems where `checkScenario` finds any, and for a cast that is not supported.
 */
function run(options: RunOptions): RunEnd {
  const support = supports(options.scenario, options.cast)
  if (!support.ok) throw new RangeError(`can not run in sim: ${support.because}`)
  const stage = buildWorld(options)
  advance(stage.loop, stage.end, options.progress)
  stage.topology.report()
  return endOf(stage)
}

/** A world that was built and has not begun. */
export interface BuiltWorld {
  readonly scenario: Scenario
  readonly loop: Loop
  readonly topology: Topology
  readonly end: Instant
  readonly tap: Tap
  readonly keys: KeyRing
}

/** Everything but the passing of time. `others`: who plays a machine in place of ours. Throws as `run` does. */
export function buildWorld(options: RunOptions, others?: Pick<PartsOptions, 'guest' | 'guestNat'>): BuiltWorld {
  const { seed, crypto, sink } = options
  refuse(options.scenario)
  const { scenario, warnings } = replaceLiteralKeys(options.scenario, crypto)
  const keys = new KeyRing(seed, crypto)
  const tap = new Tap(sink)
  for (const text of [...warnings, ...textWarnings(options.scenario), ...oddities(options.scenario)])
    tap.warn('scenario', text)
  const loop = new Loop(tap)
  const layout = layoutOf(scenario)
  const resolver = new Resolver(scenario.names)
  const parts = realParts({
    scenario,
    random: seededRandom(seed),
    crypto,
    keys,
    resolver,
    ...(options.dice === undefined ? {} : { dice: options.dice }),
    ...others,
  })
  const topology = new Topology(loop, layout, options.faulty?.(parts) ?? parts)
  planSteps({ scenario, loop, topology, row: row => sink.row(row), resolver })
  planReports(scenario, loop, topology)
  return { scenario, loop, topology, end: instant(options.until ?? durationNs(scenario.duration)), tap, keys }
}

/** What a world leaves behind when its time is over. */
export function endOf({ scenario, loop, tap, keys }: BuiltWorld): RunEnd {
  return {
    ended_at: loop.now,
    legend: legend(),
    vantages: vantagesOf(scenario),
    keylog: tap.keylog(),
    blind: [],
    names: Object.fromEntries(keys.names()),
    warnings: [...tap.warnings],
    held: [...loop.holding()],
  }
}

function refuse(scenario: Scenario): void {
  const problems = checkScenario(scenario)
  if (problems.length === 0) return
  const lines = problems.map(
    ({ path, reason, instead }) => `${path}: ${reason}${instead === undefined ? '' : ` (write ${instead})`}`,
  )
  throw new RangeError(`the scenario can not run:\n${lines.join('\n')}`)
}

function textWarnings(scenario: Scenario): string[] {
  return readTexts(scenario).flatMap(({ host, iface, problems }) =>
    problems.flatMap(({ severity, line, column, what, instead }) =>
      severity === 'warning' ? [`${host}: ${iface}.conf:${line}:${column}: ${what} (write ${instead})`] : [],
    ),
  )
}

function oddities(scenario: Scenario): string[] {
  return scenarioWarnings(scenario).map(({ path, reason, instead }) => `${path}: ${reason} (write ${instead})`)
}

/** A guest is asked by a command so long before: by then its answer has come. */
const ASKING_NS = 1_000_000

/** The state of a host is told whenever an expectation asks for it, after everything else of that instant. */
function planReports(scenario: Scenario, loop: Loop, topology: Topology): void {
  const planned = new Set<string>()
  for (const expectation of scenario.expect) {
    if (!('at' in expectation) || !('peer' in expectation) || expectation.at === undefined) continue
    const { at, host } = expectation
    if (planned.has(`${host} ${at}`)) continue
    planned.add(`${host} ${at}`)
    const before_ns = topology.machine(host).isGuest ? ASKING_NS : 0
    loop.plan(instant(Math.max(0, durationNs(at) - before_ns)), 'read', () => topology.report(host))
  }
}

const SLICES = 256

function advance(loop: Loop, end: Instant, progress: ((now: number) => void) | undefined): void {
  if (progress === undefined) {
    loop.run(end)
    return
  }
  for (let slice = 1; slice <= SLICES; slice++) {
    loop.run(instant(slice === SLICES ? end : Math.floor((end / SLICES) * slice)))
    progress(loop.now)
  }
}

/** A reason that several rooms use is explained by each of them. */
function legend(): Record<string, string> {
  const sentences: Record<string, string> = {}
  for (const drops of [DROPS, HOST_DROPS, NET_DROPS, TAP_DROPS, GUEST_DROPS]) {
    for (const [reason, sentence] of Object.entries(drops)) {
      const before = sentences[reason]
      sentences[reason] = before === undefined || before === sentence ? sentence : `${before} Or: ${sentence}`
    }
  }
  return sentences
}

/** Where packets are kept: each place a host or NAT is at some time, and each tunnel interface. */
function vantagesOf(scenario: Scenario): Vantage[] {
  const vantages = new Map<string, Vantage>()
  const add = (host: string, place: string, layer: Vantage['layer']): void => {
    vantages.set(`${host}:${place}`, { name: `${host}:${place}`, layer, host })
  }
  for (const [host, { interfaces, wg = {} }] of Object.entries(scenario.hosts)) {
    for (const network of Object.keys(interfaces)) add(host, network, 'wire')
    for (const step of scenario.steps) {
      if (step.do === 'roam' && step.host === host && step.to !== undefined) add(host, step.to, 'wire')
    }
    for (const iface of Object.keys(wg)) add(host, iface, 'inner')
  }
  for (const [nat, { inside, outside }] of Object.entries(scenario.nats ?? {})) {
    for (const network of [...Object.keys(inside), ...Object.keys(outside)]) add(nat, network, 'wire')
  }
  return [...vantages.values()]
}
