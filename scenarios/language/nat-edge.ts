/** What else a NAT does to packets, as data: errors, sizes, fragments, checksums, application gateways, IPv6. */
import { z } from 'zod'
import { gate } from './gate.ts'
import { natPathPolicy } from './path-policy.ts'
import { duration } from './quantity.ts'
import { cidr } from './words.ts'

const port = z.int().min(1).max(65_535)
const endpoint = z.string().regex(/^(\[[0-9a-fA-F:]+\]|[0-9.]+):\d{1,5}$/)

const alg = z
  .enum(['payload', 'sip', 'ipsec', 'dns'])
  .describe(
    'payload: wherever a UDP payload has the four bytes of the inner address they are rewritten, out and in, as NATs did that STUN hides from (RFC 5389 §15.2). sip: what goes over port 5060 and is no SIP is dropped. ipsec: to ports 500 and 4500 the source port is kept and belongs to one inner host at a time (RFC 3947, RFC 3948 pass-through). dns: port 53 closes after one answer (DNS guard). That devices do the last three is common knowledge, not re-checked.',
  )

const behaviour6 = z.enum(['endpoint-independent', 'address-dependent', 'address-and-port-dependent'])

export const forward = z.strictObject({
  protocol: z.enum(['udp', 'tcp']).optional().describe('Default udp.'),
  port: port.describe('The outside port.'),
  to: endpoint.describe('The inner address and port.'),
})

/** A request for a port by UPnP, NAT-PMP or PCP, as a step. */
export const mapRequest = z
  .strictObject({
    ...forward.shape,
    lease: duration.optional().describe('How long it holds, traffic or none. Default: until a flush.'),
    lie: z
      .enum(['nothing', 'other-port'])
      .optional()
      .describe(
        'What the NAT says it did, and did not. nothing: there is no mapping. other-port: the mapping is on the next port. Default: it tells the truth.',
      ),
  })
  .describe('{ port: 51820, to: "192.168.1.10:51820", lease: 1h }')
export type MapRequest = z.infer<typeof mapRequest>

const ipv6 = z
  .strictObject({
    translate: z
      .enum(['none', 'masquerade', 'prefix'])
      .optional()
      .describe(
        'none: packets are routed. masquerade: NAT66, the IPv6 address outside stands for all inside. prefix: NPTv6 (RFC 6296), one prefix for another, without ports and without state. Default none.',
      ),
    prefixes: z
      .strictObject({ inside: cidr, outside: cidr })
      .optional()
      .describe(
        'translate: prefix. Both of one length, up to /64. Example: { inside: fd01:203:405::/48, outside: 2001:db8:1::/48 }',
      ),
    filter: z
      .enum(['stateful', 'open'])
      .optional()
      .describe('stateful: what comes in has to answer something (RFC 6092). Default stateful.'),
    filtering: behaviour6.optional().describe('Which remote ends may answer. Default: as for IPv4.'),
    timeout: duration
      .optional()
      .describe(
        'How long an idle UDP flow may be answered. RFC 6092 REC-14: 2 minutes at least, 5 by default. Default: as for IPv4.',
      ),
    timeout_unreplied: duration.optional().describe('The same while nothing came back yet. Default: timeout.'),
  })
  .describe('The IPv6 side. Default: a stateful filter with the rules and times of IPv4.')
export type Ipv6Spec = z.infer<typeof ipv6>

/** More keys of a NAT. */
export const natEdge = {
  ...natPathPolicy,
  ...gate,
  fragment_order: z
    .enum(['joined', 'any', 'in-order', 'first-only'])
    .optional()
    .describe(
      'How fragments pass. joined: put together, translated, and cut again. any: each is translated as it comes, early ones wait for the first (RFC 4787 REQ-14). in-order: what comes before the first is dropped. first-only: only the first has ports, the others are dropped. IPv6 is always joined. Default joined.',
    ),
  fragment_timeout: duration.optional().describe('How long fragments wait for each other. Default 30s, IPv6 60s.'),
  icmp_errors: z
    .enum(['translate', 'outer-only', 'bad-checksum', 'kill-mapping'])
    .optional()
    .describe(
      'ICMP errors from the outside. translate: outside and in the packet they quote (RFC 5508 REQ-4). outer-only: the quoted packet stays as it was, and means nothing to who gets it. bad-checksum: the quoted IP header keeps its old checksum. kill-mapping: translated, and the mapping ends, against RFC 4787 REQ-12. Default translate; icmp: false drops them.',
    ),
  checksums: z
    .enum(['update', 'leave', 'fill', 'refuse-none', 'clear'])
    .optional()
    .describe(
      'UDP checksums. update: incrementally, none stays none. leave: addresses change and the checksum does not, as with a broken offload. fill: none becomes a right one. refuse-none: UDP without one is dropped. clear: IPv4 leaves without one. Default update.',
    ),
  ip_id: z
    .enum(['keep', 'rewrite', 'zero'])
    .optional()
    .describe(
      'The IPv4 identification of whole packets. rewrite: numbers of its own (RFC 7857, section not re-checked). zero: all alike, so that fragments of two packets get mixed. Default keep.',
    ),
  alg: z.array(alg).min(1).optional().describe('Application-level gateways. Default: none. Example: [sip]'),
  forward: z
    .array(forward)
    .min(1)
    .optional()
    .describe('Ports forwarded by hand, open to everybody. Example: [{ port: 51820, to: "192.168.1.10:51820" }]'),
  ipv6: ipv6.optional(),
  nat64: cidr
    .optional()
    .describe(
      'NAT64 (RFC 6146): IPv6 from the inside to this prefix leaves as IPv4. Lengths 32, 40, 48, 56, 64, 96. Example: 64:ff9b::/96',
    ),
  clat: z
    .strictObject({
      plat: cidr.describe('The prefix of the NAT64 that is to be found outside. Example: 64:ff9b::/96'),
      source: cidr.describe('The /96 in which inner IPv4 addresses appear outside. Example: 2001:db8:aa::/96'),
    })
    .optional()
    .describe(
      'The customer side of 464XLAT (RFC 6877): IPv4 from the inside leaves as IPv6, without ports and without state.',
    ),
}

const shape = z.strictObject(natEdge)
export type NatEdgeSpec = z.infer<typeof shape>
