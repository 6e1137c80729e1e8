/** Port blocks of a carrier-grade NAT (RFC 6888 REQ-14, RFC 7422): who holds which block on which outside address. */
import type { Instant, Random } from '../../impl/box.ts'
import type { NatParameters } from '../../scenarios/language/nat-parameters.ts'
import { durationNs } from '../../scenarios/language/quantity.ts'
import { endKey } from './flow.ts'
import type { Key } from './nat-key.ts'
import type { Range } from './nat-ports.ts'

type Spec = Exclude<NatParameters['blocks'], 'none'>

interface Block {
  readonly range: Range
  /** The host it belongs to, or did; undefined: nobody's yet. */
  host: Key | undefined
  /** Ports in use. */
  used: number
  /** When its last port became free. */
  free: number
}

export class PortBlocks {
  readonly #spec: Spec
  readonly #range: Range
  readonly #holdDown: number
  readonly #random: Random
  readonly #addresses = new Map<Key, Block[]>()

  constructor(parameters: NatParameters, spec: Spec, random: Random) {
    const [from, to] = parameters.port_range
    this.#spec = spec
    this.#range = { from, to }
    this.#holdDown = durationNs(parameters.hold_down)
    this.#random = random
  }

  /** How many blocks an outside address has. */
  get count(): number {
    return Math.floor((this.#range.to - this.#range.from + 1) / this.#spec.size)
  }

  /**
   * The ranges in which a port for this inner host may be looked for, those it holds first. What the search takes is told to
   * `taken`: it makes the block the host's. `index`: the host's own block on this address, of a deterministic NAT.
   */
  *ranges(now: Instant, outside: Uint8Array, inside: Uint8Array, index: number): Generator<Range> {
    const blocks = this.#of(outside)
    const host = endKey(inside, 0)
    if (this.#spec.order === 'deterministic') {
      const own = blocks[index]
      if (own !== undefined) yield own.range
      return
    }
    const held = blocks.filter(block => block.host === host && block.used > 0)
    for (const { range } of held) yield range
    if (held.length >= this.#spec.per_host) return
    const next = this.#next(now, blocks, host)
    if (next !== undefined) yield next.range
  }

  taken(outside: Uint8Array, inside: Uint8Array, port: number): void {
    const block = this.#at(outside, port)
    if (block === undefined) return
    block.host = endKey(inside, 0)
    block.used++
  }

  released(now: Instant, outside: Uint8Array, port: number): void {
    const block = this.#at(outside, port)
    if (block === undefined || block.used === 0) return
    block.used--
    block.free = now
  }

  clear(): void {
    this.#addresses.clear()
  }

  #next(now: Instant, blocks: readonly Block[], host: Key): Block | undefined {
    const free = blocks.filter(
      block =>
        block.used === 0 && (block.host === undefined || block.host === host || now >= block.free + this.#holdDown),
    )
    return this.#spec.order === 'random' && free.length > 0 ? free[this.#random.below(free.length)] : free[0]
  }

  #at(outside: Uint8Array, port: number): Block | undefined {
    return this.#of(outside)[Math.floor((port - this.#range.from) / this.#spec.size)]
  }

  #of(outside: Uint8Array): Block[] {
    const key = endKey(outside, 0)
    const known = this.#addresses.get(key)
    if (known !== undefined) return known
    const { size } = this.#spec
    const blocks = Array.from({ length: this.count }, (_, i): Block => {
      const from = this.#range.from + i * size
      return { range: { from, to: from + size - 1 }, host: undefined, used: 0, free: 0 }
    })
    this.#addresses.set(key, blocks)
    return blocks
  }
}
