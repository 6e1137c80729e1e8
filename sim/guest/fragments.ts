/** A datagram that a guest sends in pieces is one packet to the lab, as it is where our own machine cuts it. */
import type { PacketId } from '../../impl/box.ts'
import { decodeIp } from '../../scenarios/decode/ip.ts'
import type { Packet } from '../node.ts'

/** A kernel sends all pieces of a datagram one after the other. */
const MOST = 64

export class FragmentIds {
  readonly #ids = new Map<string, PacketId>()

  /** The id of the datagram that this is a later piece of; undefined for its first piece and for whatever is whole. */
  idOf(bytes: Uint8Array): PacketId | undefined {
    const key = keyOf(bytes)
    return key === undefined || key.offset === 0 ? undefined : this.#ids.get(key.text)
  }

  /** A packet with an id of its own; its later pieces will have the same. */
  note({ bytes, id }: Pick<Packet, 'bytes' | 'id'>): void {
    const key = keyOf(bytes)
    if (key === undefined) return
    this.#ids.delete(key.text)
    this.#ids.set(key.text, id)
    for (const oldest of this.#ids.keys()) {
      if (this.#ids.size <= MOST) break
      this.#ids.delete(oldest)
    }
  }
}

function keyOf(bytes: Uint8Array): { readonly text: string; readonly offset: number } | undefined {
  const ip = decodeIp(bytes)
  if (ip?.fragment === undefined) return undefined
  const { id, offset } = ip.fragment
  return { text: `${ip.source.join()} ${ip.destination.join()} ${ip.version} ${id}`, offset }
}
