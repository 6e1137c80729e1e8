/**
 * START HERE. Measures a NAT by nothing but packets, in the manner of RFC 4787 and RFC 5780: a generator that asks a world
 * (world.ts) to send, wait and start anew, and reads what arrives. It knows no clock, no socket and no simulator.
 * What it can not see it says, and why.
 */
import type { NatParameters } from '../../scenarios/language/nat-parameters.ts'
import { type Draft, type Finding, type Findings, type Measured, unseen } from './findings.ts'
import { Lab } from './lab.ts'
import { measureFilterTimes } from './measure-filter.ts'
import {
  measureConflict,
  measureFiltering,
  measureHairpin,
  measureMapping,
  measurePooling,
  measureReuse,
  measureUnsolicited,
} from './measure-mapping.ts'
import { measurePorts } from './measure-ports.ts'
import { measureFragments, measureLimits, measureQuery, measureTraits } from './measure-rest.ts'
import { findSign, measureHoldDown, measureTimes, Timers } from './measure-times.ts'
import type { Measurer, ProbeWorld } from './world.ts'

export interface MeasureOptions {
  /** How many mappings it makes at once at most, to find limits, blocks and the ends of ranges. Default 3000. */
  readonly most?: number
}

const MOST = 3_000

/** Throws a RangeError in a world where nothing passes, or with fewer than two inner machines or three servers. */
export function* measureNat(world: ProbeWorld, options: MeasureOptions = {}): Measurer<Measured> {
  if (world.inner.length < 2 || world.servers.length < 3)
    throw new RangeError('the probe needs two machines inside and three servers outside')
  const { most = MOST } = options
  const lab = new Lab(world)
  const draft: Draft = {}
  const addresses = yield* measurePooling(lab, draft)
  const facts = yield* measurePorts(lab, draft, most)
  const filtering = yield* measureFiltering(lab, draft, facts)
  const mapping = yield* measureMapping(lab, draft, facts, filtering)
  yield* measureConflict(lab, draft, facts, mapping)
  yield* measureReuse(lab, draft, facts)
  yield* measureUnsolicited(lab, draft, facts)
  const sign = yield* findSign(lab, draft, facts, filtering)
  const timers = new Timers(lab, facts, sign)
  const times = yield* measureTimes(timers, draft)
  yield* measureFilterTimes(timers, draft, mapping, filtering, times)
  yield* measureHoldDown(timers, draft, facts, times.first_ns)
  yield* measureLimits(lab, draft, facts, most)
  yield* measureHairpin(lab, draft, facts, filtering)
  yield* measureQuery(lab, draft, facts)
  const traits = [...(yield* measureFragments(lab, draft, facts)), ...(yield* measureTraits(lab, facts))]
  if (addresses.length > 1) manyAddresses(draft)
  if (sign === 'guess') guessed(draft)
  return { parameters: complete(draft), traits, runs: lab.runs, sent: lab.sent }
}

/** Two hosts with two outside addresses never want the same outer end. */
function manyAddresses(draft: Draft): void {
  const because = 'the NAT has several outside addresses: two hosts do not meet on one'
  const doubt = <T>(finding: Finding<T> | undefined): Finding<T> | undefined =>
    finding === undefined ? undefined : unseen(finding.value, because)
  const keys = ['ports_taken', 'on_conflict', 'hold_down', 'sharing', 'blocks'] as const
  for (const key of keys) Object.assign(draft, { [key]: doubt(draft[key] as Finding<unknown> | undefined) })
}

/** No sign of life but the answer that a filter may hold back: of what ends, nothing is certain. */
function guessed(draft: Draft): void {
  const because =
    'ICMP errors do not pass: a mapping that is over, a permission that is over and a port on hold look alike'
  for (const key of UNCERTAIN) {
    const finding = draft[key] as Finding<unknown> | undefined
    if (finding?.kind === 'measured') Object.assign(draft, { [key]: unseen(finding.value, because) })
  }
}

const UNCERTAIN = [
  'timeout',
  'timeout_unreplied',
  'timeout_first',
  'timeout_stream',
  'stream_after',
  'timeout_ports',
  'refresh',
  'filter_timeout',
  'filter_refresh',
  'refresh_scope',
  'lifetime',
  'lifetime_spread',
  'hold_down',
] as const

/** TCP is not spoken here: what it does is as for UDP, until somebody asks. */
function complete(draft: Draft): Findings {
  const mapping = draft.mapping?.value ?? 'endpoint-independent'
  const filtering = draft.filtering?.value ?? 'address-and-port-dependent'
  const tcp: NatParameters['tcp'] = {
    mapping,
    filtering,
    timeout_syn: '4m',
    timeout: '124m',
    timeout_closing: '4m',
    timeout_reset: '4m',
    pick_up: true,
  }
  const all = { ...draft, tcp: draft.tcp ?? unseen(tcp, 'the probe sends UDP and ICMP alone') }
  const order = KEYS.map(key => {
    const finding = all[key]
    if (finding === undefined) throw new Error(`${key} was not measured`)
    return [key, finding] as const
  })
  return Object.fromEntries(order) as unknown as Findings
}

/** In the order in which people ask. */
export const KEYS: readonly (keyof NatParameters)[] = [
  'mapping',
  'filtering',
  'filter_timeout',
  'filter_refresh',
  'ports',
  'ports_taken',
  'ports_reuse',
  'ports_step',
  'port_range',
  'port_class',
  'port_parity',
  'sharing',
  'on_conflict',
  'unsolicited',
  'pooling',
  'timeout',
  'timeout_unreplied',
  'timeout_first',
  'timeout_stream',
  'stream_after',
  'timeout_ports',
  'refresh',
  'refresh_scope',
  'lifetime',
  'lifetime_spread',
  'max_mappings',
  'max_per_host',
  'when_full',
  'refusal',
  'hold_down',
  'blocks',
  'hairpin',
  'hairpin_filter',
  'tcp',
  'query',
  'fragments',
  'icmp',
]
