/** Mistakes as people read them. */
import { plain } from '../reports/escape.ts'

export interface ShownProblem {
  readonly file?: string | undefined
  readonly line?: number | undefined
  readonly column?: number | undefined
  readonly path?: string | undefined
  readonly what: string
  readonly instead?: string | undefined
}

/** A mistake in a file as one line: `lab.yaml:12:5: /hosts/alice/interfaces: no network "lan" (networks: internet)` */
export function problemText(problem: ShownProblem): string {
  const place = [problem.file, problem.line, problem.line === undefined ? undefined : problem.column]
    .filter(part => part !== undefined)
    .join(':')
  const where = [place, problem.path].filter(part => part !== undefined && part !== '').join(': ')
  return `${where === '' ? '' : `${where}: `}${problem.what}${problem.instead === undefined ? '' : `; ${problem.instead}`}`
}

const MOST_LINES = 20
const MOST_CHARACTERS = 400

/** A message for a terminal: what stands in a file commands nothing there, and a broken file does not fill the screen. */
export function messageText(message: string): string {
  const lines = message.split('\n')
  const shown = lines.slice(0, MOST_LINES).map(line => {
    const chars = [...plain(line)]
    return chars.length <= MOST_CHARACTERS ? chars.join('') : `${chars.slice(0, MOST_CHARACTERS).join('')}…`
  })
  if (lines.length > shown.length) shown.push(`… and ${lines.length - shown.length} more`)
  return shown.join('\n')
}
