/** Carries ciphertext between two hosts that can not reach each other: one port for each pair, and no key at all. */
import { type Endpoint, type Instant, NEVER } from '../../../impl/box.ts'
import { formatEndpoint, sameEndpoint } from '../../../impl/ip/address.ts'
import { durationNs } from '../../../scenarios/language/quantity.ts'
import type { ServiceOf } from '../../../scenarios/language/service.ts'
import type { Datagram, Desk, Service, UdpPort } from './service.ts'

const IDLE = '60s'

/** One of the two on a port. */
interface Side {
  readonly endpoint: Endpoint
  heard: Instant
}

export class UdpRelay implements Service {
  readonly #desk: Desk
  readonly #idle_ns: number

  constructor(desk: Desk, { ports, idle = IDLE }: ServiceOf<'udp-relay'>, now: Instant) {
    this.#desk = desk
    this.#idle_ns = durationNs(idle)
    for (const port of ports) {
      let sides: Side[] = []
      const opened = desk.open(now, port, (at, datagram) => {
        sides = sides.filter(({ heard }) => at - heard < this.#idle_ns)
        if (opened !== undefined) this.#carry(at, opened, sides, datagram)
      })
    }
  }

  handleTimeout(): void {}

  pollTimeout(): Instant {
    return NEVER
  }

  request(): string {
    return 'a relay only carries'
  }

  #carry(now: Instant, port: UdpPort, sides: Side[], datagram: Datagram): void {
    const { from, to, payload, id } = datagram
    let own = sides.find(({ endpoint }) => sameEndpoint(endpoint, from))
    if (own === undefined && sides.length < 2) {
      own = { endpoint: from, heard: now }
      sides.push(own)
      this.#desk.note(now, `port ${port.port}: ${formatEndpoint(from)} is here`)
    }
    if (own === undefined) return datagram.drop('relay-full', `port ${port.port}`)
    own.heard = now
    const other = sides.find(side => side !== own)
    if (other === undefined) return datagram.drop('relay-no-partner', `port ${port.port}`)
    datagram.done()
    port.send(now, other.endpoint, payload, { from: to, cause: id })
  }
}
