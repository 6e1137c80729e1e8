/** What iperf3 says with -J, at both ends, as rows of a tcp step. */
import type { StepRow } from '../../scenarios/language/trace.ts'

export interface IperfReader {
  readonly step: string
  readonly from: string
  readonly to: string
  /** Nanoseconds of the run: when the client began, and when it was over. */
  readonly began: number
  readonly ended: number
  /** When the connection stood, where the captures tell it. */
  readonly connected: number | undefined
}

/** Seconds since the connection; bytes of one second. */
interface Sum {
  readonly end: number
  readonly bytes: number
}

interface Report {
  readonly error?: string
  readonly start?: { readonly connected?: readonly unknown[]; readonly test_start?: { readonly reverse?: number } }
  readonly intervals?: readonly { readonly sum?: Sum; readonly sum_bidir_reverse?: Sum }[]
  readonly end?: {
    readonly sum_sent?: { readonly bytes: number }
    readonly sum_received?: Sum
    readonly sum_received_bidir_reverse?: Sum
  }
}

/**
 * `answered` when it was connected, `arrived` with the bytes so far for each second in which some came, at the machine that got
 * them; `error` with iperf3's own words. A text that is no report is an error too.
 */
export function iperfRows(client: string, server: string, reader: IperfReader): StepRow[] {
  const { step, from, to, began, ended } = reader
  const rows: StepRow[] = []
  const at = (seconds: number): number => Math.min(ended, Math.round((reader.connected ?? began) + seconds * 1e9))
  const row = (t: number, host: string, what: StepRow['what'], more: Partial<StepRow> = {}): void => {
    rows.push({ kind: 'step', t, step, host, what, ...more })
  }
  const said = parse(client)
  if (said === undefined) {
    row(ended, from, 'error', { detail: lastLine(client) })
    row(ended, from, 'done')
    return rows
  }
  if ((said.start?.connected?.length ?? 0) > 0) row(at(0), from, 'answered')
  const heard = parse(server)
  const reverse = said.start?.test_start?.reverse === 1
  const arrivals = (host: string, sums: readonly (Sum | undefined)[], total: Sum | undefined): void => {
    let bytes = 0
    for (const sum of sums) {
      if (sum === undefined || sum.bytes === 0) continue
      bytes += sum.bytes
      row(at(sum.end), host, 'arrived', { bytes })
    }
    if (total !== undefined && total.bytes > bytes) row(at(total.end), host, 'arrived', { bytes: total.bytes })
  }
  if (reverse) arrivals(from, sums(said, 'sum'), said.end?.sum_received)
  else arrivals(to, sums(heard, 'sum'), said.end?.sum_received)
  arrivals(from, sums(said, 'sum_bidir_reverse'), said.end?.sum_received_bidir_reverse)
  if (said.error !== undefined) row(ended, from, 'error', { detail: said.error })
  row(ended, from, 'done')
  return rows.toSorted((a, b) => a.t - b.t)
}

/**
 * iperf3 -n ends when all has been handed to TCP, and does not count what is still on its way then. Such a run says nothing of
 * whether all would have arrived.
 */
export function stoppedCounting(client: string): boolean {
  const { error, end } = parse(client) ?? {}
  return error === undefined && (end?.sum_sent?.bytes ?? 0) > (end?.sum_received?.bytes ?? Number.POSITIVE_INFINITY)
}

function sums(report: Report | undefined, which: 'sum' | 'sum_bidir_reverse'): (Sum | undefined)[] {
  return (report?.intervals ?? []).map(interval => interval[which])
}

/** A server that was told to end says a line more behind its report. */
function parse(text: string): Report | undefined {
  const [start, end] = [text.indexOf('{'), text.lastIndexOf('}')]
  try {
    return start < 0 ? undefined : (JSON.parse(text.slice(start, end + 1)) as Report)
  } catch {
    return undefined
  }
}

function lastLine(text: string): string {
  const line = text.trim().split('\n').at(-1) ?? ''
  return line === '' ? 'iperf3 said nothing' : line
}
