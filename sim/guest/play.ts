/** The steps of a guest: most are orders to its agent, the rest are commands. */
import type { Instant } from '../../impl/box.ts'
import type { Step, StepOf } from '../../scenarios/language/step.ts'
import type { HostOptions } from '../host/options.ts'
import type { GuestClock } from './clock.ts'
import type { CommandDone, Jobs } from './jobs.ts'
import { commandWithKeys } from './keys.ts'
import { namesCommands } from './setup.ts'
import type { Heard } from './snapshot.ts'
import { lookupOrder, stepOrder, tcpOrder } from './steps.ts'

/** What the lab adds to the programs of a guest comes first. */
export const PATH = 'PATH=/run/bin:$PATH'

export interface PlayOptions {
  readonly host: HostOptions
  /** Those of the scenario. */
  readonly names: readonly string[]
  readonly jobs: Jobs
  readonly clock: GuestClock
  /** What commands said is kept. */
  readonly heard: Heard
  /** Asks for the state. */
  readonly report: (now: Instant) => void
  readonly hasIpv4: () => boolean
}

/** Those that a machine plays while it is on; going off and to sleep is the box's own. */
export class Play {
  readonly #options: PlayOptions
  readonly #numbers: ReadonlyMap<string, number>
  /** As they were written into the guest. */
  #written = ''

  constructor(options: PlayOptions) {
    this.#options = options
    this.#numbers = new Map(options.host.steps.map((name, number) => [name, number]))
  }

  /** A fresh guest, which knows the names of now. */
  begin(): void {
    this.#written = this.#names().join('\n')
    for (const line of this.#options.clock.booted()) this.setClock(line)
  }

  step(now: Instant, step: Step, name: string): void {
    const { jobs, host, hasIpv4, clock } = this.#options
    const number = this.#numbers.get(name) ?? 0
    const job = { kind: 'step', name, began: now } as const
    switch (step.do) {
      case 'ping':
      case 'send':
        return jobs.order(step.do === 'ping' ? 'p' : 's', stepOrder(step, number), { ...job, step: step.do })
      case 'tcp':
        jobs.row(now, name, 'begun')
        return jobs.order('t', tcpOrder(step, number), { ...job, step: step.do })
      case 'lookup':
        jobs.row(now, name, 'begun')
        return jobs.order('d', lookupOrder(step, number, host.spec, hasIpv4()), { ...job, step: step.do })
      case 'run':
        return this.#run(now, step, name)
      case 'clock':
        jobs.row(now, name, 'begun')
        return this.setClock(clock.change(now, step), at => jobs.row(at, name, 'done'))
      default:
        return jobs.end(now, name, `a guest has no way to do "${step.do}"`)
    }
  }

  setClock(line: string, done: (now: Instant) => void = () => {}): void {
    this.#options.jobs.command(line, (at, status, output) => {
      if (status !== '0') this.#options.jobs.warn(at, `${line} ended with status ${status}: ${output.trim()}`)
      done(at)
    })
  }

  /** Names may resolve to something else now. */
  renamed(): void {
    const commands = this.#newNames()
    if (commands.length > 0) this.#options.jobs.command(commands.join('\n'), () => {})
  }

  #run(now: Instant, step: StepOf<'run'>, name: string): void {
    const { jobs, host, heard, report } = this.#options
    jobs.row(now, name, 'begun')
    const done: CommandDone = (at, status, output) => {
      heard.add(at, step.command, output)
      const said = output.trim().split('\n').at(-1) ?? ''
      if (status === '0') jobs.row(at, name, 'done')
      else jobs.end(at, name, `${step.command} ended with status ${status}${said === '' ? '' : `: ${said}`}`)
      report(at)
    }
    jobs.command([...this.#newNames(), `export ${PATH}`, commandWithKeys(step.command, host)].join('\n'), done)
  }

  #newNames(): string[] {
    const commands = this.#names()
    const text = commands.join('\n')
    if (text === this.#written) return []
    this.#written = text
    return commands
  }

  #names(): string[] {
    const { names, host } = this.#options
    return names.length === 0 ? [] : namesCommands(new Map(names.map(name => [name, host.resolve(name)])))
  }
}
