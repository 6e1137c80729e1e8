/** The steps `tcp`: who asks, and the service on every machine that gives and takes. Both ends say how far they are. */
import { type Instant, later, NEVER, NS_PER_MS } from '../../../impl/box.ts'
import { parseEndpoint } from '../../../impl/ip/address.ts'
import { get32, set32 } from '../../../impl/ip/bytes.ts'
import { durationNs, formatNs, formatRate } from '../../../scenarios/language/quantity.ts'
import type { StepOf } from '../../../scenarios/language/step.ts'
import type { StepRow } from '../../../scenarios/language/trace.ts'
import type { Packet } from '../../node.ts'
import type { Outbox } from '../outbox.ts'
import type { Connection } from './connection.ts'
import { fillPattern, isPattern } from './pattern.ts'
import type { SentWhy } from './sender.ts'
import { LINUX, type TcpSettings } from './settings.ts'
import type { Listener, Talker, Tcp } from './tcp.ts'

/** The ports that every machine listens on. */
export const TCP_PORTS: readonly number[] = [7, 9, 19, 22, 80, 443]
const FIRST_SOURCE_PORT = 40_000
/** How often an end says how far it is. */
const TELL_NS = 100 * NS_PER_MS
/** What a client sends first: five numbers of 32 bits: MAGIC, step, settings, bytes up, bytes down. */
const REQUEST = 20
const MAGIC = 0x7767_6c62

interface Request {
  readonly step: number
  readonly settings: TcpSettings
  readonly up: number
  readonly down: number
}

export class Transfers {
  readonly #outbox: Outbox
  readonly #tcp: Tcp
  readonly #steps: readonly string[]
  readonly #numbers: ReadonlyMap<string, number>
  #active: (Client | Service)[] = []
  #count = 0

  constructor(outbox: Outbox, tcp: Tcp, steps: readonly string[], numbers: ReadonlyMap<string, number>) {
    this.#outbox = outbox
    this.#tcp = tcp
    this.#steps = steps
    this.#numbers = numbers
    const serve: Listener = () => {
      const service = new Service(this.#outbox, this.#steps)
      this.#active.push(service)
      return service
    }
    for (const port of TCP_PORTS) tcp.listen(port, serve)
  }

  start(now: Instant, step: StepOf<'tcp'>, name: string): void {
    const to = parseEndpoint(step.to)
    const number = this.#numbers.get(name) ?? this.#steps.length + this.#count
    this.#count++
    const client = new Client(now, this.#outbox, name, requestOf(step, number), step)
    if (to === undefined) return client.fail(now, `"${step.to}" is no address:port`)
    const port = FIRST_SOURCE_PORT + (number % 20_000)
    const made = this.#tcp.connect(now, to, port, client, client.request.settings)
    if (typeof made === 'string') return client.fail(now, made)
    client.use(made)
    this.#active.push(client)
  }

  handleTimeout(now: Instant): void {
    if (this.#tcp.pollTimeout() <= now) this.#tcp.handleTimeout(now)
    let over = false
    for (const each of this.#active) {
      if (each.pollTimeout() <= now) each.handleTimeout(now)
      if (each.over) over = true
    }
    if (over) this.#active = this.#active.filter(each => !each.over)
  }

  pollTimeout(): Instant {
    let due = this.#tcp.pollTimeout()
    for (const each of this.#active) {
      const at = each.pollTimeout()
      if (at < due) due = at
    }
    return due
  }

  /** The machine goes down. */
  stop(now: Instant, why: string): void {
    for (const each of this.#active) if (each instanceof Client && !each.over) each.fail(now, why)
    this.#active = []
  }
}

/** Counts what arrives of a step, and tells it now and then. */
class Tally {
  total = 0
  due: Instant = NEVER
  readonly #outbox: Outbox
  #told: Instant | undefined
  #toldTotal = 0

  constructor(outbox: Outbox) {
    this.#outbox = outbox
  }

  /** `whole`: how many there will be. */
  add(now: Instant, step: string, bytes: number, whole: number): void {
    this.total += bytes
    if (this.#told === undefined || this.total >= whole || now - this.#told >= TELL_NS) this.tell(now, step)
    else if (this.due === NEVER) this.due = later(this.#told, TELL_NS)
  }

  tell(now: Instant, step: string): void {
    this.due = NEVER
    if (this.total === this.#toldTotal) return
    this.#told = now
    this.#toldTotal = this.total
    stepRow(this.#outbox, now, step, 'arrived', undefined, this.total)
  }
}

class Client implements Talker {
  readonly request: Request
  over = false
  readonly #outbox: Outbox
  readonly #name: string
  readonly #began: Instant
  readonly #deadline: Instant
  readonly #tally: Tally
  readonly #first: Uint8Array
  #connection: Connection | undefined
  #sound = true

  constructor(now: Instant, outbox: Outbox, name: string, request: Request, { deadline }: StepOf<'tcp'>) {
    this.request = request
    this.#outbox = outbox
    this.#name = name
    this.#began = now
    this.#deadline = deadline === undefined ? NEVER : later(now, durationNs(deadline))
    this.#tally = new Tally(outbox)
    this.#first = writeRequest(request)
    stepRow(outbox, now, name, 'begun')
  }

  use(connection: Connection): void {
    this.#connection = connection
  }

  fail(now: Instant, why: string): void {
    if (this.over) return
    this.over = true
    this.#tally.tell(now, this.#name)
    stepRow(this.#outbox, now, this.#name, 'error', why)
    stepRow(this.#outbox, now, this.#name, 'done', this.#summary(now), this.#moved())
  }

  pollTimeout(): Instant {
    if (this.over) return NEVER
    return this.#tally.due < this.#deadline ? this.#tally.due : this.#deadline
  }

  handleTimeout(now: Instant): void {
    if (this.#tally.due <= now) this.#tally.tell(now, this.#name)
    if (this.#deadline > now || this.over) return
    this.fail(now, `not finished after ${formatNs(now - this.#began)}`)
    this.#connection?.abort(now)
  }

  fill(into: Uint8Array, from: number): void {
    fillPattern(into, from)
    if (from < REQUEST) into.set(this.#first.subarray(from, from + into.length))
  }

  sent(now: Instant, packet: Packet, from: number, length: number, why: SentWhy | 'control'): void {
    tellAgain(this.#outbox, now, this.#name, packet, from, length, why)
  }

  connected(now: Instant): void {
    stepRow(this.#outbox, now, this.#name, 'answered', `connected in ${formatNs(now - this.#began)}`)
    const { up, down } = this.request
    this.#connection?.write(now, REQUEST + up)
    // Who only fetches keeps its side open until everything is there, as browsers do.
    if (up > 0 || down === 0) this.#connection?.close(now)
  }

  received(now: Instant, bytes: Uint8Array): void {
    if (this.#sound && !isPattern(bytes, this.#tally.total)) {
      this.#sound = false
      stepRow(this.#outbox, now, this.#name, 'error', 'what arrived is not what was sent')
    }
    this.#tally.add(now, this.#name, bytes.length, this.request.down)
    this.#connection?.read(now, bytes.length)
  }

  ended(now: Instant): void {
    if (this.#tally.total < this.request.down) return this.fail(now, 'the other side ended early')
    this.#connection?.close(now)
    this.#complete(now)
  }

  finished(now: Instant): void {
    this.#complete(now)
  }

  closed(now: Instant, error: string | undefined): void {
    if (error === undefined) this.#complete(now)
    if (!this.over) this.fail(now, error ?? 'the connection ended early')
  }

  #complete(now: Instant): void {
    const { up, down } = this.request
    if (this.over || this.#tally.total < down || (up > 0 && this.#connection?.sender.done !== true)) return
    this.over = true
    stepRow(this.#outbox, now, this.#name, 'done', this.#summary(now), this.#moved())
  }

  #moved(): number {
    const una = this.#connection?.sender.una ?? 1
    const up = Math.max(0, Math.min(una - 1 - REQUEST, this.request.up))
    return up + Math.min(this.#tally.total, this.request.down)
  }

  #summary(now: Instant): string {
    const sender = this.#connection?.sender
    const bytes = this.#moved()
    const time = now - this.#began
    const rate =
      time === 0 ? '' : `, ${formatRate(Math.floor((bytes * 8 * 1000) / Math.max(1, Math.floor(time / 1_000_000))))}`
    const own =
      sender === undefined
        ? ''
        : `; ${sender.resent} sent again, ${sender.timeouts} timeouts, segments of ${sender.mss}`
    return `${bytes} B in ${formatNs(time)}${rate}${own}`
  }
}

class Service implements Talker {
  over = false
  readonly #outbox: Outbox
  readonly #steps: readonly string[]
  readonly #tally: Tally
  readonly #start = new Uint8Array(REQUEST)
  #got = 0
  #request: Request | undefined
  #connection: Connection | undefined
  #sound = true

  constructor(outbox: Outbox, steps: readonly string[]) {
    this.#outbox = outbox
    this.#steps = steps
    this.#tally = new Tally(outbox)
  }

  use(connection: Connection): void {
    this.#connection = connection
  }

  pollTimeout(): Instant {
    return this.over ? NEVER : this.#tally.due
  }

  handleTimeout(now: Instant): void {
    if (this.#tally.due <= now) this.#tally.tell(now, this.#name())
  }

  fill(into: Uint8Array, from: number): void {
    fillPattern(into, from)
  }

  sent(now: Instant, packet: Packet, from: number, length: number, why: SentWhy | 'control'): void {
    if (this.#request !== undefined) tellAgain(this.#outbox, now, this.#name(), packet, from, length, why)
  }

  connected(): void {}

  received(now: Instant, bytes: Uint8Array): void {
    this.#connection?.read(now, bytes.length)
    const head = Math.min(REQUEST - this.#got, bytes.length)
    if (head > 0) this.#start.set(bytes.subarray(0, head), this.#got)
    this.#got += bytes.length
    if (this.#request === undefined && this.#got >= REQUEST) this.#begin(now)
    const rest = head > 0 ? bytes.subarray(head) : bytes
    if (rest.length === 0 || this.#request === undefined) return
    if (this.#sound && !isPattern(rest, this.#got - rest.length)) {
      this.#sound = false
      stepRow(this.#outbox, now, this.#name(), 'error', 'what arrived is not what was sent')
    }
    this.#tally.add(now, this.#name(), rest.length, this.#request.up)
  }

  ended(now: Instant): void {
    this.#tally.tell(now, this.#name())
    this.#connection?.close(now)
  }

  finished(): void {}

  closed(now: Instant): void {
    this.#tally.tell(now, this.#name())
    this.over = true
  }

  #begin(now: Instant): void {
    const request = readRequest(this.#start)
    if (request === undefined) return this.#connection?.abort(now)
    this.#request = request
    this.#connection?.adopt(request.settings)
    if (request.down === 0) return
    this.#connection?.write(now, request.down)
    this.#connection?.close(now)
  }

  #name(): string {
    const step = this.#request?.step ?? -1
    return this.#steps[step] ?? `#${step}`
  }
}

function requestOf(step: StepOf<'tcp'>, number: number): Request {
  const { bytes, direction = 'up', congestion = 'cubic', mtu_probing = 0, ecn = false } = step
  return {
    step: number,
    settings: { ...LINUX, congestion, mtuProbing: mtu_probing, ecn, window: step.window ?? LINUX.window },
    up: direction === 'down' ? 0 : bytes,
    down: direction === 'up' ? 0 : bytes,
  }
}

function writeRequest({ step, settings, up, down }: Request): Uint8Array {
  const bytes = new Uint8Array(REQUEST)
  const flags = (settings.congestion === 'reno' ? 4 : 0) | settings.mtuProbing
  for (const [i, value] of [MAGIC, step, flags, up, down].entries()) set32(bytes, i * 4, value)
  return bytes
}

function readRequest(bytes: Uint8Array): Request | undefined {
  if (get32(bytes, 0) !== MAGIC) return undefined
  const flags = get32(bytes, 8)
  const probing = flags & 3
  return {
    step: get32(bytes, 4),
    settings: {
      ...LINUX,
      congestion: (flags & 4) === 0 ? 'cubic' : 'reno',
      mtuProbing: probing === 1 || probing === 2 ? probing : 0,
    },
    up: get32(bytes, 12),
    down: get32(bytes, 16),
  }
}

/** What is sent again says why: a new packet for old bytes. */
function tellAgain(
  outbox: Outbox,
  now: Instant,
  step: string,
  { id }: Packet,
  from: number,
  length: number,
  why: SentWhy | 'control',
): void {
  if (why === 'new' || why === 'control') return
  const bytes = length === 0 ? 'without data' : `bytes ${from + 1} to ${from + length}`
  const detail = `${AGAIN[why]}: ${bytes}`
  outbox.push({ kind: 'row', row: { kind: 'step', t: now, step, host: outbox.name, what: 'sent', packet: id, detail } })
}

const AGAIN: Readonly<Record<Exclude<SentWhy, 'new'>, string>> = {
  lost: 'sent again',
  timeout: 'sent again after a timeout',
  'mtu probe': 'larger than usual, to try the path',
}

function stepRow(
  outbox: Outbox,
  now: Instant,
  step: string,
  what: StepRow['what'],
  detail?: string,
  bytes?: number,
): void {
  const row = { kind: 'step', t: now, step, host: outbox.name, what } as const
  const more = { ...(detail === undefined ? {} : { detail }), ...(bytes === undefined ? {} : { bytes }) }
  outbox.push({ kind: 'row', row: { ...row, ...more } })
}
