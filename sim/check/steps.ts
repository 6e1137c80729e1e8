/** What happens: whether it can happen at all, there and then. */
import { family, parseAddress, parseEndpoint } from '../../impl/ip/address.ts'
import { durationNs } from '../../scenarios/language/quantity.ts'
import type { Step, StepOf } from '../../scenarios/language/step.ts'
import { checkNatStep } from './nat.ts'
import type { Context, Path } from './problem.ts'

export function checkSteps(context: Context): void {
  const timed = context.scenario.steps.map((step, index) => ({ step, index, at: durationNs(step.at) }))
  timed.sort((a, b) => a.at - b.at || a.index - b.index)
  const places = new Places(context)
  for (const { step, index, at } of timed) checkStep(context, ['steps', index], step, at, places)
}

function checkStep(context: Context, path: Path, step: Step, at: number, places: Places): void {
  switch (step.do) {
    case 'ping':
    case 'send':
      return checkTraffic(context, path, step, at)
    case 'tcp':
      return checkFamily(context, path, step.from, step.to)
    case 'roam':
      return places.move(path, step, at)
    case 'link':
      return places.checkLink(path, step, at)
    case 'nat':
      return checkNatStep(context, path, step)
    case 'suspend':
      if (durationNs(step.for) === 0) context.complain([...path, 'for'], 'a sleep of no time changes nothing', '10m')
      return
    case 'clock':
    case 'reboot':
    case 'run':
    case 'dns':
    case 'lookup':
    case 'service':
    case 'probe':
      return
  }
}

function checkTraffic(context: Context, path: Path, step: StepOf<'ping' | 'send'>, at: number): void {
  const address = step.do === 'ping' ? parseAddress(step.to) : parseEndpoint(step.to)?.address
  if (address === undefined) {
    context.complain(
      [...path, 'to'],
      `"${step.to}" is no address`,
      step.do === 'ping' ? '10.0.0.2 or fd00::2' : '10.0.0.2:9 or [fd00::2]:9',
    )
  } else if (
    context.scenario.hosts[step.from]?.probe !== true &&
    context.families.all.get(step.from)?.has(family(address)) === false
  ) {
    context.complain(
      [...path, 'to'],
      `${step.to} is IPv${family(address)}, and ${step.from} has no such address`,
      `an IPv${family(address)} address for ${step.from}`,
    )
  }
  const interval = durationNs(step.interval ?? '1s')
  const count = step.count ?? 1
  if (at + (count - 1) * interval <= context.end) return
  const within = Math.floor((context.end - at) / interval) + 1
  context.complain(
    [...path, 'count'],
    `the run ends before all ${count} are sent`,
    `"count": ${within}, a shorter interval, or a longer duration`,
  )
}

/** Who connects has an address of the family that it connects to. */
function checkFamily(context: Context, path: Path, from: string, to: string): void {
  const address = parseEndpoint(to)?.address
  if (address === undefined || context.families.all.get(from)?.has(family(address)) !== false) return
  const version = `IPv${family(address)}`
  context.complain(
    [...path, 'to'],
    `${to} is ${version}, and ${from} has no such address`,
    `an ${version} address for ${from}`,
  )
}

/** Where every machine is at a time: roams are followed in the order of their times. */
class Places {
  readonly #context: Context
  readonly #networks = new Map<string, Set<string>>()

  constructor(context: Context) {
    this.#context = context
    for (const name of context.layout.machines.keys()) this.#networks.set(name, new Set())
    for (const { machine, network } of context.layout.seats) this.#networks.get(machine)?.add(network)
  }

  move(path: Path, step: StepOf<'roam'>, at: number): void {
    const networks = this.#networks.get(step.host)
    if (networks === undefined || !this.#isOn([...path, 'network'], step.host, step.network, at)) return
    const to = step.to ?? step.network
    if (to !== step.network && networks.has(to)) {
      this.#context.complain([...path, 'to'], `${step.host} is on ${to} already`, 'no "to", to change only the address')
    }
    networks.delete(step.network)
    networks.add(to)
  }

  checkLink(path: Path, step: StepOf<'link'>, at: number): void {
    this.#isOn([...path, 'network'], step.node, step.network, at)
  }

  #isOn(path: Path, machine: string, network: string, at: number): boolean {
    const networks = this.#networks.get(machine) ?? new Set()
    if (networks.has(network)) return true
    const where = networks.size === 0 ? 'on no network' : `on ${[...networks].join(' and ')}`
    this.#context.complain(path, `${machine} is not on ${network} at ${at / 1e9}s: it is ${where}`, [...networks][0])
    return false
  }
}
