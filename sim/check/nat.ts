/** NATs and the steps that change them: what has the right shape and still makes no sense. */
import { addressInPrefix, parseAddress, parsePrefix } from '../../impl/ip/address.ts'
import { type NatParameters, resolveNat } from '../../scenarios/language/nat-parameters.ts'
import { durationNs } from '../../scenarios/language/quantity.ts'
import type { StepOf } from '../../scenarios/language/step.ts'
import type { Nat } from '../../scenarios/language/topology.ts'
import { endsOf } from '../layout.ts'
import { type Context, checkKnown, type Path } from './problem.ts'

const TIMEOUTS = [
  'timeout',
  'timeout_unreplied',
  'timeout_first',
  'timeout_stream',
  'filter_timeout',
  'lifetime',
] as const
const TCP_TIMEOUTS = ['timeout_syn', 'timeout', 'timeout_closing'] as const

/** The parameters of a NAT, one by one and together. */
export function checkNat(context: Context, path: Path, nat: Nat): void {
  checkTimes(context, path, nat)
  const parameters = resolveNat(nat)
  checkPorts(context, path, nat, parameters)
  checkBlocks(context, path, nat, parameters)
  const { sharing, mapping, tcp, query, on_conflict, ports } = parameters
  if (sharing === 'by-remote' && [mapping, tcp.mapping, query.mapping].includes('endpoint-independent')) {
    const where = [...path, nat.sharing === undefined ? 'mapping' : 'sharing']
    context.complain(
      where,
      'an endpoint-independent mapping is for every remote end: there is nothing to tell two of them on one port apart',
      '"sharing": "none", or "mapping": "address-and-port-dependent" (of tcp and query too)',
    )
  }
  if (sharing === 'always' && ports !== 'preserving')
    context.complain([...path, 'ports'], 'a port that is always shared is always kept', '"ports": "preserving"')
  if (on_conflict === 'other-class' && (ports !== 'preserving' || sharing !== 'none')) {
    context.complain(
      [...path, 'on_conflict'],
      'two hosts are in conflict about a port only where ports are preserved and not shared',
      '"ports": "preserving", "sharing": "none"',
    )
  }
}

function checkTimes(context: Context, path: Path, nat: Nat): void {
  const check = (place: Path, text: string | undefined): void => {
    if (text !== undefined && text !== 'none' && durationNs(text as '1s') < 1)
      context.complain(place, 'a mapping that lives no time is none', '30s')
  }
  for (const key of TIMEOUTS) check([...path, key], nat[key])
  for (const key of TCP_TIMEOUTS) check([...path, 'tcp', key], nat.tcp?.[key])
  check([...path, 'query', 'timeout'], nat.query?.timeout)
  for (const [port, text] of Object.entries(nat.timeout_ports ?? {})) {
    check([...path, 'timeout_ports', port], text)
    if (Number(port) < 1 || Number(port) > 65_535)
      context.complain([...path, 'timeout_ports', port], `${port} is no port`, '"53": "10s"')
  }
  if (nat.lifetime_spread !== undefined && resolveNat(nat).lifetime === 'none')
    context.complain([...path, 'lifetime_spread'], 'it is added to a lifetime, and there is none', '"lifetime": "50s"')
}

function checkPorts(context: Context, path: Path, nat: Nat, { port_range, port_class }: NatParameters): void {
  const [from, to] = port_range
  if (nat.port_range === undefined) return
  if (from > to) context.complain([...path, 'port_range'], `it ends before it begins`, `[${to}, ${from}]`)
  else if (port_class !== 'none' && to < 1024) {
    const instead = '"port_class": "none"'
    context.complain([...path, 'port_range'], `of ports from 1024 up nothing is left in [${from}, ${to}]`, instead)
  }
}

function checkBlocks(context: Context, path: Path, nat: Nat, parameters: NatParameters): void {
  const { blocks, port_range, port_class, sharing } = parameters
  if (blocks === 'none') return
  const size = port_range[1] - port_range[0] + 1
  if (blocks.size > size) {
    context.complain([...path, 'blocks'], `the port range has ${size} ports, a block ${blocks.size}`, `"size": 512`)
  }
  if (port_class !== 'none') {
    const instead = '"port_class": "none"'
    context.complain(
      [...path, nat.port_class === undefined ? 'blocks' : 'port_class'],
      'blocks know no port classes',
      instead,
    )
  }
  if (sharing === 'always') context.complain([...path, 'sharing'], 'who always keeps its port has no block', '"none"')
  if (blocks.order === 'deterministic' && blocks.per_host > 1)
    context.complain([...path, 'blocks'], 'an address says one block, not several', '"per_host": 1')
}

/** What happens to a NAT. */
export function checkNatStep(context: Context, path: Path, step: StepOf<'nat'>): void {
  const { flush, off, rebind, outside, ports, inside, map } = step
  const changes = off !== undefined || rebind !== undefined || outside !== undefined || map !== undefined
  if (flush !== true && !changes) {
    context.complain(path, 'neither a flush nor new addresses: nothing would change', '"flush": true')
  }
  if (map !== undefined && (flush === true || rebind !== undefined || outside !== undefined))
    context.complain([...path, 'map'], 'a port is asked for in a step of its own', 'two steps')
  if (ports !== undefined && flush !== true && off === undefined)
    context.complain([...path, 'ports'], 'it says what comes after a flush, and there is none', '"flush": true')
  if (rebind !== undefined && (flush === true || off !== undefined))
    context.complain([...path, 'rebind'], 'what is forgotten can not live on with another port', 'one of both')
  if (off !== undefined && durationNs(off) < 1)
    context.complain([...path, 'off'], 'to be off for no time is a flush', '"flush": true')
  const nat = context.scenario.nats?.[step.nat]
  if (nat === undefined) return
  if (
    (rebind === 'address' || rebind === 'both') &&
    addressesOf(outside ?? nat.outside).length < 2 &&
    outside === undefined
  ) {
    context.complain(
      [...path, 'rebind'],
      `${step.nat} has one outside address: there is no other to go to`,
      '"outside": { "internet": "203.0.113.99" } in this step, or a second address of the NAT',
    )
  }
  if (inside !== undefined) checkInside(context, [...path, 'inside'], inside, nat)
  const known = Object.keys(nat.outside)
  for (const network of Object.keys(outside ?? {})) {
    checkKnown(context, [...path, 'outside', network], `network outside of ${step.nat} called`, network, known)
  }
}

function checkInside(context: Context, path: Path, text: string, nat: Nat): void {
  const address = parseAddress(text)
  if (address === undefined) {
    context.complain(path, `"${text}" is no address`, '192.168.1.10')
    return
  }
  const prefixes = addressesOf(nat.inside).flatMap(each => parsePrefix(each) ?? [])
  if (prefixes.some(prefix => addressInPrefix(address, prefix))) return
  context.complain(path, `${text} is not inside of this NAT`, addressesOf(nat.inside).join(' or '))
}

function addressesOf(interfaces: Nat['inside']): string[] {
  return Object.values(interfaces).flatMap(attachment => [...endsOf(attachment).addresses])
}
