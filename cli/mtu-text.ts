/** The MTU table as text: a row for each path and tunnel, a column for each kind of network, a letter for each reason. */
import type { MtuCell, TcpFate } from '../sim/mtutable/cell.ts'
import { COLUMNS, type MtuAxes } from '../sim/mtutable/table.ts'

/** How the reason of a cell is found again below the table. */
type Letters = ReadonlyMap<string, string>

/** `legend`: what each drop reason means. */
export function mtuText(
  cells: readonly MtuCell[],
  { families, paths, tunnels }: MtuAxes,
  legend: (reason: string, at: string) => string,
): string {
  const letters = lettersOf(cells)
  const texts = cells.map(cell => cellText(cell, letters))
  const width = Math.max(...texts.map(text => text.length), 12)
  const lines: string[] = []
  let at = 0
  for (const family of families) {
    lines.push(...headerLines(family, width))
    for (const path of paths) {
      for (const tunnel of tunnels) {
        const row = texts.slice(at, at + COLUMNS.length)
        at += COLUMNS.length
        lines.push(
          `${String(path).padStart(5)} ${String(tunnel).padStart(6)}   ${row.map(text => text.padEnd(width)).join('  ')}`.trimEnd(),
        )
      }
      lines.push('')
    }
  }
  return `${[...lines, ...footLines(letters, legend)].join('\n')}\n`
}

function headerLines(family: 4 | 6, width: number): string[] {
  const cells = (texts: readonly string[]): string => texts.map(text => text.padEnd(width)).join('  ')
  const name = `IPv${family} outside`
  return [
    `${name.padEnd(15)}${cells(COLUMNS.map(({ df }) => (df ? 'not to be cut' : 'may be cut')))}`.trimEnd(),
    `${''.padEnd(15)}${cells(COLUMNS.map(({ icmp }) => (icmp ? 'ICMP' : 'no ICMP')))}`.trimEnd(),
    ` path tunnel   ${cells(COLUMNS.map(({ fragments }) => (fragments ? 'fragments' : 'no fragments')))}`.trimEnd(),
  ]
}

/** `1420 full`, `1420 cut`, `1328 hangs/9s a` */
function cellText(cell: MtuCell, letters: Letters): string {
  const letter = letters.get(keyOf(cell))
  const size = cell.largest === 0 ? 'none' : String(cell.largest)
  return `${size} ${fateText(cell.tcp, cell.probing)}${letter === undefined ? '' : ` ${letter}`}`
}

function fateText(tcp: TcpFate, probing: TcpFate): string {
  if (tcp.kind === 'done') return tcp.fragments > 0 ? 'cut' : 'full'
  return probing.kind === 'done' ? `hangs/${Math.round(probing.seconds)}s` : 'hangs'
}

function lettersOf(cells: readonly MtuCell[]): Letters {
  const letters = new Map<string, string>()
  for (const cell of cells) {
    if (cell.tcp.kind === 'hangs' && cell.reason !== undefined && !letters.has(keyOf(cell))) {
      letters.set(keyOf(cell), String.fromCharCode(97 + letters.size))
    }
  }
  return letters
}

function keyOf({ tcp, reason }: MtuCell): string {
  return tcp.kind === 'hangs' && reason !== undefined ? `${reason.reason} ${reason.at}` : ''
}

function footLines(letters: Letters, legend: (reason: string, at: string) => string): string[] {
  const reasons = [...letters].flatMap(([key, letter]) => {
    const [reason = '', at = ''] = key.split(' ')
    return `  ${letter}  ${reason} at ${at}: ${legend(reason, at)}`
  })
  return [
    'Each cell: the largest IPv4 packet with DF that passes inside, and a TCP transfer through the tunnel.',
    '  full      at once, each segment in one packet',
    '  cut       at once, but each large packet in two fragments',
    '  hangs/Ns  connects, and no byte more arrives; with net.ipv4.tcp_mtu_probing=1 it is done after N seconds',
    ...reasons,
  ]
}
