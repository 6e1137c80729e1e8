/** The steps that the agent plays, as its orders. */
import { NS_PER_S } from '../../impl/box.ts'
import { formatAddress, parseEndpoint } from '../../impl/ip/address.ts'
import { durationNs } from '../../scenarios/language/quantity.ts'
import type { StepOf } from '../../scenarios/language/step.ts'

/** As in a simulated host: see sim/host/app.ts. */
const FIRST_SOURCE_PORT = 40_000

/** `number`: the step's place in the scenario, which its packets carry. */
export function stepOrder(step: StepOf<'ping'> | StepOf<'send'>, number: number): string {
  const count = step.count ?? 1
  const interval = step.interval === undefined ? NS_PER_S : durationNs(step.interval)
  const df = step.df === true ? 1 : 0
  if (step.do === 'ping') return `${number} ${count} ${interval} ${step.size ?? 56} ${df} ${step.to}`
  const end = parseEndpoint(step.to)
  const [address, port] = end === undefined ? [step.to, 0] : [formatAddress(end.address), end.port]
  const from = FIRST_SOURCE_PORT + (number % 20_000)
  return `${number} ${count} ${interval} ${step.size ?? 64} ${df} ${step.tos ?? 0} ${from} ${port} ${address}`
}
