/** Who has which address and sits where, in all of a run: the scenario says it, roaming included. */
import { addressText, parseAddress } from '../decode/address.ts'
import { attachmentAddresses, withoutPrefix } from '../language/attachment.ts'
import type { Scenario } from '../language/scenario.ts'

/** Places on the wire where a box is seen: `alice:internet`, those included that it roams to. */
export function wirePlaces(scenario: Scenario, box: string): Set<string> {
  return new Set(networksOf(scenario, box).map(network => `${box}:${network}`))
}

/** Every address that a box has at some time, in canonical text. */
export function addressesOf(scenario: Scenario, box: string): Set<string> {
  const found = new Set<string>()
  const add = (attachment: Parameters<typeof attachmentAddresses>[0]) => {
    for (const text of attachmentAddresses(attachment)) found.add(canonicalAddress(text))
  }
  const nat = scenario.nats?.[box]
  const groups = [scenario.hosts[box]?.interfaces, scenario.routers?.[box]?.interfaces, nat?.inside, nat?.outside]
  for (const group of groups) for (const attachment of Object.values(group ?? {})) add(attachment)
  for (const step of scenario.steps) {
    if (step.do === 'roam' && step.host === box) add(step.attachment)
    if (step.do === 'nat' && step.nat === box)
      for (const attachment of Object.values(step.outside ?? {})) add(attachment)
  }
  return found
}

/**
 * The addresses by which a message can be on its way to a host: its own, and the outside addresses of the NATs it sits
 * behind (also behind each other). Two hosts behind one NAT can not be told apart by this.
 */
export function reachableAt(scenario: Scenario, host: string): Set<string> {
  const found = addressesOf(scenario, host)
  const networks = new Set(networksOf(scenario, host))
  const nats = Object.entries(scenario.nats ?? {})
  for (let grew = true; grew; ) {
    grew = false
    for (const [name, nat] of nats) {
      if (!Object.keys(nat.inside).some(network => networks.has(network))) continue
      for (const network of Object.keys(nat.outside)) {
        if (networks.has(network)) continue
        networks.add(network)
        grew = true
      }
      for (const address of outsideOf(scenario, name)) found.add(address)
    }
  }
  return found
}

/** Every address of every box but this one. */
export function othersAddresses(scenario: Scenario, box: string): Set<string> {
  const boxes = [scenario.hosts, scenario.nats ?? {}, scenario.routers ?? {}].flatMap(group => Object.keys(group))
  const own = addressesOf(scenario, box)
  const found = new Set<string>()
  for (const other of boxes) {
    if (other === box) continue
    for (const address of addressesOf(scenario, other)) if (!own.has(address)) found.add(address)
  }
  return found
}

/** `2001:db8::5` of `2001:DB8:0::5/64`; what is no address stays as it is. */
export function canonicalAddress(text: string): string {
  const address = withoutPrefix(text)
  const bytes = parseAddress(address)
  return bytes === undefined ? address : addressText(bytes)
}

function networksOf(scenario: Scenario, box: string): string[] {
  const nat = scenario.nats?.[box]
  const groups = [scenario.hosts[box]?.interfaces, scenario.routers?.[box]?.interfaces, nat?.inside, nat?.outside]
  const networks = groups.flatMap(group => Object.keys(group ?? {}))
  for (const step of scenario.steps) {
    if (step.do === 'roam' && step.host === box) networks.push(step.to ?? step.network)
    if (step.do === 'nat' && step.nat === box) networks.push(...Object.keys(step.outside ?? {}))
  }
  return networks
}

function outsideOf(scenario: Scenario, name: string): string[] {
  const nat = scenario.nats?.[name]
  const attachments = Object.values(nat?.outside ?? {})
  for (const step of scenario.steps) {
    if (step.do === 'nat' && step.nat === name) attachments.push(...Object.values(step.outside ?? {}))
  }
  return attachments.flatMap(attachment => attachmentAddresses(attachment).map(canonicalAddress))
}
