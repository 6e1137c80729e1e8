/**
 * From a scenario's NAT to one that Linux makes. What the scenario says of it (itself or by a preset) Linux has to do; what
 * it leaves open Linux does in its own way, with the times that the scenario has by default.
 */
import { formatAddress, parsePrefix } from '../../impl/ip/address.ts'
import type { Nat } from '../../scenarios/language/nat.ts'
import { type NatParameters, resolveNat } from '../../scenarios/language/nat-parameters.ts'
import { NAT_PRESETS } from '../../scenarios/language/nat-presets.ts'
import { type Duration, durationNs } from '../../scenarios/language/quantity.ts'
import { endsOf } from '../layout.ts'
import { LINUX_TIMES, type LinuxNat, type LinuxTimes } from './nat-rules.ts'

export type NatPlan =
  | { readonly kind: 'plays'; readonly nat: LinuxNat }
  /** `because`: the end of a sentence that begins with the NAT's name. */
  | { readonly kind: 'refuses'; readonly because: string }

/** Entries of conntrack where the scenario names no number: as many as the preset has. */
const MOST = 262_144
const APD = 'address-and-port-dependent'
const EI = 'endpoint-independent'

/** Keys that a guest follows, or that do not concern it. Of others it can only be what they are anyhow. */
const PLAYED = new Set<keyof Nat>(['inside', 'outside', 'preset'])

type Given = Partial<Nat>

export function natPlan(spec: Nat): NatPlan {
  const preset: Given = spec.preset === undefined ? {} : NAT_PRESETS[spec.preset].parameters
  const given: Given = { ...preset, ...withoutUndefined(spec) }
  const parameters = resolveNat(spec)
  const addresses = outsideAddresses(spec)
  const because = refusal(given, parameters, addresses)
  if (because !== undefined) return { kind: 'refuses', because }
  const times = timesOf(given, parameters)
  if (typeof times === 'string') return { kind: 'refuses', because: times }
  const { port_range, ports, max_mappings, unsolicited, fragments, icmp, tcp } = parameters
  return {
    kind: 'plays',
    nat: {
      inside: Object.keys(spec.inside),
      outside: Object.keys(spec.outside),
      address: addresses[0] ?? '',
      ports: ports === 'random' ? 'fully-random' : 'kept',
      ...(given.port_range === undefined ? {} : { range: port_range }),
      fullCone: given.mapping === EI && given.filtering === EI,
      input: given.unsolicited !== undefined && unsolicited === 'ignored' ? 'drop' : 'accept',
      times_s: times,
      loose: tcp.pick_up,
      most: max_mappings === 'none' ? MOST : max_mappings,
      fragments,
      icmp,
    },
  }
}

function refusal(given: Given, parameters: NatParameters, addresses: readonly string[]): string | undefined {
  const cone = given.mapping === EI && given.filtering === EI
  if (addresses.length !== 1) return `has ${addresses.length} IPv4 addresses outside, and masquerade takes one`
  const can = linuxCan(given, parameters, cone)
  for (const [key, value] of Object.entries(given) as [keyof Nat, unknown][]) {
    if (PLAYED.has(key)) continue
    if (!Object.hasOwn(can, key)) return `has "${key}", for which Linux has no rule`
    const allowed = can[key]
    if (allowed === undefined || allowed.includes(value)) continue
    return `has ${key}: ${textOf(value)}, and Linux ${cone ? 'with rules for a full cone ' : ''}has ${allowed.map(textOf).join(' or ') || 'no rule for it'}`
  }
  if (given.port_range !== undefined && (given.port_class ?? 'none') !== 'none')
    return `has a port_range, with which Linux knows no classes of ports (write port_class: none)`
  return undefined
}

/** The values of each key that Linux can have; undefined: any. */
function linuxCan(
  given: Given,
  { timeout_unreplied, tcp, query, ports }: NatParameters,
  cone: boolean,
): Partial<Record<keyof Nat, readonly unknown[] | undefined>> {
  return {
    mapping: [cone ? EI : APD],
    filtering: [cone ? EI : APD],
    filter_timeout: ['none'],
    filter_refresh: ['both'],
    ports: cone ? ['preserving'] : ['preserving', 'random'],
    ports_taken: ['linux'],
    ports_reuse: [ports === 'preserving'],
    port_range: cone ? [] : undefined,
    port_class: ['linux', ...(given.port_range === undefined ? [] : ['none'])],
    port_parity: [false],
    sharing: [cone ? 'none' : 'by-remote'],
    on_conflict: ['other-port'],
    unsolicited: cone ? ['ignored'] : undefined,
    pooling: undefined,
    // Whole seconds: timesOf.
    timeout: [timeout_unreplied],
    timeout_unreplied: undefined,
    timeout_first: [timeout_unreplied],
    timeout_stream: undefined,
    stream_after: ['2s'],
    refresh: ['both'],
    refresh_scope: ['session'],
    lifetime: ['none'],
    lifetime_spread: ['0s'],
    max_mappings: undefined,
    max_per_host: ['none'],
    when_full: ['evict-unreplied'],
    refusal: ['silent'],
    hold_down: ['0s'],
    blocks: ['none'],
    hairpin: cone ? ['external'] : ['off'],
    hairpin_filter: undefined,
    tcp: tcp.mapping === APD && tcp.filtering === APD ? undefined : [],
    query: query.mapping === APD && query.filtering === APD ? undefined : [],
    fragments: undefined,
    fragment_order: ['joined'],
    fragment_timeout: ['30s'],
    icmp: undefined,
    icmp_errors: ['translate'],
    checksums: ['update'],
    ip_id: ['keep'],
  }
}

/** Linux counts seconds. What is wrong with them, where something is. */
function timesOf(given: Given, parameters: NatParameters): LinuxTimes | string {
  const { timeout_unreplied, timeout_stream, tcp, query } = parameters
  const wanted: Record<keyof LinuxTimes, Duration | undefined> = {
    udp: timeout_unreplied,
    stream: timeout_stream,
    icmp: query.timeout,
    syn: given.tcp?.timeout_syn && tcp.timeout_syn,
    established: given.tcp?.timeout && tcp.timeout,
    closing: given.tcp?.timeout_closing && tcp.timeout_closing,
    reset: given.tcp?.timeout_reset && tcp.timeout_reset,
  }
  const times: { -readonly [K in keyof LinuxTimes]: number } = { ...LINUX_TIMES }
  for (const key of Object.keys(wanted) as (keyof LinuxTimes)[]) {
    const text = wanted[key]
    if (text === undefined) continue
    const seconds = durationNs(text) / 1e9
    if (!Number.isInteger(seconds) || seconds < 1) return `has a timeout of ${text}, and Linux counts whole seconds`
    times[key] = seconds
  }
  return times
}

function outsideAddresses({ outside }: Nat): string[] {
  return Object.values(outside)
    .flatMap(attachment => endsOf(attachment).addresses)
    .flatMap(text => {
      const prefix = parsePrefix(text)
      return prefix?.address.length === 4 ? [formatAddress(prefix.address)] : []
    })
}

function withoutUndefined<T extends object>(given: T): T {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as T
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
