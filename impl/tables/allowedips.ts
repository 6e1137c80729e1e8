/** Allowed IPs (paper §2): the longest prefix that holds an address says whose it is. A compressed trie a family, as the kernel's. */
import type { Prefix } from '../api.ts'
import { bitOf, commonBits, holds, masked, type Words, wordsOf } from './prefix.ts'

type Side = 0 | 1

/** A prefix somebody owns, or (owner undefined) the place where two of them part. One flat object: a lookup follows one pointer a step. */
interface Node<Owner> extends Words {
  owner: Owner | undefined
  parent: Node<Owner> | undefined
  zero: Node<Owner> | undefined
  one: Node<Owner> | undefined
}

interface Family<Owner> {
  readonly addressLength: 4 | 16
  root: Node<Owner> | undefined
}

/** Who owns which prefixes; `Owner` is compared by identity. Host bits are masked away when a prefix comes in (behaviour 126). */
export class AllowedIps<Owner extends object | string | number> {
  readonly #v4: Family<Owner> = { addressLength: 4, root: undefined }
  readonly #v6: Family<Owner> = { addressLength: 16, root: undefined }
  readonly #owned = new Map<Owner, Set<Node<Owner>>>()
  #nodes = 0

  /** Nodes in both tries. Never more than twice the prefixes: what is empty is freed (behaviour 132). */
  get nodeCount(): number {
    return this.#nodes
  }

  /**
   * The owner of the longest prefix that holds the address; undefined when none does. The address is all of `bytes`, or
   * `length` of them from `at` on. Allocates nothing.
   */
  lookup(bytes: Uint8Array, at = 0, length = bytes.length): Owner | undefined {
    if (length === 4) return this.#lookup4(word(bytes, at))
    if (length !== 16) return undefined
    return this.#lookup6(word(bytes, at), word(bytes, at + 4), word(bytes, at + 8), word(bytes, at + 12))
  }

  /** Gives the prefix to the owner, and takes it from whoever has it (behaviour 124). Throws a RangeError on an impossible prefix. */
  insert(prefix: Prefix, owner: Owner): void {
    const family = this.#familyOf(prefix)
    const wanted = wordsOf(prefix)
    const node = this.#place(family, wanted)
    this.#disown(node)
    node.owner = owner
    const owned = this.#owned.get(owner)
    if (owned === undefined) this.#owned.set(owner, new Set([node]))
    else owned.add(node)
  }

  /** Removes exactly this prefix, if exactly this owner has it (behaviour 128). False: nothing happened. */
  remove(prefix: Prefix, owner: Owner): boolean {
    const family = this.#familyOf(prefix)
    const wanted = wordsOf(prefix)
    let node = family.root
    while (node !== undefined && node.length < wanted.length && holdsPrefix(node, wanted)) {
      node = childOf(node, sideOf(node, wanted))
    }
    if (node === undefined || node.length !== wanted.length || !holdsPrefix(node, wanted)) return false
    if (node.owner !== owner) return false
    this.#disown(node)
    this.#free(family, node)
    return true
  }

  /** Removes all the owner has. */
  removeOwner(owner: Owner): void {
    const owned = this.#owned.get(owner)
    if (owned === undefined) return
    this.#owned.delete(owner)
    for (const node of owned) {
      node.owner = undefined
      this.#free(node.addressLength === 4 ? this.#v4 : this.#v6, node)
    }
  }

  /** What the owner has, in the order it was given; a prefix given again goes to the end (behaviour 131). */
  list(owner: Owner): Prefix[] {
    return Array.from(this.#owned.get(owner) ?? [], node => ({
      address: masked(node),
      length: node.length,
    }))
  }

  #lookup4(w0: number): Owner | undefined {
    let found: Owner | undefined
    let node = this.#v4.root
    while (node !== undefined && ((w0 ^ node.w0) & node.m0) === 0) {
      if (node.owner !== undefined) found = node.owner
      if (node.length === 32) break
      node = ((w0 >>> (31 - node.length)) & 1) === 0 ? node.zero : node.one
    }
    return found
  }

  #lookup6(w0: number, w1: number, w2: number, w3: number): Owner | undefined {
    let found: Owner | undefined
    let node = this.#v6.root
    while (node !== undefined && holds(node, w0, w1, w2, w3)) {
      if (node.owner !== undefined) found = node.owner
      if (node.length === 128) break
      node = bitOf(node.length, w0, w1, w2, w3) === 0 ? node.zero : node.one
    }
    return found
  }

  /** The node of exactly this prefix, made where it belongs if it is not there yet. */
  #place(family: Family<Owner>, wanted: Words): Node<Owner> {
    let parent: Node<Owner> | undefined
    let here = family.root
    while (here !== undefined && here.length <= wanted.length && holdsPrefix(here, wanted)) {
      if (here.length === wanted.length) return here
      parent = here
      here = childOf(here, sideOf(here, wanted))
    }
    const added = this.#make(wanted)
    if (here === undefined) {
      this.#attach(family, parent, added)
      return added
    }
    const shared = Math.min(commonBits(here, wanted), wanted.length, here.length)
    if (shared === wanted.length) {
      this.#attach(family, parent, added)
      this.#attach(family, added, here)
      return added
    }
    const fork = this.#make(wordsOf({ address: masked(wanted), length: shared }))
    this.#attach(family, parent, fork)
    this.#attach(family, fork, here)
    this.#attach(family, fork, added)
    return added
  }

  #make(prefix: Words): Node<Owner> {
    this.#nodes++
    return nodeOf(prefix)
  }

  #attach(family: Family<Owner>, parent: Node<Owner> | undefined, child: Node<Owner>): void {
    child.parent = parent
    if (parent === undefined) family.root = child
    else setChild(parent, sideOf(parent, child), child)
  }

  #disown(node: Node<Owner>): void {
    if (node.owner === undefined) return
    const owned = this.#owned.get(node.owner)
    owned?.delete(node)
    if (owned?.size === 0) this.#owned.delete(node.owner)
    node.owner = undefined
  }

  /** Takes a node without an owner out of the trie unless two branches part at it; then its parent, for the same reason. */
  #free(family: Family<Owner>, node: Node<Owner>): void {
    const { parent, zero, one } = node
    if (node.owner !== undefined || (zero !== undefined && one !== undefined)) return
    const child = zero ?? one
    if (child !== undefined) this.#attach(family, parent, child)
    else if (parent === undefined) family.root = undefined
    else setChild(parent, sideOf(parent, node), undefined)
    this.#nodes--
    if (child === undefined && parent !== undefined) this.#free(family, parent)
  }

  #familyOf(prefix: Prefix): Family<Owner> {
    const bytes = prefix.address.length
    if (bytes !== 4 && bytes !== 16) throw new RangeError(`an address has 4 or 16 bytes, not ${bytes}`)
    if (!Number.isInteger(prefix.length) || prefix.length < 0 || prefix.length > bytes * 8) {
      throw new RangeError(`a prefix of IPv${bytes === 4 ? 4 : 6} has 0 to ${bytes * 8} bits, not ${prefix.length}`)
    }
    return bytes === 4 ? this.#v4 : this.#v6
  }
}

const holdsPrefix = (outer: Words, inner: Words): boolean => holds(outer, inner.w0, inner.w1, inner.w2, inner.w3)

const sideOf = (parent: Words, child: Words): Side => bitOf(parent.length, child.w0, child.w1, child.w2, child.w3)

/** Field by field: a spread would make an object of slow shape, and lookups ten times as long. */
function nodeOf<Owner>(prefix: Words): Node<Owner> {
  const { addressLength, length, w0, w1, w2, w3, m0, m1, m2, m3 } = prefix
  return {
    w0,
    m0,
    length,
    owner: undefined,
    zero: undefined,
    one: undefined,
    w1,
    w2,
    w3,
    m1,
    m2,
    m3,
    parent: undefined,
    addressLength,
  }
}

function childOf<Owner>(node: Node<Owner>, side: Side): Node<Owner> | undefined {
  return side === 0 ? node.zero : node.one
}

function setChild<Owner>(node: Node<Owner>, side: Side, child: Node<Owner> | undefined): void {
  if (side === 0) node.zero = child
  else node.one = child
}

/** Four bytes as a signed 32-bit number: the sign does no harm to masks. */
function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)
}
