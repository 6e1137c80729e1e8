/** Bytes over TCP. */
import { z } from 'zod'
import { duration } from './quantity.ts'
import { common } from './step-common.ts'
import { name } from './words.ts'

export const tcp = z
  .strictObject({
    do: z.literal('tcp'),
    ...common,
    from: name,
    to: z
      .string()
      .describe(
        'address:port or [address]:port of a host; every host gives and takes on 7, 9, 19, 22, 80 and 443, and refuses other ports.',
      ),
    bytes: z.int().min(1).max(1_000_000_000).describe('How many, each way that the direction says.'),
    direction: z
      .enum(['up', 'down', 'both'])
      .optional()
      .describe('up: from → to; down: asked for by from, sent by to, as a download; both at once. Default up.'),
    congestion: z.enum(['cubic', 'reno']).optional().describe('At both ends. Default cubic, as Linux.'),
    mtu_probing: z
      .union([z.literal(0), z.literal(1), z.literal(2)])
      .optional()
      .describe(
        'net.ipv4.tcp_mtu_probing of both ends: 0 trusts ICMP alone, 1 finds the size itself when a black hole is suspected, 2 always. Default 0, as Linux.',
      ),
    ecn: z.boolean().optional().describe('Asks for ECN (RFC 3168), as net.ipv4.tcp_ecn=1. Default false.'),
    window: z
      .int()
      .min(2048)
      .max(1_000_000_000)
      .optional()
      .describe('Bytes of the receive buffer of `from`. Default 3145728, what Linux comes to by itself at most.'),
    deadline: duration
      .optional()
      .describe('Given up after so long, as `curl --max-time`. Default: as long as TCP itself is patient.'),
  })
  .describe(
    'Bytes over TCP. { do: tcp, at: 1s, name: page, from: alice, to: "10.0.0.2:443", bytes: 100000, direction: down }',
  )
