/** What an adversary does besides speaking: floods, scans, lies by ICMP, and the meddling of one who sits on the path. */
import { z } from 'zod'
import { duration } from './quantity.ts'
import { alter, slot } from './step-probe-words.ts'
import { cidr, messageName, name } from './words.ts'

const packets = z.int().min(1).max(1_000_000)

export const flood = z
  .strictObject({
    kind: z.literal('flood'),
    to: z.string().describe('address:port'),
    what: z
      .enum(['initiation', 'bad-mac1', 'response', 'data', 'random'])
      .describe(
        'initiation, response: a valid mac1 (who floods knows the public key) over random bytes. bad-mac1: an initiation without it. data: a transport message to a random index. random: no WireGuard at all.',
      ),
    peer: z.string().optional().describe('The public key of the victim: a key name. Needed for a valid mac1.'),
    count: packets,
    interval: duration.optional().describe('Between two packets. Default 0s: as fast as the cable takes them.'),
    sources: cidr
      .optional()
      .describe('The prefix that the spoofed source addresses are drawn from. Default: its own address.'),
    ports: z.enum(['random', 'own']).optional().describe('Source ports. Default: random with `sources`, own without.'),
    cookie: slot
      .optional()
      .describe(
        'A slot whose initiation was answered by a cookie reply: mac2 is made with that cookie, which holds for the address and port it was given to.',
      ),
    size: z
      .strictObject({ min: z.int().min(0), max: z.int().max(65_507) })
      .optional()
      .describe('Bytes of random datagrams. Default 148.'),
  })
  .describe(
    'Packets at a rate, from one source or many. { kind: flood, to: "203.0.113.2:51820", what: initiation, peer: bob, count: 10000, interval: 100us, sources: 198.51.100.0/24 }',
  )

export const scan = z
  .strictObject({
    kind: z.literal('scan'),
    to: cidr.describe('One address, or a prefix of which every address is asked.'),
    ports: z.tuple([z.int().min(1).max(65_535), z.int().min(1).max(65_535)]).describe('First and last.'),
    with: z
      .enum(['empty', 'random', 'initiation'])
      .optional()
      .describe('What is sent: an empty datagram (default), 148 random bytes, or a valid initiation of a stranger.'),
    peer: z.string().optional().describe('For `with: initiation`: the public key that the scanner has got hold of.'),
    interval: duration.optional().describe('Default 1ms.'),
    within: duration.optional().describe('How long answers are waited for after the last one. Default 2s.'),
  })
  .describe(
    'Ask every port, and note which are open (an answer), closed (ICMP says so) or silent. { kind: scan, to: 203.0.113.2, ports: [51815, 51825] }',
  )

export const icmp = z
  .strictObject({
    kind: z.literal('icmp'),
    error: z.enum(['too-big', 'port-unreachable', 'host-unreachable', 'no-route', 'prohibited', 'time-exceeded']),
    mtu: z.int().min(0).max(65_535).optional().describe('What a too-big claims.'),
    about: z
      .union([slot, z.strictObject({ from: z.string(), to: z.string() })])
      .describe(
        'The packet it claims to be about: a captured one (a slot), or made up from address:port of its sender and its receiver.',
      ),
    from: cidr.optional().describe('The router it claims to come from. Default: the address the packet went to.'),
  })
  .describe('A forged ICMP error, sent to the sender of the packet it quotes.')

const passing = {
  message: messageName.optional().describe('Which WireGuard messages. Default any: every datagram.'),
  from: name.optional().describe('Sent by this host.'),
  to: name.optional().describe('On the way to this host.'),
  network: name.optional().describe('On this network. Default: every network it sits on.'),
  for: duration.optional().describe('How long. Default: to the end of the run.'),
  count: packets.optional().describe('How many at most.'),
}

export const delay = z
  .strictObject({ kind: z.literal('delay'), ...passing, delay: duration.describe('How long each is held back.') })
  .describe('Take packets off a network that the probe sits on, and let them go later, unchanged.')

export const reorder = z
  .strictObject({
    kind: z.literal('reorder'),
    ...passing,
    group: z.int().min(2).max(10_000).describe('How many are collected before they go on.'),
    order: z.enum(['reverse', 'last-first', 'shuffle']).optional().describe('Default reverse.'),
    within: duration.optional().describe('A group that is not full by then goes on as it is. Default 1s.'),
  })
  .describe('Take packets off a network, and let each group go in another order.')

export const forge = z
  .strictObject({
    kind: z.literal('forge'),
    ...passing,
    alter: z.array(alter).min(1),
    macs: z
      .enum(['keep', 'valid', 'absent'])
      .optional()
      .describe('What to do about mac1 and mac2 after altering. Default keep.'),
  })
  .describe('Alter packets on their way; they keep their addresses and get a right UDP checksum.')

export const relay = z
  .strictObject({
    kind: z.literal('relay'),
    ...passing,
    from: name.describe('Whose packets are relayed.'),
    to: name.describe('To whom.'),
    hold: z
      .boolean()
      .optional()
      .describe('Take the originals off the network. Default false: the copy races the original.'),
    back: z
      .enum(['own', 'spoofed', 'none'])
      .optional()
      .describe(
        'What comes back to the probe goes on to the first sender: from its own address (default: both endpoints move to it), spoofed as the other side, or not at all.',
      ),
  })
  .describe('Send a copy of what passes from its own address: the endpoint of the receiver moves to who is fastest.')
