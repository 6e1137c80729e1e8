/** What can only be said of a cable with all that holds for it: the network's link, the machine's own, and its preset. */
import { fieldRange } from '../../scenarios/decode/wireguard.ts'
import { expandLink, stackLinks } from '../../scenarios/language/link-presets.ts'
import type { Link } from '../../scenarios/language/topology.ts'
import { attachmentsOf, endsOf, type Role } from '../layout.ts'
import type { Context, Path } from './problem.ts'

/** A queue that nothing ever waits in, and a bucket that a packet does not fit into. */
export function checkCables(context: Context): void {
  for (const [name, network] of Object.entries(context.scenario.networks)) {
    // What a network says is complete only with what its machines say; without any it stands for itself.
    if (network.link === undefined || context.layout.seats.some(seat => seat.network === name)) continue
    checkCable(context, ['networks', name, 'link'], expandLink(network.link, 'up'))
  }
  const told = new Set<string>()
  for (const [machine, role] of context.layout.machines) {
    for (const { network, side, attachment } of attachmentsOf(role)) {
      const base = context.scenario.networks[network]?.link
      const ends = endsOf(attachment)
      for (const direction of ['up', 'down'] as const) {
        const own = ends[direction]
        const path = own === undefined ? ['networks', network, 'link'] : [...placeOf(role, machine, side), network]
        if (told.has(path.join('/'))) continue
        told.add(path.join('/'))
        checkCable(context, path, expandLink(stackLinks(base, own), direction))
      }
    }
  }
}

function checkCable(context: Context, path: Path, link: Link): void {
  const { rate, burst, discipline, queue_bytes: bytes, mtu = 1500, police } = link
  if (rate === undefined) {
    const idle = burst !== undefined ? 'burst' : bytes !== undefined ? 'queue_bytes' : undefined
    const key = idle ?? (discipline === undefined || discipline.kind === 'drop-tail' ? undefined : 'discipline')
    if (key !== undefined)
      context.complain(path, `${key} without a rate: nothing ever waits here`, '"rate": "10Mbit" beside it')
  }
  if (burst !== undefined && burst < mtu)
    context.complain(path, `a packet of ${mtu} bytes does not fit into a burst of ${burst}`, `"burst": ${10 * mtu}`)
  if (police !== undefined && police.burst < mtu)
    context.complain(path, `no packet of ${mtu} bytes ever passes a police of burst ${police.burst}`, `${10 * mtu}`)
}

function placeOf(role: Role, machine: string, side: 'inside' | 'outside' | undefined): Path {
  const group = role.kind === 'nat' ? 'nats' : role.kind === 'router' ? 'routers' : 'hosts'
  return side === undefined ? [group, machine, 'interfaces'] : [group, machine, side]
}

/** Type byte and size; of data messages the size is not known, and their payload as long as it is said to be. */
const MESSAGES = {
  initiation: [1, 148],
  response: [2, 92],
  'cookie-reply': [3, 64],
  data: [4, 65_535],
  keepalive: [4, 32],
} as const

/** Whether the fields that a link is to change are there, and large enough. */
export function checkFields(context: Context, path: Path, link: Link): void {
  for (const [index, { message, field, flip, hex }] of (link.corrupt_field ?? []).entries()) {
    const [type, size] = MESSAGES[message]
    const bytes = new Uint8Array(size)
    bytes[0] = type
    const range = fieldRange(bytes, field)
    const place = [...path, 'corrupt_field', index]
    if (range === undefined) {
      context.complain(
        [...place, 'field'],
        `a message of kind ${message} has no field "${field}"`,
        'type, receiver, mac1 …',
      )
      continue
    }
    const length = range[1] - range[0]
    if (hex !== undefined && hex.length / 2 > length)
      context.complain(
        [...place, 'hex'],
        `"${field}" has ${length} bytes, not ${hex.length / 2}`,
        `at most ${2 * length} digits`,
      )
    if (flip !== undefined && flip >= length * 8)
      context.complain(
        [...place, 'flip'],
        `"${field}" has ${length * 8} bits; bit ${flip} is beyond`,
        'a bit of it, from 0',
      )
  }
}
