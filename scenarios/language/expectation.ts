/** What must be seen. Each is decided from the trace alone, a row at a time. */
import { z } from 'zod'
import { broken, completed, goodput, stalled } from './expectation-tcp.ts'
import { duration } from './quantity.ts'
import { messageName, name } from './topology.ts'

const label = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9 .,'/-]{0,80}$/)
  .optional()
  .describe('What a broken twin names. Default: the kind.')
const range = z
  .union([z.int().min(0), z.strictObject({ min: z.int().min(0).optional(), max: z.int().min(0).optional() })])
  .describe('A number exactly, or { min, max }.')
export type Range = z.infer<typeof range>
const span = z.tuple([duration, duration]).describe('From (inclusive) to (exclusive), since the start.')
const spacingRange = z.strictObject({ min: duration.optional(), max: duration.optional() })

const delivered = z
  .strictObject({
    see: z.literal('delivered'),
    name: label,
    step: z.string(),
    count: range.optional().describe('Default: all of them.'),
    within: duration
      .optional()
      .describe('Each at most this long after it was sent: round trip of a ping, one way of a datagram.'),
  })
  .describe('Packets of a step arrive (pings: are answered).')

const lost = z
  .strictObject({
    see: z.literal('lost'),
    name: label,
    step: z.string(),
    count: range.optional().describe('Default: all of them.'),
    because: z.array(z.string()).min(1).optional().describe('Every loss has one of these reasons.'),
  })
  .describe('Packets of a step do not arrive.')

const messages = z
  .strictObject({
    see: z.literal('messages'),
    name: label,
    message: messageName,
    from: name,
    to: name.optional(),
    between: span.optional(),
    count: range,
    size: range.optional().describe('UDP payload bytes of each.'),
  })
  .describe('WireGuard messages that leave a host. "silent" is count 0 of any.')

const spacing = z
  .strictObject({
    see: z.literal('spacing'),
    name: label,
    message: messageName,
    from: name,
    to: name.optional(),
    between: span.optional(),
    each: spacingRange.describe('Every distance between two in a row. At least two must be seen.'),
  })
  .describe('The rhythm of messages.')

const handshakes = z
  .strictObject({
    see: z.literal('handshakes'),
    name: label,
    host: name,
    peer: name,
    between: span.optional(),
    count: range.describe('Handshakes completed, as `wg show` of this host would tell: its latest-handshake moved.'),
  })
  .describe('Completed handshakes.')

const endpoint = z
  .strictObject({
    see: z.literal('endpoint'),
    name: label,
    host: name,
    peer: name,
    is: z.string().describe('address:port or [address]:port, or (none).'),
    at: duration.optional().describe('Default: at the end.'),
  })
  .describe('The endpoint `wg show` would tell.')

const transfer = z
  .strictObject({
    see: z.literal('transfer'),
    name: label,
    host: name,
    peer: name,
    rx: range.optional(),
    tx: range.optional(),
    at: duration.optional(),
  })
  .describe('The byte counters `wg show` would tell.')

const dropped = z
  .strictObject({
    see: z.literal('dropped'),
    name: label,
    because: z.string(),
    at: z.string().optional().describe('The box where: a host, a NAT, a router, or a cable as host:network.'),
    between: span.optional(),
    count: range,
  })
  .describe('Packets dropped for a reason. Needs a world that sees inside.')

const received = z
  .strictObject({
    see: z.literal('received'),
    name: label,
    host: name,
    what: z.enum([
      'icmp-unreachable',
      'icmp-too-big',
      'icmp-time-exceeded',
      'fragment',
      'congestion-mark',
      'dns-query',
    ]),
    count: range,
    between: span.optional(),
  })
  .describe('Packets of this kind that arrive at a host on a network.')

const noted = z
  .strictObject({
    see: z.literal('noted'),
    name: label,
    host: name,
    text: z.string().min(1).max(200).describe('A part of the note, as it stands.'),
    count: range,
    between: span.optional(),
  })
  .describe(
    'What a machine, a service of it or a probe wrote down. { see: noted, host: hub, text: "phone is at 203.0.113.7:41641", count: { min: 1 } }',
  )

const marked = z
  .strictObject({
    see: z.literal('marked'),
    name: label,
    host: name,
    layer: z.enum(['wire', 'inner']).describe('wire: on its networks. inner: out of its tunnels.'),
    ecn: z.int().min(0).max(3).optional().describe('0 not-ECT, 1 ECT(1), 2 ECT(0), 3 CE (RFC 3168).'),
    dscp: z.int().min(0).max(63).optional(),
    count: range,
    between: span.optional(),
  })
  .describe(
    'Packets that arrive at a host with these marks. { see: marked, host: bob, layer: inner, ecn: 3, count: 5 }',
  )

export const expectation = z.discriminatedUnion('see', [
  delivered,
  lost,
  messages,
  spacing,
  handshakes,
  endpoint,
  transfer,
  dropped,
  received,
  marked,
  noted,
  completed,
  goodput,
  stalled,
  broken,
])
export type Expectation = z.infer<typeof expectation>
export type ExpectationOf<Kind extends Expectation['see']> = Extract<Expectation, { see: Kind }>

/** The name an expectation goes by: its own, or its kind with what it is about. */
export function expectationName(expectation: Expectation): string {
  if (expectation.name !== undefined) return expectation.name
  if ('step' in expectation) return `${expectation.see} ${expectation.step}`
  return expectation.see
}
