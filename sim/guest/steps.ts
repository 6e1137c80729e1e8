/** The steps that the agent plays, as its orders. */
import { NS_PER_S } from '../../impl/box.ts'
import { formatAddress, parseEndpoint } from '../../impl/ip/address.ts'
import { durationNs } from '../../scenarios/language/quantity.ts'
import type { StepOf } from '../../scenarios/language/step.ts'
import type { Host } from '../../scenarios/language/topology.ts'

/** As in a simulated host: see sim/host/app.ts. */
const FIRST_SOURCE_PORT = 40_000
const SOURCE_PORTS = 20_000

/** `number`: the step's place in the scenario, which its packets carry. */
export function stepOrder(step: StepOf<'ping'> | StepOf<'send'>, number: number): string {
  const count = step.count ?? 1
  const interval = step.interval === undefined ? NS_PER_S : durationNs(step.interval)
  const df = step.df === true ? 1 : 0
  const marks = `${df} ${step.tos ?? 0} ${step.ttl ?? 64}`
  if (step.do === 'ping') return `${number} ${count} ${interval} ${step.size ?? 56} ${marks} ${step.to}`
  const [address, port] = endOf(step.to)
  return `${number} ${count} ${interval} ${step.size ?? 64} ${marks} ${portOf(number)} ${port} ${address}`
}

export function tcpOrder(step: StepOf<'tcp'>, number: number): string {
  const { bytes, direction = 'up', congestion = 'cubic', mtu_probing = 0, ecn = false, window = 0, deadline } = step
  const [up, down] = [direction === 'down' ? 0 : bytes, direction === 'up' ? 0 : bytes]
  const limit = deadline === undefined ? 0 : durationNs(deadline)
  const [address, port] = endOf(step.to)
  const settings = `${congestion} ${mtu_probing} ${ecn ? 1 : 0} ${window}`
  return `${number} ${settings} ${up} ${down} ${limit} ${portOf(number)} ${port} ${address}`
}

/** A machine without IPv4 asks for addresses of IPv6. */
export function lookupOrder(
  step: StepOf<'lookup'>,
  number: number,
  { resolver = [], resolves }: Host,
  hasIpv4: boolean,
): string {
  const servers = typeof resolver === 'string' ? [resolver] : resolver
  const pool = resolves === 'pool' ? 1 : 0
  return [number, hasIpv4 ? 4 : 6, pool, step.domain, ...servers].join(' ')
}

function endOf(text: string): [string, number] {
  const end = parseEndpoint(text)
  return end === undefined ? [text, 0] : [formatAddress(end.address), end.port]
}

function portOf(number: number): number {
  return FIRST_SOURCE_PORT + (number % SOURCE_PORTS)
}
