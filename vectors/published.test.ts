/** Values that others have published stand in the vectors. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { type Vector, vectorsOf } from './vector.ts'

const read = <K extends Vector['kind']>(topic: string, kind: K): Extract<Vector, { kind: K }>[] =>
  vectorsOf(readFileSync(new URL(`${topic}.json`, import.meta.url), 'utf8'), kind)

it('the keys of RFC 7748 §6.1', () => {
  const published = {
    'rfc7748-alice': '8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a',
    'rfc7748-bob': 'de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f',
  }
  for (const [id, key] of Object.entries(published)) {
    expect(read('keys', 'public-key').find(vector => vector.id === id)?.public_key).toBe(key)
  }
  const shared = read('keys', 'dh').find(vector => vector.id === 'rfc7748-shared')?.shared
  expect(shared).toBe('4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742')
})

it('the key derivation of wireguard-go', () => {
  const published = [
    [
      '6f0e5ad38daba1bea8a0d213688736f19763239305e0f58aba697f9ffc41c633',
      'df1194df20802a4fe594cde27e92991c8cae66c366e8106aaa937a55fa371e8a',
      'fac6e2745a325f5dc5d11a5b165aad08b0ada28e7b4e666b7c077934a4d76c24',
    ],
    [
      '491d43bbfdaa8750aaf535e334ecbfe5129967cd64635101c566d4caefda96e8',
      '1e71a379baefd8a79aa4662212fcafe19a23e2b609a3db7d6bcba8f560e3d25f',
      '31e1ae48bddfbe5de38f295e5452b1909a1b4e38e183926af3780b0c1e1f0160',
    ],
    [
      '8387b46bf43eccfcf349552a095d8315c4055beb90208fb1be23b894bc2ed5d0',
      '58a0e5f6faefccf4807bff1f05fa8a9217945762040bcec2f4b4a62bdfe0e86e',
      '0ce6ea98ec548f8e281e93e32db65621c45eb18dc6f0a7ad94178610a2f7338e',
    ],
  ]
  const ours = read('keys', 'kdf').filter(vector => vector.id.startsWith('wireguard-go'))
  expect(ours.map(({ t1, t2, t3 }) => [t1, t2, t3])).toEqual(published)
})

it("boringtun's constants for the first chaining key and hash", () => {
  for (const { initiation } of read('handshake', 'handshake')) {
    expect(initiation.steps[0]).toMatchObject({
      ck: '60e26daef327efc02ec335e2a025d2d016eb4206f87277f52d38d1988b78cd36',
      h: '2211b361081ac566691243db458ad5322d9c6c662293e8b70ee19c65ba079ef3',
    })
  }
})
