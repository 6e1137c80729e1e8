/**
 * A load balancer without connection tracking: packets to its address are given to one of several servers by a hash of who
 * sends them, and what the servers send back leaves with its address. Who comes from another port, comes to another server.
 */
import { parseAddress, parsePrefix, sameAddress } from '../../impl/ip/address.ts'
import { ipDestination, ipSource } from '../../impl/ip/packet.ts'
import { rewriteDestination, rewriteQuote, rewriteSource } from '../../impl/ip/rewrite.ts'
import type { Router as RouterSpec } from '../../scenarios/language/topology.ts'
import type { Packet } from '../node.ts'
import { contentsOf } from './flow.ts'
import { endHash } from './spread.ts'
import { copied } from './transit.ts'

type Spec = NonNullable<RouterSpec['balance']>

export class Balancer {
  readonly #address: Uint8Array
  readonly #servers: readonly Uint8Array[]
  readonly #by: NonNullable<Spec['by']>
  readonly #errors: NonNullable<Spec['errors']>
  #turn = 0

  /** Throws a RangeError on what is no address: checks have read it before. */
  constructor(spec: Spec) {
    this.#address = addressOf(spec.address)
    this.#servers = spec.servers.map(addressOf)
    this.#by = spec.by ?? 'flow'
    this.#errors = spec.errors ?? 'by-quote'
  }

  /** The packet on its way to a server, or back from one, in a copy; itself when it is neither. */
  handle(packet: Packet): Packet {
    const { bytes } = packet
    if (bytes[0]! >>> 4 !== (this.#address.length === 4 ? 4 : 6)) return packet
    if (sameAddress(ipDestination(bytes), this.#address)) return this.#toServer(packet)
    return this.#servers.some(server => sameAddress(server, ipSource(bytes))) ? this.#toClient(packet) : packet
  }

  #toServer(packet: Packet): Packet {
    const contents = contentsOf(packet.bytes)
    // Ping is answered by the balancer itself.
    if (contents.kind === 'echo' || contents.kind === 'other') return packet
    const changed = copied(packet)
    const { bytes } = changed
    const source = ipSource(packet.bytes)
    const port = contents.kind === 'error' ? undefined : contents.sourcePort
    let server = this.#pick(source, port)
    if (contents.kind === 'error') {
      const { about } = contents
      if (about !== undefined && this.#errors === 'by-quote')
        server = this.#pick(about.destination, about.destinationPort)
      rewriteQuote(bytes, 'source', server)
    }
    rewriteDestination(bytes, server)
    return changed
  }

  #toClient(packet: Packet): Packet {
    const contents = contentsOf(packet.bytes)
    const changed = copied(packet)
    if (contents.kind === 'error') rewriteQuote(changed.bytes, 'destination', this.#address)
    rewriteSource(changed.bytes, this.#address)
    return changed
  }

  #pick(address: Uint8Array, port: number | undefined): Uint8Array {
    const { length } = this.#servers
    const at = this.#by === 'packet' ? this.#turn++ : endHash(address, this.#by === 'flow' ? port : undefined)
    return this.#servers[at % length]!
  }
}

function addressOf(text: string): Uint8Array {
  const address = parseAddress(text) ?? parsePrefix(text)?.address
  if (address === undefined) throw new RangeError(`not an address: "${text}" (write 198.51.100.1)`)
  return address
}
