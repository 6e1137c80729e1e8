/** What can be run and is hardly meant: said as a warning, with the place. */
import type { Address } from '../../impl/box.ts'
import {
  addressInPrefix,
  formatAddress,
  isLoopback,
  parseAddress,
  parsePrefix,
  sameAddress,
} from '../../impl/ip/address.ts'
import type { Scenario } from '../../scenarios/language/scenario.ts'
import { endsOf, textsOf } from '../layout.ts'
import type { InterfaceAddress } from '../node.ts'
import { everyAttachment } from './impossible.ts'
import type { Context } from './problem.ts'

export function warnOdd(context: Context): void {
  const { scenario } = context
  const places = everyAttachment(scenario)
  for (const name of Object.keys(scenario.networks)) {
    if (places.some(({ network }) => network === name)) continue
    context.complain(
      ['networks', name],
      'nobody is ever on this network',
      'a machine with an interface on it, or no network',
    )
  }
  const somewhere = places.flatMap(({ attachment }) =>
    endsOf(attachment).addresses.flatMap(text => parsePrefix(text) ?? []),
  )
  const inside = context.confs.flatMap(({ conf }) => (conf.interface?.addresses ?? []).map(({ value }) => value))
  const known = [...somewhere, ...inside]
  for (const { host, iface, conf } of context.confs) {
    for (const { endpoint } of conf.peers) {
      if (endpoint === undefined) continue
      const addresses = addressesOf(scenario, endpoint.value.host)
      const nobody = addresses.find(address => !isReachable(scenario, known, address))
      if (nobody === undefined || addresses.some(address => isReachable(scenario, known, address))) continue
      const text = formatAddress(nobody)
      context.complain(
        ['hosts', host, 'wg', iface],
        `line ${endpoint.line}, column ${endpoint.column}: no machine ever has the Endpoint's address ${text}`,
        'the address of a host, or the outside address of its NAT',
      )
    }
  }
}

type Where = { readonly kind: 'address'; readonly address: Address } | { readonly kind: 'name'; readonly name: string }

/** Of a name also what it becomes by a step. */
function addressesOf(scenario: Scenario, where: Where): Address[] {
  if (where.kind === 'address') return [where.address]
  const first = Object.hasOwn(scenario.names ?? {}, where.name) ? scenario.names?.[where.name] : undefined
  const later = scenario.steps.flatMap(step =>
    step.do === 'dns' && step.domain === where.name ? textsOf(step.to) : [],
  )
  return [...textsOf(first), ...later].flatMap(text => parseAddress(text) ?? [])
}

/** Somebody has it, or a subnet with it, or it is translated on the way: where other boxes make addresses, nothing is said. */
function isReachable(scenario: Scenario, known: readonly InterfaceAddress[], address: Address): boolean {
  // A program of the machine itself may carry what is sent there.
  if (isLoopback(address)) return true
  const owned = known.some(prefix => {
    if (prefix.address.length !== address.length) return false
    const alone = prefix.length === address.length * 8
    return alone ? sameAddress(prefix.address, address) : address.length === 16 && addressInPrefix(address, prefix)
  })
  return owned || known.some(prefix => sameAddress(prefix.address, address)) || invents(scenario, address)
}

/** Translators and balancers answer to addresses that no machine has as its own; commands may add any. */
function invents(scenario: Scenario, address: Address): boolean {
  if (scenario.steps.some(step => step.do === 'run' && /\b(addr|address)\b/.test(step.command))) return true
  if (Object.values(scenario.routers ?? {}).some(router => 'balance' in router && router.balance !== undefined))
    return true
  return address.length === 16 && Object.keys(scenario.nats ?? {}).length > 0
}
