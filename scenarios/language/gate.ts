/** What a box on the way refuses or holds down: rules about ports and addresses. */
import { z } from 'zod'
import { rate } from './quantity.ts'
import { cidr } from './words.ts'

const rule = {
  protocol: z.enum(['udp', 'tcp', 'icmp']).optional().describe('Default: any.'),
  port: z.int().min(1).max(65_535).optional().describe('The port at either end, of UDP and TCP. Default: any.'),
  with: cidr.optional().describe('An address or prefix at either end. Default: any.'),
}

export const gate = {
  block: z
    .array(
      z.strictObject({
        ...rule,
        how: z
          .enum(['drop', 'reject'])
          .optional()
          .describe('reject: the sender gets ICMP "administratively prohibited". Default drop.'),
      }),
    )
    .min(1)
    .optional()
    .describe('What does not pass. Default: nothing. Example: [{ protocol: udp, port: 443 }]'),
  police: z
    .array(
      z.strictObject({
        ...rule,
        rate: rate.describe('IP bytes that pass in the long run. Example: 1mbit'),
        burst: z
          .int()
          .min(68)
          .max(1_000_000)
          .optional()
          .describe('Bytes that may come at once. Default 15000: ten full packets.'),
      }),
    )
    .min(1)
    .optional()
    .describe(
      'What comes faster is dropped, not queued (a token bucket, RFC 2697 without colours). Example: [{ protocol: udp, rate: 1mbit }]',
    ),
}

const shape = z.strictObject(gate)
export type GateSpec = z.infer<typeof shape>
