import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Prefix } from '../api.ts'
import { AllowedIps } from './allowedips.ts'

type Owner = 'a' | 'b' | 'c' | 'd'

/** The same table without any cleverness: a list, searched from one end to the other. */
class LinearTwin {
  readonly #rows: { prefix: Prefix; owner: Owner }[] = []

  insert(prefix: Prefix, owner: Owner): void {
    this.#drop(prefix)
    this.#rows.push({ prefix: maskedPrefix(prefix), owner })
  }

  remove(prefix: Prefix, owner: Owner): boolean {
    if (!this.#rows.some(row => row.owner === owner && samePrefix(row.prefix, prefix))) return false
    this.#drop(prefix)
    return true
  }

  removeOwner(owner: Owner): void {
    for (let i = this.#rows.length - 1; i >= 0; i--) if (this.#rows[i]?.owner === owner) this.#rows.splice(i, 1)
  }

  lookup(address: Uint8Array): Owner | undefined {
    let best: { prefix: Prefix; owner: Owner } | undefined
    for (const row of this.#rows) {
      if (!bits(address).startsWith(bits(row.prefix.address).slice(0, row.prefix.length))) continue
      if (row.prefix.address.length !== address.length) continue
      if (best === undefined || row.prefix.length > best.prefix.length) best = row
    }
    return best?.owner
  }

  list(owner: Owner): Prefix[] {
    return this.#rows.filter(row => row.owner === owner).map(row => row.prefix)
  }

  get size(): number {
    return this.#rows.length
  }

  /** The nodes a compressed trie can not do without: the prefixes, and where two of them part. */
  get nodesNeeded(): number {
    const needed = new Set<string>()
    const all = this.#rows.map(row => ({
      v: row.prefix.address.length,
      text: bits(row.prefix.address).slice(0, row.prefix.length),
    }))
    for (const one of all) needed.add(`${one.v} ${one.text}`)
    for (const one of all) {
      for (const other of all) {
        if (one.v !== other.v) continue
        let shared = 0
        while (shared < one.text.length && one.text[shared] === other.text[shared]) shared++
        if (shared < one.text.length && shared < other.text.length) needed.add(`${one.v} ${one.text.slice(0, shared)}`)
      }
    }
    return needed.size
  }

  #drop(prefix: Prefix): void {
    const at = this.#rows.findIndex(row => samePrefix(row.prefix, prefix))
    if (at >= 0) this.#rows.splice(at, 1)
  }
}

const bits = (address: Uint8Array): string => Array.from(address, byte => byte.toString(2).padStart(8, '0')).join('')

const samePrefix = (a: Prefix, b: Prefix): boolean =>
  a.length === b.length &&
  a.address.length === b.address.length &&
  bits(a.address).slice(0, a.length) === bits(b.address).slice(0, b.length)

function maskedPrefix(prefix: Prefix): Prefix {
  const kept = bits(prefix.address)
    .slice(0, prefix.length)
    .padEnd(prefix.address.length * 8, '0')
  return {
    address: Uint8Array.from(prefix.address, (_, i) => Number.parseInt(kept.slice(i * 8, i * 8 + 8), 2)),
    length: prefix.length,
  }
}

/** Few distinct bytes, so that prefixes nest, meet and part. */
const byte = fc.constantFrom(0, 1, 2, 3, 10, 127, 128, 192, 255)
const address = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.array(byte, { minLength: length, maxLength: length }).map(bytes => Uint8Array.from(bytes))
/** In IPv6 only a few bytes differ, or no two prefixes would ever be near each other. */
const address6 = fc.tuple(fc.nat(15), byte, fc.nat(15), byte).map(([i, x, j, y]) => {
  const bytes = new Uint8Array(16)
  bytes[i] = x
  bytes[j] = y
  return bytes
})
const anyAddress = fc.oneof(address(4), address6)
const prefix = anyAddress.chain(bytes => fc.nat(bytes.length * 8).map((length): Prefix => ({ address: bytes, length })))
const owner = fc.constantFrom<Owner>('a', 'b', 'c', 'd')
const operation = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('insert' as const), prefix, owner }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), prefix, owner }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove-known' as const), nth: fc.nat(100), owner }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('insert-known' as const), nth: fc.nat(100), owner }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove-owner' as const), owner }) },
)

describe('AllowedIps', () => {
  it('is its linear twin, whatever is inserted, moved and removed', () => {
    fc.assert(
      fc.property(
        fc.array(operation, { maxLength: 60 }),
        fc.array(anyAddress, { maxLength: 20 }),
        (operations, probes) => {
          const table = new AllowedIps<Owner>()
          const twin = new LinearTwin()
          const known: Prefix[] = []
          for (const op of operations) {
            if (op.kind === 'remove-owner') {
              table.removeOwner(op.owner)
              twin.removeOwner(op.owner)
              continue
            }
            const wanted = 'prefix' in op ? op.prefix : known[op.nth % Math.max(1, known.length)]
            if (wanted === undefined) continue
            if (op.kind === 'insert' || op.kind === 'insert-known') {
              known.push(wanted)
              table.insert(wanted, op.owner)
              twin.insert(wanted, op.owner)
            } else {
              expect(table.remove(wanted, op.owner)).toBe(twin.remove(wanted, op.owner))
            }
            expect(table.nodeCount).toBe(twin.nodesNeeded)
          }
          for (const probe of [...probes, ...known.map(one => one.address)]) {
            expect(table.lookup(probe)).toBe(twin.lookup(probe))
          }
          for (const one of ['a', 'b', 'c', 'd'] as const) expect(table.list(one)).toEqual(twin.list(one))
        },
      ),
      { numRuns: 300 },
    )
  })

  it('frees every node when the last prefix goes', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(prefix, owner), { maxLength: 40 }), entries => {
        const table = new AllowedIps<Owner>()
        for (const [one, who] of entries) table.insert(one, who)
        for (const who of ['a', 'b', 'c', 'd'] as const) table.removeOwner(who)
        expect(table.nodeCount).toBe(0)
        for (const [one] of entries) expect(table.lookup(one.address)).toBeUndefined()
      }),
    )
  })

  it('prefers the longest prefix, in each family for itself', () => {
    const table = filled(
      ['0.0.0.0/0', 'a'],
      ['10.0.0.0/8', 'b'],
      ['10.1.0.0/16', 'c'],
      ['10.1.2.3/32', 'd'],
      ['::/0', 'd'],
    )
    const answers = ['9.9.9.9', '10.9.9.9', '10.1.9.9', '10.1.2.3'].map(text => table.lookup(ip(text)))
    expect(answers).toEqual(['a', 'b', 'c', 'd'])
    expect(table.lookup(new Uint8Array(16))).toBe('d')
  })

  it('gives a prefix that is added again to the new owner, and to him alone', () => {
    const table = filled(['10.0.0.0/8', 'a'], ['10.0.0.0/8', 'b'])
    expect(table.lookup(ip('10.1.1.1'))).toBe('b')
    expect(shown(table, 'a')).toEqual([])
    expect(shown(table, 'b')).toEqual(['10.0.0.0/8'])
  })

  it('lists in the order of insertion, host bits masked; what is added again goes to the end', () => {
    const table = filled(['10.1.2.3/8', 'a'], ['192.168.4.5/24', 'a'], ['0.0.0.0/0', 'a'], ['10.9.9.9/8', 'a'])
    expect(shown(table, 'a')).toEqual(['192.168.4.0/24', '0.0.0.0/0', '10.0.0.0/8'])
  })

  it('removes the exact prefix of the exact owner, nothing else', () => {
    const table = filled(['10.0.0.0/8', 'a'], ['10.1.0.0/16', 'b'])
    expect(table.remove({ address: ip('10.1.0.0'), length: 16 }, 'a')).toBe(false)
    expect(table.remove({ address: ip('10.0.0.0'), length: 9 }, 'a')).toBe(false)
    expect(table.remove({ address: ip('10.77.0.1'), length: 8 }, 'a')).toBe(true)
    expect(table.remove({ address: ip('10.0.0.0'), length: 8 }, 'a')).toBe(false)
    expect(table.lookup(ip('10.2.0.1'))).toBeUndefined()
    expect(table.lookup(ip('10.1.0.1'))).toBe('b')
  })

  it('answers undefined for what is no address', () => {
    const table = filled(['0.0.0.0/0', 'a'], ['::/0', 'b'])
    expect([0, 3, 5, 15, 17].map(length => table.lookup(new Uint8Array(length)))).toEqual(Array(5).fill(undefined))
  })

  it.each([
    [{ address: new Uint8Array(5), length: 8 }, 'an address has 4 or 16 bytes, not 5'],
    [{ address: new Uint8Array(4), length: 33 }, 'a prefix of IPv4 has 0 to 32 bits, not 33'],
    [{ address: new Uint8Array(16), length: 129 }, 'a prefix of IPv6 has 0 to 128 bits, not 129'],
    [{ address: new Uint8Array(4), length: -1 }, 'a prefix of IPv4 has 0 to 32 bits, not -1'],
    [{ address: new Uint8Array(4), length: 1.5 }, 'a prefix of IPv4 has 0 to 32 bits, not 1.5'],
  ])('refuses %o', (impossible, sentence) => {
    const table = new AllowedIps<Owner>()
    expect(() => table.insert(impossible, 'a')).toThrow(new RangeError(sentence))
    expect(() => table.remove(impossible, 'a')).toThrow(new RangeError(sentence))
  })
})

function filled(...entries: [string, Owner][]): AllowedIps<Owner> {
  const table = new AllowedIps<Owner>()
  for (const [text, who] of entries) {
    const [host = '', length] = text.split('/')
    table.insert({ address: ip(host), length: Number(length) }, who)
  }
  return table
}

const ip = (text: string): Uint8Array =>
  text === '::' ? new Uint8Array(16) : Uint8Array.from(text.split('.').map(Number))

const shown = (table: AllowedIps<Owner>, who: Owner): string[] =>
  table.list(who).map(one => `${one.address.join('.')}/${one.length}`)
