/** Sessions: a key for each direction, and the three places a session can stand in (paper §6.3; kernel noise.c). */
import type { Instant } from '../box.ts'
import type { Aead, CryptoProvider } from '../crypto/provider.ts'
import { ReplayWindow } from '../tables/replay.ts'
import type { TransportKeys } from './handshake.ts'

export type Role = 'initiator' | 'responder'

export interface Keypair {
  readonly role: Role
  readonly sending: Aead
  readonly receiving: Aead
  readonly localIndex: number
  readonly remoteIndex: number
  /** When the keys were derived: the age of the session counts from here. */
  born: Instant
  readonly window: ReplayWindow
  /** The counter of the next message to send. */
  sendCounter: bigint
  sendingValid: boolean
  receivingValid: boolean
}

/** Takes the raw keys and overwrites them. */
export function createKeypair(
  crypto: CryptoProvider,
  keys: TransportKeys,
  role: Role,
  localIndex: number,
  remoteIndex: number,
  born: Instant,
): Keypair {
  const sending = crypto.aead(keys.sending.slice())
  const receiving = crypto.aead(keys.receiving.slice())
  keys.sending.fill(0)
  keys.receiving.fill(0)
  const window = new ReplayWindow()
  return {
    role,
    sending,
    receiving,
    localIndex,
    remoteIndex,
    born,
    window,
    sendCounter: 0n,
    sendingValid: true,
    receivingValid: true,
  }
}

/** Each method returns the sessions that have lost their place: the caller takes their indices away. */
export class Keypairs {
  current: Keypair | undefined
  previous: Keypair | undefined
  /** Made as responder and not yet confirmed by data from the peer. */
  next: Keypair | undefined

  add(keypair: Keypair): Keypair[] {
    const { current, previous, next } = this
    if (keypair.role === 'responder') {
      this.next = keypair
      this.previous = undefined
      return present(next, previous)
    }
    this.current = keypair
    this.next = undefined
    this.previous = next ?? current
    return next === undefined ? present(previous) : present(current, previous)
  }

  /** The peer has used `next`, which proves that it has the keys. */
  confirm(): Keypair[] {
    const { previous } = this
    this.previous = this.current
    this.current = this.next
    this.next = undefined
    return present(previous)
  }

  clear(): Keypair[] {
    const gone = present(this.current, this.previous, this.next)
    this.current = undefined
    this.previous = undefined
    this.next = undefined
    return gone
  }
}

function present(...keypairs: readonly (Keypair | undefined)[]): Keypair[] {
  return keypairs.filter(keypair => keypair !== undefined)
}
