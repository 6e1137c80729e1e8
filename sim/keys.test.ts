import { expect, test } from 'vitest'
import { noble } from '../impl/crypto/noble.ts'
import { nodeCrypto as node } from '../impl/crypto/node/provider.ts'
import { KeyRing } from './keys.ts'

test('keys depend on the seed and the name alone, and not on the provider', () => {
  const first = new KeyRing('1', noble)
  const second = new KeyRing('1', node)
  second.presharedKey('x')
  second.publicKey('bob')
  expect(second.publicKey('alice')).toBe(first.publicKey('alice'))
  expect(second.privateKey('alice').equals(first.privateKey('alice'))).toBe(true)
  expect(second.presharedKey('a-b').equals(first.presharedKey('a-b'))).toBe(true)
  expect(new KeyRing('2', noble).publicKey('alice')).not.toBe(first.publicKey('alice'))
  expect(first.presharedKey('alice').equals(first.privateKey('alice'))).toBe(false)
})

test('a private key is clamped and its public key is the one WireGuard computes', () => {
  const ring = new KeyRing('clamp', noble)
  const secret = ring.privateKey('alice').reveal()
  expect((secret[0] ?? 0) & 7).toBe(0)
  expect((secret[31] ?? 0) & 0xc0).toBe(0x40)
  expect(ring.publicKey('alice')).toBe(Buffer.from(noble.privateKey(secret).publicKey).toString('base64'))
})

test('a public key is known by its name once it was asked for', () => {
  const ring = new KeyRing('1', noble)
  const key = new KeyRing('1', noble).publicKey('alice')
  expect(ring.nameOf(key)).toBeUndefined()
  ring.privateKey('alice')
  expect(ring.nameOf(key)).toBe('alice')
  expect([...ring.names()]).toEqual([[key, 'alice']])
})
