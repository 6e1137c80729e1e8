/** Chance from a seed, for what is generated. Every stream has a name: one more draw in one place moves no other. */
import { blake2s } from '@noble/hashes/blake2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus'

export interface Chance {
  /** An integer from 0 to below the bound. */
  below(bound: number): number
  /** True in so many of a hundred cases. */
  percent(part: number): boolean
  pick<Item>(items: readonly [Item, ...Item[]]): Item
  split(name: string): Chance
}

export function chanceOf(seed: string): Chance {
  const view = new DataView(blake2s(utf8ToBytes(seed)).buffer)
  const generator = xoroshiro128plusFromState([0, 4, 8, 12].map(at => view.getInt32(at, true)))
  const below = (bound: number) => {
    // Bounds here are small: what the remainder favours is not to be seen.
    return (generator.next() >>> 0) % bound
  }
  return {
    below,
    percent: part => below(100) < part,
    pick: items => items[below(items.length)] ?? items[0],
    split: name => chanceOf(`${seed}/${name}`),
  }
}
