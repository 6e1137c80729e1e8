import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { UserError } from './exit.ts'
import { codeOf, systemText } from './system.ts'

const schema = z.record(z.string(), z.strictObject({ reason: z.string().min(1), issue: z.string().optional() }))
export type KnownFailures = z.infer<typeof schema>

/** The file of `--known-failures`. Throws UserError with what is wrong in it. */
export function readKnownFailures(file: string): KnownFailures {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    const what = codeOf(error) === undefined ? `not JSON: ${systemText(error)}` : systemText(error)
    throw new UserError(`--known-failures ${file}: ${what}`)
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new UserError(
    `--known-failures ${file}: /${issue?.path.join('/') ?? ''}: ${issue?.message}; write { "nat/some-id": { "reason": "why" } }`,
  )
}
