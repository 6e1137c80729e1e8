/** What a box on the way does with packets that are too large, with its ICMP errors, and with TTL. */
import { z } from 'zod'

const tooBig = ['tell', 'silent', 'clear-df'] as const

const claims = z
  .int()
  .min(0)
  .max(65_535)
  .optional()
  .describe(
    'The MTU that its "too big" errors name, whatever the true one is: 0 (routers older than RFC 1191), 68, or more than fits. Default: the true one. Example: 0',
  )
const errors = z
  .int()
  .min(0)
  .max(1_000_000)
  .optional()
  .describe('ICMP errors in each second of the run at most; 0 is none. Default: no limit. Example: 1')
const ttl = z
  .enum(['decrement', 'keep'])
  .optional()
  .describe('keep: this hop does not count, and traceroute does not see it. Default decrement.')
const SIZES =
  'A packet that must not be cut and does not fit. tell: dropped, and its sender told (RFC 1191, RFC 8201). silent: dropped (the black hole). clear-df: IPv4 loses its DF bit and is cut, as "clear DF" of pf does.'

/** Keys of routers, internets and middleboxes. */
export const pathPolicy = {
  too_big: z.enum(tooBig).optional().describe(`${SIZES} Default tell.`),
  claims_mtu: claims,
  errors_per_s: errors,
  ttl,
}

/** The same for a NAT. */
export const natPathPolicy = {
  ...pathPolicy,
  too_big: z
    .enum([...tooBig, 'tell-outside'])
    .optional()
    .describe(
      `${SIZES} tell-outside: the error is written about the packet as it looks after translation, and so goes to the NAT's own outside address: nobody learns (a fault reported of OPNsense, not re-checked). Default tell.`,
    ),
}

const shape = z.strictObject(natPathPolicy)
export type PathPolicy = z.infer<typeof shape>
