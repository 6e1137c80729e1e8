/** Networks and routers, as data; and by name all that a topology is made of. */
import { z } from 'zod'
import { interfaces } from './interfaces.ts'
import { link } from './link.ts'
import { equal, middle } from './middle.ts'
import { pathPolicy } from './path-policy.ts'
import { policy } from './policy.ts'
import { cidr } from './words.ts'

export const network = z.strictObject({
  kind: z
    .enum(['internet', 'lan'])
    .optional()
    .describe(
      'internet (default): a routed cloud that knows where every address is, decrements TTL, fragments and says "too big". lan: a switch.',
    ),
  link: link.optional().describe('Both directions of every cable of this network.'),
  gateway: z
    .union([cidr, z.array(cidr)])
    .optional()
    .describe('lan: the default gateway of its hosts, one for each family.'),
  dns64: cidr
    .optional()
    .describe(
      'The resolver of those that are here from the start gives names which have only IPv4 addresses IPv6 ones in this prefix (RFC 6147). Default: it does not. Example: 64:ff9b::/96',
    ),
  ...policy,
  ...pathPolicy,
})
export type Network = z.infer<typeof network>

export const router = z.strictObject({
  interfaces,
  routes: z
    .array(
      z.strictObject({
        to: cidr,
        via: cidr,
        equal,
        from: cidr.optional().describe('For packets from here alone (policy routing). Such routes are asked first.'),
      }),
    )
    .optional(),
  ...policy,
  ...pathPolicy,
  ...middle,
})
export type Router = z.infer<typeof router>

export * from './host.ts'
export * from './interfaces.ts'
export * from './link.ts'
export * from './nat.ts'
export * from './policy.ts'
export * from './words.ts'
