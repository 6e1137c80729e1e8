/** What `get=1` tells, in pieces: of ten thousand peers at once, packets would wait too long for their turn. */
import { formatUapiDevice, formatUapiPeer } from '../config/uapi-format.ts'
import type { Device } from '../device.ts'
import type { PublicKey } from '../key.ts'
import type { SecretBook } from './secretbook.ts'

export interface Piece {
  readonly text: string
  /** Where the next piece begins; undefined: this was the last one. */
  readonly next: number | undefined
}

const PEERS_A_PIECE = 256

export class UapiLines {
  readonly #device: Device
  readonly #book: SecretBook
  #keys: readonly PublicKey[] = []

  constructor(device: Device, book: SecretBook) {
    this.#device = device
    this.#book = book
  }

  /** The piece that begins at peer number `from`; 0 begins anew, with the device's own lines. */
  piece(from: number): Piece {
    const device = this.#device
    let text = ''
    if (from === 0) {
      this.#keys = device.publicKeys()
      text = formatUapiDevice(device.settings(), this.#book.privateKey)
    }
    const end = from + PEERS_A_PIECE
    for (const key of this.#keys.slice(from, end)) {
      const peer = device.peer(key)
      if (peer !== undefined) text += formatUapiPeer(peer, this.#book.presharedKey(key))
    }
    return { text, next: end < this.#keys.length ? end : undefined }
  }
}
