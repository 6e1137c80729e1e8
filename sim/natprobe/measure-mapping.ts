/** Mapping and filtering (RFC 4787 §4 and §5, in the manner of RFC 5780), and what two hosts behind one NAT do to each other. */
import type { NatBehaviour } from '../../scenarios/language/nat.ts'
import { type Draft, measured, unseen } from './findings.ts'
import { addressOf, type Lab, OTHER, portOf, QUIET } from './lab.ts'
import type { PortFacts } from './measure-ports.ts'
import type { Measurer } from './world.ts'

const EI: NatBehaviour = 'endpoint-independent'
const AD: NatBehaviour = 'address-dependent'
const APD: NatBehaviour = 'address-and-port-dependent'

export function* measureFiltering(lab: Lab, draft: Draft, { inner }: PortFacts): Measurer<NatBehaviour> {
  yield* lab.fresh()
  const seen = yield* lab.out('a', inner[0] as number, 's1', QUIET)
  if (seen === undefined) throw new RangeError('nothing that an inner machine sends arrives at a server')
  const stranger = yield* lab.in('s2', QUIET, seen.source)
  const otherPort = yield* lab.in('s1', OTHER, seen.source)
  const filtering = stranger !== undefined ? EI : otherPort !== undefined ? AD : APD
  draft.filtering = measured(
    filtering,
    'a mapping to one server; then another server sends to it, and the same server from another port',
  )
  return filtering
}

export function* measureMapping(
  lab: Lab,
  draft: Draft,
  facts: PortFacts,
  filtering: NatBehaviour,
): Measurer<NatBehaviour> {
  const [port = 0] = facts.inner
  if (facts.overloads) return yield* overloadedMapping(lab, draft, port, filtering)
  yield* lab.fresh()
  const first = yield* lab.out('a', port, 's1', QUIET)
  const samePlace = yield* lab.out('a', port, 's1', OTHER)
  const elsewhere = yield* lab.out('a', port, 's2', QUIET)
  const how = 'one inner port to a server, to another port of it, and to another server: the outer ends'
  const ends = [first?.source, samePlace?.source, elsewhere?.source]
  if (facts.ports !== 'preserving') {
    draft.sharing = unseen('none', 'ports are not kept: two mappings would have to draw the same one')
    return settle(draft, ends[0] !== ends[1] ? APD : ends[0] !== ends[2] ? AD : EI, how)
  }
  if (ends[0] !== ends[1] || ends[0] !== ends[2]) {
    draft.sharing = measured('none', `${how}: they differ although ports are kept where they can be`)
    return settle(draft, ends[0] !== ends[1] ? APD : AD, how)
  }
  // All have the inner port: one mapping, or several that share it. A second host finds out whom it disturbs.
  const rival = function* (server: string, serverPort: number): Measurer<boolean> {
    yield* lab.fresh()
    yield* lab.out('a', port, 's1', QUIET)
    const second = yield* lab.out('b', port, server, serverPort)
    return second !== undefined && portOf(second.source) === port
  }
  const told = 'two inner hosts with one port, to one server, to two ports of it, to two servers: who keeps it'
  const mapping = (yield* rival('s1', OTHER)) ? APD : (yield* rival('s2', QUIET)) ? AD : EI
  draft.sharing =
    mapping === EI
      ? unseen('none', 'a mapping serves all remote ends: none is left to share its port')
      : measured('by-remote', told)
  return settle(draft, mapping, mapping === EI ? `${how}; ${told}` : told)
}

/** Where every mapping has its inner port, only what comes from strangers tells: who of two gets it. */
function* overloadedMapping(lab: Lab, draft: Draft, port: number, filtering: NatBehaviour): Measurer<NatBehaviour> {
  const because = 'every mapping has its inner port, and the filter hides which mapping an answer finds'
  const last = function* (server: string, serverPort: number, from: string): Measurer<boolean> {
    yield* lab.fresh()
    yield* lab.out('a', port, 's1', QUIET)
    const seen = yield* lab.out('b', port, server, serverPort)
    if (seen === undefined) return false
    return (yield* lab.in(from, OTHER + 2, seen.source))?.at === 'b'
  }
  const how = 'two inner hosts with one port send, then a stranger: who gets it'
  if (filtering === EI && (yield* last('s2', QUIET, 's3'))) return settle(draft, EI, how)
  if (filtering !== APD && (yield* last('s1', OTHER, 's1'))) {
    if (filtering === EI) return settle(draft, AD, how)
  } else if (filtering === EI) return settle(draft, APD, how)
  draft.mapping = unseen(EI, because)
  return EI
}

function settle(draft: Draft, mapping: NatBehaviour, how: string): NatBehaviour {
  draft.mapping = measured(mapping, how)
  return mapping
}

/** What becomes of a second host that wanted a port which is taken. */
export function* measureConflict(lab: Lab, draft: Draft, facts: PortFacts, mapping: NatBehaviour): Measurer<void> {
  if (draft.on_conflict !== undefined) return
  const no = (because: string) => {
    draft.on_conflict = unseen('other-port', because)
  }
  if (facts.ports !== 'preserving') return no('ports are not kept: no host wants the port of another')
  if (mapping === APD) return no('every flow has a mapping of its own already')
  const [port = 0] = facts.inner
  yield* lab.fresh()
  yield* lab.out('a', port, 's1', QUIET)
  const first = yield* lab.out('b', port, 's1', QUIET)
  const second = mapping === EI ? yield* lab.out('b', port, 's2', QUIET) : yield* lab.out('b', port, 's1', OTHER)
  if (first === undefined || second === undefined) return no('the second host has no mapping at all')
  if (portOf(first.source) === port) return no('the two hosts do not get into each other’s way')
  draft.on_conflict = measured(
    first.source === second.source ? 'other-port' : 'other-class',
    'two inner hosts with one port; then the second one sends to another place: whether its outer end stays',
  )
}

/** Whether an inner end that had to take another port towards one place takes it towards the next place too. */
export function* measureReuse(lab: Lab, draft: Draft, facts: PortFacts): Measurer<void> {
  const [port = 0] = facts.inner
  if (draft.sharing?.value !== 'by-remote') {
    draft.ports_reuse = unseen(false, 'no two mappings share a port here')
    return
  }
  yield* lab.fresh()
  yield* lab.out('b', port, 's1', QUIET)
  const first = yield* lab.out('a', port, 's1', QUIET)
  const second = yield* lab.out('a', port, 's2', QUIET)
  if (first === undefined || second === undefined) {
    draft.ports_reuse = unseen(false, 'who can not have the inner port has none')
    return
  }
  draft.ports_reuse = measured(
    first.source === second.source,
    'an inner port that is taken towards one server: whether what it gets there is what it has towards another',
  )
}

/** Whether a packet that nobody asked for takes a port. */
export function* measureUnsolicited(lab: Lab, draft: Draft, facts: PortFacts): Measurer<void> {
  if (draft.unsolicited !== undefined) return
  const how = 'a server sends to an outer port that has no mapping; then an inner host would get this port towards it'
  const [port = 0, other = 0] = facts.inner
  if (facts.ports === 'random') {
    draft.unsolicited = unseen('ignored', 'ports are drawn: the port that is taken would have to be drawn')
    return
  }
  yield* lab.fresh()
  const seen = yield* lab.out('a', facts.ports === 'preserving' ? other : 20_000, 's1', QUIET)
  if (seen === undefined) throw new RangeError('nothing that an inner machine sends arrives at a server')
  const wanted = facts.ports === 'preserving' ? port : portOf(seen.source) + nextStep(draft)
  yield* lab.in('s1', QUIET, `${addressOf(seen.source)}:${wanted}`)
  const got = yield* lab.out('a', facts.ports === 'preserving' ? port : 20_002, 's1', QUIET)
  const taken = got === undefined || portOf(got.source) !== wanted
  draft.unsolicited = measured(taken ? 'occupies' : 'ignored', how)
}

/** How far it is from one port to the next where the inner ports are even. */
function nextStep(draft: Draft): number {
  const step = draft.ports_step?.value ?? 1
  return draft.port_parity?.value === true && step % 2 === 1 ? step + 1 : step
}

/** Which outside addresses mappings have. */
export function* measurePooling(lab: Lab, draft: Draft): Measurer<readonly string[]> {
  yield* lab.fresh()
  const addresses: string[] = []
  for (let i = 0; i < 24; i++) {
    const seen = yield* lab.out('a', 21_000 + 5 * i, 's1', QUIET)
    if (seen !== undefined) addresses.push(addressOf(seen.source))
  }
  const all = new Set(addresses)
  for (const host of lab.world.inner.slice(1)) {
    const seen = yield* lab.out(host.name, 22_000, 's1', QUIET)
    if (seen !== undefined) all.add(addressOf(seen.source))
  }
  const how = '24 mappings of one host, and one of each other: their outer addresses'
  if (all.size < 2) {
    draft.pooling = unseen('paired', `${how}: there is one`)
    return [...all]
  }
  const own = new Set(addresses).size
  const turns = own > 1 && addresses.every((address, i) => i < own || address === addresses[i - own])
  draft.pooling = measured(own === 1 ? 'paired' : turns ? 'round-robin' : 'arbitrary', how)
  return [...all]
}

/** RFC 4787 §6: two inner hosts by their outer ends. */
export function* measureHairpin(lab: Lab, draft: Draft, facts: PortFacts, filtering: NatBehaviour): Measurer<void> {
  const [a = 0, b = 1] = facts.inner
  const meet = function* (rounds: number): Measurer<string | undefined> {
    yield* lab.fresh()
    const first = yield* lab.out('a', a, 's1', QUIET)
    if (first === undefined) return undefined
    const second = rounds === 1 ? undefined : yield* lab.out('b', b, 's1', QUIET)
    for (let i = 0; i < rounds; i++) {
      const there = yield* lab.outAll('b', b, first.source)
      for (const one of there) if (one.kind === 'udp' && one.at === 'a') return one.source
      if (second === undefined) continue
      const back = yield* lab.outAll('a', a, second.source)
      for (const one of back)
        if (one.kind === 'udp' && one.at === 'b')
          return one.source === `${lab.addressOf('a')}:${a}` ? `${lab.addressOf('b')}:${b}` : one.source
    }
    return undefined
  }
  const atOnce = yield* meet(1)
  const source = atOnce ?? (yield* meet(3))
  const how = 'two inner hosts with a mapping each send to the outer end of the other'
  if (source === undefined) {
    const why = 'nothing arrives, nor could with this filter when the ports are not known before'
    if (filtering !== EI && !sure(draft) && (yield* opensOutwards(lab, facts))) {
      const opens = 'what is sent to an outer address opens a mapping, but the filter lets none of it in'
      draft.hairpin = unseen('external', opens)
      draft.hairpin_filter = unseen(true, 'nothing arrives')
      return
    }
    draft.hairpin = filtering === EI || sure(draft) ? measured('off', `${how}: nothing arrives`) : unseen('off', why)
    draft.hairpin_filter = unseen(true, 'nothing is hairpinned')
    return
  }
  const inside = addressOf(source) === lab.addressOf('b')
  draft.hairpin = measured(inside ? 'internal' : 'external', `${how}: the source that arrives`)
  draft.hairpin_filter =
    filtering === EI
      ? unseen(true, 'everybody may send to a mapping')
      : measured(atOnce === undefined, 'the same to a host that has not sent there before')
}

/** Whether what an inner host sends to the outer address takes a port of the NAT, though it arrives nowhere. */
function* opensOutwards(lab: Lab, facts: PortFacts): Measurer<boolean> {
  const [port = 0, other = 0, third = 0] = facts.inner
  if (facts.ports !== 'preserving') return false
  yield* lab.fresh()
  const seen = yield* lab.out('a', other, 's1', QUIET)
  if (seen === undefined) return false
  yield* lab.outAll('a', port, `${addressOf(seen.source)}:${third}`)
  const rival = yield* lab.out('b', port, 's1', QUIET)
  return rival === undefined || portOf(rival.source) !== port
}

/** The outer end towards each other is the one that servers see. */
function sure(draft: Draft): boolean {
  return draft.mapping?.value === EI || draft.sharing?.value !== 'none'
}
