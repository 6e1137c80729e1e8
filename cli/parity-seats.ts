/** Who can be compared in a scenario. */
import { addressesOf, canonicalAddress } from '../scenarios/checks/places.ts'
import type { Scenario } from '../scenarios/language/scenario.ts'

/** Hosts that others could play; a text: why nobody. */
export function seatsOf(scenario: Scenario): string[] | string {
  const speaking = Object.entries(scenario.hosts).flatMap(([host, { wg = {}, probe }]) =>
    Object.keys(wg).length > 0 && probe !== true ? [host] : [],
  )
  if (speaking.length === 0) return 'no host of it has a WireGuard interface that others could play'
  // When TCP sends how much is its system's own; to compare it would say nothing of WireGuard.
  const seats = speaking.filter(host => !talksTcp(scenario, host))
  return seats.length > 0
    ? seats
    : `${speaking[0]} has an end of a TCP connection, and two systems' TCP is not the same`
}

function talksTcp(scenario: Scenario, host: string): boolean {
  const own = addressesOf(scenario, host)
  for (const text of Object.values(scenario.hosts[host]?.wg ?? {})) {
    for (const [, list = ''] of text.matchAll(/^\s*Address\s*=\s*(.+)$/gim)) {
      for (const address of list.split(',')) own.add(canonicalAddress(address.trim()))
    }
  }
  return scenario.steps.some(step => {
    if (step.do !== 'tcp') return false
    const [, address = ''] = /^\[?(.*?)\]?:\d+$/.exec(step.to) ?? []
    return step.from === host || own.has(canonicalAddress(address))
  })
}
