/** Why a scenario fails, in words that stay the same while it gets smaller. */
import type { Verdict } from '../scenarios/language/verdict.ts'

/**
 * The check that decides, and the drop that is its likely cause where one is known. Undefined: it does not fail by a check.
 */
export function failureReason({ checks, verdict }: Pick<Verdict, 'checks' | 'verdict'>): string | undefined {
  const [first] = failureReasons({ checks, verdict })
  return first
}

/** As `failureReason`, of every check that fails. */
export function failureReasons({ checks, verdict }: Pick<Verdict, 'checks' | 'verdict'>): string[] {
  if (verdict !== 'fail') return []
  return checks
    .filter(({ result }) => result === 'fail')
    .map(({ name, likely }) => {
      const drop = /([\w-]+) \(\d+ of /.exec(likely ?? '')?.[1]
      return drop === undefined ? name : `${name}, because of ${drop}`
    })
}
