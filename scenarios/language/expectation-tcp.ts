/** What must be seen of a `tcp` step. */
import { z } from 'zod'
import { duration, rate } from './quantity.ts'

const label = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9 .,'/-]{0,80}$/)
  .optional()
  .describe('What a broken twin names. Default: the kind and the step.')
const range = z
  .union([z.int().min(0), z.strictObject({ min: z.int().min(0).optional(), max: z.int().min(0).optional() })])
  .describe('A number exactly, or { min, max }.')

export const completed = z
  .strictObject({
    see: z.literal('completed'),
    name: label,
    step: z.string(),
    within: duration.optional().describe('At most so long after it began.'),
  })
  .describe('All bytes of a tcp step arrive. { see: completed, step: page, within: 2s }')

export const goodput = z
  .strictObject({
    see: z.literal('goodput'),
    name: label,
    step: z.string(),
    at_least: rate.optional(),
    at_most: rate.optional(),
  })
  .describe(
    'Bytes that the program got, of both directions, over the time from the first SYN to the last of them. { see: goodput, step: page, at_least: 10Mbit }',
  )

export const stalled = z
  .strictObject({
    see: z.literal('stalled'),
    name: label,
    step: z.string(),
    bytes: range.optional().describe('How many the program got before. Default: fewer than all.'),
    for: duration.optional().describe('At least so long before the end nothing more arrived. Default 5s.'),
  })
  .describe('The connection stands, and the bytes stop. { see: stalled, step: page, bytes: { max: 3000 } }')

export const broken = z
  .strictObject({
    see: z.literal('broken'),
    name: label,
    step: z.string(),
    because: z.string().min(1).describe('The error, or a part of it: connection refused, connection timed out.'),
  })
  .describe('A tcp step ends with an error. { see: broken, step: page, because: connection refused }')
