import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DeviceChange, PeerChange } from '../api.ts'
import { instant } from '../box.ts'
import { keyToBase64 } from '../config/base64.ts'
import { noble } from '../crypto/noble.ts'
import { Device } from '../device.ts'
import { Key, type PublicKey } from '../key.ts'
import { SecretBook } from './secretbook.ts'
import { systemRandom } from './udp-peer.ts'

const secret = (n: number): Key => new Key(new Uint8Array(32).fill(n))
/** Public keys of private ones, so that the device's own can be among its peers. */
const PUBLIC = [1, 2, 3].map(n => keyToBase64(noble.privateKey(secret(n).reveal()).publicKey) as PublicKey)

const psk = fc.constantFrom<Key | null | undefined>(undefined, null, secret(0), secret(8), secret(9))
const peer = fc
  .record({ place: fc.nat(2), remove: fc.boolean(), updateOnly: fc.boolean(), psk })
  .map(({ place, remove, updateOnly, psk }): PeerChange => {
    const publicKey = PUBLIC[place]!
    return {
      publicKey,
      ...(remove ? { remove } : {}),
      ...(updateOnly ? { updateOnly } : {}),
      ...(psk === undefined ? {} : { presharedKey: psk }),
    }
  })
const change = fc
  .record({
    own: fc.constantFrom(undefined, null, 1, 2, 4),
    replacePeers: fc.boolean(),
    peers: fc.array(peer, { maxLength: 3 }),
  })
  .map(
    ({ own, replacePeers, peers }): DeviceChange => ({
      ...(own === undefined ? {} : { privateKey: own === null ? null : secret(own) }),
      ...(replacePeers ? { replacePeers } : {}),
      peers,
    }),
  )

describe('the book of secrets', () => {
  it('holds a preshared key of exactly those peers that the device says have one', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 6 }), changes => {
        const device = new Device({
          name: 'wg0',
          crypto: noble,
          random: systemRandom,
          wallClock: () => ({ sec: 0, nsec: 0 }),
        })
        const book = new SecretBook()
        for (const each of changes) {
          device.handleInput(instant(0), { kind: 'configure', change: each })
          book.apply(each, key => device.peer(key)?.hasPresharedKey === true)
        }
        const { peers, publicKey } = device.status()
        for (const key of PUBLIC) {
          const has = peers.some(each => each.publicKey === key && each.hasPresharedKey)
          expect(book.presharedKey(key) !== undefined).toBe(has)
        }
        const own = book.privateKey
        expect(own === undefined ? undefined : keyToBase64(noble.privateKey(own.reveal()).publicKey)).toBe(publicKey)
      }),
      { numRuns: 500 },
    )
  })
})
