/** START HERE. A plan, carried out: set up, watched, played by the clock of the place, told as rows, and taken back. */
import { durationNs } from '../../scenarios/language/quantity.ts'
import type { Row, StepRow, TraceSink } from '../../scenarios/language/trace.ts'
import type { KeyLogLine, RunEnd } from '../../scenarios/language/verdict.ts'
import type { Command, Moment, Plan, PlanFile } from '../plan/plan.ts'
import { hopRows } from './hops.ts'
import { beginPlay, type OpenPlay } from './plays.ts'
import { exec, RunSpoiled, type Site } from './site.ts'
import { StateBook, stateRows } from './state.ts'
import { openWatches, type Watches } from './watch.ts'

export interface PlanRunOptions {
  readonly plan: Plan
  readonly site: Site
  readonly sink: TraceSink
  /** Public key (base64) to key name. */
  readonly names: ReadonlyMap<string, string>
  readonly keylog: readonly KeyLogLine[]
  /** How often `wg show` is asked, milliseconds. */
  readonly poll_ms: number
  /** Called now and then with the time of the run. */
  readonly progress?: ((now_ns: number) => void) | undefined
}

/** A command of the set-up that ended badly: the scenario was not run. */
export class SetUpFailed extends Error {
  /** What this machine lacks, where that is why. */
  readonly lacks: string | undefined
  constructor({ on, line }: Command, status: number, output: string) {
    const said = output.trim().split('\n').slice(-3).join(' ')
    super(`${on === undefined ? '' : `${on}: `}${line}: ended with status ${status}${said === '' ? '' : `: ${said}`}`)
    this.name = 'SetUpFailed'
    this.lacks = /qdisc kind is unknown|Unknown device type|Unknown qdisc|Protocol not supported/.test(output)
      ? `this kernel can not do what "${line}" asks for: ${said}`
      : undefined
  }
}

/**
 * Rows go to the sink when all is over, in the order of their time. Whatever happens, the plan's tear-down is run and the site
 * is stopped before this settles. Rejects with SetUpFailed, or with what made the run worth nothing.
 */
export async function runPlan(options: PlanRunOptions): Promise<RunEnd> {
  const { plan, site } = options
  const warnings = [...plan.notes]
  let run: Run | undefined
  try {
    for (const file of plan.files) await site.write(file.path, file.text, modeOf(file))
    run = await setUp(options)
    await play(run, options)
    await run.finish()
  } finally {
    const lines = plan.tearDown.map(command => ({ line: command.line, enter: enterOf(plan, command) }))
    for (const text of await site.stop(lines)) warnings.push(`not taken back: ${text}`)
  }
  return {
    ended_at: plan.until_ms * 1_000_000,
    legend: {},
    vantages: plan.vantages.map(({ name, layer, host }) => ({ name, layer, host })),
    keylog: options.keylog,
    blind: ['inside'],
    names: Object.fromEntries(options.names),
    warnings,
  }
}

async function setUp({ plan, site, ...options }: PlanRunOptions): Promise<Run> {
  for (const command of plan.setUp) await must(command, plan, site)
  return new Run({ plan, site, ...options }, await openWatches(plan, site))
}

async function must(command: Command, plan: Plan, site: Site): Promise<void> {
  const { status, output } = await exec(site, command.line, enterOf(plan, command))
  if (status !== 0) throw new SetUpFailed(command, status, output)
}

function enterOf({ spaces }: Plan, { on }: Pick<Command, 'on'>): string | undefined {
  if (on === undefined) return undefined
  const enter = spaces.find(({ name }) => name === on)?.enter
  if (enter === undefined) throw new RangeError(`the plan has no namespace for "${on}"`)
  return enter
}

function modeOf({ secret, program }: PlanFile): number {
  return secret ? 0o600 : program === true ? 0o755 : 0o644
}

async function play(run: Run, { plan, site, progress, poll_ms }: PlanRunOptions): Promise<void> {
  const moments = [...plan.timeline, ...looks(plan)].toSorted((a, b) => a.at_ms - b.at_ms)
  // A program takes its time to start: the clock waits until all tunnels are up, as they are at once in other worlds.
  const first = moments.findIndex(each => each.at_ms > 0 || each.step !== undefined || each.play !== undefined)
  const tunnels = first < 0 ? moments.length : first
  await run.bringUp(moments.slice(0, tunnels))
  await site.begin()
  const polls = run.poll(poll_ms * 1_000_000)
  const told = progressive(site, plan, progress)
  // Called off, all three reject, and one is told.
  for (const each of [polls, told]) each.catch(() => {})
  for (let at = tunnels; at < moments.length; ) {
    const now = moments[at]?.at_ms ?? 0
    const together = moments.slice(at).filter(each => each.at_ms === now)
    await site.sleepUntil(now * 1_000_000)
    run.begin(together)
    at += together.length
  }
  await site.sleepUntil(plan.until_ms * 1_000_000)
  await Promise.all([polls, told])
}

/** The state of a machine at the times that expectations speak of. */
function looks({ scenario }: Plan): Moment[] {
  const asked = scenario.expect.flatMap(expectation =>
    'at' in expectation && 'peer' in expectation && expectation.at !== undefined
      ? [`${durationNs(expectation.at) / 1e6} ${expectation.host}`]
      : [],
  )
  return [...new Set(asked)].map(text => {
    const [at = '0', on = ''] = text.split(' ')
    return { at_ms: Number(at), commands: [], play: { kind: 'show', on } }
  })
}

const TOLD_EVERY_NS = 250_000_000

async function progressive(site: Site, { until_ms }: Plan, progress: PlanRunOptions['progress']): Promise<void> {
  if (progress === undefined) return
  for (const end = until_ms * 1_000_000; site.now() < end; ) {
    progress(site.now())
    await site.sleepUntil(Math.min(end, site.now() + TOLD_EVERY_NS))
  }
}

/** So long after the end a command of the timeline may still run. */
const LATE_NS = 5_000_000_000

class Run {
  readonly #options: PlanRunOptions
  readonly #watches: Watches
  readonly #rows: Row[] = []
  readonly #states = new StateBook()
  readonly #plays: OpenPlay[] = []
  readonly #open = new Set<Promise<void>>()
  #trouble: unknown

  constructor(options: PlanRunOptions, watches: Watches) {
    this.#options = options
    this.#watches = watches
  }

  /**
   * Tunnels, one moment after the other, the machines of a moment side by side. One that does not come up is told; rejects
   * where it never can here.
   */
  async bringUp(moments: readonly Moment[]): Promise<void> {
    for (const { commands } of moments) {
      const machines = [...new Set(commands.map(({ on }) => on))]
      const all = machines.map(async machine => {
        for (const command of commands.filter(({ on }) => on === machine)) await this.#tunnel(command)
        if (machine !== undefined) await this.#watches.look(machine)
      })
      await Promise.all(all)
    }
  }

  async #tunnel(command: Command): Promise<void> {
    const { plan, site } = this.#options
    const { status, output } = await exec(site, command.line, enterOf(plan, command))
    if (status === 0) return
    const failed = new SetUpFailed(command, status, output)
    if (failed.lacks !== undefined) throw failed
    this.#row({ kind: 'note', t: 0, at: command.on ?? '', text: failed.message, level: 'warning' })
  }

  /** Moments of one time, one after the other; nobody waits for their end. */
  begin(moments: readonly Moment[]): void {
    this.#keep(
      (async () => {
        for (const moment of moments) await this.#moment(moment)
      })(),
    )
  }

  #keep(work: Promise<void>): void {
    const kept = work.catch(error => {
      this.#trouble ??= error
    })
    this.#open.add(kept)
    void kept.finally(() => this.#open.delete(kept))
  }

  /** Asks every machine with tunnels for its state, until the run is over. */
  async poll(every_ns: number): Promise<void> {
    const { site, plan } = this.#options
    const end = plan.until_ms * 1_000_000
    for (let at = every_ns / 2; at < end; at += every_ns) {
      await site.sleepUntil(at)
      for (const host of this.#tunnelHosts()) await this.#show(host, 'news')
    }
    await site.sleepUntil(end)
  }

  /** Rows of all there was, to the sink. */
  async finish(): Promise<void> {
    const { site, plan, sink } = this.#options
    const end = plan.until_ms * 1_000_000
    site.check()
    for (const open of this.#plays) open.stop()
    await this.#settled()
    const logs = await this.#logs()
    const seen = await this.#watches.finish()
    if (this.#trouble !== undefined) throw this.#trouble
    const hops = hopRows(seen, { vantages: plan.vantages, zero_ns: site.zero_ns(), end })
    const steps = this.#plays.flatMap(open => open.rows(hops, logs))
    const all = [...hops, ...this.#rows, ...steps].map(row => (row.t > end ? { ...row, t: end } : row))
    for (const row of all.toSorted((a, b) => a.t - b.t)) sink.row(row)
  }

  /** What the TCP servers of the machines have said. */
  async #logs(): Promise<Map<string, string>> {
    const { site, plan } = this.#options
    const logs = new Map<string, string>()
    if (!plan.timeline.some(({ play }) => play?.kind === 'tcp')) return logs
    for (const host of Object.keys(plan.scenario.hosts))
      logs.set(host, (await exec(site, 'cat /run/lab/tcp.log', enterOf(plan, { on: host }))).output)
    return logs
  }

  /** What was begun and is not over has a little time more. */
  async #settled(): Promise<void> {
    const { site } = this.#options
    if (this.#open.size === 0) return
    const late = site.sleepUntil(site.now() + LATE_NS).then(() => {
      if (this.#open.size > 0) throw new RunSpoiled('a command of the timeline did not end with the run')
    })
    late.catch(() => {})
    await Promise.race([Promise.all(this.#open), late])
  }

  #tunnelHosts(): string[] {
    return Object.entries(this.#options.plan.scenario.hosts).flatMap(([host, { wg = {} }]) =>
      Object.keys(wg).length > 0 ? [host] : [],
    )
  }

  async #moment({ at_ms, step, commands, play }: Moment): Promise<void> {
    const { plan, site } = this.#options
    const spec = step === undefined ? undefined : plan.scenario.steps[step]
    const name = step === undefined ? undefined : (spec?.name ?? `#${step}`)
    const host = commands.find(({ on }) => on !== undefined)?.on ?? ''
    const tell = (what: StepRow['what'], detail?: string): void => {
      if (name === undefined || play !== undefined) return
      this.#row({ kind: 'step', t: site.now(), step: name, host, what, ...(detail === undefined ? {} : { detail }) })
    }
    tell('begun')
    for (const command of commands) {
      const { status, output } = await exec(site, command.line, enterOf(plan, command))
      const said = output.trim().split('\n').at(-1) ?? ''
      const text = `${command.line} ended with status ${status}${said === '' ? '' : `: ${said}`}`
      if (status === 0) continue
      if (name === undefined || play !== undefined)
        this.#row({ kind: 'note', t: site.now(), at: command.on ?? '', text, level: 'warning' })
      else tell('error', text)
    }
    tell('done')
    for (const on of new Set(commands.flatMap(command => command.on ?? []))) {
      await this.#watches.look(on)
      if (this.#tunnelHosts().includes(on)) await this.#show(on, 'news')
    }
    if (play === undefined) return
    if (play.kind === 'show') return this.#show(play.on, 'all', at_ms * 1_000_000)
    const open = beginPlay(play, { name: name ?? '', spec, site, enter: on => enterOf(plan, { on }) })
    this.#plays.push(open)
    this.#keep(open.ended)
  }

  /** `at`: the moment that it is asked for; else it is told when it is known. */
  async #show(host: string, which: 'news' | 'all', at?: number): Promise<void> {
    const { site, plan, names } = this.#options
    const { status, output } = await exec(site, 'wg show all dump', enterOf(plan, { on: host }))
    if (status !== 0) return
    const nameOf = (key: string): string => names.get(key) ?? key
    const rows = stateRows(at ?? site.now(), output, { host, nameOf, zero_ns: site.zero_ns() })
    const news = this.#states.news(rows)
    for (const row of which === 'all' ? rows : news) this.#row(row)
  }

  #row(row: Row): void {
    this.#rows.push(row)
  }
}
