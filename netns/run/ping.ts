/** What ping of iputils says (`-D -O`), as rows of a step. */
import type { StepRow } from '../../scenarios/language/trace.ts'

export interface PingReader {
  readonly step: string
  readonly host: string
  readonly count: number
  /** Nanoseconds of the run: when the command began. */
  readonly began: number
  /** Nanoseconds between two. */
  readonly interval_ns: number
  /** Nanoseconds of the run, of a time of day as ping prints it (seconds). */
  readonly timeOf: (seconds: string) => number
}

/** With less than 16 bytes there is no room for a time in it, and ping tells none. */
const ANSWER = /^\[(\d+\.\d+)\] \d+ bytes from .*: icmp_seq=(\d+)(?: .*time=([\d.]+) ms)?/
const REFUSAL = /^(?:\[(\d+\.\d+)\] )?From \S+(?: \(\S+\))?:? icmp_seq=(\d+) (.+)$/
const ERROR = /^(?:\[(\d+\.\d+)\] )?ping6?: (.+)$/
const SILENCE = /^(?:\[(\d+\.\d+)\] )?no answer yet for icmp_seq=(\d+)/
const SUMMARY = /^(\d+) packets transmitted/

/**
 * `sent` for each that ping says it has sent: its own time for those that were answered (the answer's less the round trip), by
 * the clock of the step for the others. `answered`, once for each. `error` for what the machine or the network refused. The
 * lines as they came; `ended`: nanoseconds of the run.
 */
export function pingRows(lines: readonly string[], ended: number, reader: PingReader): StepRow[] {
  const rows: StepRow[] = []
  const sent = new Map<number, number>()
  const answered = new Set<number>()
  /** The highest number that ping has spoken of: with -O it speaks of each before it sends the next. */
  let last = 0
  let transmitted = 0
  const row = (t: number, what: StepRow['what'], seq?: number, detail?: string): void => {
    const more = { ...(seq === undefined ? {} : { seq }), ...(detail === undefined ? {} : { detail }) }
    rows.push({ kind: 'step', t, step: reader.step, host: reader.host, what, ...more })
  }
  for (const line of lines) {
    const said = readLine(line)
    const { seq = Math.min(last + 1, reader.count) } = said
    if (said.kind === 'other') continue
    if (said.kind === 'summary') {
      transmitted = said.transmitted
      continue
    }
    last = Math.max(last, seq)
    const t = said.at === undefined ? Math.min(ended, plannedAt(reader, seq)) : reader.timeOf(said.at)
    if (said.kind === 'error') {
      row(t, 'error', seq, said.text)
      sent.set(seq, Math.min(t, sent.get(seq) ?? plannedAt(reader, seq)))
    } else if (said.kind === 'answer' && !answered.has(seq)) {
      answered.add(seq)
      const planned = Math.min(t, plannedAt(reader, seq))
      sent.set(seq, said.took_ms === undefined ? planned : Math.max(reader.began, Math.round(t - said.took_ms * 1e6)))
      row(t, 'answered', seq)
    }
  }
  for (let seq = 1; seq <= Math.min(Math.max(transmitted, last), reader.count); seq++) {
    row(sent.get(seq) ?? Math.min(ended, plannedAt(reader, seq)), 'sent', seq)
  }
  row(ended, 'done')
  return rows.toSorted((a, b) => a.t - b.t || order(a) - order(b))
}

type Said =
  | { readonly kind: 'answer'; readonly at: string; readonly seq: number; readonly took_ms: number | undefined }
  | { readonly kind: 'silence'; readonly at: string | undefined; readonly seq: number }
  /** Without a number: of the packet that was just to be sent. */
  | {
      readonly kind: 'error'
      readonly at: string | undefined
      readonly seq: number | undefined
      readonly text: string
    }
  | { readonly kind: 'summary'; readonly seq?: undefined; readonly transmitted: number }
  | { readonly kind: 'other'; readonly seq?: undefined }

function readLine(line: string): Said {
  const answer = ANSWER.exec(line)
  if (answer !== null) {
    const took = answer[3]
    return {
      kind: 'answer',
      at: answer[1] ?? '',
      seq: Number(answer[2]),
      took_ms: took === undefined ? undefined : Number(took),
    }
  }
  const silence = SILENCE.exec(line)
  if (silence !== null) return { kind: 'silence', at: silence[1], seq: Number(silence[2]) }
  const refusal = REFUSAL.exec(line)
  if (refusal !== null) return { kind: 'error', at: refusal[1], seq: Number(refusal[2]), text: refusal[3] ?? '' }
  const error = ERROR.exec(line)
  if (error !== null) return { kind: 'error', at: error[1], seq: undefined, text: reason(error[2] ?? '') }
  const summary = SUMMARY.exec(line)
  return summary === null ? { kind: 'other' } : { kind: 'summary', transmitted: Number(summary[1]) }
}

function plannedAt({ began, interval_ns }: PingReader, seq: number): number {
  return began + (seq - 1) * interval_ns
}

/** `sendmsg: Required key not available` → `Required key not available` */
function reason(text: string): string {
  return text.replace(/^(sendmsg|connect|recvmsg): /, '')
}

const ORDER: readonly StepRow['what'][] = [
  'begun',
  'sent',
  'arrived',
  'answered',
  'error',
  'satisfied',
  'failed',
  'done',
]

function order({ what }: StepRow): number {
  return ORDER.indexOf(what)
}
