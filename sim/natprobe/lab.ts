/** The hands of the measurer: send this, did it arrive, wait, start anew; and the search for an instant. */
import type { Ask, Datagram, IcmpErrorName, Measurer, ProbeWorld, Seen, SeenDatagram, SeenEcho } from './world.ts'

/** Ports of servers for which no NAT has rules of its own. */
export const QUIET = 40_007
export const OTHER = 40_011

const MS = 1_000_000
const S = 1_000_000_000

/** Something that holds up to an instant and not from then on, asked on a NAT that is new each time. */
export type Question = (t_ns: number) => Measurer<boolean>

type Extras = Pick<Datagram, 'size' | 'text' | 'ttl' | 'dontFragment' | 'noChecksum' | 'fragments'>

export class Lab {
  readonly world: ProbeWorld
  /** How often it began anew. */
  runs = 0
  /** Datagrams that were sent. */
  sent = 0
  #now = 0
  #n = 0

  constructor(world: ProbeWorld) {
    this.world = world
  }

  /** Nanoseconds since the NAT was new. */
  get now(): number {
    return this.#now
  }

  *fresh(): Measurer<void> {
    this.runs++
    this.#now = 0
    this.#n = 0
    yield { do: 'reset' }
  }

  /** Waits until `t_ns` after the NAT was new; what comes meanwhile is nobody's. */
  *until(t_ns: number): Measurer<void> {
    const ns = t_ns - this.#now
    if (ns <= 0) return
    this.#now = t_ns
    yield { do: 'wait', ns }
  }

  /** An inner machine sends to a server: what arrived there, or undefined. */
  *out(
    host: string,
    port: number,
    server: string,
    serverPort: number,
    extras: Extras = {},
  ): Measurer<SeenDatagram | undefined> {
    const seen = yield* this.outAll(host, port, `${this.addressOf(server)}:${serverPort}`, extras)
    return seen.find(one => one.kind === 'udp' && one.at === server) as SeenDatagram | undefined
  }

  /** The same to any end: everything that was seen of it. */
  *outAll(host: string, port: number, to: string, extras: Extras = {}): Measurer<readonly Seen[]> {
    const n = this.#number()
    const seen = yield* this.#send({ do: 'send', shot: { kind: 'udp', n, from: host, port, to, ...extras } })
    return seen.filter(one => one.kind === 'icmp' || one.n === n)
  }

  /** A server sends to an outer end: what arrived inside, or undefined. */
  *in(server: string, serverPort: number, to: string, extras: Extras = {}): Measurer<SeenDatagram | undefined> {
    const seen = yield* this.outAll(server, serverPort, to, extras)
    return seen.find(one => one.kind === 'udp' && this.isInner(one.at)) as SeenDatagram | undefined
  }

  /** The server that got a datagram complains about it: what arrived inside. */
  *complain(about: SeenDatagram, error: IcmpErrorName = 'port-unreachable', mtu?: number): Measurer<Seen | undefined> {
    const shot = {
      kind: 'icmp',
      n: this.#number(),
      from: about.at,
      error,
      about,
      ...(mtu === undefined ? {} : { mtu }),
    } as const
    const seen = yield* this.#send({ do: 'send', shot })
    return seen.find(one => one.kind === 'icmp' && this.isInner(one.at))
  }

  /** An echo request of an inner machine: what arrived at the server. */
  *ping(host: string, id: number, server: string): Measurer<SeenEcho | undefined> {
    const n = this.#number()
    const shot = { kind: 'echo', n, from: host, id, to: this.addressOf(server), reply: false } as const
    const seen = yield* this.#send({ do: 'send', shot })
    return seen.find(one => one.kind === 'echo' && one.n === n && one.at === server) as SeenEcho | undefined
  }

  /** An echo reply of a server to an outer address and id: what arrived inside. */
  *pong(server: string, to: string, id: number): Measurer<SeenEcho | undefined> {
    const n = this.#number()
    const seen = yield* this.#send({ do: 'send', shot: { kind: 'echo', n, from: server, id, to, reply: true } })
    return seen.find(one => one.kind === 'echo' && one.n === n && this.isInner(one.at)) as SeenEcho | undefined
  }

  addressOf(name: string): string {
    const { inner, servers } = this.world
    const machine = [...inner, ...servers].find(one => one.name === name)
    if (machine === undefined) throw new RangeError(`no machine is called "${name}"`)
    return machine.address
  }

  isInner(name: string): boolean {
    return this.world.inner.some(one => one.name === name)
  }

  /**
   * The first instant at which the answer is no, to the resolution of the world; undefined: yes for as long as is allowed.
   * Whole seconds are tried first, then milliseconds, then nanoseconds: people write timeouts in whole units.
   */
  *end(question: Question, longest_ns: number = this.world.longest_ns): Measurer<number | undefined> {
    if (!(yield* question(0))) return 0
    let yes = 0
    let no = S
    while (yield* question(no)) {
      yes = no
      if (no >= longest_ns) return undefined
      no = Math.min(no * 2, longest_ns)
    }
    for (const grid of [60 * S, S, MS, this.world.resolution_ns]) {
      if (grid < this.world.resolution_ns) continue
      // The last yes and the first no on this grid.
      let low = Math.floor(yes / grid)
      let high = Math.ceil(no / grid)
      while (high - low > 1) {
        const middle = Math.floor((low + high) / 2)
        if (yield* question(middle * grid)) low = middle
        else high = middle
      }
      yes = Math.max(yes, low * grid)
      no = Math.min(no, high * grid)
      if (no - yes <= this.world.resolution_ns) return no
      if (yield* question(no - this.world.resolution_ns)) return no
      no -= this.world.resolution_ns
    }
    return no
  }

  #number(): number {
    this.#n = (this.#n % 65_535) + 1
    return this.#n
  }

  *#send(ask: Ask): Measurer<readonly Seen[]> {
    this.sent++
    const { settle_ns } = this.world
    const seen = yield ask
    if (settle_ns === 0) return seen
    this.#now += settle_ns
    return [...seen, ...(yield { do: 'wait', ns: settle_ns })]
  }
}

export function portOf(end: string): number {
  return Number(end.slice(end.lastIndexOf(':') + 1))
}

export function addressOf(end: string): string {
  return end.slice(0, end.lastIndexOf(':'))
}
