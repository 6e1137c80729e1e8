/** The far end of a TCP carrier: each connection is one UDP socket towards the WireGuard of this machine. */
import { type Endpoint, type Instant, NEVER } from '../../../impl/box.ts'
import { formatEndpoint, parseEndpoint } from '../../../impl/ip/address.ts'
import type { ServiceOf } from '../../../scenarios/language/service.ts'
import { Carrier } from './carrier.ts'
import type { Desk, Service, UdpPort } from './service.ts'
import { CARRIER_QUEUE } from './tcp-client.ts'

interface Line {
  readonly carrier: Carrier
  readonly port: UdpPort
}

export class TcpServer implements Service {
  readonly #desk: Desk
  readonly #to: Endpoint | undefined
  readonly #lines = new Set<Line>()
  #deliverAt: Instant = NEVER

  constructor(desk: Desk, { port, to }: ServiceOf<'udp-over-tcp-server'>) {
    this.#desk = desk
    this.#to = parseEndpoint(to)
    desk.listen(port, (now, remote) => this.#accept(now, remote))
  }

  handleTimeout(now: Instant): void {
    if (this.#deliverAt > now) return
    this.#deliverAt = NEVER
    for (const { carrier, port } of this.#lines) {
      for (const datagram of carrier.take()) if (this.#to !== undefined) port.send(now, this.#to, datagram)
    }
  }

  pollTimeout(): Instant {
    return this.#deliverAt
  }

  request(): string {
    return 'a carrier only carries'
  }

  stop(now: Instant): void {
    for (const { carrier } of this.#lines) carrier.abort(now)
  }

  #accept(now: Instant, remote: Endpoint): Carrier {
    let line: Line | undefined
    const carrier = new Carrier(remote, {
      connected: () => {},
      arrived: at => {
        this.#deliverAt = at
      },
      closed: (at, error) => {
        if (line === undefined) return
        this.#desk.note(at, `${formatEndpoint(remote)} is gone${error === undefined ? '' : `: ${error}`}`)
        line.port.close()
        this.#lines.delete(line)
      },
    })
    const port = this.#desk.open(now, undefined, (at, datagram) => {
      const { payload } = datagram
      if (!carrier.send(at, payload, CARRIER_QUEUE)) return datagram.drop('carrier-queue-full')
      datagram.done()
    })
    if (port === undefined) return carrier
    line = { carrier, port }
    this.#lines.add(line)
    this.#desk.note(now, `${formatEndpoint(remote)} is connected by TCP, and is 127.0.0.1:${port.port} here`)
    return carrier
  }
}
