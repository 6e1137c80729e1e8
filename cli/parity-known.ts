/** The known-differences file. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type KnownDifference, knownDifferences } from '../scenarios/language/parity.ts'
import { UserError } from './exit.ts'
import { PACKAGE_ROOT } from './package.ts'
import { codeOf, systemText } from './system.ts'

const FILE = join(PACKAGE_ROOT, 'scenarios/known-differences.json')

/** Of a file, or the lab's own. Throws UserError with what is wrong in it. */
export function readKnownDifferences(file = FILE): readonly KnownDifference[] {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    const what = codeOf(error) === undefined ? `not JSON: ${systemText(error)}` : systemText(error)
    throw new UserError(`--known ${file}: ${what}`)
  }
  const parsed = knownDifferences.safeParse(value)
  if (parsed.success) return parsed.data.differences
  const issue = parsed.error.issues[0]
  const entry =
    '{ "scenario": "…", "implementation": "kernel-6.12", "host": "alice", "peer": "bob", "message": "keepalive", "reason": "…", "source": "drivers/net/wireguard/send.c: wg_…" }'
  throw new UserError(`--known ${file}: /${issue?.path.join('/') ?? ''}: ${issue?.message}; write ${entry}`)
}
