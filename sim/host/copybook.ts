/** A device knows packets by their id alone: which copy one is, where a network has made several, is kept here. */
import type { PacketId } from '../../impl/box.ts'
import { packetText } from '../../scenarios/language/trace.ts'
import type { Packet } from '../node.ts'

export class CopyBook {
  /** Of packets in the device that are not the first of their id: `alice/12`. */
  readonly #copies = new Map<string, number>()

  /** The packet goes in. */
  note({ id, copy }: Packet): void {
    if (copy !== 0) this.#copies.set(packetText(id), copy)
  }

  /** What the device says of this id is about this copy. `own`: where it is known for another reason. */
  take(id: PacketId, own: number | undefined): number {
    if (this.#copies.size === 0) return own ?? 0
    const key = packetText(id)
    const kept = this.#copies.get(key)
    this.#copies.delete(key)
    return own ?? kept ?? 0
  }

  /** The same, and it stays. */
  look(id: PacketId): number {
    return this.#copies.get(packetText(id)) ?? 0
  }
}
