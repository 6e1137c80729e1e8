/** Steps of a probe: a host that speaks by script, and may lie. */
import { z } from 'zod'
import { duration } from './quantity.ts'
import { common } from './step-common.ts'
import { delay, flood, forge, icmp, relay, reorder, scan } from './step-probe-attack.ts'
import { alter, slot } from './step-probe-words.ts'
import { cidr, messageName, name } from './words.ts'

export const probe = z
  .strictObject({
    do: z.literal('probe'),
    ...common,
    host: name,
    act: z.discriminatedUnion('kind', [
      z
        .strictObject({
          kind: z.literal('initiate'),
          peer: z.string().describe('The public key spoken to: a key name without .pub.'),
          to: z.string().describe('address:port'),
          key: z
            .string()
            .optional()
            .describe("The static key it speaks as: a key name. Default: the probe's own name."),
          psk: z.string().optional().describe('A preshared key name without .psk.'),
          clock: duration.optional().describe('Offset of its timestamp from the true time.'),
          save: slot.describe('The slot that holds the message and the state to go on with.'),
          from: z.string().optional().describe('address:port it speaks from; default its own.'),
          stolen: z
            .literal('responder')
            .optional()
            .describe(
              'Key compromise impersonation: the probe has the private key of the peer it speaks to, and of `key` the public one alone.',
            ),
          send: z.boolean().optional().describe('Default true; false only builds it.'),
        })
        .describe('Build a handshake initiation and send it.'),
      z
        .strictObject({
          kind: z.literal('respond'),
          to: slot,
          save: slot,
          key: z.string().optional(),
          psk: z.string().optional(),
        })
        .describe('Answer a captured initiation.'),
      z
        .strictObject({
          kind: z.literal('data'),
          session: slot.describe(
            'The slot of a finished handshake: an initiation whose response has arrived, or a response it sent.',
          ),
          payload: z.union([
            z.literal('keepalive'),
            z.strictObject({ ping: cidr, from: cidr, size: z.int().min(0).max(65_000).optional() }),
            z.strictObject({ hex: z.string() }),
          ]),
          counter: z
            .union([z.int().min(0), z.string().regex(/^\d{1,20}$/)])
            .optional()
            .describe('Default: the next one. Beyond 2^53 as a text of digits.'),
          save: slot.optional(),
          send: z.boolean().optional(),
        })
        .describe('A transport message on a session.'),
      z
        .strictObject({
          kind: z.literal('capture'),
          message: messageName,
          from: name.optional().describe('Sent by this host.'),
          to: name.optional(),
          nth: z.int().min(1).optional().describe('Counted from 1 since this step. Default 1.'),
          hold: z.boolean().optional().describe('Take it off the network as well. Default false: copy.'),
          save: slot,
        })
        .describe('From now on, keep this message when it passes a network the probe sits on.'),
      z
        .strictObject({
          kind: z.literal('replay'),
          slot,
          to: z.string().optional().describe('address:port; default where it went the first time.'),
          from: z.string().optional().describe('address:port it claims to come from; default its own.'),
          as: z.literal('sender').optional().describe('Claim the original sender address.'),
          alter: z.array(alter).optional(),
          macs: z
            .enum(['keep', 'valid', 'stale', 'absent'])
            .optional()
            .describe('What to do about mac1 and mac2 after altering. Default keep.'),
          count: z.int().min(1).max(1_000_000).optional(),
          interval: duration.optional().describe('Between two of them. Default 0s: all at once.'),
        })
        .describe('Send what a slot holds, altered or not.'),
      z
        .strictObject({
          kind: z.literal('random'),
          to: z.string(),
          count: z.int().min(1).max(1_000_000),
          size: z.strictObject({ min: z.int().min(0), max: z.int().max(65_507) }),
          interval: duration.optional(),
        })
        .describe('Random datagrams.'),
      z
        .strictObject({
          kind: z.literal('expect'),
          message: messageName,
          from: z.string().optional().describe('address:port'),
          within: duration,
          save: slot.optional(),
          on: slot.optional().describe('The session (slot) it must open under, or the initiation a response must fit.'),
        })
        .describe('The probe must receive this in time; the run fails otherwise.'),
      z.strictObject({ kind: z.literal('expect-silence'), for: duration }).describe('The probe must receive nothing.'),
      flood,
      scan,
      icmp,
      delay,
      reorder,
      forge,
      relay,
    ]),
  })
  .describe(
    'The probe acts. { do: probe, at: 1s, host: mallory, act: { kind: replay, slot: first, to: "203.0.113.2:51820" } }',
  )
