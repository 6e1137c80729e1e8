/** When to ask a guest for its state: handshakes and roaming change what `wg show` tells; data alone counts bytes. */
import { messageKind } from '../../scenarios/decode/wireguard.ts'

export class Asks {
  /** Where data has gone since the last handshake message: addresses and ports, both ways. */
  readonly #paths = new Set<string>()

  /** Whether this packet, in or out, may have changed it. */
  changes(bytes: Uint8Array): boolean {
    const kind = messageKind(bytes)
    if (kind === undefined) return false
    const confirms = kind === 'data' || kind === 'keepalive'
    const [from, to] = bytes[0]! >>> 4 === 4 ? [12, 24] : [8, 44]
    const path = bytes.subarray(from, to).join()
    // The first data after a handshake, and the first from or to another place.
    if (confirms && this.#paths.has(path)) return false
    if (confirms) this.#paths.add(path)
    else this.#paths.clear()
    return true
  }

  clear(): void {
    this.#paths.clear()
  }
}
