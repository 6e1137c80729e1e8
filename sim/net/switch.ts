/**
 * A network of kind lan. It delivers to the port that owns the next hop's address (`via`), or the destination's where none
 * is given; TTL and size are not its business. Of two ports with one address the later wins, as the last ARP does.
 */
import { type Instant, NEVER } from '../../impl/box.ts'
import { isBroadcast, isMulticast } from '../../impl/ip/address.ts'
import { checkIp, ipDestination } from '../../impl/ip/packet.ts'
import type { InterfaceAddress, Node, NodeInput, NodeOutput, Packet } from '../node.ts'
import { AddressMap, destinationIn } from './addresses.ts'
import { Outbox } from './outbox.ts'

export interface SwitchOptions {
  readonly name: string
}

export class Switch implements Node {
  readonly #out: Outbox
  readonly #ports = new Map<string, readonly InterfaceAddress[]>()
  /** Ports have changed since the last packet. */
  #stale = false
  readonly #owners = new AddressMap<string>()
  /** 203.0.113.255 of a 203.0.113.0/24. */
  readonly #broadcasts = new AddressMap<true>()

  constructor(options: SwitchOptions) {
    this.#out = new Outbox(options.name)
  }

  handleInput(now: Instant, input: NodeInput): void {
    switch (input.kind) {
      case 'packet':
        this.#packet(now, input.packet, input.via)
        return
      case 'attach':
        this.#ports.delete(input.port)
        this.#ports.set(input.port, input.addresses)
        this.#stale = true
        return
      case 'detach':
        this.#ports.delete(input.port)
        this.#stale = true
        return
      case 'mtu':
      case 'step':
        return
    }
  }

  handleTimeout(): void {}

  pollOutput(): NodeOutput | undefined {
    return this.#out.poll()
  }

  pollTimeout(): Instant {
    return NEVER
  }

  timeoutReason(): string {
    return 'a switch waits for nothing'
  }

  #packet(now: Instant, packet: Packet, via: Uint8Array | undefined): void {
    const { bytes } = packet
    if (this.#stale) this.#learn()
    // It reads no header but the destination, and that has to be there.
    const readable = via !== undefined || bytes.length >= 40 || (bytes.length >= 20 && bytes[0]! >>> 4 === 4)
    if (!readable) {
      this.#out.drop(now, packet, 'bad-packet', checkIp(bytes))
      return
    }
    const owner = via === undefined ? destinationIn(this.#owners, bytes) : this.#owners.get(via)
    if (owner !== undefined) {
      this.#out.send(owner, packet, undefined)
      return
    }
    const hop = via ?? ipDestination(bytes)
    const everybody = isMulticast(hop) || isBroadcast(hop) || this.#broadcasts.get(hop) === true
    this.#out.drop(now, packet, everybody ? 'multicast' : 'unknown-neighbour')
  }

  #learn(): void {
    this.#stale = false
    this.#owners.clear()
    this.#broadcasts.clear()
    for (const [port, addresses] of this.#ports) {
      for (const { address, length } of addresses) {
        this.#owners.set(address, port)
        if (address.length === 4 && length < 31) this.#broadcasts.set(broadcastOf(address, length), true)
      }
    }
  }
}

/** The address with all host bits set. */
function broadcastOf(address: Uint8Array, length: number): Uint8Array {
  return address.map((byte, i) => byte | (length >= i * 8 + 8 ? 0 : length <= i * 8 ? 0xff : 0xff >>> (length - i * 8)))
}
