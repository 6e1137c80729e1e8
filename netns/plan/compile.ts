/** START HERE: a scenario and a cast become commands. */
import { durationNs } from '../../scenarios/language/quantity.ts'
import type { Cast, Scenario } from '../../scenarios/language/scenario.ts'
import { kindsOf, qdiscs } from './cable.ts'
import { attachLines, cableLines, hasRules, networkLines, networkRules, plugLines } from './cloud.ts'
import { enterHost, type HostPlan, hostFiles, hostLines, type Start, speaksFirst, upCommands } from './host.ts'
import { isLan, movesOf, type Seat, seatsOf } from './layout.ts'
import { natLines } from './nat.ts'
import type { Command, Moment, Plan, PlanSpace, PlanVantage } from './plan.ts'
import { routerLines } from './router.ts'
import { changesRules, on, timelineOf } from './steps.ts'
import { supportsNetns } from './supports.ts'
import { toolFiles } from './tools.ts'

export interface PlanOptions {
  readonly scenario: Scenario
  readonly cast: Cast
  /** Begins the names of all namespaces: `wglab-1a2b3c`. */
  readonly prefix: string
  /** The base64 of a key by its name in the scenario: `alice`, `alice.pub`, `alice-bob.psk`. */
  readonly keyOf: (name: string) => string
  /** How an implementation is started: undefined is the kernel's own, else the command to which wg-quick adds the interface. */
  readonly startOf: (implementation: string) => Start
  /** Default true. false: the machine has no netem, and cables that name no delay have none. */
  readonly netem?: boolean
}

/** Throws a RangeError for what `supportsNetns` says no to. */
export function plan(options: PlanOptions): Plan {
  const { scenario, cast, prefix, netem = true } = options
  const support = supportsNetns(scenario, cast, { netem })
  if (!support.ok) throw new RangeError(`not for netns: ${support.because}`)
  const seats = seatsOf(scenario, netem)
  const hosts = hostPlans(options, seats)
  const spaces = spacesOf(scenario, prefix, hosts)
  const { moments, files } = timelineOf({ scenario, seats, hosts, keyOf: options.keyOf, netem })
  const setUp = [
    ...spaceCommands(spaces),
    ...networkCommands(scenario),
    ...cableCommands(seats, spaces),
    ...partCommands(options, seats, hosts),
  ]
  const tunnels = tunnelMoments(hosts)
  const end = durationNs(scenario.duration) / 1e6
  const shows = hosts
    .filter(({ host }) => host.wg !== undefined)
    .map((each): Moment => ({ at_ms: end, commands: [], play: { kind: 'show', on: each.name } }))
  const timeline = [...tunnels, ...moments.filter(({ at_ms }) => at_ms <= end), ...shows]
  return {
    prefix,
    scenario,
    needs: needsOf([...setUp, ...timeline.flatMap(each => each.commands), ...hookCommands(hosts)], timeline),
    needsModule: hosts.some(({ host, start }) => host.wg !== undefined && start === undefined),
    needsQdiscs: qdiscKinds(scenario, seats, netem),
    files: [...toolFiles(servantsOf(scenario)), ...hosts.flatMap(hostFiles), ...files],
    spaces,
    setUp,
    vantages: vantagesOf(scenario, seats),
    timeline,
    until_ms: end,
    tearDown: spaces.flatMap(({ netns }) => [
      { line: `ip netns pids ${netns} 2>/dev/null | xargs -r kill -9` },
      { line: `ip netns del ${netns}` },
    ]),
    notes: notesOf(seats, netem),
  }
}

function hostPlans({ scenario, cast, keyOf, startOf }: PlanOptions, seats: readonly Seat[]): HostPlan[] {
  const names = new Map(Object.entries(scenario.names ?? {}))
  return Object.entries(scenario.hosts).map(([name, host]) => ({
    name,
    host,
    seats: seats.filter(({ machine }) => machine === name),
    start: host.wg === undefined ? undefined : startOf(cast[name] ?? 'ours'),
    keyOf,
    names,
  }))
}

function spacesOf(scenario: Scenario, prefix: string, hosts: readonly HostPlan[]): PlanSpace[] {
  const inside = (kind: PlanSpace['kind'], group: object | undefined) =>
    Object.keys(group ?? {}).map((name): PlanSpace => {
      return { name, kind, netns: `${prefix}-${name}`, enter: `ip netns exec ${prefix}-${name}` }
    })
  return [
    ...inside('network', scenario.networks),
    ...hosts.map(({ name, start }): PlanSpace => {
      return { name, kind: 'host', netns: `${prefix}-${name}`, enter: enterHost(name, start) }
    }),
    ...inside('nat', scenario.nats),
    ...inside('router', scenario.routers),
  ]
}

function spaceCommands(spaces: readonly PlanSpace[]): Command[] {
  return spaces.flatMap(({ name, kind, netns }) => [
    { line: `ip netns add ${netns}`, why: `${name}, a ${kind === 'nat' ? 'NAT' : kind}` },
    { line: `ip netns exec ${netns} sysctl -qp tools/machine.conf` },
    { line: `ip -n ${netns} link set dev lo up` },
    ...(kind === 'host' ? [{ line: `ip netns exec ${netns} sh -eu tools/hold.sh ${name}` }] : []),
  ])
}

function cableCommands(seats: readonly Seat[], spaces: readonly PlanSpace[]): Command[] {
  const netns = (name: string) => spaces.find(space => space.name === name)?.netns ?? name
  return seats.flatMap(seat =>
    cableLines(seat, { machine: netns(seat.machine), network: netns(seat.network) }).map((line, i): Command => {
      return { line, ...(i === 0 ? { why: `a cable from ${seat.machine} to ${seat.network}` } : {}) }
    }),
  )
}

function networkCommands(scenario: Scenario): Command[] {
  return Object.entries(scenario.networks).flatMap(([name, network]) =>
    on(
      name,
      networkLines(network),
      network.kind === 'lan' ? `${name} is a switch` : `${name} is a router that knows every address`,
    ),
  )
}

/** Networks, then who is on them from the start, then what each of them does. */
function partCommands(
  { scenario, netem = true }: PlanOptions,
  seats: readonly Seat[],
  hosts: readonly HostPlan[],
): Command[] {
  const present = seats.filter(seat => seat.present)
  const { datagrams, streams } = servantsOf(scenario)
  return [
    ...Object.entries(scenario.networks).flatMap(([name, network]) => {
      const here = seats.filter(seat => seat.network === name)
      const ruled = !isLan(scenario, name) && hasRules(network, here, changesRules(scenario, name))
      const rules = ruled ? [`nft -f - <<'END'\n${networkRules(network, here)}END`] : []
      return on(name, rules, `rules of ${name}`)
    }),
    ...present.flatMap(seat => [
      ...on(seat.network, plugLines(seat, seat, netem, true), `${seat.machine} on ${seat.network}`),
      ...(seat.lan && (seat.up.cut ?? seat.down.cut) === true
        ? on(seat.network, [`ip link set dev ${seat.port} down`])
        : []),
      ...on(seat.machine, attachLines(seat, seat, true)),
    ]),
    ...Object.entries(scenario.nats ?? {}).flatMap(([name, nat]) =>
      on(
        name,
        natLines(
          nat,
          present.filter(({ machine }) => machine === name),
        ),
        `${name} translates`,
      ),
    ),
    ...Object.entries(scenario.routers ?? {}).flatMap(([name, router]) =>
      on(
        name,
        routerLines(
          router,
          present.filter(({ machine }) => machine === name),
        ),
        `${name} forwards`,
      ),
    ),
    ...hosts.flatMap(each => on(each.name, hostLines(each), `what ${each.name} forwards and lets in`)),
    ...(datagrams
      ? hosts.flatMap(({ name }) =>
          on(name, ['perl /run/tools/udp.pl serve </dev/null >/dev/null 2>&1 &'], 'who takes datagrams'),
        )
      : []),
    ...(streams
      ? hosts.flatMap(({ name }) =>
          on(name, ['perl /run/tools/tcp.pl serve /run/lab/tcp.log'], 'who gives and takes by TCP'),
        )
      : []),
  ]
}

/** Which of the lab's own servers have something to do. */
function servantsOf({ steps }: Scenario): { readonly datagrams: boolean; readonly streams: boolean } {
  return { datagrams: steps.some(step => step.do === 'send'), streams: steps.some(step => step.do === 'tcp') }
}

/** At time 0. Who speaks first comes last, so that nobody is spoken to before it is there. */
function tunnelMoments(hosts: readonly HostPlan[]): Moment[] {
  const order = hosts.filter(({ host }) => host.wg !== undefined && host.autostart !== false)
  return [false, true].flatMap(last => {
    const commands = order
      .filter(({ host }) => speaksFirst(host) === last)
      .flatMap(each => upCommands(each.name, each.host))
    return commands.length === 0 ? [] : [{ at_ms: 0, commands }]
  })
}

/** As the simulator has them: each place where a host or NAT is at some time, and each tunnel. */
function vantagesOf(scenario: Scenario, seats: readonly Seat[]): PlanVantage[] {
  const middle = new Set(Object.keys(scenario.routers ?? {}))
  const wires = seats
    .filter(({ machine }) => !middle.has(machine))
    .map(({ machine, network, eth }): PlanVantage => {
      return { name: `${machine}:${network}`, layer: 'wire', host: machine, on: machine, iface: eth }
    })
  const tunnels = Object.entries(scenario.hosts).flatMap(([host, { wg = {} }]) =>
    Object.keys(wg).map((iface): PlanVantage => ({ name: `${host}:${iface}`, layer: 'inner', host, on: host, iface })),
  )
  return [...wires, ...tunnels]
}

function qdiscKinds(scenario: Scenario, seats: readonly Seat[], netem: boolean): string[] {
  const moved = scenario.steps.flatMap(step =>
    movesOf(scenario, step).map(({ network, ends }) => ({ ...ends, lan: isLan(scenario, network) })),
  )
  const links = scenario.steps.flatMap(step => (step.do === 'link' ? [step.set] : []))
  const lists = [
    ...[...seats.filter(seat => seat.present), ...moved].flatMap(({ up, down, lan }) => [
      qdiscs(up, lan, netem),
      qdiscs(down, lan, netem),
    ]),
    ...links.map(({ preset: _preset, ...set }) => qdiscs(set, true, netem)),
  ]
  return [...new Set(lists.flatMap(kindsOf))].toSorted()
}

const PROGRAMS = ['nft', 'tc', 'wg', 'wg-quick', 'bash', 'ping', 'perl', 'conntrack', 'iptables', 'ip6tables']

/** What wg-quick is told to run. */
function hookCommands(hosts: readonly HostPlan[]): Command[] {
  const hooks = /^\s*(?:Pre|Post)(?:Up|Down)\s*=\s*(.*)$/gim
  const texts = hosts.flatMap(({ host }) => Object.values(host.wg ?? {}))
  return texts.flatMap(text => [...text.matchAll(hooks)].map(match => ({ line: match[1] ?? '' })))
}

/** Those that its lines speak of, and what every run has. */
function needsOf(commands: readonly Command[], timeline: readonly Moment[]): string[] {
  const plays = timeline.flatMap(({ play }) =>
    play === undefined ? [] : play.kind === 'show' ? ['wg show'] : [play.line],
  )
  const lines = [...commands.map(({ line }) => line), ...plays].flatMap(line => line.split(/\n|; |&& |\|\| /))
  const used = PROGRAMS.filter(program => lines.some(line => line.startsWith(`${program} `)))
  const shell = used.includes('wg-quick') && !used.includes('bash') ? ['bash'] : []
  return ['ip', 'sysctl', 'mount', 'nsenter', 'xargs', ...used, ...shell]
}

function notesOf(seats: readonly Seat[], netem: boolean): string[] {
  const usual = seats.some(({ lan, up, down }) => !lan && (up.delay ?? down.delay) === undefined)
  return netem || !usual
    ? []
    : ['this machine has no netem: cables of an internet that name no delay have none, instead of 10 ms']
}
