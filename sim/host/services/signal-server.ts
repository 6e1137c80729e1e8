/** Tells peers of a tunnel where other peers are: what WireGuard itself saw last is the mapping of their own sockets. */
import { type Instant, NEVER } from '../../../impl/box.ts'
import { addressInPrefix, formatEndpoint } from '../../../impl/ip/address.ts'
import type { ServiceOf } from '../../../scenarios/language/service.ts'
import type { Datagram, Desk, Service, UdpPort } from './service.ts'
import { readText, textBytes, whereText } from './text.ts'

export const SIGNAL_PORT = 5351

export class SignalServer implements Service {
  readonly #desk: Desk
  readonly #iface: string
  readonly #port: UdpPort | undefined
  /** What each was told last, to note only what is new. */
  readonly #told = new Map<string, string>()

  constructor(desk: Desk, { iface, port = SIGNAL_PORT }: ServiceOf<'signal-server'>, now: Instant) {
    this.#desk = desk
    this.#iface = iface
    this.#port = desk.open(now, port, (at, datagram) => this.#answer(at, datagram))
  }

  handleTimeout(): void {}

  pollTimeout(): Instant {
    return NEVER
  }

  request(): string {
    return 'a signalling server only answers'
  }

  #answer(now: Instant, datagram: Datagram): void {
    const { payload, from, to, id } = datagram
    const wanted = /^where ([A-Za-z0-9_-]+)$/.exec(readText(payload) ?? '')?.[1]
    const peers = this.#desk.peers(this.#iface)
    // Only who came through the tunnel has shown that the address is his.
    const asker = peers.find(({ allowedIps }) => allowedIps.some(prefix => addressInPrefix(from.address, prefix)))
    if (wanted === undefined || asker === undefined) {
      return datagram.drop('service-refused', wanted === undefined ? 'no question' : 'not from a peer')
    }
    datagram.done()
    const found = peers.find(({ name }) => name === wanted)
    const text = whereText(wanted, found?.endpoint)
    const who = asker.name ?? formatEndpoint(from)
    if (this.#told.get(`${who} ${wanted}`) !== text) this.#desk.note(now, `told ${who}: ${text}`)
    this.#told.set(`${who} ${wanted}`, text)
    this.#port?.send(now, from, textBytes(text), { from: to, cause: id })
  }
}
