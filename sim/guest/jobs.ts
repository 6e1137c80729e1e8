/** What a guest's agent was asked to do, and what it tells of it, as rows. */
import type { Instant } from '../../impl/box.ts'
import { formatNs, formatRate } from '../../scenarios/language/quantity.ts'
import type { StepRow } from '../../scenarios/language/trace.ts'
import type { Outbox } from '../host/outbox.ts'
import { type Order, orderFrame, type Report } from './agent.ts'
import { icmpErrorText, systemErrorText } from './errors.ts'

export type CommandDone = (now: Instant, status: string, output: string) => void

/** A step that the agent plays. */
export interface StepJob {
  readonly kind: 'step'
  readonly step: 'ping' | 'send' | 'tcp' | 'lookup'
  readonly name: string
  readonly began: Instant
  /** It has ended and may still be answered. */
  over?: boolean
  /** Of bytes over TCP: what it comes to. */
  moved?: { readonly bytes: number; readonly text: string }
}

export type Job =
  | StepJob
  | { readonly kind: 'command'; output: string; readonly done: CommandDone }
  | { readonly kind: 'tap'; readonly iface: string }

/** Of a key in hexadecimal digits. */
const LOOKS_LIKE_A_KEY = /[0-9a-f]{64}/i

export interface JobsOptions {
  readonly outbox: Outbox
  /** The names of the scenario's steps in their order. */
  readonly steps: readonly string[]
  /** Hands a frame to the agent. */
  readonly send: (frame: Uint8Array) => void
}

export class Jobs {
  readonly #options: JobsOptions
  #jobs = new Map<number, Job>()
  #next = 1

  constructor(options: JobsOptions) {
    this.#options = options
  }

  order(order: Order, text: string, job?: Job): void {
    const id = this.#next++
    if (job !== undefined) this.#jobs.set(id, job)
    this.#options.send(orderFrame(id, order, text))
  }

  /** `done` is told the exit status of a command line and all it said. */
  command(line: string, done: CommandDone): void {
    this.order('x', line, { kind: 'command', output: '', done })
  }

  /** The machine is no more: what was begun ends with why. */
  stop(now: Instant, why: string): void {
    const jobs = this.#jobs
    this.#jobs = new Map()
    for (const job of jobs.values()) if (job.kind === 'step' && job.over !== true) this.end(now, job.name, why)
  }

  report(now: Instant, report: Report): void {
    const job = 'job' in report ? this.#jobs.get(report.job) : undefined
    switch (report.kind) {
      case 'arrived':
      case 'bytes':
      case 'damaged':
        return this.#arrived(now, report)
      case 'inner': {
        if (job?.kind !== 'tap') return
        const { outbox } = this.#options
        const packet = { id: outbox.nextId(), copy: 0, bytes: report.packet }
        return outbox.crossed(now, `${outbox.name}:${job.iface}`, report.leaving ? 'out' : 'in', packet)
      }
      case 'output':
        if (job?.kind === 'command') job.output += report.text
        return
      case 'row':
        if (job?.kind === 'step') this.#told(now, job, report)
        return
      case 'words':
        if (!LOOKS_LIKE_A_KEY.test(report.text)) this.#options.outbox.note(now, 'info', report.text)
        return
      case 'ended':
        return this.#ended(now, report.job, report.status, job)
    }
  }

  /** A step ends with an error. */
  end(now: Instant, step: string, error: string): void {
    this.row(now, step, 'error', { detail: error })
    this.row(now, step, 'done')
  }

  warn(now: Instant, text: string): void {
    this.#options.outbox.note(now, 'warning', text)
  }

  row(now: Instant, step: string, what: StepRow['what'], more: Pick<StepRow, 'detail' | 'seq' | 'bytes'> = {}): void {
    const { outbox } = this.#options
    outbox.push({ kind: 'row', row: { kind: 'step', t: now, step, host: outbox.name, what, ...more } })
  }

  #arrived(now: Instant, report: Extract<Report, { kind: 'arrived' | 'bytes' | 'damaged' }>): void {
    const name = this.#options.steps[report.step]
    if (name === undefined) return
    if (report.kind === 'arrived') this.row(now, name, 'arrived', { seq: report.seq })
    else if (report.kind === 'bytes') this.row(now, name, 'arrived', { bytes: report.bytes })
    else this.row(now, name, 'error', { detail: report.text })
  }

  #told(now: Instant, job: StepJob, { what, seq, detail }: Extract<Report, { kind: 'row' }>): void {
    const numbered = seq === 0 ? {} : { seq }
    const with_ = (text: string) => ({ ...numbered, ...(text === '' ? {} : { detail: text }) })
    switch (what) {
      case 'sent':
      case 'answered':
        return this.row(now, job.name, what, with_(detail))
      case 'error':
        return this.row(now, job.name, 'error', with_(job.step === 'tcp' ? systemErrorText(detail) : detail))
      case 'icmp':
        return this.row(now, job.name, 'error', with_(icmpErrorText(detail)))
      case 'connected':
        return this.row(now, job.name, 'answered', { detail: `connected in ${formatNs(now - job.began)}` })
      case 'late':
        return this.row(now, job.name, 'error', { detail: `not finished after ${wholeMs(now - job.began)}` })
      case 'to':
        return this.row(now, job.name, 'sent', with_(`to ${detail}`))
      case 'none':
        return this.row(now, job.name, 'error', with_(`there is no ${detail}`))
      case 'moved':
        job.moved = { bytes: seq, text: movedText(now - job.began, seq, detail) }
        return
      default:
    }
  }

  #ended(now: Instant, id: number, status: string, job: Job | undefined): void {
    if (job?.kind !== 'step') this.#jobs.delete(id)
    switch (job?.kind) {
      case 'step': {
        job.over = true
        const { moved } = job
        return this.row(now, job.name, 'done', moved === undefined ? {} : { detail: moved.text, bytes: moved.bytes })
      }
      case 'command':
        return job.done(now, status, job.output)
      case 'tap':
        return this.#options.outbox.note(now, 'warning', `no copy of the packets of ${job.iface}`)
      case undefined:
    }
  }
}

/** The microseconds that a program in a guest comes late are nobody's business. */
function wholeMs(ns: number): string {
  return formatNs(ns < 1_000_000 ? ns : ns - (ns % 1_000_000))
}

/** `detail`: how many segments were sent again, and their size. */
function movedText(time: number, bytes: number, detail: string): string {
  const [resent = '', size = ''] = detail.split(' ')
  const ms = Math.max(1, Math.floor(time / 1_000_000))
  const rate = time === 0 ? '' : `, ${formatRate(Math.floor((bytes * 8 * 1000) / ms))}`
  return `${bytes} B in ${formatNs(time)}${rate}; ${resent} sent again, segments of ${size}`
}
