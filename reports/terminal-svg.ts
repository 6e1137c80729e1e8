/** What a terminal shows, as a picture: text with colours in, an SVG out, without scripts or anything from outside. */
import { xml, xmlAttribute } from './escape.ts'
import { columns } from './terminal.ts'

export interface TerminalPicture {
  /** Lines, with the escape sequences for colours, bold and dim that `terminalReport` writes. */
  readonly text: string
  /** Columns of the window. */
  readonly width: number
  /** What stands in the title bar. */
  readonly title: string
}

type Colour = 'ink' | 'red' | 'green' | 'yellow' | 'blue' | 'magenta' | 'cyan'

interface Style {
  readonly colour: Colour
  readonly bold: boolean
  readonly dim: boolean
}

/** Characters of one style that stand together. */
interface Run extends Style {
  readonly column: number
  readonly text: string
}

const PLAIN: Style = { colour: 'ink', bold: false, dim: false }
const PALETTE: Readonly<Record<Colour, string>> = {
  ink: '#e6edf3',
  red: '#ff7b72',
  green: '#3fb950',
  yellow: '#d29922',
  blue: '#58a6ff',
  magenta: '#bc8cff',
  cyan: '#39c5cf',
}
const DIM = '#8b949e'
const FONTS = 'ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono","Liberation Mono",monospace'
/** A character's cell, px, for a font of 14 px. */
const CELL = 8.4
const LINE = 19
const PAD = 18
const BAR = 36

/** A whole SVG document. Every run of characters is set to its width on the grid, whatever font the reader has. */
export function terminalSvg({ text, width, title }: TerminalPicture): string {
  const lines = text.replace(/\n$/, '').split('\n')
  const [w, h] = [round(width * CELL + 2 * PAD), BAR + lines.length * LINE + 2 * PAD - 6]
  let style = PLAIN
  const body = lines.flatMap((line, row) => {
    const parsed = runsOf(line, style)
    style = parsed.style
    return parsed.runs.map(run => drawn(run, BAR + PAD + 8 + row * LINE))
  })
  const lights = ['#ff5f57', '#febc2e', '#28c840'].map(
    (fill, i) => `<circle cx="${20 + i * 20}" cy="18" r="6" fill="${fill}"/>`,
  )
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${w} ${h}" width="${w}" height="${h}" role="img" aria-label="${xmlAttribute(title)}">`,
    `<title>${xml(title)}</title>`,
    `<style>${css()}</style>`,
    `<rect x=".5" y=".5" width="${w - 1}" height="${h - 1}" rx="10" fill="#0d1117" stroke="#30363d"/>`,
    `<path d="M.5 ${BAR}V10.5a10 10 0 0 1 10-10H${w - 10.5}a10 10 0 0 1 10 10V${BAR}Z" fill="#161b22" stroke="#30363d"/>`,
    ...lights,
    `<text class="dim" x="${round(w / 2)}" y="23" text-anchor="middle">${xml(title)}</text>`,
    ...body,
    '</svg>',
  ].join('\n')}\n`
}

function css(): string {
  const colours = Object.entries(PALETTE).map(([name, value]) => `.${name}{fill:${value}}`)
  return [`text{font:14px ${FONTS};white-space:pre}`, ...colours, `.dim{fill:${DIM}}`, '.bold{font-weight:700}'].join(
    '',
  )
}

function drawn(run: Run, y: number): string {
  const names = [run.dim ? 'dim' : run.colour, ...(run.bold ? ['bold'] : [])].join(' ')
  const width = round(columns(run.text) * CELL)
  return `<text class="${names}" x="${round(PAD + run.column * CELL)}" y="${y}" textLength="${width}">${xml(run.text)}</text>`
}

/** A line cut at its escape sequences and at its gaps: what stands in a column is placed there. */
function runsOf(line: string, before: Style): { readonly runs: Run[]; readonly style: Style } {
  const runs: Run[] = []
  let style = before
  let column = 0
  for (const part of line.split(ESCAPE)) {
    if (part.startsWith('\x1b[')) {
      for (const code of part.slice(2, -1).split(';')) style = styled(style, Number(code))
      continue
    }
    for (const piece of part.split(/( {2,})/)) {
      const text = piece.trimEnd()
      const indent = text.length - text.trimStart().length
      if (text !== '') runs.push({ ...style, column: column + indent, text: text.slice(indent) })
      column += columns(piece)
    }
  }
  return { runs, style }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is looked for
const ESCAPE = /(\x1b\[[\d;]*m)/

/** ECMA-48, SGR: the part of it that picocolors writes. */
function styled(style: Style, code: number): Style {
  const colours = ['red', 'green', 'yellow', 'blue', 'magenta', 'cyan'] as const
  if (code === 0) return PLAIN
  if (code === 1) return { ...style, bold: true }
  if (code === 2) return { ...style, dim: true }
  if (code === 22) return { ...style, bold: false, dim: false }
  if (code === 39) return { ...style, colour: 'ink' }
  const colour = colours[code - 31]
  return colour === undefined ? style : { ...style, colour }
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
