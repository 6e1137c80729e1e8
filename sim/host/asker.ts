/** Names over the network: a stub resolver as of the C library, and the service on port 53 that answers it. */
import { type Address, type Instant, later, NEVER, NS_PER_S } from '../../impl/box.ts'
import { formatAddress } from '../../impl/ip/address.ts'
import { get16 } from '../../impl/ip/bytes.ts'
import { ipDestination, ipSource } from '../../impl/ip/packet.ts'
import { UDP_HEADER } from '../../impl/ip/udp.ts'
import type { StepOf } from '../../scenarios/language/step.ts'
import type { StepRow } from '../../scenarios/language/trace.ts'
import type { Packet } from '../node.ts'
import { datagramPacket } from './datagram.ts'
import { DNS_PORT, dnsQuery, dnsReply, readDnsQuery, readDnsReply } from './dns.ts'
import type { Outbox } from './outbox.ts'
import type { Protocols } from './protocols.ts'
import type { Stack } from './stack.ts'

/** resolv.conf(5): timeout and attempts. */
const TIMEOUT_NS = 5 * NS_PER_S
const ATTEMPTS = 2
const FIRST_PORT = 62_000
const LAST_PORT = 65_535

export interface AskerOptions {
  readonly outbox: Outbox
  readonly stack: Stack
  readonly sockets: Protocols['sockets']
  /** What the service answers; undefined: nothing. */
  resolve(name: string): readonly Address[] | undefined
  /** Who is asked, in this order. */
  servers(): readonly Address[]
}

interface Job {
  readonly step: string
  readonly name: string
  readonly port: number
  /** Each server as often as there are attempts, in turn. */
  readonly turns: readonly Address[]
  asked: number
  due: Instant
}

export class Asker {
  readonly #options: AskerOptions
  #jobs: Job[] = []
  #nextPort = FIRST_PORT
  /** A pool is asked in turn. */
  #rotation = 0

  constructor(options: AskerOptions) {
    this.#options = options
    options.sockets.set(DNS_PORT, {
      yields: true,
      receive: (now, packet, at) => this.#serve(now, packet, at),
      failed: () => {},
    })
  }

  start(now: Instant, step: StepOf<'lookup'>, name: string): void {
    this.#row(now, name, 'begun')
    const servers = this.#options.servers()
    if (servers.length === 0) {
      this.#row(now, name, 'error', 'no resolver is set: neither `resolver` of the host nor DNS of a tunnel', 1)
      return this.#row(now, name, 'done')
    }
    const first = this.#rotation++ % servers.length
    const round = [...servers.slice(first), ...servers.slice(0, first)]
    const turns = Array.from({ length: ATTEMPTS }, () => round).flat()
    const job: Job = { step: name, name: step.domain, port: this.#freePort(), turns, asked: 0, due: now }
    this.#options.sockets.set(job.port, {
      receive: (at, packet, offset) => this.#answered(at, job, packet, offset),
      // The C library goes on with the next server at once.
      failed: at => this.#next(at, job),
    })
    this.#jobs.push(job)
    this.#next(now, job)
  }

  /** The machine goes down. */
  stop(now: Instant, why: string): void {
    for (const job of [...this.#jobs]) this.#finish(now, job, why)
  }

  handleTimeout(now: Instant): void {
    for (const job of [...this.#jobs]) if (job.due <= now) this.#next(now, job)
  }

  pollTimeout(): Instant {
    let due: number = NEVER
    for (const job of this.#jobs) if (job.due < due) due = job.due
    return due as Instant
  }

  /** Asks the next server, or gives up. */
  #next(now: Instant, job: Job): void {
    const { outbox, stack } = this.#options
    const server = job.turns[job.asked++]
    if (server === undefined) return this.#finish(now, job, 'no resolver answers')
    job.due = later(now, TIMEOUT_NS)
    const source = stack.flow(now, server)?.source
    const size = outsideFamily(stack)
    const payload = dnsQuery({ id: job.asked, name: job.name, size })
    const bytes = this.#datagram(source ?? new Uint8Array(server.length), server, job.port, DNS_PORT, payload)
    const packet = { id: outbox.nextId(), copy: 0, bytes }
    outbox.born(now, packet)
    this.#row(now, job.step, 'sent', `to ${formatAddress(server)}`, 1, packet)
    const refusal =
      stack.flow(now, server) !== undefined && source === undefined
        ? stack.refuse(now, packet, 'source-unavailable', 'inner')
        : stack.send(now, packet)
    if (refusal !== undefined) this.#next(now, job)
  }

  #answered(now: Instant, job: Job, packet: Packet, at: number): void {
    this.#options.outbox.done(now, packet)
    const reply = readDnsReply(payloadOf(packet, at))
    if (reply === undefined || reply.name !== job.name || !this.#jobs.includes(job)) return
    if (!reply.exists) return this.#finish(now, job, `there is no ${job.name}`)
    this.#row(now, job.step, 'answered', reply.addresses.map(formatAddress).join(', '), 1, packet)
    this.#finish(now, job)
  }

  #finish(now: Instant, job: Job, wrong?: string): void {
    this.#jobs = this.#jobs.filter(other => other !== job)
    this.#options.sockets.delete(job.port)
    if (wrong !== undefined) this.#row(now, job.step, 'error', wrong, 1)
    this.#row(now, job.step, 'done')
  }

  #serve(now: Instant, packet: Packet, at: number): void {
    const { outbox, stack, resolve } = this.#options
    outbox.done(now, packet)
    const payload = payloadOf(packet, at)
    const question = readDnsQuery(payload)
    const answer = question === undefined ? undefined : resolve(question.name)
    if (question === undefined || answer === undefined) return
    const reply = dnsReply(payload, answer.length === 0 ? undefined : answer, question.size)
    const [from, to] = [ipDestination(packet.bytes).slice(), ipSource(packet.bytes).slice()]
    stack.sendBorn(now, this.#datagram(from, to, DNS_PORT, get16(packet.bytes, at), reply), packet.id)
  }

  #datagram(
    source: Address,
    destination: Address,
    sourcePort: number,
    destinationPort: number,
    payload: Uint8Array,
  ): Uint8Array {
    const id = destination.length === 4 ? this.#options.stack.nextIpId() : 0
    const fields = { source, destination, sourcePort, destinationPort, payload }
    return datagramPacket({ ...fields, id, tos: 0, dontFragment: false })
  }

  #freePort(): number {
    const { sockets } = this.#options
    while (sockets.has(this.#nextPort)) this.#nextPort++
    const port = this.#nextPort
    this.#nextPort = port >= LAST_PORT ? FIRST_PORT : port + 1
    return port
  }

  #row(now: Instant, step: string, what: StepRow['what'], detail?: string, seq?: number, packet?: Packet): void {
    const more = {
      ...(seq === undefined ? {} : { seq }),
      ...(packet === undefined ? {} : { packet: packet.id }),
      ...(detail === undefined ? {} : { detail }),
    }
    const { outbox } = this.#options
    outbox.push({ kind: 'row', row: { kind: 'step', t: now, step, host: outbox.name, what, ...more } })
  }
}

/** A machine without IPv4 asks for addresses of IPv6. */
function outsideFamily(stack: Stack): 4 | 16 {
  for (const { kind, addresses } of stack.interfaces.all()) {
    if (kind === 'port' && addresses.some(({ address }) => address.length === 4)) return 4
  }
  return 16
}

function payloadOf(packet: Packet, at: number): Uint8Array {
  return packet.bytes.subarray(at + UDP_HEADER, at + get16(packet.bytes, at + 4))
}
