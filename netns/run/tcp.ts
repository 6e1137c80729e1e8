/** What tcp.pl says at both ends, as rows of a tcp step. */
import { formatNs, formatRate } from '../../scenarios/language/quantity.ts'
import type { StepRow } from '../../scenarios/language/trace.ts'

export interface TcpReader {
  readonly step: string
  /** By which the servers' rows name it. */
  readonly number: number
  readonly from: string
  /** Nanoseconds of the run: when the client began, and when it was over. */
  readonly began: number
  readonly ended: number
  /** A time as the program prints it, in nanoseconds of the run. */
  readonly timeOf: (seconds: string) => number
}

const LINE = /^(\d+\.\d+) (\d+) (?:(answered)|(arrived) (\d+)|(error) (.*)|(done) (\d+) ?(.*))$/

/**
 * The client's output, and what the servers of all machines have logged, of this step. A client that says nothing of the
 * kind has failed; its last words are the error.
 */
export function tcpRows(said: string, logs: ReadonlyMap<string, string>, reader: TcpReader): StepRow[] {
  const { step, from, ended } = reader
  const own = rowsOf(said, from, reader)
  const words = said.trim().split('\n').at(-1) ?? ''
  const failed: StepRow[] =
    own.length > 0 || words === ''
      ? []
      : [
          { kind: 'step', t: ended, step, host: from, what: 'error', detail: words },
          { kind: 'step', t: ended, step, host: from, what: 'done', bytes: 0 },
        ]
  const others = [...logs].flatMap(([host, log]) => rowsOf(log, host, reader))
  return [...others, ...own, ...failed].toSorted((a, b) => a.t - b.t)
}

function rowsOf(text: string, host: string, { step, number, began, timeOf }: TcpReader): StepRow[] {
  return text.split('\n').flatMap((line): StepRow[] => {
    const match = LINE.exec(line)
    if (match === null || Number(match[2]) !== number) return []
    const [, time = '0', , answered, arrived, bytes, error, why = '', , moved, more = ''] = match
    const t = Math.max(began, timeOf(time))
    const row = { kind: 'step', t, step, host } as const
    if (answered !== undefined) return [{ ...row, what: 'answered', detail: `connected in ${formatNs(t - began)}` }]
    if (arrived !== undefined) return [{ ...row, what: 'arrived', bytes: Number(bytes) }]
    if (error !== undefined) return [{ ...row, what: 'error', detail: why }]
    return [{ ...row, what: 'done', bytes: Number(moved), detail: summary(Number(moved), t - began, more) }]
  })
}

function summary(bytes: number, took: number, more: string): string {
  const rate = took === 0 ? '' : `, ${formatRate(Math.floor((bytes * 8e9) / took))}`
  return `${bytes} B in ${formatNs(took)}${rate}${more === '' ? '' : `; ${more}`}`
}
