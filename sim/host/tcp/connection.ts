/** One TCP connection, sans-IO: segments, time and errors come in; segments go out by its wire, bytes by its program (RFC 9293). */
import { type Instant, later, NEVER, NS_PER_S } from '../../../impl/box.ts'
import type { IcmpError } from '../../../impl/ip/icmp.ts'
import { ACK, FIN, PSH, RST, SYN } from '../../../impl/ip/tcp.ts'
import type { Program, State, Wire } from './contract.ts'
import { errorText } from './errors.ts'
import { LARGEST_UNSCALED, stampOf, writeSyn } from './handshake.ts'
import { Receiver } from './receiver.ts'
import { FIRST_RTO_NS } from './roundtrip.ts'
import { CWR, ECE, emptyHeader, type Header, MOST_SACKS, TIMESTAMPS_LENGTH } from './segment.ts'
import { type Limits, Sender, type SentWhy } from './sender.ts'
import { placeOf, wireOf } from './sequence.ts'
import type { TcpSettings } from './settings.ts'

/** net.ipv4.tcp_syn_retries (127 s in all) and tcp_synack_retries. */
const SYN_RETRIES = 6
const SYNACK_RETRIES = 5
/** Linux TCP_TIMEWAIT_LEN and net.ipv4.tcp_fin_timeout. */
const TIME_WAIT_NS = 60 * NS_PER_S
/** net.ipv4.tcp_keepalive_intvl and tcp_keepalive_probes. */
const KEEPALIVE_INTERVAL_NS = 75 * NS_PER_S
const KEEPALIVE_PROBES = 9
/** Without the option (RFC 9293 §3.7.1). */
const DEFAULT_MSS = { 4: 536, 6: 1220 } as const

export class Connection {
  state: State
  readonly sender: Sender
  readonly receiver: Receiver
  readonly #wire: Wire
  readonly #program: Program
  readonly #family: 4 | 6
  /** The numbers of the two SYNs. */
  readonly #first: number
  #theirs = 0
  readonly #header = emptyHeader()
  readonly #blocks: number[] = []
  #settings: TcpSettings
  #synAt: Instant
  #synTimeouts = 0
  #synDue: Instant = NEVER
  #sack = false
  #stamps = false
  #limits: Limits = { header: 40, options: 0, mss: 536, sack: false }
  #echo = 0
  #lastAcked = 0
  /** Shifts of the windows: theirs and ours. */
  #scaleOut = -1
  #scaleIn = 0
  #ecn = false
  /** A mark came in, and is told until the other side says that it heard. */
  #marked = false
  #tellReduced = false
  #waitDue: Instant = NEVER
  #keepalive_ns = 0
  #aliveDue: Instant = NEVER
  #aliveProbes = 0
  /** Bytes are being handed to the program. */
  #inside = false
  #now: Instant

  /** `first`: the number of the SYN, 32 bits. Say `open`, or `accept` with the SYN that came. */
  constructor(now: Instant, family: 4 | 6, first: number, wire: Wire, program: Program, settings: TcpSettings) {
    this.#wire = wire
    this.#program = program
    this.#family = family
    this.#first = first
    this.#settings = settings
    this.#synAt = now
    this.#now = now
    this.state = 'closed'
    this.receiver = new Receiver(settings.window, bytes => {
      this.#program.received(this.#now, bytes)
    })
    this.sender = new Sender(now, this, settings)
    while (settings.window >>> this.#scaleIn > LARGEST_UNSCALED && this.#scaleIn < 14) this.#scaleIn++
  }

  open(now: Instant): void {
    this.state = 'syn-sent'
    this.#syn(now)
  }

  /** A SYN came in to a port where somebody listens. */
  accept(now: Instant, header: Header): void {
    this.state = 'syn-received'
    this.#theirs = header.sequence
    this.#ecn = (header.flags & (ECE | CWR)) === (ECE | CWR)
    this.#agree(header)
    this.receiver.begin()
    this.#syn(now)
  }

  /** The program has so many bytes in all to send. */
  write(now: Instant, total: number): void {
    if (this.sender.fin !== undefined) return
    this.sender.limit = Math.max(this.sender.limit, total + 1)
    this.#flush(now)
  }

  /** The program sends nothing more. */
  close(now: Instant): void {
    if (this.sender.fin !== undefined || this.state === 'closed') return
    this.sender.fin = this.sender.limit + 1
    if (this.state === 'established') this.state = 'fin-wait-1'
    else if (this.state === 'close-wait') this.state = 'last-ack'
    this.#flush(now)
  }

  /** The program gives up: a reset, and nothing more. */
  abort(now: Instant): void {
    if (this.state === 'closed') return
    if (this.state !== 'syn-sent' && this.state !== 'time-wait') this.#control(now, RST | ACK, this.sender.nxt)
    this.#end(now, undefined)
  }

  /** The program has taken bytes out of the buffer: who never says so has its window closed. */
  read(now: Instant, bytes: number): void {
    const news = this.receiver.read(bytes, this.sender.mss)
    // In the middle of a segment the acknowledgement of all of it tells.
    if (news && this.#inside) this.receiver.urgent = true
    else if (news && this.#isSynchronized()) this.#acknowledge(now)
  }

  /** Other settings than before, while nothing was sent. */
  adopt(settings: TcpSettings): void {
    this.#settings = settings
    this.sender.adopt(settings)
  }

  /** Ask after so long a silence whether the other side is still there. 0: never. */
  keepalive(now: Instant, idle_ns: number): void {
    this.#keepalive_ns = idle_ns
    this.#aliveDue = idle_ns === 0 ? NEVER : later(now, idle_ns)
  }

  /** A segment with a right checksum: its header, its data (a view that may be kept), and whether it met congestion. */
  segment(now: Instant, header: Header, data: Uint8Array, congested: boolean): void {
    this.#now = now
    if (this.#keepalive_ns > 0) this.keepalive(now, this.#keepalive_ns)
    this.#aliveProbes = 0
    if (this.state === 'syn-sent') this.#answer(now, header)
    else if (this.state !== 'closed') this.#arrive(now, header, data, congested)
  }

  /** An ICMP error about a segment of ours that began at a number. */
  failed(now: Instant, error: IcmpError, sequence: number): void {
    this.#now = now
    const place = placeOf(sequence, this.#first, this.sender.una)
    // RFC 5927 §4: who does not know what is on its way is not believed.
    if (this.state === 'syn-sent' ? place !== 0 : place < this.sender.una || place >= this.sender.nxt) return
    if (error.kind === 'too-big') {
      if (this.#isSynchronized()) this.sender.narrowed(now)
      return
    }
    // Once there is a connection it outlives such news (RFC 1122 §4.2.3.9); a new one does not begin.
    const text = errorText(error)
    if ((this.state === 'syn-sent' || this.state === 'syn-received') && text !== undefined) this.#end(now, text)
  }

  handleTimeout(now: Instant): void {
    this.#now = now
    if (this.#synDue <= now) this.#synTimeout(now)
    if (this.sender.due <= now && !this.sender.timeout(now)) return this.#end(now, 'connection timed out')
    if (this.receiver.due <= now) this.#acknowledge(now)
    if (this.#waitDue <= now) return this.#end(now, undefined)
    if (this.#aliveDue <= now) this.#askAlive(now)
  }

  pollTimeout(): Instant {
    let due: Instant = this.sender.due < this.receiver.due ? this.sender.due : this.receiver.due
    if (this.#synDue < due) due = this.#synDue
    if (this.#waitDue < due) due = this.#waitDue
    return this.#aliveDue < due ? this.#aliveDue : due
  }

  mtu(now: Instant): number {
    return this.#wire.mtu(now)
  }

  transmit(now: Instant, from: number, to: number, why: SentWhy): void {
    const fin = this.sender.fin === to
    const { urgent, waits } = this.receiver
    const length = to - from - (fin ? 1 : 0)
    const flags = ACK | (fin ? FIN : 0) | (to === this.sender.limit || fin ? PSH : 0)
    const header = this.#write(now, from, flags, this.#sackRoom(now, length))
    // What arrived out of order is told by a segment of its own where there is no room beside the data.
    if (waits && this.#sack && header.sackCount === 0) this.receiver.urgent = urgent
    // RFC 3168 §6.1.5: what is sent again is not marked as able to bear marks.
    const capable = this.#ecn && (why === 'new' || why === 'mtu probe')
    if (this.#tellReduced && capable) {
      header.flags |= CWR
      this.#tellReduced = false
    }
    this.#wire.send(now, header, from - 1, length, capable, why)
  }

  poke(now: Instant): void {
    this.#control(now, ACK, this.sender.una - 1)
  }

  #isSynchronized(): boolean {
    return this.state !== 'syn-sent' && this.state !== 'syn-received' && this.state !== 'closed'
  }

  #flush(now: Instant): void {
    this.#now = now
    if (this.#isSynchronized() && this.state !== 'time-wait') this.sender.send(now)
  }

  #syn(now: Instant): void {
    const { timestamps, sack, ecn } = this.#settings
    const passive = this.state === 'syn-received'
    const header = this.#header
    writeSyn(header, {
      sequence: this.#first,
      answers: passive ? wireOf(1, this.#theirs) : undefined,
      window: this.receiver.offer(0),
      mss: this.#ownMss(now),
      scale: !passive || this.#scaleOut >= 0 ? this.#scaleIn : -1,
      sack: passive ? this.#sack : sack,
      stamp: (passive ? this.#stamps : timestamps) ? stampOf(now) : -1,
      echo: passive ? this.#echo : 0,
      ecn: passive ? this.#ecn : ecn,
    })
    this.#synDue = later(now, FIRST_RTO_NS * (1 << this.#synTimeouts))
    if (this.#synTimeouts === 0) this.#synAt = now
    this.#wire.send(now, header, 0, 0, false, this.#synTimeouts === 0 ? 'new' : 'timeout')
  }

  #ownMss(now: Instant): number {
    return Math.min(65_535, Math.max(1, this.#wire.mtu(now) - this.#headers()))
  }

  #headers(): number {
    return this.#family === 4 ? 40 : 60
  }

  #synTimeout(now: Instant): void {
    const most = this.state === 'syn-sent' ? SYN_RETRIES : SYNACK_RETRIES
    if (this.#synTimeouts++ >= most) return this.#end(now, 'connection timed out')
    this.sender.resent++
    this.sender.timeouts++
    this.#syn(now)
  }

  /** What the other side's SYN allows. */
  #agree(header: Header): void {
    const { sack, timestamps } = this.#settings
    this.#sack = sack && header.sackPermitted
    this.#stamps = timestamps && header.stamp >= 0
    if (this.#stamps) this.#echo = header.stamp
    this.#scaleOut = header.scale
    if (header.scale < 0) this.#scaleIn = 0
    this.sender.edge = 1 + header.window
    this.#limits = {
      header: this.#headers(),
      options: this.#stamps ? TIMESTAMPS_LENGTH : 0,
      mss: header.mss === 0 ? DEFAULT_MSS[this.#family] : Math.max(88, header.mss),
      sack: this.#sack,
    }
  }

  /** The answer to our SYN. */
  #answer(now: Instant, header: Header): void {
    const acknowledges = (header.flags & ACK) !== 0
    if (acknowledges && header.acknowledgement !== wireOf(1, this.#first)) {
      if ((header.flags & RST) === 0) this.#control(now, RST, placeOf(header.acknowledgement, this.#first, 1))
      return
    }
    if ((header.flags & RST) !== 0) {
      if (acknowledges) this.#end(now, 'connection refused')
      return
    }
    if ((header.flags & SYN) === 0) return
    this.#theirs = header.sequence
    this.#ecn = this.#settings.ecn && (header.flags & (ECE | CWR)) === ECE
    this.#agree(header)
    this.receiver.begin()
    if (!acknowledges) {
      // Both opened at once (RFC 9293 figure 8).
      this.state = 'syn-received'
      return this.#syn(now)
    }
    this.receiver.urgent = true
    this.#establish(now)
    this.#flush(now)
    // Data that left carried it.
    if (this.receiver.urgent) this.#acknowledge(now)
  }

  #establish(now: Instant): void {
    this.state = 'established'
    this.#synDue = NEVER
    const rtt = this.#synTimeouts === 0 ? now - this.#synAt : undefined
    this.sender.begin(now, this.#limits, rtt, this.#synTimeouts)
    this.#program.connected(now)
    if (this.sender.fin !== undefined) this.state = 'fin-wait-1'
  }

  #arrive(now: Instant, header: Header, data: Uint8Array, congested: boolean): void {
    const { receiver } = this
    const { flags } = header
    const from = placeOf(header.sequence, this.#theirs, receiver.next)
    const start = from + ((flags & SYN) !== 0 ? 1 : 0)
    if (!receiver.accepts(from, start + data.length + ((flags & FIN) !== 0 ? 1 : 0))) {
      if ((flags & RST) !== 0) return
      // Our answer to the SYN was lost; else an old segment, or one that asks whether we are there.
      if (this.state === 'syn-received' && from === 0) return this.#syn(now)
      if (this.#stamps && header.stamp >= 0 && from <= receiver.next) this.#echo = header.stamp
      if ((flags & ACK) !== 0) this.#acknowledged(now, header, false)
      return this.#acknowledge(now)
    }
    if ((flags & RST) !== 0) return this.#reset(now, from)
    // RFC 5961 §4: whoever sent it, a peer that means it will answer with a reset.
    if ((flags & SYN) !== 0) return this.#acknowledge(now)
    if ((flags & ACK) === 0) return
    if (this.#stamps && header.stamp >= 0 && from <= this.#lastAcked) this.#echo = header.stamp
    if (this.state === 'syn-received') {
      if (header.acknowledgement !== wireOf(1, this.#first)) {
        return this.#control(now, RST, placeOf(header.acknowledgement, this.#first, 1))
      }
      this.#establish(now)
    }
    if ((flags & CWR) !== 0) this.#marked = false
    if (congested && this.#ecn) {
      this.#marked = true
      receiver.urgent = true
    }
    const plain = data.length === 0 && (flags & FIN) === 0
    if (!this.#acknowledged(now, header, plain)) return
    if (!plain) this.#take(now, from, data, (flags & FIN) !== 0)
    if (this.state === 'closed') return
    this.sender.send(now)
    if (receiver.urgent) this.#acknowledge(now)
  }

  /** False: it ended with that. */
  #acknowledged(now: Instant, header: Header, plain: boolean): boolean {
    const { sender } = this
    const place = placeOf(header.acknowledgement, this.#first, sender.una)
    // Of what was never sent: RFC 9293 has it answered.
    if (place > sender.nxt) {
      this.#acknowledge(now)
      return true
    }
    if (place < sender.una) return true
    const edge = place + (header.window << Math.max(0, this.#scaleOut))
    // Windows do not shrink: what says so was overtaken on its way.
    const moved = edge > sender.edge
    if (moved) sender.edge = edge
    if ((header.flags & ECE) !== 0 && this.#ecn && sender.marked(now)) this.#tellReduced = true
    const blocks = this.#blocks
    blocks.length = 0
    for (let i = 0; this.#sack && i < header.sackCount * 2; i++) {
      blocks.push(placeOf(header.sacks[i]!, this.#first, sender.una))
    }
    const wasDone = sender.done
    sender.acknowledged(now, place, blocks, plain && !moved)
    if (wasDone || !sender.done) return true
    this.#program.finished(now)
    if (this.state === 'fin-wait-1') this.state = 'fin-wait-2'
    else if (this.state === 'closing') this.#wait(now)
    else if (this.state === 'last-ack') {
      this.#end(now, undefined)
      return false
    }
    return true
  }

  #take(now: Instant, from: number, data: Uint8Array, fin: boolean): void {
    const { receiver } = this
    const wasFinished = receiver.finished
    this.#inside = true
    receiver.data(now, from, data, fin)
    this.#inside = false
    if (wasFinished || !receiver.finished) return
    if (this.state === 'established') this.state = 'close-wait'
    else if (this.state === 'fin-wait-1') this.state = 'closing'
    else if (this.state === 'fin-wait-2') this.#wait(now)
    this.#acknowledge(now)
    this.#program.ended(now)
  }

  /** RFC 5961 §3.2: only the very next number resets; another one in the window is asked about. */
  #reset(now: Instant, from: number): void {
    if (from !== this.receiver.next) return this.#acknowledge(now)
    this.#end(now, this.state === 'time-wait' || this.state === 'last-ack' ? undefined : 'connection reset by peer')
  }

  #wait(now: Instant): void {
    this.state = 'time-wait'
    this.#waitDue = later(now, TIME_WAIT_NS)
  }

  #askAlive(now: Instant): void {
    if (!this.#isSynchronized() || this.sender.board.count > 0) return this.keepalive(now, this.#keepalive_ns)
    if (this.#aliveProbes++ >= KEEPALIVE_PROBES) return this.#end(now, 'connection timed out')
    this.#aliveDue = later(now, KEEPALIVE_INTERVAL_NS)
    this.poke(now)
  }

  #acknowledge(now: Instant): void {
    if (this.state !== 'closed' && this.state !== 'syn-sent') this.#control(now, ACK, this.sender.nxt)
  }

  /** A segment without data. */
  #control(now: Instant, flags: number, place: number): void {
    this.#wire.send(now, this.#write(now, place, flags), 0, 0, false, 'control')
  }

  /** Blocks that fit beside so many bytes of data. */
  #sackRoom(now: Instant, length: number): number {
    const { header, options } = this.#limits
    const room = this.#wire.mtu(now) - header - options - length - 4
    return Math.max(0, Math.min(MOST_SACKS, Math.floor(room / 8)))
  }

  #write(now: Instant, place: number, flags: number, sacks: number = MOST_SACKS): Header {
    const header = this.#header
    header.sequence = wireOf(place, this.#first)
    header.acknowledgement = (flags & ACK) === 0 ? 0 : wireOf(this.receiver.next, this.#theirs)
    header.flags = flags | (this.#marked ? ECE : 0)
    header.window = Math.min(this.receiver.acknowledged(this.sender.mss) >>> this.#scaleIn, LARGEST_UNSCALED)
    header.mss = 0
    header.scale = -1
    header.sackPermitted = false
    header.stamp = this.#stamps ? stampOf(now) : -1
    header.echo = this.#echo
    header.sackCount = 0
    if (this.#sack) this.receiver.writeSacks(header, this.#theirs, sacks)
    this.#lastAcked = this.receiver.next
    return header
  }

  #end(now: Instant, error: string | undefined): void {
    if (this.state === 'closed') return
    this.state = 'closed'
    this.#synDue = NEVER
    this.#waitDue = NEVER
    this.#aliveDue = NEVER
    this.sender.due = NEVER
    this.receiver.due = NEVER
    this.#program.closed(now, error)
  }
}
