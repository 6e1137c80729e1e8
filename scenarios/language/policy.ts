/** What an internet or a router lets pass, marks and says, as data; sizes and TTL are in path-policy.ts. */
import { z } from 'zod'

export const icmpErrorName = z.enum(['too-big', 'no-route', 'time-exceeded', 'port-unreachable'])
export type IcmpErrorName = z.infer<typeof icmpErrorName>
export const icmpMessageName = z.enum(['echo', 'too-big', 'unreachable', 'time-exceeded'])
export type IcmpMessageName = z.infer<typeof icmpMessageName>

export const policy = {
  icmp: z
    .union([z.boolean(), z.array(icmpErrorName)])
    .optional()
    .describe('internet, router: ICMP errors it sends: true (default) all, false none, or those of a list: [too-big].'),
  icmp_pass: z
    .union([z.boolean(), z.array(icmpMessageName)])
    .optional()
    .describe(
      "internet, router: other people's ICMP that it forwards: true (default) all, false none, or a list: [echo].",
    ),
  fragments: z.enum(['pass', 'drop']).optional().describe('What happens to IP fragments. Default pass.'),
  ecn: z
    .enum(['pass', 'bleach', 'mark'])
    .optional()
    .describe(
      'internet, router: bleach clears the ECN bits of what it forwards; mark sets CE on what is ECN-capable (RFC 3168 §5), as a queue that is always full. Default pass.',
    ),
  dscp: z
    .union([z.enum(['pass', 'bleach']), z.int().min(0).max(63)])
    .optional()
    .describe('internet, router: bleach clears the DSCP of what it forwards, a number replaces it. Default pass.'),
}
