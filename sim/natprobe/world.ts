/**
 * What the measurer of NATs asks of a world, and what it is told. Whoever has machines on both sides of a NAT and can send
 * datagrams with chosen ports from them can drive it: the simulator (bench.ts), or a real kernel with its own NAT.
 *
 * A driver does five things, one for each `Ask`, and answers each with what has arrived since the last answer:
 *
 *     let ask = measurer.next([])
 *     while (!ask.done) ask = measurer.next(await perform(ask.value))
 *     return ask.value
 *
 * It knows nothing of NATs. Addresses and ends are text: `192.0.2.1`, `192.0.2.1:53`.
 */

/** Who is there. Everything inside is reached by its own address on the inner network, every server on the outer one. */
export interface ProbeWorld {
  /** Machines behind the NAT: two or three, by name and address. */
  readonly inner: readonly ProbeMachine[]
  /** Machines outside: three, each with its own address. */
  readonly servers: readonly ProbeMachine[]
  /** After this long what has not arrived will not: one way through the NAT, with room to spare. 0 where there is no delay. */
  readonly settle_ns: number
  /** How exactly it waits: no two instants nearer than this are told apart. 1 in virtual time. */
  readonly resolution_ns: number
  /** The longest wait that it agrees to. */
  readonly longest_ns: number
  /** The largest packet that passes on either side of the NAT: inner network, outer network. */
  readonly mtu: { readonly inside: number; readonly outside: number }
}

export interface ProbeMachine {
  readonly name: string
  readonly address: string
}

/** `192.0.2.1:53` */
export type EndText = string

export type Ask =
  /** A NAT that knows nothing: restarted, flushed, or left alone for long enough. Time begins at 0; what was on its way is gone. */
  | { readonly do: 'reset' }
  | { readonly do: 'send'; readonly shot: Shot }
  /** Lets time pass. */
  | { readonly do: 'wait'; readonly ns: number }

export type Shot = Datagram | IcmpShot | EchoShot

interface ShotBase {
  /** Tells packets apart on arrival: it is carried in the payload (of an echo: as its sequence number). 1 to 65535. */
  readonly n: number
  /** The machine's name. */
  readonly from: string
}

export interface Datagram extends ShotBase {
  readonly kind: 'udp'
  readonly port: number
  readonly to: EndText
  /** Bytes of UDP payload. Default 16, which is the least. */
  readonly size?: number
  /** Text that stands in the payload after the number. */
  readonly text?: string
  /** Default 64. */
  readonly ttl?: number
  readonly dontFragment?: boolean
  /** UDP checksum 0. */
  readonly noChecksum?: boolean
  /** Sent as fragments; `order`: which pieces are sent, by number from 0, in this order. */
  readonly fragments?: { readonly size: number; readonly order: readonly number[] }
}

/** An ICMP error about a datagram that this machine has received. */
export interface IcmpShot extends ShotBase {
  readonly kind: 'icmp'
  readonly error: IcmpErrorName
  /** What the next hop takes, of `too-big`. */
  readonly mtu?: number
  readonly about: SeenDatagram
}

export type IcmpErrorName = 'port-unreachable' | 'host-unreachable' | 'time-exceeded' | 'too-big' | 'prohibited'

/** An ICMP echo request, or the reply to one that has arrived. */
export interface EchoShot extends ShotBase {
  readonly kind: 'echo'
  readonly id: number
  readonly to: string
  readonly reply: boolean
}

/** What has arrived at a machine. */
export type Seen = SeenDatagram | SeenError | SeenEcho

interface SeenBase {
  readonly at: string
  /** Since the reset. */
  readonly t_ns: number
  readonly source: EndText
  readonly destination: EndText
  readonly ttl: number
  /** Whether every checksum in it is right; `none`: UDP without one. */
  readonly checksum: 'right' | 'wrong' | 'none'
}

export interface SeenDatagram extends SeenBase {
  readonly kind: 'udp'
  /** The number that it carries. */
  readonly n: number
  /** Bytes of UDP payload. */
  readonly size: number
  /** The payload is what was sent. */
  readonly intact: boolean
  /** In how many pieces it came. */
  readonly pieces: number
  readonly dontFragment: boolean
  /** The IP packet, for errors about it. */
  readonly packet: Uint8Array
}

/** Source and destination are those of the error itself, without ports. */
export interface SeenError extends SeenBase {
  readonly kind: 'icmp'
  readonly error: string
  /** Of `too-big`. */
  readonly mtu: number | null
  /** The ends of the packet that it is about. */
  readonly aboutSource: EndText
  readonly aboutDestination: EndText
}

/** The ends have the query id as the port. */
export interface SeenEcho extends SeenBase {
  readonly kind: 'echo'
  readonly n: number
  readonly reply: boolean
}

/** A measurement: asks until it has its answer. */
export type Measurer<T> = Generator<Ask, T, readonly Seen[]>

/** Does what it is asked at once, and tells what has arrived. */
export interface ProbeDriver {
  readonly world: ProbeWorld
  perform(ask: Ask): readonly Seen[]
}

/** Runs a measurement to its end in a world that answers at once. */
export function conduct<T>(measurer: Measurer<T>, driver: ProbeDriver): T {
  let step = measurer.next([])
  while (step.done !== true) step = measurer.next(driver.perform(step.value))
  return step.value
}
