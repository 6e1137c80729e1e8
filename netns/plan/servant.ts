/** Whose address it is. */
import { parseAddress } from '../../scenarios/decode/address.ts'
import { attachmentAddresses } from '../../scenarios/language/attachment.ts'
import type { Scenario } from '../../scenarios/language/scenario.ts'
import { confValues } from './host.ts'
import { bare, movesOf } from './layout.ts'
import { endpointOf } from './traffic.ts'

/** The host that answers at address:port, at some time; through a port forwarded by a NAT, too. Undefined: nobody. */
export function servantOf(scenario: Scenario, to: string): string | undefined {
  const { address, port } = endpointOf(to)
  const direct = hostAt(scenario, address)
  if (direct !== undefined) return direct
  for (const nat of Object.values(scenario.nats ?? {})) {
    if (
      !Object.values(nat.outside)
        .flatMap(attachmentAddresses)
        .some(each => same(each, address))
    )
      continue
    const rule = nat.forward?.find(each => each.port === port)
    if (rule !== undefined) return hostAt(scenario, endpointOf(rule.to).address)
  }
  return undefined
}

function hostAt(scenario: Scenario, address: string): string | undefined {
  const moves = scenario.steps.flatMap(step => movesOf(scenario, step))
  const found = Object.entries(scenario.hosts).find(([name, host]) => {
    const fixed = Object.values(host.interfaces).flatMap(attachmentAddresses)
    const later = moves.filter(({ machine }) => machine === name).flatMap(({ ends }) => ends.addresses)
    return [...fixed, ...later, ...confValues(host, 'Address')].some(each => same(each, address))
  })
  return found?.[0]
}

function same(a: string, b: string): boolean {
  return String(parseAddress(bare(a)) ?? a) === String(parseAddress(b) ?? b)
}
