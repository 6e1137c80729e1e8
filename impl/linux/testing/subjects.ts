/** Which WireGuards the real tests put beside each other. */
import { build, KINDS, type Kind, missing, program } from './programs.ts'

/** Two wireguard-go are the oracle: what they do not pass is a fault of the test. */
const PAIRS: readonly (readonly [Kind, Kind])[] = [
  ['ours', 'ours'],
  ['ours', 'wireguard-go'],
  ['ours', 'wireguard-go-new'],
  ['ours', 'boringtun'],
  ['ours-plain', 'wireguard-go'],
  ['wireguard-go', 'wireguard-go'],
]

export interface Contestants {
  readonly subject: Kind
  readonly other: Kind
  /** Undefined when both are here; else what is missing, for the name of the skipped test. */
  readonly missing: string | undefined
}

/**
 * Every pair, with what each lacks on this machine. `WGLAB_SUBJECTS=wireguard-go` (a list with commas) replaces ours by
 * others; `WGLAB_BUILD=1` builds foreign programs that are not in the cache.
 */
export async function contestants(tools: readonly string[] = []): Promise<Contestants[]> {
  if (process.env['WGLAB_BUILD'] === '1') await Promise.all([build('wireguard-go-new'), build('boringtun')])
  const chosen = subjects()
  const pairs = PAIRS.filter(([subject]) => chosen === undefined || chosen.includes(subject))
  const extra = (chosen ?? [])
    .filter(subject => !pairs.some(each => each[0] === subject))
    .map(subject => [subject, subject] as const)
  return [...pairs, ...extra].map(([subject, other]) => ({
    subject,
    other,
    missing: missing(tools) ?? [subject, other].find(kind => program(kind) === undefined),
  }))
}

function subjects(): Kind[] | undefined {
  const text = process.env['WGLAB_SUBJECTS']
  return text === undefined ? undefined : KINDS.filter(kind => text.split(',').includes(kind))
}

/** For a test's name: what is missing, or nothing. */
export function note(what: string | undefined): string {
  return what === undefined ? '' : ` (missing: ${what})`
}
