/** Does a scenario of the right shape make sense? Names that are used exist, addresses and times are real. */
import { attachmentAddresses, withoutPrefix } from './attachment.ts'
import { expectationName } from './expectation.ts'
import { applyChanges } from './patch.ts'
import { type Path, pointerText } from './pointer.ts'
import type { Problem } from './problem.ts'
import { type Duration, durationNs, wallSpan } from './quantity.ts'
import { type Scenario, scenario as schema } from './scenario.ts'
import type { Step } from './step.ts'
import type { Attachment } from './topology.ts'
import { type Context, checkAddress, checkEndpoint, checkKnown, complain, stepNames } from './validate-context.ts'
import { checkExpectation, checkExpectationNames } from './validate-expectation.ts'
import { checkLinks } from './validate-link.ts'
import { checkAnswer, checkDns, checkLookup, checkMachines } from './validate-machine.ts'
import { checkEdges } from './validate-nat-edge.ts'
import { checkAttack } from './validate-probe.ts'
import { checkServiceStep, checkServices } from './validate-service.ts'
import { checkTcp } from './validate-tcp.ts'

/** Problems of a scenario that has the right shape, in its order. */
export function senseProblems(scenario: Scenario): Problem[] {
  const context: Context = { scenario, problems: [] }
  checkDurations(context, [], scenario)
  if (context.problems.length > 0) return context.problems
  checkTopology(context)
  checkLinks(context)
  checkMachines(context)
  checkEdges(context)
  checkStepNames(context)
  checkServices(context)
  for (const [i, step] of scenario.steps.entries()) checkStep(context, step, ['steps', i])
  checkSlots(context)
  for (const [i, each] of scenario.expect.entries()) checkExpectation(context, each, ['expect', i])
  checkExpectationNames(context)
  if (context.problems.length === 0) checkTwin(context)
  return context.problems
}

/** Steps of a wall clock: they may go back, and further than any run is long. */
const WALL_KEYS: ReadonlySet<string> = new Set(['jump', 'offset', 'clock'])
const DURATION_KEYS: ReadonlySet<string> = new Set([
  ...['fragment_timeout', 'lease'],
  ...['every', 'after', 'target'],
  ...['duration', 'at', 'within', 'interval', 'for', 'off', 'jump', 'offset', 'clock', 'delay', 'jitter', 'min', 'max'],
  ...['timeout', 'timeout_unreplied', 'handshake_cost', 'every', 'stale', 'after', 'retry', 'idle'],
  ...['after', 'beacon', 'awake', 'each', 'deadline'],
  ...['filter_timeout', 'timeout_first', 'timeout_stream', 'stream_after', 'lifetime', 'lifetime_spread', 'hold_down'],
  ...['timeout_syn', 'timeout_closing', 'timeout_reset'],
])

/** Every duration, wherever it stands: in the range of a run, and negative only where that means something. */
function checkDurations(context: Context, path: Path, value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  for (const [key, each] of Object.entries(value)) {
    const here = [...path, key]
    if (path.length === 0 && (key === 'twin' || key === 'names')) continue
    if (key === 'wg') continue
    if (key === 'between' && Array.isArray(each))
      for (const [i, end] of each.entries()) checkDuration(context, [...here, i], end, key)
    else if (
      typeof each === 'string' &&
      (DURATION_KEYS.has(key) || path.at(-1) === 'timeout_ports') &&
      /^-?[\d.]+[a-z]+$/.test(each)
    )
      checkDuration(context, here, each, key)
    else checkDurations(context, here, each)
  }
}

function checkDuration(context: Context, path: Path, text: string, key: string): void {
  try {
    if (WALL_KEYS.has(key)) wallSpan(text as Duration)
    else if (durationNs(text as Duration) < 0) complain(context, path, `"${text}" is negative`, 'write 0s or more')
  } catch (error) {
    complain(context, path, error instanceof Error ? error.message : String(error), 'write 25s, 1.5s, 20ms, 2m')
  }
}

function checkTopology(context: Context): void {
  const { hosts, nats = {}, routers = {}, networks, names = {} } = context.scenario
  const owners = new Map<string, string>()
  for (const [kind, group] of [
    ['hosts', hosts],
    ['nats', nats],
    ['routers', routers],
    ['networks', networks],
  ] as const) {
    for (const name of Object.keys(group)) {
      const other = owners.get(name)
      if (other !== undefined)
        complain(
          context,
          [kind, name],
          `"${name}" is in ${other} already`,
          'give each box and network a name of its own',
        )
      owners.set(name, kind)
    }
  }
  const taken = new Map<string, string>()
  const attach = (path: Path, owner: string, network: string, attachment: Attachment) =>
    checkAttachment(context, [...path, network], { owner, network, attachment, taken })
  for (const [name, host] of Object.entries(hosts)) {
    for (const [network, each] of Object.entries(host.interfaces))
      attach(['hosts', name, 'interfaces'], name, network, each)
  }
  for (const [name, nat] of Object.entries(nats)) {
    for (const side of ['inside', 'outside'] as const) {
      for (const [network, each] of Object.entries(nat[side])) attach(['nats', name, side], name, network, each)
    }
  }
  for (const [name, router] of Object.entries(routers)) {
    for (const [network, each] of Object.entries(router.interfaces))
      attach(['routers', name, 'interfaces'], name, network, each)
    for (const [i, route] of (router.routes ?? []).entries()) {
      checkAddress(context, ['routers', name, 'routes', i, 'to'], route.to)
      checkAddress(context, ['routers', name, 'routes', i, 'via'], route.via)
    }
  }
  for (const [name, addresses] of Object.entries(names)) {
    checkAnswer(context, ['names', name], addresses)
  }
}

interface Attached {
  readonly owner: string
  readonly network: string
  readonly attachment: Attachment
  /** Address on a network, to who has it; absent for what only comes later. */
  readonly taken?: Map<string, string>
}

function checkAttachment(context: Context, path: Path, of: Attached): void {
  const { networks } = context.scenario
  const known = checkKnown(context, path, 'network', of.network, Object.keys(networks))
  for (const text of attachmentAddresses(of.attachment)) {
    const address = checkAddress(context, path, text)
    if (address === undefined) continue
    if (known && networks[of.network]?.kind === 'lan' && !text.includes('/')) {
      complain(
        context,
        path,
        `"${text}" has no prefix length, and "${of.network}" is a lan`,
        `write ${text}/${address.includes(':') ? 64 : 24}`,
      )
    }
    const key = `${of.network} ${address}`
    const other = of.taken?.get(key)
    if (other !== undefined)
      complain(
        context,
        path,
        `${address} is the address of "${other}" on "${of.network}" already`,
        'give each machine an address of its own',
      )
    of.taken?.set(key, of.owner)
  }
}

function checkStepNames(context: Context): void {
  const seen = new Map<string, number>()
  for (const [i, name] of stepNames(context.scenario).entries()) {
    const other = seen.get(name)
    if (other !== undefined)
      complain(
        context,
        ['steps', i, 'name'],
        `step ${other} is called "${name}" already`,
        'give each step a name of its own',
      )
    seen.set(name, i)
  }
}

/** Names, listed once: ten thousand steps ask for those of ten thousand hosts. */
const NAMES = new WeakMap<object, readonly string[]>()

function namesOf(record: object): readonly string[] {
  const known = NAMES.get(record)
  if (known !== undefined) return known
  const names = Object.keys(record)
  NAMES.set(record, names)
  return names
}

function checkStep(context: Context, step: Step, path: Path): void {
  const { scenario } = context
  const hosts = namesOf(scenario.hosts)
  const networks = namesOf(scenario.networks)
  if (durationNs(step.at) > durationNs(scenario.duration)) {
    complain(
      context,
      [...path, 'at'],
      `${step.at} is after the end of the run (${scenario.duration})`,
      'write an earlier time, or a longer duration',
    )
  }
  switch (step.do) {
    case 'ping':
      checkKnown(context, [...path, 'from'], 'host', step.from, hosts)
      checkTarget(context, [...path, 'to'], step.to)
      return
    case 'send':
      checkKnown(context, [...path, 'from'], 'host', step.from, hosts)
      checkEndpoint(context, [...path, 'to'], step.to)
      return
    case 'tcp':
      checkTcp(context, step, path)
      return
    case 'roam': {
      if (checkKnown(context, [...path, 'host'], 'host', step.host, hosts)) {
        const places = placesOf(scenario, step.host)
        checkKnown(context, [...path, 'network'], `interface of ${step.host} on a network`, step.network, places)
      }
      const network = step.to ?? step.network
      const at = [...path, step.to === undefined ? 'network' : 'to']
      if (checkKnown(context, at, 'network', network, networks)) {
        checkAttachment(context, [...path, 'attachment'], { owner: step.host, network, attachment: step.attachment })
      }
      return
    }
    case 'clock':
      checkKnown(context, [...path, 'host'], 'host', step.host, hosts)
      if (step.jump === undefined && step.drift_ppm === undefined && step.sync === undefined) {
        complain(
          context,
          path,
          'the clock is neither moved nor made faster',
          'write jump: -1h, drift_ppm: 50, or sync: step',
        )
      }
      return
    case 'dns':
      checkDns(context, step, path)
      return
    case 'lookup':
      checkLookup(context, step, path)
      return
    case 'suspend':
    case 'reboot':
    case 'run':
      checkKnown(context, [...path, 'host'], 'host', step.host, hosts)
      return
    case 'link': {
      const boxes = [...hosts, ...Object.keys(scenario.nats ?? {}), ...Object.keys(scenario.routers ?? {})]
      if (checkKnown(context, [...path, 'node'], 'host, NAT or router', step.node, boxes)) {
        checkKnown(
          context,
          [...path, 'network'],
          `cable of ${step.node} to a network`,
          step.network,
          placesOf(scenario, step.node),
        )
      }
      return
    }
    case 'nat':
      checkKnown(context, [...path, 'nat'], 'NAT', step.nat, Object.keys(scenario.nats ?? {}))
      for (const [network, attachment] of Object.entries(step.outside ?? {})) {
        checkAttachment(context, [...path, 'outside', network], { owner: step.nat, network, attachment })
      }
      return
    case 'service':
      checkServiceStep(context, step, path)
      return
    case 'probe':
      checkProbe(context, step, path)
      return
  }
}

/** A whole address, without a prefix length. */
function checkTarget(context: Context, path: Path, text: string): void {
  if (text.includes('/')) complain(context, path, `"${text}" has a prefix length`, `write ${withoutPrefix(text)}`)
  else checkAddress(context, path, text)
}

function checkProbe(context: Context, step: Extract<Step, { do: 'probe' }>, path: Path): void {
  const { hosts } = context.scenario
  if (
    checkKnown(context, [...path, 'host'], 'host', step.host, Object.keys(hosts)) &&
    hosts[step.host]?.probe !== true
  ) {
    complain(context, [...path, 'host'], `"${step.host}" is no probe`, `write probe: true in hosts/${step.host}`)
  }
  const { act } = step
  const here = [...path, 'act']
  checkAttack(context, step.host, act, here)
  if (act.kind === 'initiate' || act.kind === 'random') checkEndpoint(context, [...here, 'to'], act.to)
  if (act.kind === 'replay' && act.to !== undefined) checkEndpoint(context, [...here, 'to'], act.to)
  if ((act.kind === 'replay' || act.kind === 'expect') && act.from !== undefined)
    checkEndpoint(context, [...here, 'from'], act.from)
  if (act.kind === 'random' && act.size.min > act.size.max) {
    complain(
      context,
      [...here, 'size'],
      `min ${act.size.min} is more than max ${act.size.max}`,
      'write the smaller one as min',
    )
  }
  if (act.kind === 'capture') {
    for (const end of ['from', 'to'] as const) {
      const host = act[end]
      if (host !== undefined) checkKnown(context, [...here, end], 'host', host, Object.keys(hosts))
    }
  }
  for (const [i, alter] of (act.kind === 'replay' ? (act.alter ?? []) : []).entries()) {
    if ((alter.flip === undefined) === (alter.hex === undefined)) {
      complain(
        context,
        [...here, 'alter', i],
        'one of flip and hex says what is altered',
        'write flip: 0, or hex: "00ff"',
      )
    }
  }
}

/** A slot is read only after some step of the same probe, in the order of time, has filled it. */
function checkSlots(context: Context): void {
  const steps = context.scenario.steps.map((step, i) => ({ step, i, at: durationNs(step.at) }))
  const filled = new Map<string, Set<string>>()
  for (const { step, i } of steps.sort((a, b) => a.at - b.at || a.i - b.i)) {
    if (step.do !== 'probe') continue
    const slots = filled.get(step.host) ?? new Set<string>()
    filled.set(step.host, slots)
    const { act } = step
    const used: [string, string | undefined][] = []
    if (act.kind === 'respond') used.push(['to', act.to])
    if (act.kind === 'data') used.push(['session', act.session])
    if (act.kind === 'replay') used.push(['slot', act.slot])
    if (act.kind === 'expect') used.push(['on', act.on])
    if (act.kind === 'flood') used.push(['cookie', act.cookie])
    if (act.kind === 'icmp' && typeof act.about === 'string') used.push(['about', act.about])
    for (const [key, slot] of used) {
      if (slot !== undefined)
        checkKnown(context, ['steps', i, 'act', key], 'slot filled before this step', slot, [...slots])
    }
    if ('save' in act && act.save !== undefined) slots.add(act.save)
  }
}

/** The twin's changes can be made, their result is a scenario, and the expectation that is to fail is there. */
function checkTwin(context: Context): void {
  const { scenario } = context
  const { twin } = scenario
  if (twin === undefined) return
  let broken: Scenario
  try {
    broken = applyChanges(scenario, twin.changes)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    complain(context, ['twin', 'changes'], message, 'write a JSON pointer into this scenario: /hosts/alice/wg/wg0')
    return
  }
  const shaped = schema.safeParse(broken)
  if (!shaped.success) {
    const issue = shaped.error.issues[0]
    complain(
      context,
      ['twin', 'changes'],
      `with these changes it is no scenario: ${pointerText((issue?.path ?? []) as Path)} ${issue?.message ?? ''}`,
      'change it to something that can still be run',
    )
    return
  }
  checkKnown(context, ['twin', 'fails'], 'expectation', twin.fails, shaped.data.expect.map(expectationName))
}

function placesOf(scenario: Scenario, node: string): string[] {
  const nat = scenario.nats?.[node]
  const places = [
    ...Object.keys(scenario.hosts[node]?.interfaces ?? {}),
    ...Object.keys(scenario.routers?.[node]?.interfaces ?? {}),
    ...Object.keys(nat?.inside ?? {}),
    ...Object.keys(nat?.outside ?? {}),
  ]
  for (const step of scenario.steps) {
    if (step.do === 'roam' && step.host === node && step.to !== undefined) places.push(step.to)
    if (step.do === 'nat' && step.nat === node) places.push(...Object.keys(step.outside ?? {}))
  }
  return [...new Set(places)]
}
