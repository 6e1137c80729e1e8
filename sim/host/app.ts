/** The programs of a machine: ping, a sender of datagrams, and the two services that take them (9 discard, 7 echo). */
import { type Address, type Instant, later, NEVER, NS_PER_S } from '../../impl/box.ts'
import { parseEndpoint, parsePrefix } from '../../impl/ip/address.ts'
import { get16 } from '../../impl/ip/bytes.ts'
import { buildIcmpEcho, type IcmpError, icmpEchoId, icmpEchoSequence, icmpProtocol } from '../../impl/ip/icmp.ts'
import { buildIp, ipDestination, ipSource, ipTos, transportPayload } from '../../impl/ip/packet.ts'
import { UDP_HEADER, udpDestinationPort, udpPayload, udpSourcePort } from '../../impl/ip/udp.ts'
import { durationNs } from '../../scenarios/language/quantity.ts'
import type { StepOf } from '../../scenarios/language/step.ts'
import type { StepRow } from '../../scenarios/language/trace.ts'
import type { Packet } from '../node.ts'
import { datagramPacket } from './datagram.ts'
import type { HostDrop } from './drops.ts'
import type { Outbox } from './outbox.ts'
import { checkPayload, readStamp, Seen, writePayload } from './payload.ts'
import type { Pinger, Protocols, Socket } from './protocols.ts'
import type { Refusal, Sending, Stack } from './stack.ts'

export const DISCARD_PORT = 9
export const ECHO_PORT = 7
const FIRST_SOURCE_PORT = 40_000
/** More packets than a step may have: what claims to be one of them is not ours. */
const MOST_PACKETS = 10_000_000
/** How long ping waits for answers after its last request. */
const LINGER_NS = 10 * NS_PER_S
/** Packets of a burst that leave before the rest of the world has its turn. */
const BURST = 64

const CUT: Sending = { mark: 0, whole: false, layer: 'inner' }
const WHOLE: Sending = { mark: 0, whole: true, layer: 'inner' }

/** A step at work. */
interface Job {
  readonly kind: 'ping' | 'send'
  readonly name: string
  /** The step's place in the scenario. */
  readonly step: number
  /** ICMP echo id, or UDP source port. */
  readonly port: number
  readonly destination: Address
  readonly destinationPort: number
  readonly count: number
  readonly interval_ns: number
  readonly tos: number
  readonly ttl: number
  readonly df: boolean
  /** Written anew for each packet. */
  readonly payload: Uint8Array
  readonly answered: Seen
  sent: number
  due: Instant
  done: boolean
}

export class App implements Pinger {
  readonly #outbox: Outbox
  readonly #stack: Stack
  readonly #steps: readonly string[]
  readonly #numbers: ReadonlyMap<string, number>
  #sockets: Protocols['sockets'] = new Map()
  /** Those with something to do. */
  #active: Job[] = []
  readonly #pings = new Map<number, Job>()
  /** What arrived here of each step. */
  readonly #arrived = new Map<number, Seen>()

  /** `steps`: the names of the scenario's steps in their order. */
  constructor(outbox: Outbox, stack: Stack, steps: readonly string[]) {
    this.#outbox = outbox
    this.#stack = stack
    this.#steps = steps
    this.#numbers = numbersOf(steps)
  }

  /** Opens the ports of its services. */
  listen(sockets: Protocols['sockets']): void {
    this.#sockets = sockets
    const failed = (): void => {}
    sockets.set(DISCARD_PORT, { receive: (now, packet, at) => this.#take(now, packet, at), failed })
    sockets.set(ECHO_PORT, {
      receive: (now, packet, at) => {
        if (this.#take(now, packet, at)) this.#echo(now, packet)
      },
      failed,
    })
  }

  start(now: Instant, step: StepOf<'ping' | 'send'>, name: string): void {
    this.#row(now, name, 'begun')
    const target = step.do === 'ping' ? parsePrefix(step.to) : parseEndpoint(step.to)
    if (target === undefined) {
      this.#row(now, name, 'error', `"${step.to}" is no ${step.do === 'ping' ? 'address' : 'address:port'}`)
      return this.#row(now, name, 'done')
    }
    const number = this.#numbers.get(name) ?? this.#steps.length + this.#pings.size
    const job: Job = {
      kind: step.do,
      name,
      step: number,
      port: step.do === 'ping' ? (number + 1) & 0xffff : this.#freePort(number),
      destination: target.address,
      destinationPort: 'port' in target ? target.port : 0,
      count: step.count ?? 1,
      interval_ns: step.interval === undefined ? NS_PER_S : durationNs(step.interval),
      tos: step.tos ?? 0,
      ttl: step.ttl ?? 64,
      df: step.df ?? false,
      payload: new Uint8Array(step.size ?? (step.do === 'ping' ? 56 : 64)),
      answered: new Seen(),
      sent: 0,
      due: now,
      done: false,
    }
    if (job.kind === 'ping') this.#pings.set(job.port, job)
    else this.#sockets.set(job.port, this.#socketOf(job))
    this.#active.push(job)
    this.handleTimeout(now)
  }

  /** The machine goes down: nothing more comes of what was begun. */
  stop(now: Instant, why: string): void {
    for (const job of this.#active) {
      this.#row(now, job.name, 'error', why)
      this.#row(now, job.name, 'done')
    }
    this.#active = []
  }

  handleTimeout(now: Instant): void {
    let over = false
    for (const job of this.#active) {
      if (job.due > now) continue
      if (job.sent < job.count) this.#sendSome(now, job)
      else this.#finish(now, job)
      if (job.done) over = true
    }
    if (over) this.#active = this.#active.filter(job => !job.done)
  }

  pollTimeout(): Instant {
    let due: number = NEVER
    for (const job of this.#active) if (job.due < due) due = job.due
    return due as Instant
  }

  answered(now: Instant, packet: Packet, message: Uint8Array): void {
    const job = this.#pings.get(icmpEchoId(message))
    // An answer that comes when ping has ended is seen by nobody.
    if (job === undefined || job.done) return
    const seq = wholeSequence(job, icmpEchoSequence(message))
    if (seq < 1) return
    const payload = message.subarray(8)
    if (payload.length !== job.payload.length || !checkPayload(payload, job.step, seq)) {
      return this.#row(now, job.name, 'error', 'the answer carries another payload than the request', seq, packet)
    }
    this.#answer(now, job, seq, packet)
  }

  failed(now: Instant, error: IcmpError, message: Uint8Array): void {
    const job = this.#pings.get(icmpEchoId(message))
    if (job !== undefined && !job.done)
      this.#row(now, job.name, 'error', errorText(error), wholeSequence(job, icmpEchoSequence(message)))
  }

  #socketOf(job: Job): Socket {
    return {
      receive: (now, packet, at) => {
        this.#outbox.done(now, packet)
        const stamp = readStamp(packet.bytes, at + UDP_HEADER, at + get16(packet.bytes, at + 4))
        if (stamp?.step === job.step && stamp.seq <= job.sent) this.#answer(now, job, stamp.seq, packet)
      },
      failed: (now, error, segment) =>
        this.#row(now, job.name, 'error', errorText(error), readStamp(segment.subarray(8))?.seq),
    }
  }

  #answer(now: Instant, job: Job, seq: number, packet: Packet): void {
    if (!job.answered.add(seq)) return
    this.#row(now, job.name, 'answered', undefined, seq, packet)
    if (job.kind === 'ping' && job.answered.count === job.count) job.due = now
  }

  #sendSome(now: Instant, job: Job): void {
    const most = job.interval_ns === 0 ? BURST : 1
    for (let i = 0; i < most && job.sent < job.count; i++) this.#sendOne(now, job)
    if (job.sent < job.count) {
      job.due = later(now, job.interval_ns)
      return
    }
    const over = job.kind === 'send' || job.answered.count === job.count
    job.due = later(now, over ? 0 : LINGER_NS)
    if (over) this.#finish(now, job)
  }

  #finish(now: Instant, job: Job): void {
    job.done = true
    this.#row(now, job.name, 'done', job.kind === 'ping' ? `${job.answered.count} of ${job.count} answered` : undefined)
  }

  #sendOne(now: Instant, job: Job): void {
    const seq = ++job.sent
    writePayload(job.payload, job.step, seq)
    const flow = this.#stack.flow(now, job.destination)
    const source = flow?.source ?? new Uint8Array(job.destination.length)
    const packet = { id: this.#outbox.nextId(), copy: 0, bytes: this.#build(job, source, seq) }
    this.#outbox.born(now, packet)
    this.#row(now, job.name, 'sent', undefined, seq, packet)
    const refusal =
      flow !== undefined && flow.source === undefined
        ? this.#stack.refuse(now, packet, 'source-unavailable', 'inner')
        : this.#stack.send(now, packet, job.df ? WHOLE : CUT)
    if (refusal !== undefined) this.#row(now, job.name, 'error', refusalText(refusal), seq, packet)
  }

  #build(job: Job, source: Address, seq: number): Uint8Array {
    const { destination, payload, tos, ttl, df: dontFragment } = job
    const id = destination.length === 4 ? this.#stack.nextIpId() : 0
    if (job.kind === 'send') {
      const { port: sourcePort, destinationPort } = job
      return datagramPacket({ source, destination, sourcePort, destinationPort, tos, ttl, id, dontFragment, payload })
    }
    const echo = { source, destination, reply: false, id: job.port, sequence: seq & 0xffff, payload }
    const protocol = icmpProtocol(destination)
    return buildIp({ source, destination, protocol, tos, ttl, id, dontFragment, payload: buildIcmpEcho(echo) })
  }

  /** A datagram for a service, with its header at bytes[at]. False: it was damaged. */
  #take(now: Instant, packet: Packet, at: number): boolean {
    const { bytes } = packet
    const end = at + get16(bytes, at + 4)
    const stamp = readStamp(bytes, at + UDP_HEADER, end)
    const name = stamp === undefined ? this.#nameByPort(get16(bytes, at)) : this.#steps[stamp.step]
    if (name === undefined || (stamp !== undefined && (stamp.seq < 1 || stamp.seq > MOST_PACKETS))) {
      this.#outbox.done(now, packet)
      return true
    }
    if (stamp === undefined) {
      this.#outbox.done(now, packet)
      this.#row(now, name, 'arrived', undefined, undefined, packet)
      return true
    }
    if (!checkPayload(bytes, stamp.step, stamp.seq, at + UDP_HEADER, end)) {
      this.#outbox.drop(now, packet, 'inner', 'bad-payload' satisfies HostDrop)
      this.#row(now, name, 'error', 'the payload is not what was sent', stamp.seq, packet)
      return false
    }
    this.#outbox.done(now, packet)
    if (this.#seen(stamp.step).add(stamp.seq)) this.#row(now, name, 'arrived', undefined, stamp.seq, packet)
    return true
  }

  #seen(step: number): Seen {
    const known = this.#arrived.get(step)
    if (known !== undefined) return known
    const seen = new Seen()
    this.#arrived.set(step, seen)
    return seen
  }

  #echo(now: Instant, request: Packet): void {
    const segment = transportPayload(request.bytes)
    const source = ipDestination(request.bytes).slice()
    const destination = ipSource(request.bytes).slice()
    const bytes = datagramPacket({
      source,
      destination,
      sourcePort: ECHO_PORT,
      destinationPort: udpSourcePort(segment),
      tos: ipTos(request.bytes),
      id: source.length === 4 ? this.#stack.nextIpId() : 0,
      dontFragment: false,
      payload: udpPayload(segment),
    })
    // Two echo services must not talk to each other for ever.
    if (udpSourcePort(segment) !== udpDestinationPort(segment)) this.#stack.sendBorn(now, bytes, request.id)
  }

  /** The step whose datagrams are too short to say so, told by the port that they come from. */
  #nameByPort(port: number): string | undefined {
    return this.#steps[port - FIRST_SOURCE_PORT]
  }

  #freePort(number: number): number {
    let port = FIRST_SOURCE_PORT + (number % 20_000)
    while (this.#sockets.has(port)) port = port === 65535 ? FIRST_SOURCE_PORT : port + 1
    return port
  }

  #row(now: Instant, step: string, what: StepRow['what'], detail?: string, seq?: number, packet?: Packet): void {
    const host = this.#outbox.name
    // Three a packet: no spreading here.
    if (detail === undefined && seq !== undefined && packet !== undefined) {
      const row = { kind: 'step', t: now, step, host, what, seq, packet: packet.id } as const
      this.#outbox.push({ kind: 'row', row })
      return
    }
    const more = {
      ...(seq === undefined ? {} : { seq }),
      ...(packet === undefined ? {} : { packet: packet.id }),
      ...(detail === undefined ? {} : { detail }),
    }
    this.#outbox.push({ kind: 'row', row: { kind: 'step', t: now, step, host, what, ...more } })
  }
}

/** One for all machines of a world: ten thousand machines with a step each must not have a table of all steps each. */
const NUMBERS = new WeakMap<readonly string[], ReadonlyMap<string, number>>()

export function numbersOf(steps: readonly string[]): ReadonlyMap<string, number> {
  const known = NUMBERS.get(steps)
  if (known !== undefined) return known
  const numbers = new Map(steps.map((name, number) => [name, number]))
  NUMBERS.set(steps, numbers)
  return numbers
}

/** ICMP has 16 bits for the sequence number: the latest sent one that ends in these. */
function wholeSequence(job: Job, sequence: number): number {
  return job.sent - ((job.sent - sequence) & 0xffff)
}

function errorText(error: IcmpError): string {
  return error.kind === 'too-big' ? `icmp too-big (MTU ${error.mtu})` : `icmp ${error.kind}`
}

function refusalText({ reason, mtu }: Refusal): string {
  return mtu === undefined ? reason : `${reason} (MTU ${mtu})`
}
