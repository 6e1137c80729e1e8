/** Two connections and a line between them, for tests: what the line does with each segment is a function. */
import { type Instant, instant, later, NEVER } from '../../../impl/box.ts'
import { Connection } from './connection.ts'
import type { Program, Wire } from './contract.ts'
import { emptyHeader, type Header, optionsLength } from './segment.ts'
import type { SentWhy } from './sender.ts'
import { LINUX, type TcpSettings } from './settings.ts'

/** What becomes of a segment: nothing, or arrivals after these delays. */
export type Fate = readonly number[]

export interface Flight {
  readonly t: number
  readonly from: 'a' | 'b'
  readonly flags: number
  readonly sequence: number
  readonly acknowledgement: number
  readonly length: number
  readonly window: number
  readonly sacks: number
  readonly why: SentWhy | 'control'
}

interface Arrival {
  readonly at: Instant
  readonly to: 'a' | 'b'
  readonly header: Header
  readonly data: Uint8Array
  readonly congested: boolean
}

export class End implements Program {
  /** What came out, in order. */
  readonly got: number[] = []
  readonly story: string[] = []
  readonly #line: Line
  /** Takes what arrives out of the buffer at once; else its window closes. */
  reads = true
  connection!: Connection
  /** What it sends. */
  stream: Uint8Array

  constructor(line: Line, stream: Uint8Array) {
    this.#line = line
    this.stream = stream
  }

  connected(): void {
    this.story.push('connected')
    this.connection.write(this.#line.now, this.stream.length)
    this.connection.close(this.#line.now)
  }

  received(now: Instant, bytes: Uint8Array): void {
    for (const byte of bytes) this.got.push(byte)
    if (this.reads) this.connection.read(now, bytes.length)
  }

  ended(): void {
    this.story.push('ended')
  }

  finished(): void {
    this.story.push('finished')
  }

  closed(_now: Instant, error: string | undefined): void {
    this.story.push(error === undefined ? 'closed' : `closed: ${error}`)
  }
}

export interface LineOptions {
  readonly up?: Uint8Array
  readonly down?: Uint8Array
  readonly a?: Partial<TcpSettings>
  readonly b?: Partial<TcpSettings>
  readonly mtu?: number
  readonly fate?: (flight: Flight, n: number) => Fate
  readonly mark?: (flight: Flight) => boolean
}

/** a opens, b accepts. */
export class Line {
  now = instant(0)
  readonly a: End
  readonly b: End
  readonly flights: Flight[] = []
  mtu = { a: 1500, b: 1500 }
  fate: (flight: Flight, n: number) => Fate
  readonly #mark: (flight: Flight) => boolean
  readonly #settings: { a: TcpSettings; b: TcpSettings }
  #arrivals: Arrival[] = []

  constructor(options: LineOptions = {}) {
    const { up = new Uint8Array(0), down = new Uint8Array(0), mtu = 1500 } = options
    this.fate = options.fate ?? (() => [10_000_000])
    this.#mark = options.mark ?? (() => false)
    this.mtu = { a: mtu, b: mtu }
    this.#settings = { a: { ...LINUX, ...options.a }, b: { ...LINUX, ...options.b } }
    this.a = new End(this, up)
    this.b = new End(this, down)
    this.a.connection = new Connection(this.now, 4, 0xffff_ff00, this.#wire('a'), this.a, this.#settings.a)
    this.b.connection = new Connection(this.now, 4, 77, this.#wire('b'), this.b, this.#settings.b)
    this.a.connection.open(this.now)
  }

  /** Until nothing is left to happen, or an instant. */
  run(until_ns: number): void {
    for (;;) {
      const { a, b } = { a: this.a.connection.pollTimeout(), b: this.b.connection.pollTimeout() }
      const first = this.#arrivals[0]
      const due = Math.min(a, b, first?.at ?? NEVER)
      if (due === NEVER || due > until_ns) break
      this.now = instant(Math.max(due, this.now))
      if (first !== undefined && first.at === due) {
        this.#arrivals.shift()
        this.#arrive(first)
      } else if (a === due) this.a.connection.handleTimeout(this.now)
      else this.b.connection.handleTimeout(this.now)
    }
    this.now = instant(until_ns)
  }

  #arrive({ to, header, data, congested }: Arrival): void {
    const { connection } = this[to]
    if (to === 'b' && connection.state === 'closed' && this.b.story.length === 0) connection.accept(this.now, header)
    else connection.segment(this.now, header, data, congested)
  }

  #wire(from: 'a' | 'b'): Wire {
    return {
      mtu: () => this.mtu[from],
      send: (now, header, place, length, capable, why) => {
        const size = 40 + optionsLength(header) + length
        const flight: Flight = {
          t: now,
          from,
          flags: header.flags,
          sequence: header.sequence,
          acknowledgement: header.acknowledgement,
          length,
          window: header.window,
          sacks: header.sackCount,
          why,
        }
        this.flights.push(flight)
        if (size > this.mtu[from]) throw new Error(`a segment of ${size} bytes on an MTU of ${this.mtu[from]}`)
        const data = this[from].stream.slice(place, place + length)
        const copy: Header = { ...emptyHeader(), ...header, sacks: [...header.sacks] }
        for (const delay of this.fate(flight, this.flights.length - 1)) {
          this.#plan({
            at: later(now, delay),
            to: from === 'a' ? 'b' : 'a',
            header: copy,
            data,
            congested: capable && this.#mark(flight),
          })
        }
      },
    }
  }

  #plan(arrival: Arrival): void {
    let place = this.#arrivals.length
    while (place > 0 && this.#arrivals[place - 1]!.at > arrival.at) place--
    this.#arrivals.splice(place, 0, arrival)
  }
}
