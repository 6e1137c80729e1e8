/** The ladder as a picture: an SVG without scripts or anything from outside, readable in light and dark. */
import { plain, xml, xmlAttribute } from './escape.ts'
import {
  gapText,
  type LadderArrow,
  type LadderItem,
  type LadderModel,
  type LadderNote,
  stamp,
  timesText,
} from './ladder-model.ts'
import { STYLE } from './svg-style.ts'

const AXIS = 104
const RIGHT = 40
const TOP = 92
const ROW = 34
const GAP = 26
/** A pause longer than this stands as a break in the axis, ns. */
const LONG = 5_000_000_000
/** Roughly, for texts of 12 and 11 px in a sans font. */
const CHAR = 6.4
const SMALL = 5.7

interface Place {
  readonly width: number
  readonly right: number
  readonly x: ReadonlyMap<string, number>
  readonly first: number
  readonly last: number
}

/** A whole SVG document. The same model gives the same text. */
export function ladderSvg(model: LadderModel): string {
  const place = placeLanes(model)
  const body: string[] = []
  let y = TOP
  let before: LadderItem | undefined
  for (const item of model.items) {
    const idle =
      before === undefined ? 0 : item.t - (before.kind === 'arrow' ? Math.max(before.until, before.t) : before.t)
    if (idle > LONG) {
      body.push(pause(place, y, idle))
      y += GAP
    }
    const drawn = item.kind === 'note' ? drawNote(item, place, y) : drawArrow(item, place, y)
    body.push(`<g>${timeMark(item.t, before?.t, y + drawn.line)}${drawn.svg}</g>`)
    y += drawn.height
    before = item
  }
  if (model.items.length === 0) {
    body.push(`<text class="sub" x="${AXIS}" y="${y + 8}">nothing was sent</text>`)
    y += ROW
  }
  if (model.cut > 0) {
    body.push(
      `<text class="sub" x="${AXIS}" y="${y + 12}">… and ${model.cut} more, see the trace and the capture</text>`,
    )
    y += ROW
  }
  const foot = y + 6
  const height = foot + 44
  const label = `Sequence diagram: ${model.title}`
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" class="wgl" viewBox="0 0 ${place.width} ${height}" width="${place.width}" height="${height}" role="img" aria-label="${xmlAttribute(label)}">`,
    `<title>${xml(model.title)}</title>`,
    `<style>${STYLE}</style>`,
    `<rect class="bg" width="${place.width}" height="${height}"/>`,
    `<text class="title" x="20" y="30">${xml(clip(model.title, place.width - 40, 8))}</text>`,
    ...lanes(model, place, foot),
    ...body,
    '</svg>',
  ].join('\n')}\n`
}

/** Lanes stand as far apart as what is written between neighbours needs, within reason. */
function placeLanes(model: LadderModel): Place {
  const index = new Map(model.participants.map((name, i) => [name, i]))
  const needs = model.participants.map(() => 170)
  for (const item of model.items) {
    if (item.kind !== 'arrow') continue
    const [a, b] = [index.get(item.from) ?? 0, index.get(item.to) ?? 0]
    const span = Math.max(1, Math.abs(a - b))
    const texts = [
      (label(item).length * CHAR) / (item.lost?.refused === false ? 0.62 : 1),
      (item.addresses?.length ?? 0) * SMALL,
      why(item).length * SMALL * 0.62,
    ]
    const each = Math.min(360, (Math.max(...texts) + 44) / span)
    for (let lane = Math.min(a, b); lane < Math.min(a, b) + span; lane++) needs[lane] = Math.max(needs[lane] ?? 0, each)
  }
  const x = new Map<string, number>()
  let at = AXIS + 70
  let last = at
  model.participants.forEach((name, lane) => {
    x.set(name, Math.round(at))
    last = Math.round(at)
    at += needs[lane] ?? 170
  })
  const first = AXIS + 70
  const overhang = Math.max(90, selfWidth(model))
  const title = Math.min(900, model.title.length * 8 + 40)
  const width = Math.max(last + overhang + RIGHT, title, 420)
  return { width, right: width - RIGHT / 2, x, first, last }
}

/** Room to the right of the last lane for losses that nobody knows a receiver of. */
function selfWidth(model: LadderModel): number {
  const last = model.participants.at(-1)
  const own = model.items.filter(item => item.kind === 'arrow' && item.from === item.to && item.from === last)
  return own.length > 0 ? 240 : 0
}

function lanes(model: LadderModel, place: Place, foot: number): string[] {
  return model.participants.flatMap(name => {
    const x = place.x.get(name) ?? place.first
    const width = Math.min(160, Math.max(84, name.length * 8 + 28))
    const box = (y: number) =>
      `<rect class="box" x="${x - width / 2}" y="${y}" width="${width}" height="26" rx="6"/>` +
      `<text class="name" x="${x}" y="${y + 17.5}">${xml(clip(plain(name), width - 12, 8))}</text>`
    return [`<line class="lane" x1="${x}" y1="72" x2="${x}" y2="${foot}"/>`, box(46), box(foot)]
  })
}

function timeMark(t: number, before: number | undefined, y: number): string {
  const text = before === t ? '' : `<text class="time" x="${AXIS - 20}" y="${y + 4}">${stamp(t)}</text>`
  return `${text}<line class="tick" x1="${AXIS - 12}" y1="${y}" x2="${AXIS - 4}" y2="${y}"/>`
}

function pause(place: Place, y: number, idle: number): string {
  const middle = y + GAP / 2
  return (
    `<line class="lane" x1="${AXIS - 12}" y1="${middle}" x2="${place.right}" y2="${middle}"/>` +
    `<text class="time" x="${AXIS - 20}" y="${middle + 4}">${gapText(idle)}</text>`
  )
}

interface Drawn {
  readonly svg: string
  readonly height: number
  /** Where the time stands, below the top of the row. */
  readonly line: number
}

function drawNote(note: LadderNote, place: Place, y: number): Drawn {
  const over = note.over === undefined ? undefined : place.x.get(note.over)
  const lines = wrap(`${note.text}${timesText(note)}`, Math.min(560, place.right - AXIS - 30), CHAR)
  const width = Math.max(...lines.map(line => line.length)) * CHAR + 24
  const wanted = (over ?? (place.first + place.last) / 2) - width / 2
  const x = Math.max(AXIS + 2, Math.min(wanted, place.right - width))
  const height = 7 + lines.length * 15
  const style = note.bad === true ? 'bad' : 'note'
  const svg = [
    `<rect class="${style}" x="${round(x)}" y="${y + 7}" width="${round(width)}" height="${height}" rx="4"/>`,
    ...lines.map(
      (line, i) => `<text class="mid" x="${round(x + width / 2)}" y="${y + 22 + i * 15}">${xml(line)}</text>`,
    ),
  ]
  return { svg: svg.join(''), height: height + 14, line: 18 }
}

function drawArrow(arrow: LadderArrow, place: Place, y: number): Drawn {
  const from = place.x.get(arrow.from) ?? place.first
  const known = arrow.from !== arrow.to
  const target = known ? (place.x.get(arrow.to) ?? place.last) : from + 120
  const side = target > from ? 1 : -1
  // What is lost on the way stops half-way; what is refused arrives, and ends there.
  const lost = arrow.lost !== undefined && !arrow.lost.refused
  const end = lost ? from + (target - from) * 0.62 : target - side * 3
  const line = y + 20
  const middle = (from + target) / 2
  const over = lost ? (from + end) / 2 : middle
  const room = Math.abs(target - from) - 16
  const parts = [
    `<text class="mid halo" x="${round(over)}" y="${line - 7}">${xml(clip(label(arrow), Math.max(room, 100), CHAR))}</text>`,
    `<line class="arrow ${arrow.message}" x1="${from}" y1="${line}" x2="${round(lost ? end : end - side * 6)}" y2="${line}"/>`,
  ]
  if (arrow.lost === undefined) parts.push(tip(arrow, end, line, side))
  else {
    if (arrow.lost.refused) parts.push(tip(arrow, end - side * 14, line, side))
    parts.push(cross(lost ? end + side * 6 : end - side * 4, line))
  }
  let height = ROW
  if (arrow.addresses !== undefined) {
    parts.push(
      `<text class="sub mid halo" x="${round(middle)}" y="${line + 14}">${xml(clip(arrow.addresses, Math.max(room, 100), SMALL))}</text>`,
    )
    height += 13
  }
  if (arrow.lost !== undefined) {
    height += 3
    for (const text of wrap(why(arrow), Math.max(room + 20, 200), SMALL)) {
      parts.push(`<text class="why mid halo" x="${round(middle)}" y="${y + height}">${xml(text)}</text>`)
      height += 14
    }
    height += 2
  }
  return { svg: parts.join(''), height, line: 20 }
}

function tip(arrow: LadderArrow, x: number, y: number, side: number): string {
  const back = x - side * 9
  return `<path class="tip ${arrow.message}" d="M${round(x)} ${y}L${round(back)} ${y - 4.5}L${round(back)} ${y + 4.5}Z"/>`
}

function cross(x: number, y: number): string {
  const [l, r] = [round(x - 5), round(x + 5)]
  return `<path class="cross" d="M${l} ${y - 5}L${r} ${y + 5}M${l} ${y + 5}L${r} ${y - 5}"/>`
}

function label(arrow: LadderArrow): string {
  return `${arrow.label}${timesText(arrow)}`
}

function why(arrow: LadderArrow): string {
  return arrow.lost === undefined ? '' : `${arrow.lost.place}: ${arrow.lost.reason}`
}

function clip(text: string, width: number, char: number): string {
  const most = Math.max(8, Math.floor(width / char))
  const chars = [...text]
  return chars.length <= most ? text : `${chars.slice(0, most - 1).join('')}…`
}

/** Whole words, at most three lines. */
function wrap(text: string, width: number, char: number): string[] {
  const most = Math.max(24, Math.floor(width / char))
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > most) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  lines.push(line)
  const shown = lines.length > 3 ? [...lines.slice(0, 2), `${lines[2]} …`] : lines
  return shown.map(part => clip(part, width + 2 * char, char))
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
