/** The hole-punching table as text, Markdown and SVG. */
import { xml } from '../reports/escape.ts'
import { type PunchTable, SHORT, type Side } from '../sim/natprobe/table.ts'

export interface PunchPaint {
  readonly good: (text: string) => string
  readonly bad: (text: string) => string
  readonly dim: (text: string) => string
}

const LABEL = 17

/** For a terminal of 80 columns. */
export function punchText(table: PunchTable, { good, bad, dim }: PunchPaint): string {
  const lines = [
    `${headline(table)}. Down: the NAT of the one that begins. Across: the other's.`,
    '',
    ...heads(table.sides).map(dim),
  ]
  for (const [i, row] of table.cells.entries()) {
    const cells = row.map(({ letter }, j) => (j % 2 === 0 ? ' ' : '') + (letter === '·' ? good : bad)(letter.padEnd(2)))
    lines.push(dim(label(table.sides[i] as Side).padEnd(LABEL)) + cells.join('').trimEnd())
  }
  lines.push('', ...legend(table), '')
  return lines.join('\n')
}

export function punchMarkdown(table: PunchTable): string {
  const { sides, cells } = table
  const head = `| first ↓ second → | ${sides.map(side => side.name).join(' | ')} |`
  const rule = `|---|${sides.map(() => ':-:').join('|')}|`
  const rows = cells.map((row, i) => `| ${sides[i]?.name} | ${row.map(({ letter }) => letter).join(' | ')} |`)
  return [
    `${headline(table)}.`,
    '',
    head,
    rule,
    ...rows,
    '',
    ...legend(table).map(line => `- ${line.trim()}`),
    '',
  ].join('\n')
}

const SIZE = 22
/** Of 12 px monospaced type, and a little. */
const CHARACTER = 7.4
const LEFT = 150
const TOP = 130

/** A square a pair; the title of each says what happened. */
export function punchSvg(table: PunchTable): string {
  const { sides, cells, reasons } = table
  const longest = Math.max(...[headline(table), ...legend(table)].map(line => line.length))
  const width = Math.max(LEFT + sides.length * SIZE, Math.ceil(longest * CHARACTER)) + 20
  const below = TOP + sides.length * SIZE + 26
  const height = below + (reasons.length + 1) * 18 + 10
  const out = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${xml(headline(table))}</title>`,
    '<style>text{font:12px ui-monospace,monospace;fill:#1f2328}.w{fill:#2da44e}.f{fill:#ffd8d3}.m{text-anchor:middle}',
    '@media(prefers-color-scheme:dark){.p{fill:#0d1117}text{fill:#e6edf3}.f{fill:#5d1f1a}.w{fill:#238636}}</style>',
    `<rect class="p" width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="10" y="18">${xml(headline(table))}</text>`,
    `<text x="10" y="${TOP - 8}">first ↓  second →</text>`,
  ]
  for (const [j, side] of sides.entries()) {
    const x = LEFT + j * SIZE + 15
    out.push(`<text transform="translate(${x} ${TOP - 6}) rotate(-90)">${xml(side.name)}</text>`)
  }
  for (const [i, row] of cells.entries()) {
    const y = TOP + i * SIZE
    out.push(`<text x="10" y="${y + 15}">${xml(sides[i]?.name ?? '')}</text>`)
    for (const [j, cell] of row.entries()) {
      const x = LEFT + j * SIZE
      const why = cell.works
        ? `works after ${cell.after_ms} ms`
        : (reasons.find(({ letter }) => letter === cell.letter)?.text ?? '')
      const about = xml(`${sides[i]?.name} then ${sides[j]?.name}: ${why}`)
      out.push(
        `<g><title>${about}</title><rect class="${cell.works ? 'w' : 'f'}" x="${x}" y="${y}" width="${SIZE - 2}" height="${SIZE - 2}"/>`,
        `<text class="m" x="${x + SIZE / 2 - 1}" y="${y + 15}">${xml(cell.letter)}</text></g>`,
      )
    }
  }
  for (const [i, line] of legend(table).entries()) {
    out.push(`<text x="10" y="${below + i * 18}">${xml(line.trim())}</text>`)
  }
  out.push('</svg>', '')
  return out.join('\n')
}

/** What each letter means, and how to read a name. */
export function legend({ reasons }: PunchTable): string[] {
  return [
    '·  they meet',
    ...reasons.map(({ letter, text, pairs }) => `${letter}  ${text} (${pairs} ${pairs === 1 ? 'pair' : 'pairs'})`),
    'EI endpoint-independent, AD address-dependent, APD address-and-port-dependent (RFC 4787)',
  ]
}

function headline({ sides, cells }: PunchTable): string {
  const works = cells.flat().filter(cell => cell.works).length
  return `Hole punching between ${sides.length} kinds of NAT: ${works} of ${sides.length ** 2} ordered pairs meet`
}

/** Three lines above the cells, a pair of columns for each mapping and filtering. */
function heads(sides: readonly Side[]): string[] {
  const line = (name: string, of: (side: Side, position: number) => string) =>
    (name.padEnd(LABEL) + sides.map((side, j) => (j % 2 === 0 ? ' ' : '') + of(side, j).padEnd(2)).join('')).trimEnd()
  const wide = (name: string, of: (side: Side) => string, every: number) => {
    const parts = sides.filter((_, j) => j % every === 0).map(side => ` ${of(side)}`.padEnd((every / 2) * 5))
    return (name.padEnd(LABEL) + parts.join('')).trimEnd()
  }
  return [
    wide('mapping', side => SHORT[side.mapping], 6),
    wide('  filtering', side => SHORT[side.filtering], 2),
    line('      ports', side => (side.ports === 'kept' ? 'k' : 'r')),
  ]
}

function label({ mapping, filtering, ports }: Side): string {
  return `${SHORT[mapping].padEnd(4)}${SHORT[filtering].padEnd(5)}${ports}`
}
