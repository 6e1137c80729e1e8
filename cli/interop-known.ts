/** Known differences of implementations: cells that fail for a reason that stands in a file. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Cell,
  type CellOutcome,
  type InteropDifference,
  interopDifferences,
  SEATS,
} from '../scenarios/language/interop.ts'
import type { Verdict } from '../scenarios/language/verdict.ts'
import { UserError } from './exit.ts'
import { INTEROP_IMPLEMENTATIONS, type Pairing } from './interop-players.ts'
import { PACKAGE_ROOT } from './package.ts'
import { codeOf, systemText } from './system.ts'

const FILE = join(PACKAGE_ROOT, 'scenarios/interop-differences.json')

/** Of a file, or the lab's own. Throws UserError with what is wrong in it. */
export function readInteropDifferences(file = FILE): readonly InteropDifference[] {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    const what = codeOf(error) === undefined ? `not JSON: ${systemText(error)}` : systemText(error)
    throw new UserError(`--known ${file}: ${what}`)
  }
  const parsed = interopDifferences.safeParse(value)
  if (parsed.success) return parsed.data.differences
  const issue = parsed.error.issues[0]
  const entry =
    '{ "test": "interop/…", "implementation": "wireguard-go", "seat": "responder", "message": "data", "check": "…", "reason": "…", "source": "device/send.go: …" }'
  throw new UserError(`--known ${file}: /${issue?.path.join('/') ?? ''}: ${issue?.message}; write ${entry}`)
}

/** A cell of the matrix. It is a known difference when an entry explains each check that fails. */
export function cellOf(pair: Pairing, verdict: Verdict, evidence: string, known: readonly InteropDifference[]): Cell {
  const failed = verdict.checks.filter(check => check.result === 'fail')
  const explained = failed.map(({ name }) =>
    known.flatMap((entry, place) =>
      entry.test === verdict.id && entry.check === name && entry.implementation === pair[entry.seat] ? [place] : [],
    ),
  )
  const isKnown = verdict.verdict === 'fail' && failed.length > 0 && explained.every(places => places.length > 0)
  const ran = verdict.verdict !== 'skipped' && verdict.verdict !== 'unsupported'
  return {
    test: verdict.id,
    ...pair,
    outcome: isKnown ? 'known' : verdict.verdict,
    because: verdict.because,
    failed,
    known: isKnown ? [...new Set(explained.flat())] : [],
    evidence: ran ? evidence : '',
    reproduce: verdict.reproduce,
    virtual_s: verdict.virtual_s,
    wall_ms: verdict.wall_ms,
  }
}

/**
 * Entries that explained nothing where they could have. With some opponents one difference may hide another: short of having
 * met them all, what counts is a test that passes as a whole.
 */
export function staleDifferences(
  cells: readonly Cell[],
  known: readonly InteropDifference[],
  opponents: readonly string[] = INTEROP_IMPLEMENTATIONS,
): number[] {
  return known.flatMap(({ test, implementation, seat, check }, place) => {
    const about = cells.filter(each => each.test === test && each[seat] === implementation && isJudged(each.outcome))
    if (about.some(cell => cell.failed.some(({ name }) => name === check))) return []
    const met = new Set(about.map(cell => cell[seat === 'initiator' ? 'responder' : 'initiator']))
    const isOver = about.some(({ outcome }) => outcome === 'pass') || opponents.every(name => met.has(name))
    return isOver ? [place] : []
  })
}

function isJudged(outcome: CellOutcome): boolean {
  return outcome === 'pass' || outcome === 'fail' || outcome === 'known'
}

/** Entries that can never be met: no such test, or a seat that there is not. */
export function lostDifferences(tests: readonly string[], known: readonly InteropDifference[]): InteropDifference[] {
  return known.filter(entry => !tests.includes(entry.test) || !SEATS.includes(entry.seat))
}
