/** The ladder of a run, as Mermaid text and as a picture of our own. */
import type { TraceSink } from '../scenarios/language/trace.ts'
import type { RunEnd } from '../scenarios/language/verdict.ts'
import {
  createLadderModel,
  type LadderArrow,
  type LadderModel,
  type LadderOptions,
  stamp,
  timesText,
} from './ladder-model.ts'
import { ladderSvg } from './svg.ts'

export interface Ladder {
  readonly sink: TraceSink
  finish(end: RunEnd): { readonly mermaid: string; readonly svg: string }
}

export function createLadder(options: LadderOptions): Ladder {
  const { sink, finish } = createLadderModel(options)
  return {
    sink,
    finish(end) {
      const model = finish(end)
      return { mermaid: ladderMermaid(model, options.maxLines), svg: ladderSvg(model) }
    },
  }
}

/** A Mermaid sequence diagram of at most `maxLines` lines (default 120) below its head. */
export function ladderMermaid(model: LadderModel, maxLines: number = 120): string {
  const names = new Map(model.participants.map((name, index) => [name, `p${index}`]))
  const head = ['---', `title: ${yamlText(model.title)}`, '---', 'sequenceDiagram']
  for (const [name, id] of names) head.push(`  participant ${id} as ${mermaidText(name)}`)
  const all = [...names.values()]
  const everybody = all.length > 1 ? `${all[0]},${all.at(-1)}` : (all[0] ?? 'p0')
  const lines: string[] = []
  let shown = 0
  for (const item of model.items) {
    const next =
      item.kind === 'note'
        ? [
            `Note over ${names.get(item.over ?? '') ?? everybody}: ${mermaidText(`${stamp(item.t)} ${item.text}${timesText(item)}`)}`,
          ]
        : arrowLines(item, names)
    if (lines.length + next.length > maxLines) break
    lines.push(...next)
    shown++
  }
  const cut = model.cut + model.items.length - shown
  if (cut > 0) lines.push(`Note over ${everybody}: … and ${cut} more, see the trace and the capture`)
  if (all.length === 0)
    return `${[...head, '  participant p0 as (nobody)', '  Note over p0: nothing was sent'].join('\n')}\n`
  return `${[...head, ...lines.map(line => `  ${line}`)].join('\n')}\n`
}

function arrowLines(arrow: LadderArrow, names: ReadonlyMap<string, string>): string[] {
  const [from, to] = [names.get(arrow.from) ?? 'p0', names.get(arrow.to) ?? 'p0']
  const dashed = arrow.message === 'data' || arrow.message === 'keepalive'
  const head = arrow.lost !== undefined ? (dashed ? '--x' : '-x') : dashed ? '-->>' : '->>'
  const addresses = arrow.addresses === undefined ? '' : ` (${arrow.addresses})`
  const lines = [
    `${from}${head}${to}: ${mermaidText(`${stamp(arrow.t)} ${arrow.label}${timesText(arrow)}${addresses}`)}`,
  ]
  if (arrow.lost !== undefined) {
    const over = from === to ? from : `${from},${to}`
    lines.push(`Note over ${over}: ${mermaidText(`${arrow.lost.place}: ${arrow.lost.reason}`)}`)
  }
  return lines
}

/** Mermaid ends a statement at `;`, starts an entity at `#` and a comment at `%%`, and reads `<br>`. */
export function mermaidText(text: string): string {
  return text.replace(/[#;<>%"\\`{}]|\n/g, char => (char === '\n' ? ' ' : `#${char.codePointAt(0)};`))
}

function yamlText(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}
