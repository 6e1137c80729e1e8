/** What a cable does to packets, as data: losses, outages, copies, order, bytes. */
import { z } from 'zod'
import { duration } from './quantity.ts'
import { fraction, messageName } from './words.ts'

/** The parts of WireGuard's messages (paper §5.4), by the decoder's names. */
export const fieldName = z.enum([
  ...['type', 'reserved', 'sender', 'receiver', 'ephemeral', 'static', 'timestamp', 'nothing', 'counter'],
  ...['payload', 'tag', 'mac1', 'mac2', 'nonce', 'cookie'],
] as const)

const nth = z.array(z.int().min(1)).min(1)

export const lose = z
  .union([
    z
      .strictObject({ message: messageName, nth })
      .describe('The nth packets (counted from 1 since the rule was set) that carry this WireGuard message.'),
    z.strictObject({ nth }).describe('The nth packets of all that enter, counted from 1 since the rule was set.'),
    z
      .strictObject({
        size: z.strictObject({ min: z.int().min(0).optional(), max: z.int().min(0).max(65_535).optional() }),
        nth: nth.optional(),
      })
      .describe('IP packets of this many bytes: all of them, or the nth of them.'),
  ])
  .describe('{ message: initiation, nth: [1, 2] }, { nth: [5, 6, 7] } or { size: { min: 1400 } }')
export type Lose = z.infer<typeof lose>

export const gilbertElliott = z
  .strictObject({
    p: fraction.describe('Chance to go from good to bad, before each packet.'),
    r: fraction.describe('Chance to go from bad to good, before each packet.'),
    good: fraction.optional().describe('Chance of a loss in the good state. Default 0.'),
    bad: fraction.optional().describe('Chance of a loss in the bad state. Default 1.'),
  })
  .describe(
    'Losses in bursts: a good and a bad state (Gilbert 1960, Elliott 1963). In the long run the state is bad for p / (p + r) of the packets. { p: 0.01, r: 0.25 }',
  )
export type GilbertElliott = z.infer<typeof gilbertElliott>

export const lossBurst = z
  .strictObject({
    chance: fraction.describe('Chance that a packet begins a burst.'),
    length: z.int().min(1).max(1_000_000).describe('Packets in a row that are lost.'),
  })
  .describe('{ chance: 0.001, length: 20 }')

export const blackout = z
  .strictObject({
    at: duration.describe('When the first one begins, since the start of the run.'),
    for: duration.describe('How long it lasts.'),
    every: duration
      .optional()
      .describe('It comes again after this time, counted from its begin. Default: it does not.'),
  })
  .describe('What enters the cable then is lost; what is in its queue goes on. { at: 30s, for: 8s, every: 60s }')
export type Blackout = z.infer<typeof blackout>

export const corruptField = z
  .strictObject({
    message: messageName.exclude(['any']),
    field: fieldName,
    flip: z.int().min(0).optional().describe('Bit of the field to flip, from 0; 0 is the lowest of its first byte.'),
    hex: z
      .string()
      .regex(/^([0-9a-f]{2})+$/)
      .optional()
      .describe('The bytes that stand at the start of the field instead.'),
    nth: nth.optional().describe('Which of these messages, counted from 1 since the rule was set. Default: all.'),
    checksum: z
      .enum(['fix', 'keep'])
      .optional()
      .describe(
        'fix: the UDP checksum fits the new bytes, so that WireGuard sees them. keep: it is wrong now. Default fix.',
      ),
  })
  .describe('{ message: initiation, field: mac1, flip: 0, nth: [1] }')
export type CorruptField = z.infer<typeof corruptField>

export const duplicate = z.union([
  fraction,
  z
    .strictObject({
      chance: fraction,
      count: z.int().min(1).max(1000).optional().describe('Copies beside the original. Default 1.'),
      delay: duration
        .optional()
        .describe('The nth copy enters the cable n times this later. Default 0ms: right behind.'),
    })
    .describe('{ chance: 0.01, count: 2, delay: 50ms }'),
])

export const replay = z
  .strictObject({
    message: messageName.optional().describe('Packets that carry this WireGuard message. Default any of them.'),
    nth: nth.optional().describe('Which of them, counted from 1 since the rule was set. Default: by chance.'),
    chance: fraction.optional().describe('Chance that one is kept to be sent again. Default 1.'),
    after: duration.describe('How much later the copy enters the cable.'),
    count: z
      .int()
      .min(1)
      .max(1000)
      .optional()
      .describe('How often, each so much later than the one before. Default 1.'),
  })
  .describe('The network sends an old packet again. { message: data, nth: [3], after: 30s }')
export type Replay = z.infer<typeof replay>

export const reorder = z.union([
  z.boolean(),
  z
    .strictObject({
      chance: fraction.describe('Chance that a packet goes ahead at once, without the delay.'),
      gap: z.int().min(1).optional().describe('Only every so many packets. Default 1: each.'),
    })
    .describe('As netem: the others keep their order and their delay. { chance: 0.25, gap: 5 }'),
])

export const distribution = z.union([
  z.enum(['uniform', 'normal', 'pareto', 'paretonormal']),
  z
    .strictObject({
      samples: z.array(duration).min(1).max(100_000).describe('Measured times over the delay.'),
      order: z
        .enum(['random', 'given'])
        .optional()
        .describe('One at random for each packet, or in turn. Default random.'),
    })
    .describe('{ samples: [0ms, 2ms, 2ms, 3ms, 40ms] }'),
])
export type Distribution = z.infer<typeof distribution>
