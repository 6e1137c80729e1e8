/** Chance for the whole world from one seed, split by name: what one part draws never moves what another draws. */
import { blake2s } from '@noble/hashes/blake2.js'
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus'
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator'
import type { Random } from '../impl/box.ts'

const TWO_32 = 0x1_0000_0000

/**
 * The root stream of a seed. A stream's state depends on the seed and the path of names that led to it, on nothing else:
 * not on the order of splits, nor on what was drawn before. Not for secrets of the real world: xoroshiro128+ is no
 * cryptographic generator.
 */
export function seededRandom(seed: string): Random {
  return new Stream(undefined, seed)
}

/** UTF-16 code units, little endian: the same on every engine, and different texts stay different, lone surrogates too. */
export function textBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 2)
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    bytes[2 * i] = unit & 0xff
    bytes[2 * i + 1] = unit >>> 8
  }
  return bytes
}

/** Neither the key nor the generator is made before the first draw: most boxes never draw, and a world has many. */
class Stream implements Random {
  /** Undefined: this is the root, and its name is the seed. */
  readonly #parent: Stream | undefined
  readonly #name: string
  #key: Uint8Array | undefined
  #draw: RandomGenerator | undefined

  constructor(parent: Stream | undefined, name: string) {
    this.#parent = parent
    this.#name = name
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length)
    for (let i = 0; i < length; i += 4) {
      const word = this.#next()
      for (let j = 0; j < 4 && i + j < length; j++) bytes[i + j] = (word >>> (8 * j)) & 0xff
    }
    return bytes
  }

  below(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1 || bound > TWO_32) {
      throw new RangeError(`no integer below ${bound} (an integer from 1 to 2^32)`)
    }
    // What lies beyond the last whole multiple of the bound is drawn again, or small values would be likelier.
    const limit = TWO_32 - (TWO_32 % bound)
    let word = this.#next()
    while (word >= limit) word = this.#next()
    return word % bound
  }

  split(name: string): Random {
    return new Stream(this, name)
  }

  /** An unsigned 32-bit word. */
  #next(): number {
    this.#draw ??= generator(this.#ownKey())
    return this.#draw.next() >>> 0
  }

  #ownKey(): Uint8Array {
    this.#key ??=
      this.#parent === undefined
        ? blake2s(textBytes(this.#name), { personalization: textBytes('seed') })
        : blake2s(textBytes(this.#name), { key: this.#parent.#ownKey() })
    return this.#key
  }
}

function generator(key: Uint8Array): RandomGenerator {
  const view = new DataView(key.buffer, key.byteOffset, key.byteLength)
  // The generator stands still on the all-zero state alone; a hash of 128 zero bits is not to be met.
  return xoroshiro128plusFromState([0, 4, 8, 12].map(at => view.getInt32(at, true)))
}
