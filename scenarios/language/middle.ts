/** What a router in the middle of a path may do besides forwarding: refuse, hold to a rate, spread, balance. */
import { z } from 'zod'
import { gate } from './gate.ts'
import { cidr } from './words.ts'

/** The other next hops of a route. */
export const equal = z
  .array(cidr)
  .min(1)
  .optional()
  .describe('More next hops of equal cost (ECMP); `spread` says which packet takes which. Example: [10.2.0.1]')

export const middle = {
  ...gate,
  spread: z
    .enum(['flow', 'address', 'packet'])
    .optional()
    .describe(
      'How packets are spread over next hops of equal cost: by a hash of addresses, protocol and ports (flow), of the addresses alone, or in turn (packet). Fragments have no ports. Default flow.',
    ),
  balance: z
    .strictObject({
      address: cidr.describe('One of its own addresses, which clients know.'),
      servers: z.array(cidr).min(1).describe('Where it sends what comes to that address. They answer through it.'),
      by: z
        .enum(['flow', 'address', 'packet'])
        .optional()
        .describe("A hash of the client's address and port (flow), of its address, or in turn (packet). Default flow."),
      errors: z
        .enum(['by-quote', 'by-sender'])
        .optional()
        .describe(
          'To which server an ICMP error goes: that of the packet it quotes, or that of the router which sent it, which is most often the wrong one. Default by-quote.',
        ),
    })
    .optional()
    .describe(
      'A load balancer without connection tracking, for UDP and TCP. Example: { address: 198.51.100.1, servers: [10.0.0.1, 10.0.0.2] }',
    ),
}
