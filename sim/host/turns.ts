/** An input and the packet it is about. `depth`: how often the packet went round through this very tunnel. */
export interface Job {
  readonly input: DeviceInput
  readonly packet: Packet | undefined
  readonly depth: number
}

/** The ends of a datagram that came in. */
export interface Path {
  readonly from: Endpoint
  readonly to: Address
}

/** Where packets come from and go to: mostly as the last one. Copies: a device may keep them, and not the packet with them. */
export class Paths {
  /** Of the datagram that came last. */
  #last: Path | undefined

  of(packet: Uint8Array, port: number): Path {
    const known = this.#last
    if (known !== undefined && known.from.port === port && comesFrom(packet, known.from.address)) {
      if (goesTo(packet, known.to)) return known
    }
    const path = { from: { address: ipSource(packet).slice(), port }, to: ipDestination(packet).slice() }
    this.#last = path
    return path
  }
}

/** Handshake messages that wait in a busy device, each for its turn: so that each ends once in the trace, done or dropped. */
import type { DeviceInput } from '../../impl/api.ts'
import { type Address, type Endpoint, type Instant, later, type PacketId } from '../../impl/box.ts'
import { ipDestination, ipSource } from '../../impl/ip/packet.ts'
import { comesFrom, goesTo } from '../net/addresses.ts'
import type { Packet } from '../node.ts'

export class Turns {
  readonly #cost_ns: number
  readonly #waiting: { packet: Packet | undefined; readonly due: Instant }[] = []
  /** When the last one's turn is over. */
  #free = 0 as Instant

  /** What one message costs. */
  constructor(cost_ns: number) {
    this.#cost_ns = cost_ns
  }

  /** False: messages cost nothing here, and none waits. */
  add(now: Instant, packet: Packet): boolean {
    if (this.#cost_ns === 0) return false
    this.#free = later(this.#free > now ? this.#free : now, this.#cost_ns)
    this.#waiting.push({ packet, due: this.#free })
    return true
  }

  /** The device dropped one; undefined: none that waits here. */
  dropped(id: PacketId): Packet | undefined {
    const found = this.#waiting.find(({ packet }) => packet?.id.n === id.n && packet.id.box === id.box)
    const packet = found?.packet
    if (found !== undefined) found.packet = undefined
    return packet
  }

  /** Those that wait. */
  *held(): Generator<Packet> {
    for (const { packet } of this.#waiting) if (packet !== undefined) yield packet
  }

  /** Those whose turn is over by now, and that were not dropped. */
  over(now: Instant): Packet[] {
    let count = 0
    while (count < this.#waiting.length && this.#waiting[count]!.due <= now) count++
    return count === 0 ? [] : this.#waiting.splice(0, count).flatMap(({ packet }) => packet ?? [])
  }
}
