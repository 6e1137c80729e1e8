/** The timeline: each step as commands, in the order of time. What can not be done is refused in supports.ts. */
import { durationNs } from '../../scenarios/language/quantity.ts'
import type { Scenario } from '../../scenarios/language/scenario.ts'
import type { StepOf } from '../../scenarios/language/step.ts'
import type { Answer } from '../../scenarios/language/step-names.ts'
import { attachLines, detachLines, mtuLines, networkRules, plugLines, unplugLines } from './cloud.ts'
import { commandLine, type HostPlan, hostsText, upCommands } from './host.ts'
import { changedEnds, type Ends, isLan, movesOf, type Seat } from './layout.ts'
import { endpointWords, flushLines } from './nat.ts'
import type { Command, Moment, PlanFile, Play } from './plan.ts'
import { servantOf } from './servant.ts'
import { endpointOf, pingLine, sendLine, sourcePort, tcpLine, tcpSettings } from './traffic.ts'

export interface TimelineContext {
  readonly scenario: Scenario
  readonly seats: readonly Seat[]
  readonly hosts: readonly HostPlan[]
  readonly keyOf: HostPlan['keyOf']
  readonly netem: boolean
}

interface Timeline {
  readonly moments: readonly Moment[]
  /** Keys that steps set. */
  readonly files: readonly PlanFile[]
}

/** What has changed so far. */
interface State {
  readonly ends: Map<Seat, Ends>
  readonly names: Map<string, Answer>
  readonly files: PlanFile[]
}

type Part = Omit<Moment, 'at_ms' | 'step'> & { readonly later_ns?: number }

export function timelineOf(context: TimelineContext): Timeline {
  const { scenario, seats, hosts } = context
  const state: State = {
    ends: new Map(seats.map(seat => [seat, seat])),
    names: new Map(hosts[0]?.names ?? []),
    files: [],
  }
  const steps = scenario.steps
    .map((step, number) => ({ step, number, at: durationNs(step.at) }))
    .toSorted((a, b) => a.at - b.at)
  const moments: Moment[] = blackoutMoments(context)
  for (const { step, number, at } of steps) {
    for (const { later_ns = 0, ...part } of partsOf(context, state, step, number))
      moments.push({ at_ms: (at + later_ns) / 1e6, step: number, ...part })
  }
  return { moments: moments.toSorted((a, b) => a.at_ms - b.at_ms), files: state.files }
}

function partsOf(context: TimelineContext, state: State, step: Scenario['steps'][number], number: number): Part[] {
  const play = (play: Play, commands: readonly Command[] = []): Part[] => [{ commands, play }]
  switch (step.do) {
    case 'ping':
      return play({ kind: 'ping', from: step.from, line: pingLine(step), count: step.count ?? 1 })
    case 'send': {
      const line = sendLine(step, number)
      const to = servantOf(context.scenario, step.to) ?? ''
      const ends = { port: endpointOf(step.to).port, source: sourcePort(number) }
      return play({ kind: 'send', from: step.from, to, line, count: step.count ?? 1, bytes: step.size ?? 64, ...ends })
    }
    case 'tcp': {
      // Who answers behind a port that somebody asks for on the way nobody knows beforehand.
      const to = servantOf(context.scenario, step.to)
      const ends = to === undefined ? context.hosts.map(({ name }) => name) : [...new Set([step.from, to])]
      const line = tcpLine(step, number)
      return play({ kind: 'tcp', from: step.from, line, number }, tcpSettings(step, ends))
    }
    case 'roam':
      return [{ commands: moveCommands(context, state, step) }]
    case 'link':
      return [{ commands: linkCommands(context, state, step) }]
    case 'nat':
      return natParts(context, state, step)
    case 'reboot':
      return rebootParts(context, state, step)
    case 'dns':
      state.names.set(step.domain, step.to)
      return [{ commands: dnsCommands(context, state) }]
    case 'run': {
      const { line, files } = commandLine(step.command, step.host, number, context.keyOf)
      state.files.push(...files)
      return [{ commands: [{ on: step.host, line }] }]
    }
    case 'clock':
    case 'suspend':
    case 'lookup':
    case 'service':
    case 'probe':
      return []
  }
}

function moveCommands(context: TimelineContext, state: State, step: StepOf<'roam'> | StepOf<'nat'>): Command[] {
  return movesOf(context.scenario, step).flatMap(({ machine, from, network, ends }) => {
    const before = seatOf(context, machine, from)
    const after = seatOf(context, machine, network)
    if (after === undefined || before === undefined) return []
    state.ends.set(after, ends)
    const left = [...on(from, unplugLines(before)), ...on(machine, detachLines(before))]
    return [
      ...(before === after ? [] : left),
      ...on(network, plugLines(after, ends, context.netem, false)),
      ...on(machine, attachLines(after, ends, false)),
    ]
  })
}

function linkCommands(context: TimelineContext, state: State, step: StepOf<'link'>): Command[] {
  const { node, network, direction = 'both', set } = step
  const seat = seatOf(context, node, network)
  if (seat === undefined) return []
  const { port, lan } = seat
  const old = state.ends.get(seat) ?? seat
  const ends = changedEnds(old, step)
  state.ends.set(seat, ends)
  const { cut, mtu, lose, ecn, dscp, ...shaped } = set
  const ways = direction === 'both' ? (['up', 'down'] as const) : [direction]
  const verb = cut === true ? 'add' : 'delete'
  const cutLines = lan
    ? [`ip link set dev ${port} ${cut === true ? 'down' : 'up'}`]
    : ways
        .filter(way => (old[way].cut === true) !== (cut === true))
        .map(way => `nft ${verb} element inet wglab cut_${way} '{ "${port}" }'`)
  const ruled = lose !== undefined || ecn !== undefined || dscp !== undefined
  const shapes = Object.keys(shaped).length > 0 || mtu !== undefined
  return [
    ...(mtu === undefined ? [] : on(node, mtuLines(seat, ends, false))),
    ...(shapes ? on(network, plugLines(seat, ends, context.netem, false)) : []),
    ...(cut === undefined ? [] : on(network, cutLines)),
    ...(ruled ? on(network, [rulesLine(context, state, network)]) : []),
  ]
}

/** The rules of an internet as they are now, instead of those before. */
function rulesLine({ scenario, seats }: TimelineContext, state: State, network: string): string {
  const here = seats.filter(seat => seat.network === network).map(seat => ({ ...seat, ...state.ends.get(seat) }))
  return `nft -f - <<'END'\n${networkRules(scenario.networks[network] ?? {}, here)}END`
}

function natParts(context: TimelineContext, state: State, step: StepOf<'nat'>): Part[] {
  const spec = context.scenario.nats?.[step.nat]
  if (spec === undefined) return []
  const forwards = (value: number) => `sysctl -qw net.ipv4.ip_forward=${value} net.ipv6.conf.all.forwarding=${value}`
  const { off, flush, map } = step
  const asked =
    map === undefined || map.lie === 'nothing'
      ? undefined
      : { ...map, port: map.port + (map.lie === 'other-port' ? 1 : 0) }
  const lease = asked?.lease === undefined ? '' : ` timeout ${durationNs(asked.lease) / 1e9}s`
  const now = [
    ...(off === undefined ? [] : [forwards(0)]),
    ...(flush === true ? flushLines(spec, step.inside) : []),
    ...(asked === undefined
      ? []
      : [
          `nft add element ip wglab-nat forwards '{ ${asked.protocol ?? 'udp'} . ${asked.port}${lease} : ${endpointWords(asked.to)} }'`,
        ]),
  ]
  const then =
    off === undefined
      ? []
      : [{ later_ns: durationNs(off), commands: on(step.nat, [...flushLines(spec, undefined), forwards(1)]) }]
  return [{ commands: [...on(step.nat, now), ...moveCommands(context, state, step)] }, ...then]
}

/** What was in its memory goes with the tunnels; what it says on the way out nobody hears. */
function rebootParts(context: TimelineContext, state: State, { host: name, off = '1s' }: StepOf<'reboot'>): Part[] {
  const plan = context.hosts.find(each => each.name === name)
  if (plan === undefined) return []
  const { host, seats } = plan
  const here = seats.filter(seat => (state.ends.get(seat) ?? seat).addresses.length > 0)
  const tracked = host.firewall === 'stateful' ? ['conntrack -F'] : []
  return [
    {
      commands: on(name, [
        ...here.map(({ eth }) => `ip link set dev ${eth} down`),
        ...Object.keys(host.wg ?? {}).map(iface => `wg-quick down ${iface} || true`),
        ...tracked,
      ]),
    },
    {
      later_ns: durationNs(off),
      commands: [
        ...here.flatMap(seat => on(name, attachLines(seat, state.ends.get(seat) ?? seat, false))),
        ...(host.autostart === false ? [] : upCommands(name, host)),
      ],
    },
  ]
}

/** Into the files that are there, so that what is mounted stays the same. */
function dnsCommands({ hosts }: TimelineContext, state: State): Command[] {
  const text = hostsText(state.names)
  return hosts.map(({ name }) => ({ line: `cat > ${name}/hosts <<'END'\n${text}END` }))
}

/** Blackouts are cuts that nobody has to ask for. */
function blackoutMoments({ scenario, seats }: TimelineContext): Moment[] {
  const end = durationNs(scenario.duration)
  return seats
    .flatMap(seat =>
      (['up', 'down'] as const).flatMap(way =>
        (seat[way].blackouts ?? []).flatMap(({ at, for: length, every }) => {
          const times: number[] = []
          const step = every === undefined ? end : durationNs(every)
          for (let t = durationNs(at); t <= end; t += step) times.push(t)
          const change = (verb: string) =>
            on(seat.network, [`nft ${verb} element inet wglab cut_${way} '{ "${seat.port}" }'`])
          return times.flatMap(t => [
            { at_ms: t / 1e6, commands: change('add') },
            { at_ms: (t + durationNs(length)) / 1e6, commands: change('delete') },
          ])
        }),
      ),
    )
    .filter(({ at_ms }) => at_ms <= end / 1e6)
}

export function on(name: string, lines: readonly string[], why?: string): Command[] {
  return lines.map((line, i) => ({ on: name, line, ...(i === 0 && why !== undefined ? { why } : {}) }))
}

function seatOf({ seats }: TimelineContext, machine: string, network: string): Seat | undefined {
  return seats.find(seat => seat.machine === machine && seat.network === network)
}

/** Rules of this network change on the way. */
export function changesRules(scenario: Scenario, network: string): boolean {
  return (
    !isLan(scenario, network) &&
    scenario.steps.some(
      step =>
        step.do === 'link' && step.network === network && ['cut', 'lose', 'ecn', 'dscp'].some(key => key in step.set),
    )
  )
}
