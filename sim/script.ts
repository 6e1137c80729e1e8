/** The steps of a scenario, on the loop's plan: the machines' own go to them, those of the network are done here. */
import { instant } from '../impl/box.ts'
import { durationNs } from '../scenarios/language/quantity.ts'
import type { Scenario } from '../scenarios/language/scenario.ts'
import type { Step, StepOf } from '../scenarios/language/step.ts'
import type { Attachment } from '../scenarios/language/topology.ts'
import type { Row, StepRow } from '../scenarios/language/trace.ts'
import { endsOf, seatOf } from './layout.ts'
import type { Loop } from './loop.ts'
import type { Resolver } from './resolver.ts'
import type { Topology } from './topology.ts'

export interface Stage {
  readonly scenario: Scenario
  readonly loop: Loop
  readonly topology: Topology
  /** Takes the rows of what is done here. */
  readonly row: (row: Row) => void
  /** Changed by `dns` steps. */
  readonly resolver: Resolver
}

/** Plans every step at its time, those of one instant in the order of the scenario. */
export function planSteps(stage: Stage): void {
  for (const [index, step] of stage.scenario.steps.entries()) {
    const name = step.name ?? `#${index}`
    stage.loop.plan(instant(durationNs(step.at)), 'act', () => perform(stage, step, name))
  }
}

function perform(stage: Stage, step: Step, name: string): void {
  const { loop, topology } = stage
  switch (step.do) {
    case 'ping':
    case 'send':
    case 'tcp':
      loop.input(topology.machine(step.from), { kind: 'step', step, name })
      return
    case 'clock':
    case 'suspend':
    case 'reboot':
    case 'run':
    case 'lookup':
    case 'service':
    case 'probe':
      loop.input(topology.machine(step.host), { kind: 'step', step, name })
      return
    case 'dns':
      return told(stage, name, 'resolver', () => {
        stage.resolver.set(step.domain, step.to)
        return undefined
      })
    case 'roam':
      return told(stage, name, step.host, () => roam(stage, step))
    case 'link':
      return told(stage, name, step.node, () => changeLink(stage, step))
    case 'nat':
      return told(stage, name, step.nat, () => changeNat(stage, step, name))
  }
}

/** Between `begun` and `done`, or `begun` and `error` with what went wrong. */
function told(stage: Stage, step: string, host: string, act: () => string | undefined): void {
  const row = (what: StepRow['what'], detail?: string): void =>
    stage.row({ kind: 'step', t: stage.loop.now, step, host, what, ...(detail === undefined ? {} : { detail }) })
  row('begun')
  const wrong = act()
  if (wrong === undefined) row('done')
  else row('error', wrong)
}

/** What is wrong, or undefined. */
function roam(stage: Stage, step: StepOf<'roam'>): string | undefined {
  const { host, network, attachment } = step
  if (!stage.topology.isOn(host, network)) return `${host} is not on ${network} now`
  return move(stage, host, network, step.to ?? network, attachment)
}

function move(stage: Stage, machine: string, from: string, to: string, attachment: Attachment): string | undefined {
  const side = stage.scenario.nats?.[machine] === undefined ? undefined : 'outside'
  const seat = seatOf(stage.scenario, machine, to, attachment, side)
  if (seat === undefined) return `there is no network ${to}`
  const { up, down } = endsOf(attachment)
  stage.topology.roam(from, seat, { up, down })
  return undefined
}

function changeLink(stage: Stage, step: StepOf<'link'>): string | undefined {
  const { node, network, direction = 'both', set } = step
  if (!stage.topology.isOn(node, network)) return `${node} is not on ${network} now`
  stage.topology.setLink(node, network, direction, set)
  return undefined
}

function changeNat(stage: Stage, step: StepOf<'nat'>, name: string): string | undefined {
  const { loop, topology } = stage
  const tell = (): void => loop.input(topology.machine(step.nat), { kind: 'step', step, name })
  // Mappings that move to a new address must do so before the old one is taken away.
  if (step.rebind !== undefined) tell()
  for (const [network, attachment] of Object.entries(step.outside ?? {})) {
    if (!stage.topology.isOn(step.nat, network)) return `${step.nat} is not on ${network}`
    move(stage, step.nat, network, network, attachment)
  }
  // Addresses are moved by their attachment; what is left for the NAT itself is to forget.
  if (step.rebind === undefined && (step.flush === true || step.off !== undefined || step.map !== undefined)) tell()
  return undefined
}
