/** Do the programs of the hosts, and the steps about them, make sense? */
import type { Path } from './pointer.ts'
import { durationNs } from './quantity.ts'
import type { Service } from './service.ts'
import type { StepOf } from './step.ts'
import { type Context, checkEndpoint, checkKnown, complain } from './validate-context.ts'

/** Ports that every host has in use already: discard, echo, DNS. */
const TAKEN: ReadonlySet<number> = new Set([7, 9, 53])

export function checkServices(context: Context): void {
  for (const [host, { services = {}, wg = {}, probe }] of Object.entries(context.scenario.hosts)) {
    const ports = new Map<string, string>()
    for (const [name, service] of Object.entries(services)) {
      const path = ['hosts', host, 'services', name]
      if (probe === true) complain(context, path, 'a probe has no services', 'give the service to another host')
      if ('iface' in service)
        checkKnown(context, [...path, 'iface'], `tunnel of ${host}`, service.iface, Object.keys(wg))
      checkTimes(context, service, path)
      checkPorts(context, name, service, path, ports)
      if ('server' in service) checkEndpoint(context, [...path, 'server'], service.server)
      if ('to' in service) checkEndpoint(context, [...path, 'to'], service.to)
      if (service.kind !== 'control-server') continue
      for (const [member, { endpoint }] of Object.entries(service.members)) {
        if (endpoint !== undefined) checkEndpoint(context, [...path, 'members', member, 'endpoint'], endpoint)
      }
    }
  }
}

function checkTimes(context: Context, service: Service, path: Path): void {
  for (const key of ['every', 'retry', 'idle'] as const) {
    const value = (service as Record<string, unknown>)[key]
    if (typeof value !== 'string' || durationNs(value as '0s') > 0) continue
    complain(context, [...path, key], `${value} would be without end`, 'write a time: 5s')
  }
}

/** Ports of one protocol are taken once. */
function checkPorts(context: Context, name: string, service: Service, path: Path, taken: Map<string, string>): void {
  for (const [protocol, port, key] of portsOf(service)) {
    const other =
      taken.get(`${protocol} ${port}`) ?? (protocol === 'UDP' && TAKEN.has(port) ? 'the machine' : undefined)
    if (other !== undefined)
      complain(context, [...path, ...key], `${protocol} port ${port} is taken by ${other}`, 'write another port')
    taken.set(`${protocol} ${port}`, name)
  }
}

function portsOf(service: Service): (readonly ['UDP' | 'TCP', number, Path])[] {
  switch (service.kind) {
    case 'signal-server':
    case 'control-server':
      return service.port === undefined ? [] : [['UDP', service.port, ['port']]]
    case 'udp-relay':
      return service.ports.map((port, i) => ['UDP', port, ['ports', i]] as const)
    case 'udp-over-tcp-server':
      return [['TCP', service.port, ['port']]]
    case 'udp-over-tcp-client':
      return [['UDP', service.listen, ['listen']]]
    case 'signal-client':
    case 'control-client':
    case 'reresolve-dns':
      return []
  }
}

export function checkServiceStep(context: Context, step: StepOf<'service'>, path: Path): void {
  const { hosts } = context.scenario
  if (!checkKnown(context, [...path, 'host'], 'host', step.host, Object.keys(hosts))) return
  const services = hosts[step.host]?.services ?? {}
  const known = Object.keys(services)
  if (!checkKnown(context, [...path, 'service'], `service of ${step.host}`, step.service, known)) return
  const service = services[step.service]
  if (step.act !== 'revoke' && step.act !== 'admit') {
    if (step.member !== undefined)
      complain(context, [...path, 'member'], `${step.act} is about no member`, 'leave member out')
    return
  }
  if (service?.kind !== 'control-server') {
    complain(
      context,
      [...path, 'act'],
      `"${step.service}" is a ${service?.kind}, which has no members`,
      'name a control-server, or write stop, start or now',
    )
  } else if (step.member === undefined) {
    complain(context, path, 'it is not said who', `write member: ${Object.keys(service.members)[0] ?? 'phone'}`)
  } else checkKnown(context, [...path, 'member'], 'member', step.member, Object.keys(service.members))
}
