/** What all reports say alike: chapters, names of verdicts, spans of time. */
import type { Report, Verdict, VerdictKind } from '../scenarios/language/verdict.ts'

export const VERDICT_KINDS = ['pass', 'fail', 'inconclusive', 'unsupported', 'skipped'] as const satisfies VerdictKind[]

export const MARKS: Readonly<Record<VerdictKind, string>> = {
  pass: '✓',
  fail: '✗',
  inconclusive: '?',
  unsupported: '–',
  skipped: '–',
}

export interface Chapter {
  readonly name: string
  readonly verdicts: readonly Verdict[]
}

/** The folder of the id; ids without one are in chapter `scenarios`. In the order of first appearance. */
export function chapters(report: Report): Chapter[] {
  const found = new Map<string, Verdict[]>()
  for (const verdict of report.verdicts) {
    const name = chapterName(verdict.id)
    const chapter = found.get(name)
    if (chapter === undefined) found.set(name, [verdict])
    else chapter.push(verdict)
  }
  return [...found].map(([name, verdicts]) => ({ name, verdicts }))
}

export function chapterName(id: string): string {
  const slash = id.indexOf('/')
  return slash > 0 ? id.slice(0, slash) : 'scenarios'
}

/** The id, and where one id ran more than once, what tells the runs apart: `nat/expiry (netns, seed 2, bob=kernel-6.12)`. */
export function verdictNames(report: Report): (verdict: Verdict) => string {
  const groups = new Map<string, Verdict[]>()
  for (const verdict of report.verdicts) {
    const group = groups.get(verdict.id)
    if (group === undefined) groups.set(verdict.id, [verdict])
    else group.push(verdict)
  }
  return verdict => {
    const group = groups.get(verdict.id) ?? []
    const differ = (about: (verdict: Verdict) => string) => group.some(other => about(other) !== about(verdict))
    const parts: string[] = []
    if (differ(other => other.world)) parts.push(verdict.world)
    if (differ(other => other.seed)) parts.push(`seed ${verdict.seed}`)
    if (differ(castText)) parts.push(castText(verdict) || 'ours')
    return parts.length === 0 ? verdict.id : `${verdict.id} (${parts.join(', ')})`
  }
}

/** `bob=kernel-6.12`; '' when all is ours. */
export function castText(verdict: Verdict): string {
  const cast = Object.entries(verdict.cast).filter(([, implementation]) => implementation !== 'ours')
  return cast.map(([host, implementation]) => `${host}=${implementation}`).join(',')
}

/** One line of a table: the title, or why it is not a pass. */
export function aboutText(verdict: Verdict): string {
  switch (verdict.verdict) {
    case 'pass':
      return verdict.title
    case 'fail':
      return verdict.because || verdict.title
    case 'inconclusive':
    case 'unsupported':
    case 'skipped':
      return `${verdict.verdict}: ${verdict.because || verdict.title}`
  }
}

/** Must be looked at: it failed, or nobody can say. */
export function isBad(verdict: Verdict): boolean {
  return verdict.verdict === 'fail' || verdict.verdict === 'inconclusive'
}

/** `24 pass · 1 fail`: the kinds that occur, and always how many passed. */
export function totalsText(report: Report): string {
  const shown = VERDICT_KINDS.filter(kind => kind === 'pass' || report.totals[kind] > 0)
  return shown.map(kind => `${report.totals[kind]} ${kind}`).join(' · ')
}

/** All of the time simulated, and all of the time it took. */
export function spentText(report: Report): string {
  const virtual = report.verdicts.reduce((sum, verdict) => sum + verdict.virtual_s, 0)
  const wall = report.verdicts.reduce((sum, verdict) => sum + verdict.wall_ms, 0)
  return `${spanText(virtual)} in ${wallText(wall)}`
}

/** Seconds as people say them: `20 s`, `1.5 s`, `5 min 3 s`, `2 h 5 min`, `3 d 4 h`. */
export function spanText(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–'
  if (seconds < 60 && seconds.toFixed(1) !== '60.0') return `${Number(seconds.toFixed(seconds < 10 ? 2 : 1))} s`
  const whole = Math.round(seconds)
  const units: [number, string][] = [
    [86_400, 'd'],
    [3_600, 'h'],
    [60, 'min'],
    [1, 's'],
  ]
  const at = Math.max(
    0,
    units.findIndex(([size]) => whole >= size),
  )
  return units
    .slice(at, at + 2)
    .map(
      ([size, name], i) =>
        [i === 0 ? Math.floor(whole / size) : Math.floor((whole % (units[at]?.[0] ?? 1)) / size), name] as const,
    )
    .filter(([count]) => count > 0)
    .map(([count, name]) => `${count} ${name}`)
    .join(' ')
}

/** Milliseconds of the real clock: `12 ms`, `1.24 s`, `5 min 3 s`. */
export function wallText(ms: number): string {
  return ms < 999.5 ? `${Math.round(ms)} ms` : spanText(ms / 1000)
}

/** The machine in a line. */
export function machineText(report: Report): string {
  const { platform, node, crypto } = report.machine
  return [platform, node === '' ? '' : `Node ${node.replace(/^v/, '')}`, crypto].filter(part => part !== '').join(', ')
}
