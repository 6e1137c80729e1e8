/** What a ladder shows: who takes part, and what passes between them, folded. Fed a row at a time; bounded. */
import { formatNs } from '../scenarios/language/quantity.ts'
import type { TraceSink } from '../scenarios/language/trace.ts'
import type { RunEnd } from '../scenarios/language/verdict.ts'
import { plain } from './escape.ts'
import { wordsOf } from './fate.ts'
import { createRecorder } from './ladder-events.ts'
import { foldEvents } from './ladder-fold.ts'
import type { WireMessage } from './wire.ts'

export interface LadderOptions {
  readonly title: string
  /** Hosts and NATs from left to right. Default: the machines at vantage points, in the order they speak. */
  readonly participants?: readonly string[]
  /** Lines of the diagram text, and rows of the picture. Default 120. */
  readonly maxLines?: number
}

/** Colours and words go by it. */
export type LadderKind = WireMessage | 'other'

export interface LadderArrow {
  readonly kind: 'arrow'
  /** ns since the start, of the first one. */
  readonly t: number
  readonly from: string
  /** The same as `from` where nobody knows whom a lost packet was for. */
  readonly to: string
  readonly message: LadderKind
  readonly label: string
  /** The addresses, where they are new between these two. */
  readonly addresses?: string
  readonly count: number
  /** ns, of the last one. */
  readonly until: number
  readonly lost?: { readonly place: string; readonly reason: string; readonly refused: boolean }
}

export interface LadderNote {
  readonly kind: 'note'
  readonly t: number
  /** A participant; undefined: over all. */
  readonly over?: string
  readonly text: string
  /** A packet ended here. */
  readonly bad?: boolean
  readonly count?: number
}

export type LadderItem = LadderArrow | LadderNote

export interface LadderModel {
  readonly title: string
  readonly participants: readonly string[]
  readonly items: readonly LadderItem[]
  /** Items that did not fit. */
  readonly cut: number
}

export function createLadderModel(options: LadderOptions): { sink: TraceSink; finish(end: RunEnd): LadderModel } {
  const recorder = createRecorder(options.participants)
  return {
    sink: { row: row => recorder.row(row) },
    finish(end) {
      const items = foldEvents(recorder.events, wordsOf(end))
      const most = Math.max(1, options.maxLines ?? 120)
      const shown = items.slice(0, most)
      return {
        title: plain(options.title),
        participants: participantsOf(options, shown),
        items: shown,
        cut: items.length - shown.length + recorder.omitted(),
      }
    },
  }
}

/** The given ones that are used, then whoever else is, in the order of appearance. */
function participantsOf(options: LadderOptions, items: readonly LadderItem[]): string[] {
  const used = new Set<string>()
  for (const item of items) {
    if (item.kind === 'arrow') used.add(item.from).add(item.to)
    else if (item.over !== undefined && options.participants?.includes(item.over)) used.add(item.over)
  }
  const given = (options.participants ?? []).filter(name => used.has(name))
  return [...new Set([...given, ...used])]
}

/** `12.345 s`: all stamps of a ladder look alike. */
export function stamp(ns: number): string {
  return `${(ns / 1e9).toFixed(3)} s`
}

/** ` ×12 until 14.000 s`, or nothing. */
export function timesText(item: LadderItem): string {
  if (item.count === undefined || item.count === 1) return ''
  if (item.kind === 'note') return ` ×${item.count}`
  const arrow = item
  return stamp(arrow.until) === stamp(arrow.t) ? ` ×${arrow.count}` : ` ×${arrow.count} until ${stamp(arrow.until)}`
}

/** `+114.9 s`: the time since the item before, where it is long. */
export function gapText(ns: number): string {
  return `+${formatNs(Math.round(ns / 1e8) * 1e8)}`
}
