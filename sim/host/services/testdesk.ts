/** A desk for tests of one service: what it sends and says is written down, its peers are a plain list. */
import { type Instant, instant } from '../../../impl/box.ts'
import { formatEndpoint, parseEndpoint } from '../../../impl/ip/address.ts'
import { seededRandom } from '../../random.ts'
import type { Datagram, Desk } from './service.ts'
import { textBytes } from './text.ts'

type Receive = Parameters<Desk['open']>[2]
type Peers = ReturnType<Desk['peers']>

export interface Carried {
  /** Of the service. */
  readonly port: number
  readonly to: string
  readonly payload: Uint8Array
  readonly cause: number | undefined
}

export class TestDesk {
  readonly sent: Carried[] = []
  readonly notes: string[] = []
  readonly commands: string[] = []
  /** `n done`, `n dropped reason` for the nth datagram that was handed in. */
  readonly fates: string[] = []
  peers: Peers = []
  readonly desk: Desk
  readonly #open = new Map<number, Receive>()
  #count = 0

  constructor() {
    this.desk = {
      random: seededRandom('1'),
      peers: () => this.peers,
      wallClock: now => ({ sec: Math.floor(now / 1e9), nsec: now % 1e9 }),
      note: (_now, text) => this.notes.push(text),
      run: (_now, command) => this.commands.push(command) > 0,
      open: (_now, wanted, receive) => {
        const port = wanted ?? 40_000 + this.#open.size
        this.#open.set(port, receive)
        return {
          port,
          send: (_at, to, payload, how) =>
            this.sent.push({ port, to: formatEndpoint(to), payload: payload.slice(), cause: how?.cause?.n }),
          close: () => this.#open.delete(port),
        }
      },
    } satisfies Omit<Desk, 'machine' | 'tcp' | 'listen'> as unknown as Desk
  }

  /** A datagram comes to a port; the number it goes by. */
  receive(now_ns: number, port: number, from: string, payload: string | Uint8Array): number {
    const n = this.#count++
    const datagram: Datagram = {
      id: { box: 'test', n },
      from: parseEndpoint(from)!,
      to: Uint8Array.of(192, 0, 2, 1),
      payload: typeof payload === 'string' ? textBytes(payload) : payload,
      done: () => this.fates.push(`${n} done`),
      drop: reason => this.fates.push(`${n} dropped ${reason}`),
    }
    this.#open.get(port)?.(instant(now_ns) as Instant, datagram)
    return n
  }

  /** What was sent as text, with where it went. */
  texts(): string[] {
    return this.sent.map(({ to, payload }) => `${to} ${String.fromCharCode(...payload)}`)
  }
}
