/** The words that the acts of a probe share. */
import { z } from 'zod'

export const slot = z.string().regex(/^[a-z][a-z0-9-]{0,30}$/)

export const alter = z.strictObject({
  field: z.enum([
    'type',
    'reserved',
    'sender',
    'receiver',
    'ephemeral',
    'static',
    'timestamp',
    'nothing',
    'counter',
    'payload',
    'tag',
    'mac1',
    'mac2',
    'nonce',
    'cookie',
  ]),
  flip: z.int().min(0).optional().describe('Bit of the field to flip, from 0.'),
  hex: z
    .string()
    .regex(/^([0-9a-f]{2})+$/)
    .optional()
    .describe('The bytes of the field from its start.'),
})
