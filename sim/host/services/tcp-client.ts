/** The near end of a TCP carrier: WireGuard speaks to a UDP port of its own machine, and the datagrams go by a stream. */
import { type Endpoint, type Instant, later, NEVER } from '../../../impl/box.ts'
import { formatEndpoint, isLoopback, parseEndpoint } from '../../../impl/ip/address.ts'
import { durationNs } from '../../../scenarios/language/quantity.ts'
import type { ServiceOf } from '../../../scenarios/language/service.ts'
import { LINUX } from '../tcp/settings.ts'
import { Carrier } from './carrier.ts'
import type { Datagram, Desk, Request, Service, UdpPort } from './service.ts'

const RETRY = '1s'
export const CARRIER_QUEUE = 65_536
const FIRST_PORT = 32768
const PORTS = 28_232

export class TcpClient implements Service {
  readonly #desk: Desk
  readonly #spec: ServiceOf<'udp-over-tcp-client'>
  readonly #port: UdpPort | undefined
  #carrier: Carrier | undefined
  /** Who speaks to us: the WireGuard of this machine. */
  #local: Endpoint | undefined
  /** Until there is a connection. */
  #queue: Uint8Array[] = []
  #queued = 0
  #connectAt: Instant
  #deliverAt: Instant = NEVER

  constructor(desk: Desk, spec: ServiceOf<'udp-over-tcp-client'>, now: Instant) {
    this.#desk = desk
    this.#spec = spec
    this.#port = desk.open(now, spec.listen, (at, datagram) => this.#carry(at, datagram))
    this.#connectAt = now
  }

  handleTimeout(now: Instant): void {
    if (this.#connectAt <= now) this.#connect(now)
    if (this.#deliverAt > now) return
    this.#deliverAt = NEVER
    for (const datagram of this.#carrier?.take() ?? []) {
      if (this.#local !== undefined) this.#port?.send(now, this.#local, datagram)
    }
  }

  pollTimeout(): Instant {
    return this.#connectAt < this.#deliverAt ? this.#connectAt : this.#deliverAt
  }

  request(now: Instant, request: Request): string | undefined {
    if (request.kind !== 'now') return 'a carrier has no members'
    this.#carrier?.abort(now)
    this.#connectAt = now
    return undefined
  }

  stop(now: Instant): void {
    this.#connectAt = NEVER
    this.#carrier?.abort(now)
  }

  #connect(now: Instant): void {
    this.#connectAt = NEVER
    const server = parseEndpoint(this.#spec.server)
    if (server === undefined) return
    const carrier: Carrier = new Carrier(server, {
      connected: at => this.#connected(at, carrier),
      arrived: at => {
        this.#deliverAt = at
      },
      closed: (at, error) => this.#closed(at, carrier, error),
    })
    this.#carrier = carrier
    const port = FIRST_PORT + this.#desk.random.below(PORTS)
    const connection = this.#desk.tcp.connect(now, server, port, carrier, LINUX)
    if (typeof connection === 'string') this.#closed(now, carrier, connection)
    else carrier.use(connection)
  }

  #connected(now: Instant, carrier: Carrier): void {
    this.#desk.note(now, `connected to ${formatEndpoint(carrier.remote)} by TCP`)
    const queue = this.#queue
    this.#queue = []
    this.#queued = 0
    for (const datagram of queue) carrier.send(now, datagram, this.#room())
  }

  #closed(now: Instant, carrier: Carrier, error: string | undefined): void {
    if (carrier !== this.#carrier) return
    this.#carrier = undefined
    const retry = this.#spec.retry ?? RETRY
    this.#desk.note(now, `no connection to ${this.#spec.server}: ${error ?? 'closed'}; again in ${retry}`)
    this.#connectAt = later(now, durationNs(retry))
  }

  #carry(now: Instant, datagram: Datagram): void {
    if (!isLoopback(datagram.from.address)) return datagram.drop('service-refused', 'not from this machine')
    this.#local = datagram.from
    const { payload } = datagram
    if (this.#carrier?.isOpen === true) {
      if (!this.#carrier.send(now, payload, this.#room())) return datagram.drop('carrier-queue-full')
    } else {
      if (this.#queued + payload.length > this.#room()) return datagram.drop('carrier-queue-full')
      this.#queue.push(payload.slice())
      this.#queued += payload.length
    }
    datagram.done()
  }

  #room(): number {
    return this.#spec.queue ?? CARRIER_QUEUE
  }
}
