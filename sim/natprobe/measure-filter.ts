/** Permissions: how long a remote end may answer, apart from its mapping, and what keeps the permission. */
import type { NatBehaviour } from '../../scenarios/language/nat.ts'
import type { NatParameters } from '../../scenarios/language/nat-parameters.ts'
import { type Draft, durationText, measured, unseen } from './findings.ts'
import { OTHER, QUIET } from './lab.ts'
import { type Direction, type Event, soon, type TimeFacts, type Timers } from './measure-times.ts'
import type { Measurer, SeenDatagram } from './world.ts'

/** How long a remote end may answer, apart from the mapping (its own lifetime, and what keeps it). */
export function* measureFilterTimes(
  timers: Timers,
  draft: Draft,
  mapping: NatBehaviour,
  filtering: NatBehaviour,
  times: TimeFacts,
): Measurer<void> {
  const none = (because: string): void => {
    draft.filter_timeout ??= unseen('none', because)
    draft.filter_refresh ??= unseen(times.refresh, because)
    draft.refresh_scope ??= unseen('session', because)
  }
  if (filtering === 'endpoint-independent') return none('everybody may send to a mapping')
  const { lab } = timers
  const h = soon(timers)
  const out0: Event = ['out', 0]
  const in0: Event = ['in', 0]
  /** A remote end that keeps the mapping alive and is another one to the filter. */
  const helper =
    draft.mapping?.kind === 'unseen'
      ? undefined
      : mapping === 'endpoint-independent'
        ? (['s2', QUIET] as const)
        : mapping === 'address-dependent' && filtering === 'address-and-port-dependent'
          ? (['s1', OTHER] as const)
          : undefined
  const shortest = Math.min(times.first_ns, times.unreplied_ns, times.replied_ns, times.stream_ns)
  const horizon = Math.min(
    64 * Math.max(times.first_ns, times.replied_ns, times.stream_ns),
    (times.lifetime_ns ?? Number.MAX_SAFE_INTEGER) - h,
  )
  /** The same as permissionEnd while the helper keeps the mapping alive; undefined: for as long as it does. */
  const helpedEnd = function* (
    events: readonly Event[],
    [server, serverPort]: readonly [string, number],
  ): Measurer<number | undefined> {
    const step = Math.max(1, Math.floor(shortest / 2) - h)
    return yield* lab.end(function* (t) {
      yield* lab.fresh()
      let seen: SeenDatagram | undefined
      for (const [what, at] of events) {
        if (at > t) break
        yield* lab.until(at)
        if (what === 'out') seen = (yield* lab.out('a', timers.port, 's1', QUIET)) ?? seen
        else if (seen !== undefined) yield* lab.in('s1', QUIET, seen.source)
      }
      const last = events.at(-1)?.[1] ?? 0
      for (let at = last; at < t; at += step) {
        yield* lab.until(at)
        const other = yield* lab.out('a', timers.port, server, serverPort)
        if (other !== undefined) yield* lab.in(server, serverPort, other.source)
      }
      yield* lab.until(t)
      return seen !== undefined && (yield* lab.in('s1', QUIET, seen.source)) !== undefined
    }, horizon)
  }
  const how = 'a server that was sent to and then no more: how long it may answer'
  // Alone: a permission that ends before the mapping.
  const alone: [readonly Event[], number, number][] = []
  for (const [events, mappingEnd] of [
    [[out0], times.first_ns] as const,
    [[out0, out0], times.unreplied_ns] as const,
    [[out0, in0], times.replied_ns] as const,
  ])
    alone.push([events, yield* timers.permissionEnd(events), mappingEnd])
  const shorter = alone.find(([, permission, mappingEnd]) => permission < mappingEnd)
  let life: number | undefined = shorter?.[1]
  let scope: NatParameters['refresh_scope'] | undefined
  if (helper !== undefined) {
    const helped = yield* helpedEnd([out0], helper)
    if (helped === undefined && horizon <= times.first_ns) return none('the absolute lifetime ends it first')
    scope = helped === undefined ? 'mapping' : 'session'
    draft.refresh_scope = measured(
      scope,
      'another remote end keeps the mapping alive: whether this one may go on answering',
    )
    if (helped !== undefined && life === undefined) {
      if (helped !== times.first_ns) life = helped
      else {
        const answered = yield* helpedEnd([out0, in0], helper)
        if (answered !== times.replied_ns) life = helped
      }
    }
  }
  // Which direction keeps it: the same packets, all at once and the last one a little later.
  const keeps = function* (what: 'out' | 'in', other: boolean | undefined): Measurer<boolean | undefined> {
    const at0: readonly Event[] = [out0, [what, 0]]
    const atH: readonly Event[] = [out0, [what, h]]
    const before = yield* timers.permissionEnd(at0)
    const refreshed = times.refresh === 'both' || times.refresh === (what === 'out' ? 'outbound' : 'inbound')
    if (before < (what === 'out' ? times.unreplied_ns : times.replied_ns)) {
      return (yield* timers.permissionEnd(atH)) > before
    }
    if (helper !== undefined && scope === 'session') {
      const helped = yield* helpedEnd(at0, helper)
      const later = yield* helpedEnd(atH, helper)
      return helped !== undefined && (later === undefined || later > helped)
    }
    if (refreshed) {
      if ((yield* timers.permissionEnd(atH)) <= before) return false
      return what === 'out'
        ? (yield* outlived(timers, shortest, h, [], times.lifetime_ns)) === undefined
        : yield* goesOn(timers, shortest, h, times.lifetime_ns)
    }
    if (what === 'in' && other === false && times.refresh !== 'inbound') {
      // What the inside sends keeps the mapping and not the permission.
      const early = yield* outlived(timers, shortest, h, [], times.lifetime_ns, at0)
      const late = yield* outlived(timers, shortest, h, [], times.lifetime_ns, atH)
      return early !== undefined && late !== undefined && late > early
    }
    return undefined
  }
  const byOut = yield* keeps('out', undefined)
  const byIn = yield* keeps('in', byOut)
  if (byOut === undefined && byIn === undefined) {
    none('a mapping is over before any permission of it')
  } else {
    const out = byOut ?? (byIn === false || times.refresh !== 'inbound')
    const back = byIn ?? (byOut === false || times.refresh !== 'outbound')
    const value: Direction = out && back ? 'both' : back ? 'inbound' : 'outbound'
    const told = 'one datagram out, a little later one more out, or one in: whether the server may answer for longer'
    draft.filter_refresh =
      byOut === undefined || byIn === undefined ? unseen(value, 'one direction alone shows') : measured(value, told)
  }
  if (life === undefined && scope !== 'session' && byOut === false && times.refresh !== 'inbound') {
    life = yield* outlived(
      timers,
      shortest,
      h,
      [times.first_ns, times.unreplied_ns, times.replied_ns],
      times.lifetime_ns,
    )
  }
  if (life !== undefined) draft.filter_timeout = measured(durationText(life), how)
  else if (scope === 'session')
    draft.filter_timeout = measured('none', `${how}: as long as a mapping with that traffic would live`)
  else none('a permission ends with its mapping or after it')
  draft.refresh_scope ??= unseen('session', 'no two remote ends share a mapping')
}

/** What the inside sends keeps the mapping and not the permission: when that one ends, where it is not as a mapping would. */
function* outlived(
  timers: Timers,
  shortest: number,
  h: number,
  natural: readonly number[],
  lifetime: number | undefined,
  begins: readonly Event[] = [['out', 0]],
): Measurer<number | undefined> {
  const { lab } = timers
  const step = Math.max(1, Math.floor(shortest / 2) - h)
  const steps = stepsWithin(lifetime, step)
  const allowed = function* (t: number): Measurer<boolean> {
    const events = [...begins]
    for (let at = step; at < t; at += step) events.push(['out', at])
    const seen = yield* timers.history(events)
    yield* lab.until(t)
    return seen !== undefined && (yield* lab.in('s1', QUIET, seen.source)) !== undefined
  }
  // Once it is over, the next datagram out is a new permission: the first step that ends without one counts.
  for (let i = 1; i <= steps; i++) {
    if (yield* allowed(i * step)) continue
    const since = (i - 1) * step
    const end = yield* lab.end(function* (t) {
      return t <= since || (t < i * step && (yield* allowed(t)))
    }, i * step)
    return end === undefined || natural.includes(end) ? undefined : end
  }
  return undefined
}

/** Steps before the mapping ends whatever passes; else as many as one has patience for. */
function stepsWithin(lifetime: number | undefined, step: number): number {
  return lifetime === undefined ? 64 : Math.min(64, Math.floor((lifetime - 1) / step))
}

/** What comes in keeps the mapping: whether it keeps the permission too, or is refused after a while. */
function* goesOn(timers: Timers, shortest: number, h: number, lifetime: number | undefined): Measurer<boolean> {
  const { lab } = timers
  const step = Math.max(1, Math.floor(shortest / 2) - h)
  const steps = stepsWithin(lifetime, step)
  yield* lab.fresh()
  const seen = yield* lab.out('a', timers.port, 's1', QUIET)
  for (let i = 1; i <= steps && seen !== undefined; i++) {
    yield* lab.until(i * step)
    if ((yield* lab.in('s1', QUIET, seen.source)) === undefined) return false
  }
  return true
}
