/** Which outer ports a NAT gives (RFC 4787 §4.2): kept, in sequence, by chance; from where to where; what when one is taken. */
import type { NatParameters } from '../../scenarios/language/nat-parameters.ts'
import { type Draft, measured, unseen } from './findings.ts'
import { type Lab, portOf, QUIET } from './lab.ts'
import { findBlocks } from './measure-blocks.ts'
import type { Measurer } from './world.ts'

/** What the other measurements need to know of ports. */
export interface PortFacts {
  readonly ports: NatParameters['ports']
  /** Several mappings have one outer port, whatever their remote ends are. */
  readonly overloads: boolean
  /** The ports come in blocks. */
  readonly blocks: NatParameters['blocks']
  /** Inner ports for use, far apart; where ports are kept, these are, and their neighbours. */
  readonly inner: readonly number[]
  /** From here on inner ports may be used one after the other. */
  readonly lowest: number
}

const GRID = Array.from({ length: 48 }, (_, i) => 1_024 + i * 1_361)
/** Inner ports of the lowest class, and its limit. */
const LOW_PORT = 550
const LAST_LOW = 1_023

/** Throws when nothing passes at all. */
export function* measurePorts(lab: Lab, draft: Draft, most: number): Measurer<PortFacts> {
  const overloads = yield* sharesAlways(lab)
  const firsts = yield* firstPorts(lab)
  if (overloads) return fromOverloading(draft)
  const kept = yield* keptPorts(lab, firsts)
  const blocks = yield* findBlocks(lab, draft, most)
  if (kept.length > 0) return yield* preserving(lab, draft, kept, blocks)
  return yield* assigned(lab, draft, firsts, blocks, most)
}

/** Two hosts with one inner port towards one place: both have it outside as well. */
function* sharesAlways(lab: Lab): Measurer<boolean> {
  for (const port of [20_000, 30_001]) {
    yield* lab.fresh()
    const first = yield* lab.out('a', port, 's1', QUIET)
    const second = yield* lab.out('b', port, 's1', QUIET)
    if (first === undefined || second === undefined || first.source !== second.source) return false
    if (portOf(first.source) !== port) return false
  }
  return true
}

/** The outer port of a first mapping on a NAT that is new, by inner port. */
function* firstPorts(lab: Lab): Measurer<ReadonlyMap<number, number>> {
  const found = new Map<number, number>()
  for (const port of GRID) {
    const outer = yield* solo(lab, port)
    if (outer !== undefined) found.set(port, outer)
  }
  if (found.size === 0)
    throw new RangeError('nothing that an inner machine sends arrives at a server: there is no NAT to measure')
  return found
}

function* solo(lab: Lab, port: number): Measurer<number | undefined> {
  yield* lab.fresh()
  const seen = yield* lab.out('a', port, 's1', QUIET)
  return seen === undefined ? undefined : portOf(seen.source)
}

/** Inner ports that are the outer port too. Where the range is narrow they lie beside what is given to others. */
function* keptPorts(lab: Lab, firsts: ReadonlyMap<number, number>): Measurer<number[]> {
  const kept = [...firsts].flatMap(([inner, outer]) => (inner === outer ? [inner] : []))
  if (kept.length > 1) return kept
  for (const outer of new Set([...firsts.values()].slice(0, 6))) {
    // Of the same parity, and not the next one that a NAT that counts would give.
    const near = outer + 6
    let always = true
    for (let i = 0; i < 4 && always; i++) always = (yield* solo(lab, near)) === near
    if (always) return [near]
  }
  return []
}

function fromOverloading(draft: Draft): PortFacts {
  const because = 'every mapping has its inner port, whoever else has it'
  draft.sharing = measured('always', 'two inner hosts with one port, to one server: both had it outside')
  draft.ports = unseen('preserving', because)
  draft.ports_taken = unseen('next', because)
  draft.ports_step = unseen(1, because)
  draft.port_range = unseen([1_024, 65_535], because)
  draft.port_class = unseen('rfc4787', because)
  draft.port_parity = unseen(false, because)
  draft.on_conflict = unseen('other-port', because)
  draft.unsolicited = unseen('ignored', because)
  draft.hold_down = unseen('0s', because)
  draft.blocks = unseen('none', because)
  return { ports: 'preserving', overloads: true, blocks: 'none', inner: innerPorts(1_024, 65_535), lowest: 1_024 }
}

function* preserving(
  lab: Lab,
  draft: Draft,
  kept: readonly number[],
  blocks: NatParameters['blocks'],
): Measurer<PortFacts> {
  const isKept = function* (port: number): Measurer<boolean> {
    return (yield* solo(lab, port)) === port
  }
  const from = yield* edge(isKept, Math.min(...kept), 1_024)
  const to = yield* edge(isKept, Math.max(...kept), 65_535)
  draft.ports = measured(
    'preserving',
    'one datagram from each of 48 inner ports, on a new NAT each: some had the same port outside',
  )
  draft.ports_step = unseen(1, 'ports are kept, not counted')
  const facts: PortFacts = { ports: 'preserving', overloads: false, blocks, inner: innerPorts(from, to), lowest: from }
  if (blocks === 'none') {
    draft.port_range = measured([from, to], `the first and the last inner port above 1023 that is kept, by bisection`)
    yield* whenTaken(lab, draft, facts, from, to)
    yield* portClass(lab, draft, 'preserving')
    if (from === 1_024 && draft.port_class?.value === 'none' && (yield* isKept(LAST_LOW))) {
      const lowest = yield* edge(isKept, LAST_LOW, 1)
      draft.port_range = measured([lowest, to], 'the first and the last inner port that is kept, by bisection')
    }
    return facts
  }
  draft.port_range = unseen(rangeOfBlocks(from, blocks), 'ports come in blocks: the probe sees those of its own hosts')
  draft.port_class = unseen('none', 'ports come in blocks, whatever the inner port is')
  yield* outsideBlock(lab, draft, from, to)
  return facts
}

/** The last port towards `limit` for which it holds. */
function* edge(holds: (port: number) => Measurer<boolean>, inside: number, limit: number): Measurer<number> {
  if (yield* holds(limit)) return limit
  let yes = inside
  let no = limit
  while (Math.abs(no - yes) > 1) {
    const middle = Math.trunc((yes + no) / 2)
    if (yield* holds(middle)) yes = middle
    else no = middle
  }
  return yes
}

/** Two hosts, one inner port, ten times: what the second one gets. */
function* whenTaken(lab: Lab, draft: Draft, facts: PortFacts, from: number, to: number): Measurer<void> {
  const taken: (number | undefined)[] = []
  let told = false
  const wanted = facts.inner.filter(port => port + 2 <= to).slice(0, 10)
  for (const port of wanted) {
    yield* lab.fresh()
    yield* lab.out('a', port, 's1', QUIET)
    const all = yield* lab.outAll('b', port, `${lab.addressOf('s1')}:${QUIET}`)
    const second = all.find(one => one.kind === 'udp' && one.at === 's1')
    taken.push(second === undefined ? undefined : portOf(second.source))
    told ||= all.some(one => one.kind === 'icmp' && one.at === 'b')
  }
  const how = 'two inner hosts with one port: what the second one gets'
  const steps = taken.map((port, i) => (port === undefined ? undefined : port - (wanted[i] as number)))
  const parity = taken.every((port, i) => port !== undefined && (port - (wanted[i] as number)) % 2 === 0)
  if (taken.every(port => port === undefined)) {
    draft.ports_taken = measured('drop', how)
    draft.refusal = measured(told ? 'icmp' : 'silent', `${how}: whether it is told that it gets nothing`)
    draft.port_parity = unseen(false, 'a mapping has its inner port or none')
  } else if (steps.every(step => step === 1) || steps.every(step => step === 2)) {
    draft.ports_taken = measured('next', how)
    draft.port_parity = measured(parity, how)
  } else {
    draft.ports_taken = unseen(
      'random',
      `${how}: any free one; in which order they were tried shows only where most are taken`,
    )
    draft.port_parity = measured(parity && wanted.length > 5 && to - from > 10, how)
  }
}

/** Where blocks are smaller than the range, most inner ports can not be kept: what they get instead. */
function* outsideBlock(lab: Lab, draft: Draft, from: number, to: number): Measurer<void> {
  const strangers = GRID.filter(port => port < from - 2 || port > to + 2).slice(0, 12)
  const got: (number | undefined)[] = []
  for (const port of strangers) got.push(yield* solo(lab, port))
  const how = 'inner ports outside of the block: what they get'
  const odd = strangers.filter(
    (_, i) => got[i] !== undefined && (got[i] as number) % 2 !== (strangers[i] as number) % 2,
  )
  if (got.every(port => port === undefined)) draft.ports_taken = measured('drop', how)
  else if (got.every(port => port !== undefined && port - from <= 1)) draft.ports_taken = measured('next', how)
  else draft.ports_taken = unseen('random', `${how}: any free one; in which order they were tried does not show`)
  draft.port_parity =
    draft.ports_taken.value === 'drop'
      ? unseen(false, 'a mapping has its inner port or none')
      : measured(strangers.length > 5 && odd.length === 0, how)
}

/** Ports that have nothing to do with the inner ones. */
function* assigned(
  lab: Lab,
  draft: Draft,
  firsts: ReadonlyMap<number, number>,
  blocks: NatParameters['blocks'],
  most: number,
): Measurer<PortFacts> {
  const even = yield* series(lab, 12, i => 20_000 + 2 * i)
  const start = even[0] ?? 0
  const mixed = yield* series(lab, 12, i => 20_000 + (start % 2) + i)
  const steps = [stepOf(even), stepOf(mixed)]
  const same = new Set([...firsts].filter(([inner]) => inner % 2 === 0).map(([, outer]) => outer)).size <= 1
  const [wide = 0, narrow = 0] = [Math.max(steps[0] ?? 0, steps[1] ?? 0), Math.min(steps[0] ?? 0, steps[1] ?? 0)]
  const counted = even.length > 3 && narrow > 0 && (same || blocks !== 'none')
  const facts = { overloads: false, blocks, inner: innerPorts(1_024, 65_535), lowest: 1_024 }
  const taken = 'a port that is given was never asked for: none is found taken'
  if (counted) {
    const how = 'a dozen mappings, one after the other: their outer ports'
    draft.ports = measured('sequential', how)
    draft.ports_step = measured(narrow, how)
    draft.port_parity = measured(wide !== narrow, 'the same with even inner ports, and with even and odd ones by turns')
    draft.ports_taken = unseen('next', taken)
    if (blocks === 'none') {
      yield* sequentialRange(lab, draft, start, narrow, most)
      yield* portClass(lab, draft, 'sequential')
    } else blockRange(draft, start, blocks)
    return { ...facts, ports: 'sequential' }
  }
  const inner = (i: number) => 20_000 + i * 3
  const many = yield* series(lab, Math.min(256, most), inner)
  const outer = [...many, ...even, ...firsts.values()]
  const odd = many.some((port, i) => port % 2 !== inner(i) % 2)
  draft.ports = measured('random', `${many.length} mappings, one after the other: their outer ports have no order`)
  draft.ports_step = unseen(1, 'ports are drawn, not counted')
  draft.ports_taken = unseen('next', 'a port that is drawn twice is too rare to see')
  draft.port_parity =
    many.length < 8 ? unseen(false, 'too few mappings') : measured(!odd, 'whether even and odd inner ports stay so')
  const low = Math.min(...outer)
  const high = Math.max(...outer)
  if (blocks === 'none') {
    const all = low < 5_000 && high > 61_500
    draft.port_range = unseen(
      all ? [1_024, 65_535] : [low, high],
      `${outer.length} draws lay between ${low} and ${high}`,
    )
    yield* portClass(lab, draft, 'random')
  } else blockRange(draft, low, blocks)
  return { ...facts, ports: 'random' }
}

/** The outer ports of one host's mappings on one new NAT, until there are no more. */
function* series(lab: Lab, count: number, inner: (i: number) => number, host = 'a'): Measurer<number[]> {
  yield* lab.fresh()
  const outer: number[] = []
  for (let i = 0; i < count; i++) {
    const seen = yield* lab.out(host, inner(i), 's1', QUIET)
    if (seen === undefined) break
    outer.push(portOf(seen.source))
  }
  return outer
}

/** The one distance between neighbours, but for one place where it begins again; 0: there is none. */
function stepOf(ports: readonly number[]): number {
  const steps = ports.slice(1).map((port, i) => port - (ports[i] as number))
  const ups = steps.filter(step => step > 0)
  const [first = 0] = ups
  return ups.every(step => step === first) && steps.length - ups.length <= 1 ? first : 0
}

/** Where counting begins, and where it begins again. */
function* sequentialRange(lab: Lab, draft: Draft, start: number, step: number, most: number): Measurer<void> {
  const count = Math.min(most, Math.ceil(64_512 / step) + 2)
  // Of one parity, as the first one was.
  const ports = yield* series(lab, count, i => 1_024 + (start % 2) + 2 * i)
  const wrap = ports.findIndex((port, i) => i > 0 && port < (ports[i - 1] as number))
  const last = Math.max(...ports)
  const from = Math.min(...ports)
  if (wrap < 0) {
    draft.port_range = unseen([from, 65_535], `it begins at ${from}; ${ports.length} mappings did not reach the end`)
    return
  }
  const size = (ports[wrap - 1] as number) + step - (ports[wrap] as number)
  const to = step === 1 ? last : from + size - 1
  draft.port_range = measured([from, to], `it begins at ${from}, and again after ${wrap} mappings`)
}

function* portClass(lab: Lab, draft: Draft, how: NatParameters['ports']): Measurer<void> {
  const told = 'mappings of inner ports below 1024'
  if (how === 'preserving') {
    if ((yield* solo(lab, LOW_PORT)) !== LOW_PORT || (yield* solo(lab, LAST_LOW)) !== LAST_LOW) {
      draft.port_class = measured('none', `${told}: they do not stay below`)
      return
    }
    const second: number[] = []
    for (const port of [
      LAST_LOW,
      LAST_LOW,
      LOW_PORT,
      LOW_PORT,
      LOW_PORT + 1,
      LOW_PORT + 3,
      LOW_PORT + 5,
      LOW_PORT + 7,
      LOW_PORT + 9,
      LOW_PORT + 11,
    ]) {
      yield* lab.fresh()
      yield* lab.out('a', port, 's1', QUIET)
      const seen = yield* lab.out('b', port, 's1', QUIET)
      if (seen !== undefined) second.push(portOf(seen.source))
    }
    if (second.length === 0) {
      draft.port_class = unseen('rfc4787', `${told} are kept or have no port: no second choice shows the limits`)
      return
    }
    // Next to the last one is the first of its class; those by chance lie anywhere in it.
    const telling = draft.ports_taken?.value === 'next' ? second.slice(0, 2) : second
    if (second.some(port => port > LAST_LOW))
      draft.port_class = measured('none', `${told}, taken: the next ones are above`)
    else if (telling.every(port => port >= 600))
      draft.port_class = measured('linux', `${told}, taken: others from 600 to 1023`)
    else draft.port_class = measured('rfc4787', `${told}, taken: others from 1 to 1023`)
    return
  }
  const low = yield* series(lab, 24, i => LOW_PORT + 2 * i)
  if (low.length === 0) {
    draft.port_class = unseen('rfc4787', `${told}: none passes`)
  } else if (low.some(port => port > LAST_LOW)) {
    draft.port_class = measured('none', `${told}: they get ports from above 1023`)
  } else if (low.every(port => port >= 600)) {
    draft.port_class = measured('linux', `${told}: they get ports from 600 to 1023`)
  } else draft.port_class = measured('rfc4787', `${told}: they get ports from 1 to 1023`)
}

function blockRange(draft: Draft, low: number, blocks: Exclude<NatParameters['blocks'], 'none'>): void {
  draft.port_range = unseen(rangeOfBlocks(low, blocks), 'ports come in blocks: the probe sees those of its own hosts')
  draft.port_class = unseen('none', 'ports come in blocks, whatever the inner port is')
}

function rangeOfBlocks(low: number, blocks: NatParameters['blocks']): [number, number] {
  return blocks === 'none' || blocks.order === 'next' ? [low, 65_535] : [1_024, 65_535]
}

/** Far enough apart that none is another's neighbour. */
function innerPorts(from: number, to: number): number[] {
  const first = Math.max(from, 1_024)
  const step = Math.max(3, Math.floor((to - first - 3) / 40))
  const ports = Array.from({ length: 40 }, (_, i) => first + 1 + i * step).filter(port => port <= to - 2)
  return ports.length > 0 ? ports : [first]
}
