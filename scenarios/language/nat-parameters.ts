/** The plain set of parameters that a NAT runs on: every key is there, no key depends on another. */
import type { NatBehaviour, NatBehaviours } from './nat.ts'
import { NAT_PRESETS } from './nat-presets.ts'
import type { Duration } from './quantity.ts'

type Direction = 'outbound' | 'inbound' | 'both'

/** Each key as in `NatBehaviours`, which it also is: written into a scenario it makes the same NAT. */
export interface NatParameters {
  readonly mapping: NatBehaviour
  readonly filtering: NatBehaviour
  readonly filter_timeout: Duration | 'none'
  readonly filter_refresh: Direction
  readonly ports: 'preserving' | 'sequential' | 'random'
  readonly ports_taken: 'next' | 'random' | 'linux' | 'drop'
  readonly ports_reuse: boolean
  readonly ports_step: number
  readonly port_range: [number, number]
  readonly port_class: 'rfc4787' | 'linux' | 'none'
  readonly port_parity: boolean
  readonly sharing: 'none' | 'by-remote' | 'always'
  readonly on_conflict: 'other-port' | 'other-class'
  readonly unsolicited: 'ignored' | 'occupies'
  readonly pooling: 'paired' | 'round-robin' | 'arbitrary'
  readonly timeout: Duration
  readonly timeout_unreplied: Duration
  readonly timeout_first: Duration
  readonly timeout_stream: Duration
  readonly stream_after: Duration
  readonly timeout_ports: Record<string, Duration>
  readonly refresh: Direction
  readonly refresh_scope: 'session' | 'mapping'
  readonly lifetime: Duration | 'none'
  readonly lifetime_spread: Duration
  readonly max_mappings: number | 'none'
  readonly max_per_host: number | 'none'
  readonly when_full: 'drop-new' | 'evict-oldest' | 'evict-unreplied'
  readonly refusal: 'silent' | 'icmp'
  readonly hold_down: Duration
  readonly blocks: 'none' | { size: number; per_host: number; order: 'next' | 'random' | 'deterministic' }
  readonly hairpin: 'off' | 'external' | 'internal'
  readonly hairpin_filter: boolean
  readonly tcp: NatTcp
  readonly query: NatQuery
  readonly fragments: 'pass' | 'drop'
  readonly icmp: boolean
}

export interface NatTcp {
  readonly mapping: NatBehaviour
  readonly filtering: NatBehaviour
  readonly timeout_syn: Duration
  readonly timeout: Duration
  readonly timeout_closing: Duration
  readonly timeout_reset: Duration
  readonly pick_up: boolean
}

export interface NatQuery {
  readonly mapping: NatBehaviour
  readonly filtering: NatBehaviour
  readonly timeout: Duration
}

/** The defaults, then the preset, then what is written. `resolveNat` of what it returned returns the same. */
export function resolveNat(spec: NatBehaviours): NatParameters {
  const preset = spec.preset === undefined ? {} : NAT_PRESETS[spec.preset].parameters
  const given: NatBehaviours = { ...preset, ...written(spec) }
  const tcp = { ...preset.tcp, ...written(spec.tcp ?? {}) }
  const query = { ...preset.query, ...written(spec.query ?? {}) }
  const { mapping = 'endpoint-independent', filtering = 'address-and-port-dependent', refresh = 'outbound' } = given
  const timeout = given.timeout ?? '120s'
  const timeout_unreplied = given.timeout_unreplied ?? timeout
  const { blocks = 'none' } = given
  return {
    mapping,
    filtering,
    filter_timeout: given.filter_timeout ?? 'none',
    filter_refresh: given.filter_refresh ?? refresh,
    ports: given.ports ?? 'preserving',
    ports_taken: given.ports_taken ?? 'next',
    ports_reuse: given.ports_reuse ?? false,
    ports_step: given.ports_step ?? 1,
    port_range: [...(given.port_range ?? ([1024, 65_535] as const))],
    port_class: given.port_class ?? 'rfc4787',
    port_parity: given.port_parity ?? false,
    sharing: given.sharing ?? 'none',
    on_conflict: given.on_conflict ?? 'other-port',
    unsolicited: given.unsolicited ?? 'ignored',
    pooling: given.pooling ?? 'paired',
    timeout,
    timeout_unreplied,
    timeout_first: given.timeout_first ?? timeout_unreplied,
    timeout_stream: given.timeout_stream ?? timeout,
    stream_after: given.stream_after ?? '2s',
    timeout_ports: { ...given.timeout_ports },
    refresh,
    refresh_scope: given.refresh_scope ?? 'session',
    lifetime: given.lifetime ?? 'none',
    lifetime_spread: given.lifetime_spread ?? '0s',
    max_mappings: given.max_mappings ?? 'none',
    max_per_host: given.max_per_host ?? 'none',
    when_full: given.when_full ?? 'drop-new',
    refusal: given.refusal ?? 'silent',
    hold_down: given.hold_down ?? '0s',
    blocks:
      blocks === 'none' ? 'none' : { size: blocks.size, per_host: blocks.per_host ?? 1, order: blocks.order ?? 'next' },
    hairpin: given.hairpin ?? 'off',
    hairpin_filter: given.hairpin_filter ?? true,
    tcp: {
      mapping: tcp.mapping ?? mapping,
      filtering: tcp.filtering ?? filtering,
      timeout_syn: tcp.timeout_syn ?? '4m',
      timeout: tcp.timeout ?? '124m',
      timeout_closing: tcp.timeout_closing ?? '4m',
      timeout_reset: tcp.timeout_reset ?? '4m',
      pick_up: tcp.pick_up ?? true,
    },
    query: {
      mapping: query.mapping ?? mapping,
      filtering: query.filtering ?? filtering,
      timeout: query.timeout ?? '60s',
    },
    fragments: given.fragments ?? 'pass',
    icmp: given.icmp ?? true,
  }
}

/** Without the keys that are there and undefined: they would hide the preset's. */
function written<T extends object>(given: T): T {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as T
}

/**
 * Whether packets alone, sent and received on both sides, can tell the value of a parameter; else why not. "When" in the
 * table is a condition under which a value that is there makes no difference to any packet.
 */
export const OBSERVABLE: Readonly<Record<keyof NatParameters, 'observable' | string>> = {
  mapping: 'observable',
  filtering: 'observable',
  filter_timeout: 'observable',
  filter_refresh: 'observable',
  ports: 'observable',
  ports_taken:
    'the places that a search tries are seen only where all of them are taken: of linux and random, no probe of fair size can tell which it is',
  ports_reuse:
    'it shows only where a port was refused towards one remote end and another is asked then: else it acts like ports that are kept',
  ports_step: 'observable',
  port_range: 'the ends are known only as far as ports were given: a probe sees bounds from within',
  port_class: 'observable',
  port_parity: 'observable',
  sharing: 'observable',
  on_conflict: 'observable',
  unsolicited: 'observable',
  pooling: 'observable when there are several outside addresses; with one, all values act alike',
  timeout: 'observable',
  timeout_unreplied: 'observable',
  timeout_first: 'observable',
  timeout_stream: 'observable',
  stream_after: 'observable when timeout_stream is not timeout; else it changes nothing',
  timeout_ports: 'each port is a question of its own: a probe asks those it knows, and 65,000 others stay unknown',
  refresh: 'observable',
  refresh_scope: 'observable when filtering is not endpoint-independent; else it changes nothing',
  lifetime: 'observable up to the time the probe takes; a longer one looks like none',
  lifetime_spread: 'one mapping shows one draw: many of them give bounds from within',
  max_mappings: 'observable up to the number of mappings that the probe makes; a larger one looks like none',
  max_per_host: 'observable up to the number of mappings that the probe makes; a larger one looks like none',
  when_full: 'observable when the table can be filled',
  refusal: 'observable when the table, a block or a range can be filled',
  hold_down: 'observable where the same port would be given again at once: with preserving ports',
  blocks: 'observable as far as the blocks of the probe itself show them; size is certain, order wants many hosts',
  hairpin: 'observable',
  hairpin_filter: 'observable when it hairpins and filtering is not endpoint-independent; else it changes nothing',
  tcp: 'observable; its longest timeouts take hours of virtual time',
  query: 'observable',
  fragments: 'observable',
  icmp: 'observable',
}
