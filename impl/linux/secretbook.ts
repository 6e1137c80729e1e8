/** The secrets that were configured, kept beside the Device, which gives none away. For `get` on the control socket alone. */
import type { DeviceChange } from '../api.ts'
import type { Key, PublicKey } from '../key.ts'

export class SecretBook {
  #privateKey: Key | undefined
  readonly #presharedKeys = new Map<PublicKey, Key>()

  get privateKey(): Key | undefined {
    return this.#privateKey
  }

  presharedKey(peer: PublicKey): Key | undefined {
    return this.#presharedKeys.get(peer)
  }

  /** After the device took the change. `hasOne`: whether the device has this peer now, and with a preshared key. */
  apply(change: DeviceChange, hasOne: (peer: PublicKey) => boolean): void {
    const { privateKey } = change
    if (privateKey !== undefined) this.#privateKey = privateKey === null || privateKey.isZero() ? undefined : privateKey
    if (change.replacePeers === true) this.#presharedKeys.clear()
    for (const { publicKey, presharedKey, remove } of change.peers ?? []) {
      if (remove === true) this.#presharedKeys.delete(publicKey)
      else if (presharedKey === null || presharedKey?.isZero()) this.#presharedKeys.delete(publicKey)
      else if (presharedKey !== undefined) this.#presharedKeys.set(publicKey, presharedKey)
    }
    // A peer that only was to be updated may not have been there, then or at all; and the device's own key is no peer.
    const touched =
      privateKey === undefined ? (change.peers ?? []).map(peer => peer.publicKey) : this.#presharedKeys.keys()
    for (const peer of [...touched]) if (!hasOne(peer)) this.#presharedKeys.delete(peer)
  }
}
