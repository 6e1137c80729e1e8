/** Timers by state and direction (RFC 4787 §4.3): how long what is idle lives, what keeps it alive, when it ends whatever passes. */
import type { NatBehaviour } from '../../scenarios/language/nat.ts'
import type { NatParameters } from '../../scenarios/language/nat-parameters.ts'
import { type Draft, durationText, measured, unseen } from './findings.ts'
import { type Lab, portOf, QUIET } from './lab.ts'
import type { PortFacts } from './measure-ports.ts'
import type { Measurer, SeenDatagram } from './world.ts'

const MINUTE = 60_000_000_000
/** Steps of a mapping that is kept alive, at most, before it counts as one that lives for ever. */
const PATIENCE = 400
/** How often an old flow is used, at least. */
const OFTEN = 2_000_000_000
/** Destination ports for which NATs are known to have times of their own. */
export const KNOWN_PORTS: readonly number[] = [53, 123, 443, 500, 3478, 4500, 5060, 51820]

export type Direction = NatParameters['refresh']

/** A thing done to a mapping, at a time after its first packet. */
export type Event = readonly ['out' | 'in', number]

export interface TimeFacts {
  readonly first_ns: number
  readonly unreplied_ns: number
  readonly replied_ns: number
  readonly stream_ns: number
  /** Undefined: none was seen. */
  readonly lifetime_ns: number | undefined
  readonly refresh: Direction
}

/** How the measurer sees that a mapping is still there without touching it. */
export type Sign = 'icmp' | 'answer' | 'again' | 'rival' | 'guess'

export class Timers {
  readonly lab: Lab
  readonly sign: Sign
  readonly #facts: PortFacts

  constructor(lab: Lab, facts: PortFacts, sign: Sign) {
    this.lab = lab
    this.sign = sign
    this.#facts = facts
  }

  get port(): number {
    return this.#facts.inner[0] ?? 0
  }

  /** What came of a history: the mapping as a server saw it last. Undefined: it could not be made. */
  *history(events: readonly Event[], serverPort = QUIET): Measurer<SeenDatagram | undefined> {
    const { lab } = this
    yield* lab.fresh()
    let seen: SeenDatagram | undefined
    for (const [what, at] of events) {
      yield* lab.until(at)
      if (what === 'out') seen = (yield* lab.out('a', this.port, 's1', serverPort)) ?? seen
      else if (seen !== undefined) yield* lab.in('s1', serverPort, seen.source)
    }
    return seen
  }

  *isAlive(seen: SeenDatagram, serverPort = QUIET): Measurer<boolean> {
    const { lab } = this
    switch (this.sign) {
      case 'icmp':
        return (yield* lab.complain(seen)) !== undefined
      case 'answer':
      case 'guess':
        return (yield* lab.in('s1', serverPort, seen.source)) !== undefined
      case 'again':
        return (yield* lab.out('a', this.port, 's1', serverPort))?.source === seen.source
      case 'rival': {
        const other = yield* lab.out('b', this.port, 's1', serverPort)
        return other === undefined || portOf(other.source) !== this.port
      }
    }
  }

  /** When the mapping ends after these events, ns after the first. */
  *mappingEnd(events: readonly Event[], serverPort = QUIET): Measurer<number> {
    const self = this
    const last = events.at(-1)?.[1] ?? 0
    const end = yield* this.lab.end(function* (t) {
      if (t < last) return true
      const seen = yield* self.history(events, serverPort)
      yield* self.lab.until(t)
      return seen !== undefined && (yield* self.isAlive(seen, serverPort))
    })
    return end ?? this.lab.world.longest_ns
  }

  /** When the server it was sent to may answer no longer. */
  *permissionEnd(events: readonly Event[]): Measurer<number> {
    const self = this
    const last = events.at(-1)?.[1] ?? 0
    const end = yield* this.lab.end(function* (t) {
      if (t < last) return true
      const seen = yield* self.history(events)
      yield* self.lab.until(t)
      return seen !== undefined && (yield* self.lab.in('s1', QUIET, seen.source)) !== undefined
    })
    return end ?? this.lab.world.longest_ns
  }
}

/** Which sign of life this NAT gives, and whether it translates ICMP errors. */
export function* findSign(lab: Lab, draft: Draft, facts: PortFacts, filtering: NatBehaviour): Measurer<Sign> {
  yield* lab.fresh()
  const port = facts.inner[0] ?? 0
  const seen = yield* lab.out('a', port, 's1', QUIET)
  const error = seen === undefined ? undefined : yield* lab.complain(seen)
  const answered = seen !== undefined && (yield* lab.in('s1', QUIET, seen.source)) !== undefined
  draft.icmp = measured(
    error !== undefined,
    'a server answers a datagram with port-unreachable: whether it arrives inside',
  )
  if (error !== undefined && answered) return 'icmp'
  if (filtering === 'endpoint-independent') return 'answer'
  if (facts.overloads) return 'guess'
  if (facts.ports !== 'preserving') return 'again'
  // That another host gets the port: the mapping is over, or the port was held for a while after. Alike: nothing was held.
  const once: readonly Event[] = [['out', 0]]
  const rival = yield* new Timers(lab, facts, 'rival').mappingEnd(once)
  return rival === (yield* new Timers(lab, facts, 'answer').mappingEnd(once)) ? 'rival' : 'guess'
}

export function* measureTimes(timers: Timers, draft: Draft): Measurer<TimeFacts> {
  const out0: Event = ['out', 0]
  const in0: Event = ['in', 0]
  const first = yield* timers.mappingEnd([out0])
  const unreplied = yield* timers.mappingEnd([out0, out0])
  const replied = yield* timers.mappingEnd([out0, in0])
  if (Math.min(first, unreplied, replied) < 16 * soon(timers))
    throw new RangeError('a mapping is over as soon as it is made: nothing of it can be measured')
  const shortest = Math.min(first, unreplied, replied)
  // Soon and often first: what is old may live for a shorter time than what is young.
  const early = yield* measureLifetime(timers, draft, Math.min(OFTEN, Math.floor(shortest / 3)))
  const stream = yield* measureStream(timers, draft, replied, early)
  const life = early ?? (yield* measureLifetime(timers, draft, Math.floor(Math.min(shortest, stream) / 3)))
  const capped = (ns: number): boolean => life !== undefined && ns >= life
  const settle = (key: 'timeout' | 'timeout_unreplied' | 'timeout_first', ns: number, how: string): void => {
    draft[key] =
      timers.sign === 'guess'
        ? unseen(durationText(ns), 'ICMP errors do not pass: a mapping, a permission and a port on hold look alike')
        : capped(ns)
          ? unseen(durationText(ns), 'the absolute lifetime ends it first')
          : measured(durationText(ns), `${how}; how long the mapping is there, by bisection`)
  }
  settle('timeout_first', first, 'one datagram out')
  settle('timeout_unreplied', unreplied, 'two datagrams out, none back')
  settle('timeout', replied, 'one datagram out, one back')
  const refresh = yield* measureRefresh(timers, draft, unreplied, replied, life)
  yield* measureKnownPorts(timers, draft, first, replied)
  return {
    first_ns: first,
    unreplied_ns: unreplied,
    replied_ns: replied,
    stream_ns: stream,
    lifetime_ns: life,
    refresh,
  }
}

/** Out and in, again and again, `step` apart, up to `until`. */
function alive(step: number, until: number): Event[] {
  const events: Event[] = []
  for (let at = 0; at <= until; at += step) events.push(['out', at], ['in', at])
  return events
}

/** Undefined: it outlives all patience. */
function* measureLifetime(timers: Timers, draft: Draft, step: number): Measurer<number | undefined> {
  const { lab } = timers
  const most = Math.min(PATIENCE, Math.floor((lab.world.longest_ns - 1) / step))
  yield* lab.fresh()
  let broken: number | undefined
  let seen = yield* lab.out('a', timers.port, 's1', QUIET)
  if (seen !== undefined) yield* lab.in('s1', QUIET, seen.source)
  for (let i = 1; i <= most && seen !== undefined; i++) {
    yield* lab.until(i * step)
    // An answer finds no mapping where one has just ended; the next datagram would open another in silence.
    const there: SeenDatagram | undefined = yield* lab.in('s1', QUIET, seen.source)
    const again: SeenDatagram | undefined = yield* lab.out('a', timers.port, 's1', QUIET)
    if (there === undefined || again?.source !== seen.source) {
      broken = i
      break
    }
    seen = again
  }
  if (broken === undefined) {
    const because = `a mapping in use was there for ${durationText(most * step)}`
    draft.lifetime = unseen('none', because)
    draft.lifetime_spread = unseen('0s', because)
    return undefined
  }
  const before = (broken - 1) * step
  const holds = function* (t: number, all: boolean): Measurer<boolean> {
    // Several at once: each has its own draw, if there are draws.
    const { lab } = timers
    yield* lab.fresh()
    const many: SeenDatagram[] = []
    const ports = [0, 1, 2, 3].map(i => timers.port + 3 * i)
    for (let at = 0; at <= before && at <= t; at += step) {
      yield* lab.until(at)
      many.length = 0
      for (const port of ports) {
        const one = yield* lab.out('a', port, 's1', QUIET)
        if (one === undefined) continue
        many.push(one)
        yield* lab.in('s1', QUIET, one.source)
      }
    }
    yield* lab.until(t)
    let count = 0
    for (const one of many) if ((yield* lab.in('s1', QUIET, one.source)) !== undefined) count++
    return all ? count === many.length : count > 0
  }
  const soonest = (yield* lab.end(t => holds(t, true), before + 2 * step)) ?? before
  const how = 'a mapping that is used all the time: when it is gone nevertheless'
  if (!(yield* holds(soonest, false))) {
    draft.lifetime = measured(durationText(soonest), how)
    draft.lifetime_spread = measured('0s', 'four mappings of one age end at one instant')
    return soonest
  }
  const latest = (yield* lab.end(t => holds(t, false), before + 4 * step)) ?? soonest
  const because = 'each mapping draws its own: what was seen lies within'
  draft.lifetime = unseen(durationText(soonest), because)
  draft.lifetime_spread = unseen(durationText(Math.max(0, latest - soonest)), because)
  return soonest
}

/** Soon after the first packets: an instant later, as far as the world can tell two. */
export function soon(timers: Timers): number {
  return Math.max(1_000_000, 4 * timers.lab.world.resolution_ns)
}

function* measureRefresh(
  timers: Timers,
  draft: Draft,
  unreplied: number,
  replied: number,
  life: number | undefined,
): Measurer<Direction> {
  const h = soon(timers)
  if (life !== undefined && Math.max(unreplied, replied) >= life) {
    draft.refresh = unseen('outbound', 'the absolute lifetime ends it first')
    return 'outbound'
  }
  const outbound =
    (yield* timers.mappingEnd([
      ['out', 0],
      ['out', h],
    ])) > unreplied
  const inbound =
    (yield* timers.mappingEnd([
      ['out', 0],
      ['in', h],
    ])) > replied
  const refresh = outbound && inbound ? 'both' : inbound ? 'inbound' : 'outbound'
  draft.refresh = measured(
    refresh,
    'one datagram out, a little later one more out, or one in: whether the mapping lives longer than when both came at once',
  )
  return refresh
}

/** How long a flow in both directions lives once it is old, and when it is old. */
function* measureStream(timers: Timers, draft: Draft, replied: number, life: number | undefined): Measurer<number> {
  const step = Math.min(OFTEN, Math.floor(replied / 3))
  const age = Math.min(2 * MINUTE, 60 * step, life === undefined ? Number.MAX_SAFE_INTEGER : Math.floor(life / 2))
  const old = (at: number): Event[] => [...alive(step, at - 1), ['out', at], ['in', at]]
  const end = yield* timers.mappingEnd(old(age))
  const stream = end - age
  const how = 'a flow in both directions that is old'
  if (life !== undefined && end >= life) {
    draft.timeout_stream = unseen(draft.timeout?.value ?? '120s', 'the absolute lifetime ends it first')
    draft.stream_after = unseen('2s', 'the absolute lifetime ends it first')
    return replied
  }
  draft.timeout_stream = measured(durationText(stream), `${how} (${durationText(age)}); how long its mapping is there`)
  if (stream === replied) {
    draft.stream_after = unseen('2s', 'an old flow lives no longer than a young one')
    return stream
  }
  const { lab } = timers
  const shorter = Math.min(stream, replied)
  const begins = yield* lab.end(function* (at) {
    const seen = yield* timers.history(
      at === 0
        ? [
            ['out', 0],
            ['in', 0],
          ]
        : old(at),
    )
    yield* lab.until(at + shorter)
    const there = seen !== undefined && (yield* timers.isAlive(seen))
    return there === stream < replied
  }, age)
  const after = (begins ?? age) - lab.world.resolution_ns
  draft.stream_after = measured(
    durationText(Math.max(0, after)),
    'the same at every age: from when on it lives as an old one',
  )
  return stream
}

function* measureKnownPorts(timers: Timers, draft: Draft, first: number, replied: number): Measurer<void> {
  const found: [string, NatParameters['timeout']][] = []
  const { lab } = timers
  for (const port of KNOWN_PORTS) {
    const ends = function* (events: readonly Event[], at: number): Measurer<boolean> {
      const seen = yield* timers.history(events, port)
      yield* lab.until(at)
      return seen !== undefined && (yield* timers.isAlive(seen, port))
    }
    const { resolution_ns } = lab.world
    let same = true
    for (const [events, at] of [
      [[['out', 0]], first] as const,
      [
        [
          ['out', 0],
          ['in', 0],
        ],
        replied,
      ] as const,
    ]) {
      same &&= (yield* ends(events, at - resolution_ns)) && !(yield* ends(events, at))
    }
    if (!same) found.push([String(port), durationText(yield* timers.mappingEnd([['out', 0]], port))])
  }
  draft.timeout_ports = measured(
    Object.fromEntries(found),
    `the same towards the ports ${KNOWN_PORTS.join(', ')}; of others nothing is known`,
  )
}

/** For how long a port that has become free is not given to another host. */
export function* measureHoldDown(timers: Timers, draft: Draft, facts: PortFacts, first_ns: number): Measurer<void> {
  if (draft.hold_down !== undefined) return
  if (facts.ports !== 'preserving' || facts.blocks !== 'none') {
    draft.hold_down = unseen('0s', 'no host can ask for the port that another had')
    return
  }
  if (timers.sign === 'guess') {
    draft.hold_down = unseen('0s', 'ICMP errors do not pass: a mapping, a permission and a port on hold look alike')
    return
  }
  const { lab } = timers
  const free = yield* lab.end(function* (t) {
    yield* timers.history([['out', 0]])
    yield* lab.until(t)
    const other = yield* lab.out('b', timers.port, 's1', QUIET)
    return other === undefined || portOf(other.source) !== timers.port
  })
  const ns = (free ?? lab.world.longest_ns) - first_ns
  draft.hold_down = measured(
    durationText(Math.max(0, ns)),
    'a mapping ends; when another host with its inner port gets its outer port',
  )
}
