/** Rows and ends of runs for the tests of this room. */
import type { DropRow, HopRow, Row, TraceSink } from '../scenarios/language/trace.ts'
import type { RunEnd, Vantage } from '../scenarios/language/verdict.ts'

export const S = 1_000_000_000
export const MS = 1_000_000

export function hop(
  t: number,
  at: string,
  dir: HopRow['dir'],
  id: string,
  bytes?: Uint8Array,
  copy: number = 0,
): HopRow {
  const row = { kind: 'hop', t, at, dir, layer: layerOf(at), packet: ref(id), copy, size: bytes?.length ?? 84 } as const
  return bytes === undefined ? row : { ...row, bytes }
}

export function drop(t: number, at: string, id: string, reason: string, over: Partial<DropRow> = {}): DropRow {
  return { kind: 'drop', t, at, layer: 'wire', packet: ref(id), copy: 0, reason, ...over }
}

export function ref(id: string): { box: string; n: number } {
  const [box = '', n = '0'] = id.split('/')
  return { box, n: Number(n) }
}

/** `alice:wg0` is an inner vantage point, any other name with a colon one on a wire. */
export function endOf(places: readonly string[], over: Partial<RunEnd> = {}): RunEnd {
  const vantages = places.map((name): Vantage => ({ name, layer: layerOf(name), host: name.split(':')[0] ?? '' }))
  return { ended_at: 0, legend: {}, vantages, keylog: [], blind: [], names: {}, warnings: [], ...over }
}

export function feed(sink: TraceSink, rows: readonly Row[]): void {
  for (const row of rows) sink.row(row)
}

function layerOf(at: string): 'wire' | 'inner' {
  return at.endsWith(':wg0') ? 'inner' : 'wire'
}
