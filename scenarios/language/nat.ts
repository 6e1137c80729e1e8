/** A NAT in the words of RFC 4787, as data. What each key is where nothing is said: nat-parameters.ts. */
import { z } from 'zod'
import { interfaces } from './interfaces.ts'
import { natEdge } from './nat-edge.ts'
import { NAT_PRESET_NAMES } from './nat-presets.ts'
import { duration } from './quantity.ts'

export const natBehaviour = z.enum(['endpoint-independent', 'address-dependent', 'address-and-port-dependent'])
export type NatBehaviour = z.infer<typeof natBehaviour>

const direction = z.enum(['outbound', 'inbound', 'both'])
const never = z.literal('none')
const count = z.int().min(1).max(100_000_000)
const port = z.int().min(1).max(65_535)

const blocks = z
  .strictObject({
    size: z.int().min(1).max(65_535).describe('Ports in a block.'),
    per_host: z.int().min(1).max(65_535).describe('How many blocks an inner host may hold. Default 1.').optional(),
    order: z
      .enum(['next', 'random', 'deterministic'])
      .optional()
      .describe(
        'Which block is given: next (default), a random one, or the one that its inner address says (RFC 7422), for ever.',
      ),
  })
  .describe('Ports are given in blocks, each held by one inner host until its last port is free.')

const tcp = z
  .strictObject({
    mapping: natBehaviour.optional().describe('Default: as for UDP.'),
    filtering: natBehaviour.optional().describe('Default: as for UDP.'),
    timeout_syn: duration.optional().describe('While the handshake is not done. Default 4m (RFC 5382 REQ-5).'),
    timeout: duration.optional().describe('An established connection. Default 2h4m is 124m (RFC 5382 REQ-5).'),
    timeout_closing: duration.optional().describe('After the first FIN. Default 4m (RFC 5382 REQ-5).'),
    timeout_reset: duration.optional().describe('After a RST. Default 4m; 0s: the mapping ends at once.'),
    pick_up: z
      .boolean()
      .optional()
      .describe('A segment that is no SYN may open a mapping, as nf_conntrack_tcp_loose does. Default true.'),
  })
  .describe('TCP. { timeout: 124m, pick_up: false }')

const query = z
  .strictObject({
    mapping: natBehaviour.optional().describe('Default: as for UDP.'),
    filtering: natBehaviour.optional().describe('Default: as for UDP.'),
    timeout: duration.optional().describe('Default 60s (RFC 5508 REQ-2).'),
  })
  .describe('ICMP echo. { timeout: 30s }')

/** What a NAT does, without where it stands. Each key has a default; a preset sets many at once. */
export const natBehaviours = z.strictObject({
  preset: z
    .enum(NAT_PRESET_NAMES)
    .optional()
    .describe('A named set of the keys below; a key that is written beside it wins.'),
  mapping: natBehaviour.optional().describe('RFC 4787 §4.1. Default endpoint-independent.'),
  filtering: natBehaviour.optional().describe('RFC 4787 §5. Default address-and-port-dependent.'),
  filter_timeout: z
    .union([duration, never])
    .optional()
    .describe(
      'How long a remote end that the inside has sent to may answer. Default none: as long as a mapping lives.',
    ),
  filter_refresh: direction.optional().describe('What keeps such a permission alive. Default: refresh.'),
  ports: z
    .enum(['preserving', 'sequential', 'random'])
    .optional()
    .describe('Port assignment, RFC 4787 §4.2: preserving falls back to the next free port. Default preserving.'),
  ports_taken: z
    .enum(['next', 'random', 'linux', 'drop'])
    .optional()
    .describe(
      'When that port is taken: the next free one (default), a random one, what nf_nat_core.c tries (128 from a random place, then 64 …), or none at all.',
    ),
  ports_reuse: z
    .boolean()
    .optional()
    .describe(
      'Before all else: the outer end that the inner end got last towards another remote end, where it is free, as find_appropriate_src in nf_nat_core.c does. Default false.',
    ),
  ports_step: z.int().min(1).max(1024).optional().describe('The stride of sequential ports. Default 1.'),
  port_range: z
    .tuple([port, port])
    .optional()
    .describe('The first and the last outer port, where the port class lets it. Default [1024, 65535].'),
  port_class: z
    .enum(['rfc4787', 'linux', 'none'])
    .optional()
    .describe(
      'rfc4787 (default, REQ-3a): an inner port below 1024 stays below. linux: 1–511, 600–1023, and above. none: all from port_range.',
    ),
  port_parity: z.boolean().optional().describe('An even port stays even, an odd one odd (REQ-4). Default false.'),
  sharing: z
    .enum(['none', 'by-remote', 'always'])
    .optional()
    .describe(
      'May mappings share one outer port? none (default, REQ-3). by-remote: when the parts of their remote ends that the mapping looks at differ, as Linux. always: the inner port is kept whatever happens, and the last to send gets the answers.',
    ),
  on_conflict: z
    .enum(['other-port', 'other-class'])
    .optional()
    .describe(
      'Two inner hosts want one outer port. other-port (default): the second gets another. other-class: and is mapped address-and-port-dependent from then on (against REQ-11).',
    ),
  unsolicited: z
    .enum(['ignored', 'occupies'])
    .optional()
    .describe(
      'occupies: a packet from outside that nobody asked for takes its port towards its sender, as an entry of conntrack in Linux does where INPUT accepts. Default ignored.',
    ),
  pooling: z
    .enum(['paired', 'round-robin', 'arbitrary'])
    .optional()
    .describe(
      'With several outside addresses: one a host (default, REQ-2), the next for each mapping, or a random one.',
    ),
  timeout: duration.optional().describe('How long an idle UDP mapping lives. Default 120s.'),
  timeout_unreplied: duration.optional().describe('The same while nothing came back yet. Default: timeout.'),
  timeout_first: duration.optional().describe('The same after a single packet. Default: timeout_unreplied.'),
  timeout_stream: duration
    .optional()
    .describe('The same for a stream: answered, and its first packet is older than stream_after. Default: timeout.'),
  stream_after: duration.optional().describe('Default 2s.'),
  timeout_ports: z
    .record(z.string().regex(/^[0-9]{1,5}$/), duration)
    .optional()
    .describe('Other timeouts by destination port, whatever the state. { "53": 10s } Default {}.'),
  refresh: direction.optional().describe('What keeps a mapping alive, RFC 4787 §4.3. Default outbound.'),
  refresh_scope: z
    .enum(['session', 'mapping'])
    .optional()
    .describe(
      'A packet refreshes the mapping and the permission of its own remote end (session, default), or those of all remote ends (mapping).',
    ),
  lifetime: z
    .union([duration, never])
    .optional()
    .describe('A UDP mapping ends after this long whatever passes. Default none.'),
  lifetime_spread: duration.optional().describe('A random part added to the lifetime, up to this. Default 0s.'),
  max_mappings: z.union([count, never]).optional().describe('The size of the table. Default none.'),
  max_per_host: z.union([count, never]).optional().describe('Mappings of one inner host. Default none.'),
  when_full: z
    .enum(['drop-new', 'evict-oldest', 'evict-unreplied'])
    .optional()
    .describe(
      'A new mapping in a full table: dropped (default), or instead of the one that was idle longest, of all or of those that are no stream (early_drop in Linux).',
    ),
  refusal: z
    .enum(['silent', 'icmp'])
    .optional()
    .describe('What the sender is told when there is no port or no room. Default silent.'),
  hold_down: duration
    .optional()
    .describe('A port that became free is given to no other host for this long (RFC 6888 REQ-8). Default 0s.'),
  blocks: z.union([blocks, never]).optional().describe('Carrier-grade port blocks. Default none.'),
  hairpin: z
    .enum(['off', 'external', 'internal'])
    .optional()
    .describe('RFC 4787 §6; which source address the inner host sees. Default off.'),
  hairpin_filter: z.boolean().optional().describe('The filter holds for what is hairpinned too. Default true.'),
  tcp: tcp.optional(),
  query: query.optional(),
  fragments: z
    .enum(['pass', 'drop'])
    .optional()
    .describe('pass: fragments are put together, translated and sent on. Default pass.'),
  icmp: z.boolean().optional().describe('Translate ICMP errors to the inside. Default true.'),
})
export type NatBehaviours = z.infer<typeof natBehaviours>

export const nat = z.strictObject({ inside: interfaces, outside: interfaces, ...natBehaviours.shape, ...natEdge })
export type Nat = z.infer<typeof nat>
