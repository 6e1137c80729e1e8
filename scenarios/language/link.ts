/** One direction of a cable, as data. */
import { z } from 'zod'
import {
  blackout,
  corruptField,
  distribution,
  duplicate,
  gilbertElliott,
  lose,
  lossBurst,
  reorder,
  replay,
} from './link-faults.ts'
import { presetName } from './link-presets.ts'
import { discipline, police } from './link-queue.ts'
import { duration, rate } from './quantity.ts'
import { fraction } from './words.ts'

export const link = z
  .strictObject({
    preset: presetName
      .optional()
      .describe(
        'A known kind of access, as `wglab list --links` prints it. Keys beside it win; keys from before are forgotten.',
      ),
    delay: duration.optional().describe('One-way delay. Default 10ms on an internet, 0ms on a lan.'),
    jitter: duration
      .optional()
      .describe(
        'Up to this much more, uniformly; with another distribution its standard deviation. Packets stay in order unless reorder is true.',
      ),
    distribution: distribution
      .optional()
      .describe(
        'How jitter is spread. Default uniform. The others, as netem has them, may also shorten the delay, to 0 at least.',
      ),
    jitter_correlation: fraction
      .optional()
      .describe('How much a jitter resembles the one before, as in netem. Default 0: not at all.'),
    reorder: reorder
      .optional()
      .describe('true: jitter may change the order. { chance, gap }: some go ahead. Default false.'),
    rate: rate.optional().describe('Serialisation rate. Default: infinite.'),
    burst: z
      .int()
      .min(68)
      .max(100_000_000)
      .optional()
      .describe(
        'Bytes that go at once after a pause: the rate is a token bucket. Default: each packet takes its time.',
      ),
    queue: z
      .int()
      .min(1)
      .optional()
      .describe('Packets that wait for the rate; one more is dropped (tail drop). Default 1000; with fq-codel 10240.'),
    queue_bytes: z
      .int()
      .min(68)
      .optional()
      .describe('Bytes that wait for the rate, beside `queue`. Default: no such limit.'),
    discipline: discipline.optional().describe('How the queue is kept. Default drop-tail.'),
    police: police.optional().describe('Drop what is over a rate instead of queueing it.'),
    loss: fraction.optional().describe('Probability that a packet is lost.'),
    loss_correlation: fraction
      .optional()
      .describe(
        'How much the draw for a loss resembles the one before, as in netem, with which fewer are lost then. Default 0.',
      ),
    gilbert_elliott: gilbertElliott.optional().describe('Losses in bursts, by two states.'),
    loss_burst: lossBurst.optional().describe('Losses of so many packets in a row.'),
    blackouts: z.array(blackout).max(10_000).optional().describe('Times in which everything that enters is lost.'),
    duplicate: duplicate.optional().describe('Probability that a packet arrives twice, or { chance, count, delay }.'),
    replays: z.array(replay).max(1000).optional().describe('Packets that the network sends again later.'),
    corrupt: fraction
      .optional()
      .describe('Probability that one random bit of the UDP payload (or of the IP payload) is flipped.'),
    corrupt_field: z
      .array(corruptField)
      .max(1000)
      .optional()
      .describe('Exactly these fields of WireGuard messages are changed.'),
    ecn: z
      .enum(['pass', 'bleach', 'mark'])
      .optional()
      .describe(
        'What becomes of the ECN bits: bleach clears them; mark says "congested" on all that understand. Default pass.',
      ),
    dscp: z
      .int()
      .min(0)
      .max(63)
      .optional()
      .describe('The DSCP that every packet has behind this cable. Default: its own.'),
    mtu: z.int().min(68).max(65535).optional().describe('Largest IP packet in bytes. Default 1500.'),
    cut: z.boolean().optional().describe('Nothing passes.'),
    lose: z.array(lose).optional().describe('Exactly these are lost: by message, by number, or by size.'),
  })
  .describe('One direction of a cable.')
export type Link = z.infer<typeof link>
