/** Steps about names: what the resolver says, and who asks. */
import { z } from 'zod'
import { common } from './step-common.ts'
import { cidr, name } from './words.ts'

/** What the resolver says of a name: its addresses, that there is none, or nothing. */
export const answer = z
  .union([z.enum(['no-such-name', 'no-answer']), cidr, z.array(cidr).min(1)])
  .describe('Addresses; no-such-name (an error for good); no-answer (wg tries again for a while).')
export type Answer = z.infer<typeof answer>

export const dns = z
  .strictObject({
    do: z.literal('dns'),
    ...common,
    domain: z.string().min(1).describe('A name of `names`.'),
    to: answer,
  })
  .describe('A name resolves differently from now on. { do: dns, at: 60s, domain: vpn.example.com, to: 198.51.100.9 }')

export const lookup = z
  .strictObject({
    do: z.literal('lookup'),
    ...common,
    host: name,
    domain: z.string().min(1).describe('A name of `names`.'),
  })
  .describe(
    'A program asks for a name: one DNS query (UDP, port 53) to a resolver of the host. Every host answers queries from `names`. { do: lookup, at: 5s, name: where, host: alice, domain: intranet.example.com }',
  )
