/** Which outside address a new mapping gets, where a NAT has several (RFC 4787 §4.1, "IP address pooling"). */
import type { Random } from '../../impl/box.ts'
import { sameAddress } from '../../impl/ip/address.ts'
import type { NatParameters } from '../../scenarios/language/nat-parameters.ts'
import { endKey } from './flow.ts'

export class Pooling {
  readonly #how: NatParameters['pooling']
  readonly #random: Random
  /** REQ-2, paired: the address that an inner host has, by outside port and host. */
  readonly #paired = new Map<string, Uint8Array>()
  #turn = 0

  constructor(how: NatParameters['pooling'], random: Random) {
    this.#how = how
    this.#random = random
  }

  /** One of `addresses`; undefined when there is none. */
  pick(inside: Uint8Array, outsidePort: string, addresses: readonly Uint8Array[]): Uint8Array | undefined {
    if (addresses.length === 0) return undefined
    switch (this.#how) {
      case 'paired':
        return this.#pair(inside, outsidePort, addresses)
      case 'round-robin':
        return addresses[this.#turn++ % addresses.length]
      case 'arbitrary':
        return addresses[addresses.length === 1 ? 0 : this.#random.below(addresses.length)]
    }
  }

  /** The host has this address from now on, where hosts have one. */
  set(inside: Uint8Array, outsidePort: string, address: Uint8Array): void {
    if (this.#how === 'paired') this.#paired.set(keyOf(inside, outsidePort), address)
  }

  clear(): void {
    this.#paired.clear()
    this.#turn = 0
  }

  /** What it has, as long as the NAT has it; else the next in turn. */
  #pair(inside: Uint8Array, outsidePort: string, addresses: readonly Uint8Array[]): Uint8Array | undefined {
    const key = keyOf(inside, outsidePort)
    const known = this.#paired.get(key)
    const still = known === undefined ? undefined : addresses.find(address => sameAddress(address, known))
    if (still !== undefined) return still
    const address = addresses[this.#turn++ % addresses.length]
    if (address !== undefined) this.#paired.set(key, address)
    return address
  }
}

function keyOf(inside: Uint8Array, outsidePort: string): string {
  return `${outsidePort} ${endKey(inside, 0)}`
}
