/** From a scenario's host to what a guest needs to be it. */
import { parseConf } from '../../impl/config/parse.ts'
import type { Scenario } from '../../scenarios/language/scenario.ts'
import type { HostOptions, PortOptions } from '../host/options.ts'
import { withKeys } from './keys.ts'
import type { Setup } from './setup.ts'

/** Where it is at the start, and then where the timeline moves it to: an interface for each. */
export function portsOf({ name, attachments }: HostOptions, scenario: Scenario): PortOptions[] {
  const ports = [...attachments]
  for (const step of scenario.steps) {
    if (step.do !== 'roam' || step.host !== name || step.to === undefined) continue
    const { to } = step
    if (ports.some(each => each.port === to)) continue
    const onlink = scenario.networks[to]?.kind === 'lan' ? 'prefix' : 'all'
    ports.push({ port: to, addresses: [], gateways: [], mtu: 1500, onlink })
  }
  return ports
}

export function setupOf(options: HostOptions, scenario: Scenario, ports: readonly PortOptions[]): Setup {
  const { spec, resolve } = options
  const texts = Object.entries(spec.wg ?? {})
  const names = Object.keys(scenario.names ?? {}).map(host => [host, resolve(host)] as const)
  const streams = scenario.steps.filter(step => step.do === 'tcp')
  return {
    ports,
    confs: new Map(texts.map(([iface, text]) => [iface, withKeys(text, options)])),
    forward: spec.forward === true,
    firewall: spec.firewall === 'stateful',
    names: new Map(names),
    listenPorts: texts.flatMap(([, text]) => listenPort(text)),
    ...(streams.length === 0 ? {} : { tcp: { mtuProbing: Math.max(...streams.map(each => each.mtu_probing ?? 0)) } }),
  }
}

function listenPort(text: string): number[] {
  const { conf } = parseConf(text, { file: 'wg.conf', dialect: 'wg-quick', placeholders: true })
  const port = conf.interface?.listenPort?.value
  return port === undefined ? [] : [port]
}
