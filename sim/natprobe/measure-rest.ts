/** Limits and what happens beyond them, ICMP echo, fragments, and what else is done to packets on the way. */
import type { NatBehaviour } from '../../scenarios/language/nat.ts'
import type { NatParameters } from '../../scenarios/language/nat-parameters.ts'
import { durationNs } from '../../scenarios/language/quantity.ts'
import { type Draft, durationText, measured, type Trait, unseen } from './findings.ts'
import { addressOf, type Lab, OTHER, portOf, QUIET } from './lab.ts'
import type { PortFacts } from './measure-ports.ts'
import type { Measurer, SeenDatagram } from './world.ts'

interface Filled {
  readonly made: readonly SeenDatagram[]
  /** The first one that did not pass was answered with an ICMP error. */
  readonly told: boolean
  readonly full: boolean
}

/** How many mappings there may be, and what happens to one more. */
export function* measureLimits(lab: Lab, draft: Draft, facts: PortFacts, most: number): Measurer<void> {
  yield* lab.fresh()
  const a = yield* fill(lab, 'a', facts.lowest, most)
  const known = draft.blocks?.value === 'none' ? undefined : (draft.blocks?.value as { size: number; per_host: number })
  const room = known === undefined ? rangeSize(draft) : known.size * known.per_host
  const few = `${most} mappings of one host: all are there`
  if (!a.full) {
    draft.max_per_host = unseen('none', few)
    draft.refusal ??= unseen('silent', few)
    yield* evictions(lab, draft, a, facts.lowest)
    return
  }
  const n = a.made.length
  const how = `mappings of one host, one after the other: after ${n} there are no more`
  draft.refusal = measured(a.told ? 'icmp' : 'silent', `${how}; whether the inner host is told`)
  const b = yield* fill(lab, 'b', facts.lowest + most, most)
  const total = n + b.made.length
  if (n === room && !facts.overloads) {
    const because = `${how}, and as many ports; a limit that is as high or higher does not show`
    draft.max_per_host = unseen('none', because)
    draft.max_mappings = unseen('none', because)
    draft.when_full = unseen('drop-new', because)
    return
  }
  if (b.made.length === 0) {
    draft.max_mappings = measured(n, `${how}, for another host neither`)
    draft.max_per_host = unseen('none', 'the table is full before')
    draft.when_full = measured('drop-new', how)
    return
  }
  draft.max_per_host = measured(n, `${how}, for another host there are`)
  const c =
    b.made.length < n ? { made: [] as readonly SeenDatagram[] } : yield* fill(lab, 'c', facts.lowest + 2 * most, most)
  if (b.made.length < n || c.made.length < n) {
    const all = total + c.made.length
    draft.max_mappings = measured(all, `three hosts make as many as they can: ${all}`)
    draft.when_full = measured('drop-new', 'the table is full')
    return
  }
  draft.max_mappings = unseen('none', `three hosts may have ${n} each`)
  draft.when_full = unseen('drop-new', 'the table was never full')
}

/** Mappings of one host until one is refused. */
function* fill(lab: Lab, host: string, lowest: number, most: number): Measurer<Filled> {
  const made: SeenDatagram[] = []
  let told = false
  let refused = 0
  // Who draws a port that is taken may be refused by chance: four in a row are no chance.
  for (let i = 0; i < most && refused < 4; i++) {
    const all = yield* lab.outAll(host, lowest + i, `${lab.addressOf('s1')}:${QUIET}`)
    const seen = all.find(one => one.kind === 'udp' && one.at === 's1') as SeenDatagram | undefined
    if (seen !== undefined) made.push(seen)
    else if (refused === 0) told = all.some(one => one.kind === 'icmp' && one.at === host)
    refused = seen === undefined ? refused + 1 : 0
  }
  return { made, told, full: refused === 4 }
}

function rangeSize(draft: Draft): number | undefined {
  const range = draft.port_range?.value
  if (range === undefined) return undefined
  const [from, to] = range
  return draft.port_class?.value === 'none' ? to - from + 1 : to - Math.max(from, 1_024) + 1
}

/** All pass: has one gone for the last one? Where ICMP errors show it without touching anything, all are asked, else the first. */
function* evictions(lab: Lab, draft: Draft, filled: Filled, lowest: number): Measurer<void> {
  const lives = function* (count: number, stream: boolean): Measurer<boolean> {
    yield* lab.fresh()
    const first = yield* lab.out('a', lowest, 's1', QUIET)
    if (first === undefined) return false
    if (stream) {
      yield* lab.in('s1', QUIET, first.source)
      for (const end = oldAge(lab, draft); lab.now < end; ) {
        yield* lab.until(Math.min(end, lab.now + 1_000_000_000))
        yield* lab.out('a', lowest, 's1', QUIET)
        yield* lab.in('s1', QUIET, first.source)
      }
    }
    const others: SeenDatagram[] = []
    for (let i = 1; i < count; i++) {
      const other = yield* lab.out('a', lowest + i, 's1', QUIET)
      if (other !== undefined) others.push(other)
    }
    if (draft.icmp?.value === true && !stream) {
      for (const one of [first, ...others]) if ((yield* lab.complain(one)) === undefined) return false
      return true
    }
    return (yield* lab.complain(first)) !== undefined || (yield* lab.in('s1', QUIET, first.source)) !== undefined
  }
  const few = `${filled.made.length} mappings, and all are still there`
  if (yield* lives(filled.made.length, false)) {
    draft.max_mappings = unseen('none', few)
    draft.when_full = unseen('drop-new', few)
    return
  }
  let low = 1
  let high = filled.made.length
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (yield* lives(middle, false)) low = middle
    else high = middle
  }
  const how = `mappings, one after the other: one is gone when there are ${high}`
  draft.max_mappings = measured(low, how)
  draft.when_full = measured(
    (yield* lives(low + 1, true)) ? 'evict-unreplied' : 'evict-oldest',
    `${how}; the same when the first one is a flow in both directions that is old`,
  )
}

/** An age at which an answered flow counts as old: two minutes where it is not known, but not more than it may have. */
function oldAge(lab: Lab, draft: Draft): number {
  const { stream_after, lifetime } = draft
  const instant = Math.max(1_000_000, 4 * lab.world.resolution_ns)
  const age = stream_after?.kind === 'measured' ? durationNs(stream_after.value) + instant : 120_000_000_000
  if (lifetime === undefined || lifetime.value === 'none') return age
  return Math.min(age, Math.floor(durationNs(lifetime.value) / 2))
}

/** ICMP echo, by its query id. */
export function* measureQuery(lab: Lab, draft: Draft, facts: PortFacts): Measurer<void> {
  const id = 31_000
  yield* lab.fresh()
  const first = yield* lab.ping('a', id, 's1')
  const second = yield* lab.ping('a', id, 's2')
  const mapping = draft.mapping?.value ?? 'endpoint-independent'
  const filtering = draft.filtering?.value ?? 'address-and-port-dependent'
  if (first === undefined || second === undefined) {
    draft.query = unseen({ mapping, filtering, timeout: '60s' }, 'no echo request passes')
    return
  }
  yield* lab.fresh()
  yield* lab.ping('a', id, 's1')
  const rival = yield* lab.ping('b', id, 's2')
  const outer = portOf(first.source)
  const dependent =
    first.source !== second.source ||
    (!facts.overloads && rival !== undefined && outer === id && portOf(rival.source) === id)
  yield* lab.fresh()
  const again = yield* lab.ping('a', id, 's1')
  const open =
    again !== undefined && (yield* lab.pong('s2', addressOf(again.source), portOf(again.source))) !== undefined
  const end = yield* lab.end(function* (t) {
    yield* lab.fresh()
    const seen = yield* lab.ping('a', id, 's1')
    yield* lab.until(t)
    return seen !== undefined && (yield* lab.pong('s1', addressOf(seen.source), portOf(seen.source))) !== undefined
  })
  if (facts.overloads) {
    const timeout = durationText(end ?? lab.world.longest_ns)
    draft.query = unseen(
      { mapping, filtering, timeout },
      `every query keeps its id, whoever else has it; it lives for ${timeout}`,
    )
    return
  }
  // An echo has no port: what depends on the address depends on all there is.
  const like = (value: NatBehaviour, is: boolean): NatBehaviour => {
    if (!is) return 'endpoint-independent'
    return value === 'endpoint-independent' ? 'address-and-port-dependent' : value
  }
  const query: NatParameters['query'] = {
    mapping: like(mapping, dependent),
    filtering: like(filtering, !open),
    timeout: durationText(end ?? lab.world.longest_ns),
  }
  draft.query = measured(
    query,
    'echo requests of two hosts to two servers, replies of both: ids, who may answer, for how long',
  )
}

/** Larger than the networks carry, in pieces, both ways. */
export function* measureFragments(lab: Lab, draft: Draft, facts: PortFacts): Measurer<Trait[]> {
  const [port = 0] = facts.inner
  const try1 = function* (order: readonly number[]): Measurer<boolean> {
    yield* lab.fresh()
    const { inside } = lab.world.mtu
    return (yield* lab.out('a', port, 's1', QUIET, { size: 3_000, fragments: { size: inside, order } })) !== undefined
  }
  const inwards = function* (order: readonly number[]): Measurer<boolean> {
    yield* lab.fresh()
    const seen = yield* lab.out('a', port, 's1', QUIET)
    if (seen === undefined) return false
    const { outside } = lab.world.mtu
    return (yield* lab.in('s1', QUIET, seen.source, { size: 3_000, fragments: { size: outside, order } })) !== undefined
  }
  const forwards = [0, 1, 2]
  const backwards = [2, 1, 0]
  const passes = (yield* try1(forwards)) && (yield* inwards(forwards))
  const how = 'a datagram of 3000 bytes in three pieces, out and in'
  draft.fragments = measured(passes ? 'pass' : 'drop', how)
  const disorder = passes && (yield* try1(backwards)) && (yield* inwards(backwards))
  return [
    {
      name: 'fragments out of order',
      value: disorder ? 'pass' : 'do not pass',
      how: `${how}, the last piece first (RFC 4787 REQ-14)`,
    },
  ]
}

/** What is no parameter: what happens to a packet on the way through. */
export function* measureTraits(lab: Lab, facts: PortFacts): Measurer<Trait[]> {
  const [port = 0] = facts.inner
  const traits: Trait[] = []
  yield* lab.fresh()
  const out = yield* lab.out('a', port, 's1', QUIET, { ttl: 64 })
  if (out === undefined) return traits
  const back = yield* lab.in('s1', QUIET, out.source, { ttl: 64 })
  traits.push({
    name: 'TTL',
    value: `out ${64 - out.ttl} less, in ${back === undefined ? 'nothing arrives' : `${64 - back.ttl} less`}`,
    how: 'datagrams with TTL 64, both ways',
  })
  const none = yield* lab.out('a', port, 's1', QUIET, { noChecksum: true })
  const noneBack = yield* lab.in('s1', QUIET, out.source, { noChecksum: true })
  traits.push({
    name: 'UDP checksum 0',
    value: `out ${checksumText(none)}, in ${checksumText(noneBack)}`,
    how: 'datagrams without a checksum, both ways (RFC 768)',
  })
  traits.push({
    name: 'UDP checksum',
    value: `out ${checksumText(out)}, in ${checksumText(back)}`,
    how: 'datagrams with a checksum, both ways',
  })
  const inner = lab
    .addressOf('a')
    .split('.')
    .map(byte => String.fromCharCode(Number(byte)))
    .join('')
  const text = yield* lab.out('a', port, 's1', QUIET, { text: inner, size: 32 })
  traits.push({
    name: 'payload with the inner address in it',
    value: text === undefined ? 'nothing arrives' : text.intact ? 'arrives as it was' : 'is rewritten',
    how: 'the four bytes of the sender’s own address as data (what RFC 8489 XORs its addresses for)',
  })
  const error = yield* lab.complain(out)
  if (error !== undefined && error.kind === 'icmp') {
    const own = `${lab.addressOf('a')}:${port}`
    traits.push({
      name: 'ICMP errors',
      value: `${error.aboutSource === own ? 'translated outside and inside' : 'the packet in them is left as it was'}, checksum ${error.checksum}`,
      how: 'a server complains about a datagram (RFC 5508 REQ-4)',
    })
    const alive = yield* lab.in('s1', QUIET, out.source)
    traits.push({
      name: 'mapping after an ICMP error',
      value: alive === undefined ? 'is gone' : 'stays',
      how: 'the server answers after it has complained (RFC 4787 REQ-12)',
    })
  }
  yield* lab.fresh()
  const expiring = yield* lab.outAll('a', port, `${lab.addressOf('s1')}:${OTHER}`, { ttl: 1 })
  const heard = expiring.find(one => one.kind === 'icmp' && one.at === 'a')
  traits.push({
    name: 'TTL 1 from the inside',
    value: heard === undefined ? 'no word' : `${heard.kind === 'icmp' ? heard.error : ''} from ${heard.source}`,
    how: 'a datagram that may not leave the NAT',
  })
  return traits
}

function checksumText(seen: SeenDatagram | undefined): string {
  if (seen === undefined) return 'does not pass'
  return seen.checksum === 'none' ? 'stays 0' : seen.checksum
}
