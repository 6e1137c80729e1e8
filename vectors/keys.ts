/** keys.json: public keys, Diffie–Hellman with its points of low order, and the key derivation function. */
import { ascii, base64, hex, named, unhex } from './bytes.ts'
import type { VectorFile } from './file.ts'
import { DH, Kdf, publicOf } from './primitives.ts'
import type { DhVector, KdfVector, PublicKeyVector } from './vector.ts'

export function keysFile(): VectorFile {
  return {
    topic: 'keys',
    about:
      'public-key: the public half of 32 private bytes, clamped or not. dh: the shared secret, null where it is all zero and must be refused. ' +
      'kdf: Kdf1, Kdf2, Kdf3 are the first one, two or three of t1, t2, t3.',
    source: 'paper §5.4; RFC 7748 §5, §6.1',
    confirmed_by: [
      { party: 'OpenSSL', what: 'every vector', test: 'vectors/openssl.test.ts' },
      { party: 'wg pubkey', what: 'every public-key vector', test: 'vectors/wg.real.test.ts' },
      { party: 'RFC 7748', what: 'rfc7748-alice, rfc7748-bob, rfc7748-shared', test: 'vectors/published.test.ts' },
      { party: 'known answers of wireguard-go', what: 'kdf wireguard-go-1 to -3', test: 'vectors/published.test.ts' },
    ],
    vectors: [...publicKeys(), ...agreements(), ...derivations()],
  }
}

const ALICE = unhex('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a')
const BOB = unhex('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb')

function publicKeys(): PublicKeyVector[] {
  const privateKeys: readonly [string, Uint8Array][] = [
    ['rfc7748-alice', ALICE],
    ['rfc7748-bob', BOB],
    ['all-zero', new Uint8Array(32)],
    ['all-one', new Uint8Array(32).fill(0xff)],
    ['clamped-already', clamped(named('clamped'))],
    ['initiator', named('initiator static')],
    ['responder', named('responder static')],
  ]
  return privateKeys.map(([id, bytes]) => ({
    kind: 'public-key',
    id,
    private_key: hex(bytes),
    clamped: hex(clamped(bytes)),
    public_key: hex(publicOf(bytes)),
    private_base64: base64(bytes),
    public_base64: base64(publicOf(bytes)),
  }))
}

function agreements(): DhVector[] {
  const p = 2n ** 255n - 19n
  const pairs: readonly [string, Uint8Array, Uint8Array][] = [
    ['rfc7748-shared', ALICE, publicOf(BOB)],
    ['static-static', named('initiator static'), publicOf(named('responder static'))],
    ['top-bit-ignored', ALICE, Uint8Array.from(publicOf(BOB), (byte, i) => (i === 31 ? byte | 0x80 : byte))],
    ['not-reduced: 9 + p', ALICE, point(9n + p)],
    ['low-order-zero', ALICE, point(0n)],
    ['low-order-one', ALICE, point(1n)],
    ['low-order-eight-a', ALICE, unhex('e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800')],
    ['low-order-eight-b', ALICE, unhex('5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157')],
    ['low-order-p-minus-1', ALICE, point(p - 1n)],
    ['low-order-p', ALICE, point(p)],
    ['low-order-p-plus-1', ALICE, point(p + 1n)],
    ['low-order-zero-top-bit', ALICE, point(2n ** 255n)],
  ]
  return pairs.map(([id, privateKey, publicKey]) => {
    const shared = DH(privateKey, publicKey)
    return {
      kind: 'dh',
      id,
      private_key: hex(privateKey),
      public_key: hex(publicKey),
      shared: shared === undefined ? null : hex(shared),
    }
  })
}

function derivations(): KdfVector[] {
  const inputs: readonly [string, Uint8Array, Uint8Array][] = [
    ['wireguard-go-1', ascii('test-key'), ascii('test-input')],
    ['wireguard-go-2', ascii('wireguard'), ascii('wireguard')],
    ['wireguard-go-3', new Uint8Array(0), new Uint8Array(0)],
    ['32-bytes', named('key'), named('input')],
    ['no-input', named('key'), new Uint8Array(0)],
  ]
  return inputs.map(([id, key, input]) => {
    const [t1, t2, t3] = Kdf(3, key, input).map(hex) as [string, string, string]
    return { kind: 'kdf', id, key: hex(key), input: hex(input), t1, t2, t3 }
  })
}

/** RFC 7748 §5: the scalar that the 32 bytes stand for. */
function clamped(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(bytes, (byte, i) => (i === 0 ? byte & 248 : i === 31 ? (byte & 127) | 64 : byte))
}

function point(u: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => Number((u >> BigInt(8 * i)) & 0xffn))
}
