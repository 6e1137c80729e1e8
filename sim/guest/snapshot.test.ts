import fc from 'fast-check'
import { expect, it } from 'vitest'
import { keyToBase64 } from '../../impl/config/base64.ts'
import { Heard, withoutKeys } from './snapshot.ts'

const key = (byte: number) => keyToBase64(new Uint8Array(32).fill(byte))
const keys = { nameOf: (each: string) => (each === key(1) ? 'bob' : undefined) }

it('keeps what a machine says, and no key', () => {
  const heard = new Heard(keys)
  heard.add(1_500_000_000, 'wg set wg0 private-key <alice>', '')
  heard.add(2_000_000_000, 'wg show wg0 dump', `${key(7)}\t${key(1)}\t51820\toff\n`)
  expect(
    heard.text('alice', 9_000_000_000, `$ wg\npeer: ${key(1)}\npsk ${key(9)}.\n`),
  ).toBe(`alice, a real Linux, in its own words

at 1.5 s
$ wg set wg0 private-key <alice>

at 2 s
$ wg show wg0 dump
(key)\t<bob.pub>\t51820\toff

at 9 s, the end of the run
$ wg
peer: <bob.pub>
psk (key).
`)
})

it('no key survives, wherever it stands', () => {
  const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 })
  const around = fc.constantFrom('', ' ', '\n', '"', '\t', ',', '(', ':')
  fc.assert(
    fc.property(bytes, around, around, (secret, before, after) => {
      const text = `x${before === '' ? ' ' : before}${keyToBase64(secret)}${after}y`
      expect(withoutKeys(text, { nameOf: () => undefined })).not.toContain(keyToBase64(secret).slice(0, 42))
    }),
  )
})
