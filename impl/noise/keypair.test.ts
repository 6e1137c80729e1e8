import { describe, expect, it } from 'vitest'
import { instant } from '../box.ts'
import { nodeCrypto } from '../crypto/node/provider.ts'
import { createKeypair, type Keypair, Keypairs, type Role } from './keypair.ts'

function make(role: Role, index: number): Keypair {
  const keys = { sending: new Uint8Array(32).fill(1), receiving: new Uint8Array(32).fill(2) }
  return createKeypair(nodeCrypto, keys, role, index, index + 1, instant(0))
}

/** The local indices in the three places, and of those that lost theirs. */
function places(keypairs: Keypairs, gone: readonly Keypair[]): (number | undefined)[][] {
  const { current, previous, next } = keypairs
  return [[current?.localIndex, previous?.localIndex, next?.localIndex], gone.map(({ localIndex }) => localIndex)]
}

describe('the three places of a session', () => {
  it('starts with counter 0, valid both ways, and wipes the keys it was given (behaviour 61)', () => {
    const keys = { sending: new Uint8Array(32).fill(1), receiving: new Uint8Array(32).fill(2) }
    const keypair = createKeypair(nodeCrypto, keys, 'initiator', 1, 2, instant(7))
    expect(keypair).toMatchObject({
      sendCounter: 0n,
      sendingValid: true,
      receivingValid: true,
      born: 7,
      remoteIndex: 2,
    })
    expect([...keys.sending, ...keys.receiving]).toEqual(new Array(64).fill(0))
    const sealed = keypair.sending.seal(0n, Uint8Array.of(9), new Uint8Array(0))
    expect(nodeCrypto.aead(new Uint8Array(32).fill(1)).open(0n, sealed, new Uint8Array(0))).toEqual(Uint8Array.of(9))
  })

  it('as initiator: current at once, the old current becomes previous (behaviour 50)', () => {
    const keypairs = new Keypairs()
    expect(places(keypairs, keypairs.add(make('initiator', 1)))).toEqual([[1, undefined, undefined], []])
    expect(places(keypairs, keypairs.add(make('initiator', 2)))).toEqual([[2, 1, undefined], []])
    expect(places(keypairs, keypairs.add(make('initiator', 3)))).toEqual([[3, 2, undefined], [1]])
  })

  it('as initiator with an unconfirmed next: that becomes previous, current and previous go (behaviour 50)', () => {
    const keypairs = new Keypairs()
    keypairs.add(make('initiator', 1))
    keypairs.add(make('responder', 2))
    expect(places(keypairs, keypairs.add(make('initiator', 3)))).toEqual([[3, 2, undefined], [1]])
  })

  it('as responder: next, and previous goes at once, and an unconfirmed next with it (behaviour 49)', () => {
    const keypairs = new Keypairs()
    keypairs.add(make('initiator', 1))
    keypairs.add(make('initiator', 2))
    expect(places(keypairs, keypairs.add(make('responder', 3)))).toEqual([[2, undefined, 3], [1]])
    expect(places(keypairs, keypairs.add(make('responder', 4)))).toEqual([[2, undefined, 4], [3]])
  })

  it('on confirmation: next to current, current to previous (behaviour 47)', () => {
    const keypairs = new Keypairs()
    keypairs.add(make('responder', 1))
    expect(places(keypairs, keypairs.confirm())).toEqual([[1, undefined, undefined], []])
    keypairs.add(make('responder', 2))
    expect(places(keypairs, keypairs.confirm())).toEqual([[2, 1, undefined], []])
  })

  it('clears all of them', () => {
    const keypairs = new Keypairs()
    keypairs.add(make('initiator', 1))
    keypairs.add(make('initiator', 2))
    keypairs.add(make('responder', 3))
    expect(places(keypairs, keypairs.clear())).toEqual([
      [undefined, undefined, undefined],
      [2, 3],
    ])
    expect(keypairs.clear()).toEqual([])
  })
})
