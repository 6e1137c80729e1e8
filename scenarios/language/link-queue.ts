/** What waits before a cable, as data: disciplines, shaping and policing. */
import { z } from 'zod'
import { duration, rate } from './quantity.ts'

const codelKeys = {
  target: duration
    .optional()
    .describe('Standing delay that is still good. Default 5ms (RFC 8289: 5 to 10 % of interval).'),
  interval: duration.optional().describe('About the worst round trip. Default 100ms (RFC 8289).'),
  ecn: z
    .boolean()
    .optional()
    .describe(
      'Mark a packet as congested (CE) instead of dropping it, where it says that its ends understand. Default true.',
    ),
}

export const discipline = z
  .discriminatedUnion('kind', [
    z
      .strictObject({ kind: z.literal('drop-tail') })
      .describe('First in, first out; what finds the queue full is dropped. The default.'),
    z
      .strictObject({ kind: z.literal('codel'), ...codelKeys })
      .describe('Controlled delay, RFC 8289: drops from the front while packets have waited too long.'),
    z
      .strictObject({
        kind: z.literal('fq-codel'),
        ...codelKeys,
        flows: z
          .int()
          .min(1)
          .max(65_536)
          .optional()
          .describe('Queues that flows are hashed to. Default 1024 (RFC 8290).'),
        quantum: z
          .int()
          .min(68)
          .max(65_535)
          .optional()
          .describe('Bytes that a flow may send in its turn. Default 1514 (RFC 8290).'),
      })
      .describe(
        'A CoDel queue for each flow of outer addresses, protocol and ports, in turn, RFC 8290. A tunnel is one flow.',
      ),
  ])
  .describe('{ kind: codel }, { kind: fq-codel, target: 5ms, interval: 100ms, ecn: true, flows: 1024, quantum: 1514 }')
export type Discipline = z.infer<typeof discipline>

export const police = z
  .strictObject({
    rate: rate.describe('What passes in the long run.'),
    burst: z.int().min(68).max(100_000_000).describe('Bytes that pass at once after a pause.'),
  })
  .describe('A token bucket that drops at once what is over the rate: nothing waits. { rate: 1Mbit, burst: 15000 }')
export type Police = z.infer<typeof police>
