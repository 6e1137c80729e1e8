/**
 * A host played by the lab itself: it speaks WireGuard's messages by script, and may lie. It builds them with the lab's
 * own transcription of the paper, never with the implementation under test. It sees what passes the networks it sits on.
 */
import { type Address, type Endpoint, type Instant, later, type PacketId, type Random } from '../../impl/box.ts'
import { keyFromBase64 } from '../../impl/config/base64.ts'
import { formatEndpoint } from '../../impl/ip/address.ts'
import { Key, type PublicKey } from '../../impl/key.ts'
import {
  buildInitiation,
  buildResponse,
  consumeInitiation,
  pad,
  sealTransport,
  tai64n,
} from '../../scenarios/decode/noise.ts'
import { type Duration, durationNs, wallSpan } from '../../scenarios/language/quantity.ts'
import type { ProbeAct } from '../../scenarios/language/step.ts'
import type { StepRow } from '../../scenarios/language/trace.ts'
import type { Node, NodeInput, NodeOutput, OnPath, Packet } from '../node.ts'
import { WallClock } from './clock.ts'
import type { HostOptions } from './options.ts'
import { Outbox } from './outbox.ts'
import { floodStream } from './probe-flood.ts'
import type { Act, Hands } from './probe-hands.ts'
import { forgedError } from './probe-icmp.ts'
import { Middle } from './probe-middle.ts'
import { endpointOf, innerOf, ProbeNet, readDatagram, readRefusal } from './probe-net.ts'
import { type Scan, scanStream } from './probe-scan.ts'
import { advance, type Slot } from './probe-slots.ts'
import { noiseStream, replayStream, Streams } from './probe-streams.ts'
import { type Arrival, fits, springs, type Trap, type Vigil } from './probe-watch.ts'

export class Probe implements Node, OnPath {
  readonly #options: HostOptions
  readonly #outbox: Outbox
  readonly #slots = new Map<string, Slot>()
  /** Who has an address, for `capture … to`. */
  readonly #whoHas: (address: Address) => string | undefined
  readonly #ephemerals: Random
  readonly #indices: Random
  readonly #stale: Uint8Array
  readonly #net: ProbeNet
  readonly #hands: Hands
  readonly #streams: Streams
  readonly #middle: Middle
  #scans: Scan[] = []
  #traps: Trap[] = []
  #vigils: Vigil[] = []

  constructor(options: HostOptions, whoHas: (address: Address) => string | undefined) {
    this.#options = options
    this.#outbox = new Outbox(options.name)
    this.#whoHas = whoHas
    this.#ephemerals = options.random.split('ephemeral')
    this.#indices = options.random.split('index')
    this.#stale = options.random.split('stale cookie').bytes(16)
    this.#net = new ProbeNet(options.attachments)
    this.#hands = this.#makeHands()
    this.#streams = new Streams(this.#hands)
    this.#middle = new Middle(this.#hands)
  }

  handleInput(now: Instant, input: NodeInput): void {
    switch (input.kind) {
      case 'packet':
        this.#receive(now, input.packet)
        return
      case 'step':
        if (input.step.do === 'probe') this.#begin(now, input.name, input.step.act)
        else this.#say(now, input.name, 'error', `a probe does not ${input.step.do}`)
        return
      case 'attach':
        this.#net.attach(input)
        return
      case 'detach':
        this.#net.detach(input.port)
        return
      case 'mtu':
        this.#net.setMtu(input.port, input.mtu)
        return
    }
  }

  handleTimeout(now: Instant): void {
    this.#streams.handleTimeout(now)
    this.#middle.handleTimeout(now)
    const over = this.#vigils.filter(vigil => vigil.deadline <= now)
    this.#vigils = this.#vigils.filter(vigil => vigil.deadline > now)
    for (const vigil of over) {
      if (vigil.kind === 'silence') this.#say(now, vigil.step, 'satisfied', 'nothing came')
      else this.#say(now, vigil.step, 'failed', `no ${vigil.act.message} came within ${vigil.act.within}`)
    }
  }

  pollOutput(): NodeOutput | undefined {
    return this.#outbox.poll()
  }

  pollTimeout(): Instant {
    let due: number = Math.min(this.#streams.pollTimeout(), this.#middle.pollTimeout())
    for (const { deadline } of this.#vigils) if (deadline < due) due = deadline
    return due as Instant
  }

  timeoutReason(): string {
    if (this.#streams.busy) return 'the next packet of a flood or a scan'
    return this.#middle.busy ? 'a packet that is held back goes on' : 'the end of a wait'
  }

  /** Packets that it holds back. */
  holding(): Iterable<Packet> {
    return this.#middle.holding()
  }

  /** A packet enters a network the probe sits on. true: the probe keeps it. */
  see(now: number, network: string, from: string, packet: Packet): boolean {
    if (this.#traps.length === 0 && !this.#middle.busy) return false
    const datagram = readDatagram(packet.bytes)
    if (datagram === undefined) return false
    const { id, copy } = packet
    const [born] = id.box.split(':')
    const receiver = this.#whoHas(datagram.to.address)
    let held = false
    // A box that only passes it on is its sender too, where a scenario says so.
    const senderFor = (wanted: string | undefined): string => (wanted === from ? from : (born ?? from))
    for (const trap of this.#traps) {
      const passing = { message: datagram.message, receiver, sender: senderFor(trap.act.from) }
      if (!springs(trap, passing)) continue
      this.#save(trap.act.save, { ...datagram, receiver: undefined, counter: 0 })
      this.#say(
        now,
        trap.step,
        'satisfied',
        `${trap.act.hold === true ? 'held' : 'copied'}, ${datagram.message.length} bytes`,
        id,
      )
      if (trap.act.hold === true) held = true
    }
    this.#traps = this.#traps.filter(trap => trap.seen < (trap.act.nth ?? 1))
    if (!held && this.#middle.busy) {
      const sight = { ...datagram, receiver, sender: born ?? from, neighbour: from }
      return this.#middle.see(now as Instant, network, sight, packet)
    }
    if (held) {
      const row = {
        kind: 'drop',
        t: now,
        at: this.#options.name,
        layer: 'wire',
        packet: id,
        copy,
        reason: 'held-by-probe',
      } as const
      this.#outbox.push({ kind: 'row', row })
    }
    return held
  }

  #begin(now: Instant, step: string, act: ProbeAct): void {
    this.#say(now, step, 'begun')
    try {
      if (this.#perform(now, step, act)) this.#say(now, step, 'done')
    } catch (error) {
      this.#say(now, step, 'failed', error instanceof Error ? error.message : String(error))
    }
  }

  /** true: there is nothing to wait for. Throws an Error when the act is impossible. */
  #perform(now: Instant, step: string, act: ProbeAct): boolean {
    switch (act.kind) {
      case 'initiate':
        this.#initiate(now, step, act)
        return true
      case 'respond':
        this.#respond(now, step, act)
        return true
      case 'data':
        this.#data(now, step, act)
        return true
      case 'replay':
        this.#streams.start(now, replayStream(this.#hands, step, act, this.#stale))
        return false
      case 'flood':
        this.#streams.start(now, floodStream(this.#hands, step, act))
        return false
      case 'scan':
        this.#scan(now, step, act)
        return false
      case 'icmp':
        this.#lie(now, step, act)
        return true
      case 'delay':
      case 'reorder':
      case 'forge':
      case 'relay':
        this.#middle.add(now, step, act)
        return false
      case 'capture':
        this.#traps.push({ step, act, seen: 0 })
        return false
      case 'random':
        this.#streams.start(now, noiseStream(this.#hands, step, act))
        return false
      case 'expect':
        this.#vigils.push({ kind: 'expect', step, act, deadline: later(now, durationNs(act.within)) })
        return false
      case 'expect-silence':
        this.#vigils.push({ kind: 'silence', step, deadline: later(now, durationNs(act.for)) })
        return false
    }
  }

  #initiate(now: Instant, step: string, act: Act<'initiate'>): void {
    const { keys, name } = this.#options
    const remoteStatic = keyBytes(keys.publicKey(act.peer))
    const to = endpointOf(act.to)
    const from = act.from === undefined ? this.#net.own(to) : endpointOf(act.from)
    const stolen = act.stolen !== undefined && {
      stolen: {
        responderPrivate: keys.privateKey(act.peer).reveal(),
        initiatorPublic: keyBytes(keys.publicKey(act.key ?? name)),
      },
    }
    const { message, state } = buildInitiation({
      ...stolen,
      staticPrivate: keys.privateKey(stolen === false ? (act.key ?? name) : name).reveal(),
      remoteStatic,
      ephemeralPrivate: this.#ephemerals.bytes(32),
      sender: this.#indices.below(2 ** 32),
      timestamp: this.#timestamp(now, act.clock),
    })
    const psk = act.psk === undefined ? undefined : keys.presharedKey(act.psk).reveal()
    this.#reveal(stolen === false ? (act.key ?? name) : act.peer, state.ephemeralPrivate, act.psk)
    this.#save(act.save, {
      message,
      from,
      to,
      receiver: remoteStatic,
      initiator: state,
      psk,
      counter: 0,
    })
    if (act.send !== false) this.#hands.transmit(now, step, message, from, to)
  }

  #respond(now: Instant, step: string, act: Act<'respond'>): void {
    const { keys, name } = this.#options
    const asked = this.#slot(act.to)
    const read = consumeInitiation(keys.privateKey(act.key ?? name).reveal(), asked.message)
    if (!read.ok) throw new Error(`respond: slot "${act.to}": ${read.because}`)
    const ephemeralPrivate = this.#ephemerals.bytes(32)
    const psk = act.psk === undefined ? undefined : keys.presharedKey(act.psk).reveal()
    const made = buildResponse({
      state: read.value,
      ephemeralPrivate,
      sender: this.#indices.below(2 ** 32),
      ...(psk === undefined ? {} : { psk }),
    })
    this.#reveal(act.key ?? name, ephemeralPrivate, act.psk)
    const { message, session } = made
    this.#save(act.save, {
      message,
      from: asked.to,
      to: asked.from,
      receiver: read.value.remoteStatic,
      session,
      counter: 0,
    })
    this.#hands.transmit(now, step, message, this.#net.own(asked.from), asked.from)
  }

  #data(now: Instant, step: string, act: Act<'data'>): void {
    const slot = this.#slot(act.session)
    if (slot.session === undefined) throw new Error(`data: slot "${act.session}" holds no finished handshake`)
    const counter = BigInt(act.counter ?? slot.counter)
    // Nobody counts on from the far end.
    if (counter < Number.MAX_SAFE_INTEGER) slot.counter = Number(counter) + 1
    const message = sealTransport(slot.session, BigInt.asUintN(64, counter), pad(innerOf(act.payload)))
    const from = this.#net.own(slot.to)
    if (act.save !== undefined) this.#save(act.save, { message, from, to: slot.to, receiver: undefined, counter: 0 })
    if (act.send !== false) this.#hands.transmit(now, step, message, from, slot.to)
  }

  #scan(now: Instant, step: string, act: Act<'scan'>): void {
    const scan = scanStream(this.#hands, step, act)
    this.#scans.push(scan)
    this.#streams.start(now, {
      ...scan,
      outcome: at => {
        this.#scans = this.#scans.filter(other => other !== scan)
        for (const line of scan.lines()) this.#outbox.note(at, 'info', line)
        return scan.outcome(at)
      },
    })
  }

  #lie(now: Instant, step: string, act: Act<'icmp'>): void {
    const packet = { id: this.#outbox.nextId(), copy: 0, bytes: forgedError(this.#hands, act) }
    const out = this.#net.raw(packet)
    this.#outbox.born(now, packet)
    this.#say(now, step, 'sent', undefined, packet.id)
    for (const piece of out) this.#outbox.push(piece)
  }

  #receive(now: Instant, packet: Packet): void {
    this.#outbox.done(now, packet)
    const silent = this.#vigils.filter(vigil => vigil.kind === 'silence')
    this.#vigils = this.#vigils.filter(vigil => vigil.kind !== 'silence')
    for (const { step } of silent)
      this.#say(now, step, 'failed', `a packet of ${packet.bytes.length} bytes came`, packet.id)
    const arrival = readDatagram(packet.bytes)
    if (arrival === undefined) return this.#hearError(packet.bytes)
    for (const scan of this.#scans) scan.answered(arrival.from)
    this.#middle.receive(now, arrival, packet)
    advance(this.#slots.values(), arrival.message)
    this.#answerVigil(now, arrival, arrival.to, packet.id)
  }

  /** What routers and hosts say of the packets of a scan. */
  #hearError(bytes: Uint8Array): void {
    const refused = this.#scans.length === 0 ? undefined : readRefusal(bytes)
    if (refused !== undefined) for (const scan of this.#scans) scan.refused(refused.to, refused.error)
  }

  /** The first that waits for this gets it: two equal expectations are two messages. */
  #answerVigil(now: Instant, arrival: Arrival, to: Endpoint, id: PacketId): void {
    const found = this.#vigils.find(
      vigil =>
        vigil.kind === 'expect' &&
        fits(vigil.act, arrival, vigil.act.on === undefined ? undefined : this.#slots.get(vigil.act.on)),
    )
    if (found?.kind !== 'expect') return
    this.#vigils = this.#vigils.filter(vigil => vigil !== found)
    if (found.act.save !== undefined) this.#save(found.act.save, { ...arrival, to, receiver: undefined, counter: 0 })
    this.#say(now, found.step, 'satisfied', `from ${formatEndpoint(arrival.from)}`, id)
  }

  #makeHands(): Hands {
    const { name, keys, random } = this.#options
    return {
      name,
      net: this.#net,
      outbox: this.#outbox,
      random,
      publicKey: key => keyBytes(keys.publicKey(key)),
      knownKeys: () => Array.from(keys.names().keys(), keyBytes),
      slot: slot => this.#slot(slot),
      say: (now, step, what, detail, packet) => this.#say(now, step, what, detail, packet),
      transmit: (now, step, payload, from, to, cause) => {
        const { packet, out } = this.#net.datagram(this.#outbox.nextId(), payload, from, to)
        this.#outbox.born(now, packet, cause)
        if (step !== undefined) this.#say(now, step, 'sent', undefined, packet.id)
        for (const piece of out) this.#outbox.push(piece)
      },
    }
  }

  #timestamp(now: Instant, offset: Duration | undefined): Uint8Array {
    const { sec, nsec } = new WallClock(this.#options.epoch, wallSpan(offset ?? '0s'), 0).at(now)
    return tai64n(sec, nsec)
  }

  #slot(name: string): Slot {
    const slot = this.#slots.get(name)
    if (slot === undefined) throw new Error(`nothing is in slot "${name}" (yet)`)
    return slot
  }

  #save(name: string, slot: Slot): void {
    this.#slots.set(name, slot)
  }

  /** What Wireshark needs to read what this probe says. */
  #reveal(key: string, ephemeral: Uint8Array, psk: string | undefined): void {
    if (!this.#options.revealSecrets) return
    const { keys } = this.#options
    this.#outbox.push({ kind: 'secret', secret: 'LOCAL_STATIC_PRIVATE_KEY', key: keys.privateKey(key) })
    this.#outbox.push({ kind: 'secret', secret: 'LOCAL_EPHEMERAL_PRIVATE_KEY', key: new Key(ephemeral) })
    if (psk !== undefined) this.#outbox.push({ kind: 'secret', secret: 'PRESHARED_KEY', key: keys.presharedKey(psk) })
  }

  #say(now: number, step: string, what: StepRow['what'], detail?: string, packet?: PacketId): void {
    const row = { kind: 'step', t: now, step, host: this.#options.name, what } as const
    const more = { ...(detail === undefined ? {} : { detail }), ...(packet === undefined ? {} : { packet }) }
    this.#outbox.push({ kind: 'row', row: { ...row, ...more } })
  }
}

function keyBytes(key: PublicKey): Uint8Array {
  const bytes = keyFromBase64(key)
  if (bytes === undefined) throw new Error('not a public key')
  return bytes
}
