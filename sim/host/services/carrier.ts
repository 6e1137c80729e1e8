/** One TCP connection that carries datagrams, seen from either end. */
import type { Endpoint, Instant } from '../../../impl/box.ts'
import type { Connection } from '../tcp/connection.ts'
import type { Talker } from '../tcp/tcp.ts'
import { Frames, frame, Unacknowledged } from './frames.ts'

export interface CarrierEvents {
  connected(now: Instant): void
  /** Something came: take it with `take`, but not from within this call. */
  arrived(now: Instant): void
  /** It is over; `error`: in the words of the operating system. */
  closed(now: Instant, error: string | undefined): void
}

export class Carrier implements Talker {
  readonly remote: Endpoint
  readonly #events: CarrierEvents
  readonly #buffer = new Unacknowledged()
  readonly #frames = new Frames()
  #connection: Connection | undefined
  #arrived: Uint8Array[] = []
  isOpen = false

  constructor(remote: Endpoint, events: CarrierEvents) {
    this.remote = remote
    this.#events = events
  }

  use(connection: Connection): void {
    this.#connection = connection
  }

  /** False: more than `room` bytes are on their way already. */
  send(now: Instant, datagram: Uint8Array, room: number): boolean {
    const connection = this.#connection
    if (connection === undefined) return false
    this.#buffer.release(connection.sender.una - 1)
    const waiting = this.#buffer.written - Math.max(0, connection.sender.una - 1)
    const framed = frame(datagram)
    if (waiting + framed.length > room) return false
    this.#buffer.append(framed)
    connection.write(now, this.#buffer.written)
    return true
  }

  /** The datagrams that arrived since. */
  take(): Uint8Array[] {
    const arrived = this.#arrived
    this.#arrived = []
    return arrived
  }

  abort(now: Instant): void {
    this.#connection?.abort(now)
  }

  fill(into: Uint8Array, from: number): void {
    this.#buffer.fill(into, from)
  }

  connected(now: Instant): void {
    this.isOpen = true
    this.#events.connected(now)
  }

  received(now: Instant, bytes: Uint8Array): void {
    const datagrams = this.#frames.push(bytes)
    this.#connection?.read(now, bytes.length)
    if (datagrams.length === 0) return
    this.#arrived.push(...datagrams)
    this.#events.arrived(now)
  }

  ended(now: Instant): void {
    this.#connection?.close(now)
  }

  finished(): void {}

  closed(now: Instant, error: string | undefined): void {
    this.isOpen = false
    this.#events.closed(now, error)
  }
}
