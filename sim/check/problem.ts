/** Complaints about a scenario, with the place as a JSON pointer (RFC 6901), and what the checks share. */

import type { Conf } from '../../impl/config/conf.ts'
import { nearest } from '../../scenarios/language/nearest.ts'
import { type Path, pointerText } from '../../scenarios/language/pointer.ts'
import type { Scenario } from '../../scenarios/language/scenario.ts'
import type { Layout } from '../layout.ts'
import type { Families } from './texts.ts'

export { type Path, pointerText as pointer }

/** A mistake in a scenario that has the right shape. */
export interface Problem {
  /** JSON pointer: /hosts/alice/interfaces/internet */
  readonly path: string
  readonly reason: string
  /** What to write. */
  readonly instead?: string
}

export interface Context {
  readonly scenario: Scenario
  readonly layout: Layout
  /** Length of the run in ns. */
  readonly end: number
  /** The wg-quick texts that could be read: host, interface, what it says. */
  readonly confs: readonly { readonly host: string; readonly iface: string; readonly conf: Conf }[]
  readonly families: Families
  complain(path: Path, reason: string, instead?: string): void
}

/** "there is no host "bbo"", with the nearest name there is. */
export function checkKnown(context: Context, path: Path, what: string, name: string, known: Iterable<string>): boolean {
  const names = [...known]
  if (names.includes(name)) return true
  const meant = nearest(name, names)
  const few = names.length > 0 && names.length <= 8 ? `one of ${names.join(', ')}` : undefined
  context.complain(path, `there is no ${what} "${name}"`, meant === undefined ? few : `"${meant}"`)
  return false
}
