/** Steps that make traffic. */
import { z } from 'zod'
import { duration } from './quantity.ts'
import { common } from './step-common.ts'
import { cidr, name } from './words.ts'

export const ping = z
  .strictObject({
    do: z.literal('ping'),
    ...common,
    from: name,
    to: cidr,
    count: z.int().min(1).max(1_000_000).optional(),
    interval: duration.optional().describe('Default 1s.'),
    size: z.int().min(0).max(65_507).optional().describe('ICMP data bytes, as `ping -s`. Default 56.'),
    df: z.boolean().optional().describe('Do not fragment, as `ping -M do`. Default false.'),
    ttl: z.int().min(1).max(255).optional().describe('Hops it may go, as `ping -t`. Default 64.'),
    tos: z.int().min(0).max(255).optional().describe('Traffic class: DSCP and ECN, as `ping -Q`. Default 0.'),
  })
  .describe('ICMP echo. { do: ping, at: 1s, name: hello, from: alice, to: 10.0.0.2, count: 3 }')

export const send = z
  .strictObject({
    do: z.literal('send'),
    ...common,
    from: name,
    to: z
      .string()
      .describe('address:port or [address]:port of a host; every host takes UDP on port 9 and echoes it on port 7.'),
    count: z.int().min(1).max(10_000_000).optional(),
    interval: duration.optional().describe('Default 1s; 0s is a burst.'),
    size: z.int().min(0).max(65_507).optional().describe('UDP payload bytes. Default 64.'),
    df: z.boolean().optional(),
    tos: z.int().min(0).max(255).optional().describe('Traffic class of the inner packet. Default 0.'),
    ttl: z.int().min(1).max(255).optional().describe('Hops it may go. Default 64.'),
  })
  .describe(
    'UDP datagrams. { do: send, at: 1s, name: stream, from: alice, to: "10.0.0.2:9", count: 100, interval: 20ms, size: 1200 }',
  )
