/** The keys of a run. Scenario keys are derived from the seed: the same seed and name give the same key in every world. */
import { keyToBase64 } from '../impl/config/base64.ts'
import type { CryptoProvider } from '../impl/crypto/provider.ts'
import { Key, type PublicKey } from '../impl/key.ts'
import { textBytes } from './random.ts'

interface Pair {
  readonly secret: Key
  readonly publicKey: PublicKey
}

/**
 * Keys by name: `alice` is the private key behind `<alice>` and `<alice.pub>`, `alice-bob` the preshared key behind
 * `<alice-bob.psk>`. Derived when first asked for. Private keys are clamped (RFC 7748 §5), as `wg genkey` gives them.
 */
export class KeyRing {
  readonly #seed: string
  readonly #crypto: CryptoProvider
  readonly #pairs = new Map<string, Pair>()
  readonly #shared = new Map<string, Key>()
  readonly #names = new Map<PublicKey, string>()

  constructor(seed: string, crypto: CryptoProvider) {
    this.#seed = seed
    this.#crypto = crypto
  }

  privateKey(name: string): Key {
    return this.#pair(name).secret
  }

  publicKey(name: string): PublicKey {
    return this.#pair(name).publicKey
  }

  presharedKey(name: string): Key {
    let key = this.#shared.get(name)
    if (key === undefined) {
      key = new Key(this.#derive('preshared key', name))
      this.#shared.set(name, key)
    }
    return key
  }

  /** The name of a public key that was asked for by name before; undefined for a stranger. */
  nameOf(key: PublicKey): string | undefined {
    return this.#names.get(key)
  }

  /** Every public key known by name so far, base64 to name, in the order of their first use. */
  names(): ReadonlyMap<PublicKey, string> {
    return this.#names
  }

  #pair(name: string): Pair {
    let pair = this.#pairs.get(name)
    if (pair === undefined) {
      const secret = this.#derive('private key', name)
      secret[0] = (secret[0] ?? 0) & 248
      secret[31] = ((secret[31] ?? 0) & 127) | 64
      pair = { secret: new Key(secret), publicKey: keyToBase64(this.#crypto.privateKey(secret).publicKey) as PublicKey }
      this.#pairs.set(name, pair)
      this.#names.set(pair.publicKey, name)
    }
    return pair
  }

  #derive(what: string, name: string): Uint8Array {
    const seed = this.#crypto.hash(textBytes(`wglab scenario key ${what}`), textBytes(this.#seed))
    return this.#crypto.hmac(seed, textBytes(name))
  }
}
