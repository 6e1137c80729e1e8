/** Lies by ICMP: an error about a packet that was captured, or that never was. */
import type { Address } from '../../impl/box.ts'
import { parsePrefix } from '../../impl/ip/address.ts'
import { buildIcmpError, type IcmpError } from '../../impl/ip/icmp.ts'
import { datagramPacket } from './datagram.ts'
import type { Act, Hands } from './probe-hands.ts'
import { endpointOf } from './probe-net.ts'

/** What a made-up packet carries. */
const MADE_UP_SIZE = 1452

/** The whole packet of the error. Throws an Error on addresses of two families and on an empty slot. */
export function forgedError(hands: Hands, act: Act<'icmp'>): Uint8Array {
  const { about } = act
  const slot = typeof about === 'string' ? hands.slot(about) : undefined
  const from = slot?.from ?? endpointOf((about as { from: string }).from)
  const to = slot?.to ?? endpointOf((about as { to: string }).to)
  const source: Address = act.from === undefined ? to.address : (parsePrefix(act.from)?.address ?? to.address)
  if (from.address.length !== to.address.length || source.length !== to.address.length) {
    throw new Error('icmp: the packet and the router that speaks of it are of two families')
  }
  const original = datagramPacket({
    source: from.address,
    destination: to.address,
    sourcePort: from.port,
    destinationPort: to.port,
    tos: 0,
    id: 0,
    dontFragment: false,
    payload: slot?.message ?? new Uint8Array(MADE_UP_SIZE),
  })
  return buildIcmpError({ source, error: errorOf(act), original })
}

function errorOf({ error, mtu }: Act<'icmp'>): IcmpError {
  return error === 'too-big' ? { kind: 'too-big', mtu: mtu ?? 0 } : { kind: error }
}
