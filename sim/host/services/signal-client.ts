/** Asks a signalling server for peers and gives WireGuard what it says. */
import { type Instant, later } from '../../../impl/box.ts'
import { formatEndpoint, parseEndpoint, sameEndpoint } from '../../../impl/ip/address.ts'
import { durationNs } from '../../../scenarios/language/quantity.ts'
import type { ServiceOf } from '../../../scenarios/language/service.ts'
import type { Datagram, Desk, Request, Service, UdpPort } from './service.ts'
import { readText, readWhere, textBytes } from './text.ts'

const EVERY = '5s'
/** REJECT_AFTER_TIME (paper §6.1): without a younger handshake there is no session. */
const STALE = '180s'
const KEEPALIVE_S = 25

export class SignalClient implements Service {
  readonly #desk: Desk
  readonly #spec: ServiceOf<'signal-client'>
  readonly #port: UdpPort | undefined
  #due: Instant

  constructor(desk: Desk, spec: ServiceOf<'signal-client'>, now: Instant) {
    this.#desk = desk
    this.#spec = spec
    this.#port = desk.open(now, undefined, (at, datagram) => this.#hear(at, datagram))
    this.#due = now
  }

  handleTimeout(now: Instant): void {
    if (this.#due > now) return
    this.#due = later(now, durationNs(this.#spec.every ?? EVERY))
    this.#ask(now)
  }

  pollTimeout(): Instant {
    return this.#due
  }

  request(now: Instant, request: Request): string | undefined {
    if (request.kind !== 'now') return 'a signalling client has no members'
    this.#ask(now)
    return undefined
  }

  #ask(now: Instant): void {
    const server = parseEndpoint(this.#spec.server)
    if (server === undefined) return
    for (const name of this.#spec.peers) {
      if (!this.#lives(now, name)) this.#port?.send(now, server, textBytes(`where ${name}`))
    }
  }

  #hear(now: Instant, datagram: Datagram): void {
    const server = parseEndpoint(this.#spec.server)
    if (server === undefined || !sameEndpoint(datagram.from, server)) {
      return datagram.drop('service-refused', 'not from the server')
    }
    datagram.done()
    const where = readWhere(readText(datagram.payload) ?? '')
    // The answer to a question from before the session came up must not move it.
    if (where === undefined || !this.#spec.peers.includes(where.name) || this.#lives(now, where.name)) return
    const peer = this.#peer(where.name)
    if (peer?.endpoint !== undefined && sameEndpoint(peer.endpoint, where.endpoint)) return
    const { iface, keepalive = KEEPALIVE_S } = this.#spec
    const endpoint = formatEndpoint(where.endpoint)
    this.#desk.note(now, `${where.name} is at ${endpoint}, says the server`)
    // A keepalive that was off and is set now sends at once: that opens the NAT from the inside.
    this.#desk.run(
      now,
      `wg set ${iface} peer <${where.name}.pub> endpoint ${endpoint} persistent-keepalive 0; wg set ${iface} peer <${where.name}.pub> persistent-keepalive ${keepalive}`,
    )
  }

  #lives(now: Instant, name: string): boolean {
    const at = this.#peer(name)?.latestHandshakeAt
    return at !== undefined && now - at < durationNs(this.#spec.stale ?? STALE)
  }

  #peer(name: string): ReturnType<Desk['peers']>[number] | undefined {
    return this.#desk.peers(this.#spec.iface).find(peer => peer.name === name)
  }
}
