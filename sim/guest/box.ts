/**
 * START HERE. A real kernel in the place of a host: a box that has its frames carried out and in by somebody who may wait
 * (shell.ts), since the kernel lives in another process. Everything that the scenario asks of a host is asked of the agent
 * in the guest (jobs.ts); what the guest sends comes back through `emitted`.
 */
import { type Instant, later, NEVER, type WallTime } from '../../impl/box.ts'
import { Key } from '../../impl/key.ts'
import { durationNs } from '../../scenarios/language/quantity.ts'
import type { Step, StepOf } from '../../scenarios/language/step.ts'
import type { HostOptions, PortOptions } from '../host/options.ts'
import { Outbox } from '../host/outbox.ts'
import { Radio } from '../host/radio.ts'
import type { Node, NodeInput, NodeOutput, Packet } from '../node.ts'
import { readReport } from './agent.ts'
import { Asks } from './asks.ts'
import { GuestClock } from './clock.ts'
import { stateRows } from './dump.ts'
import { Neighbours, wrap } from './ethernet.ts'
import { FragmentIds } from './fragments.ts'
import { type CommandDone, Jobs } from './jobs.ts'
import { secretsIn } from './keys.ts'
import { PATH, Play } from './play.ts'
import { GuestPorts, type NetworkInput } from './ports.ts'
import { Heard } from './snapshot.ts'

export interface Frame {
  readonly port: number
  readonly frame: Uint8Array
}

/** What becomes of the process that plays a machine. */
export type Change =
  | { readonly kind: 'boots' }
  /** Its own time has stood still so long. */
  | { readonly kind: 'wakes'; readonly slept_ns: number }

type Power =
  | { readonly kind: 'on' }
  | { readonly kind: 'off'; readonly until: Instant; readonly name: string }
  | {
      readonly kind: 'asleep'
      readonly until: Instant
      readonly since: Instant
      readonly name: string
      readonly postponed: NodeInput[]
    }

/** Asks for the state so long after what may have changed it: wg answers from what is then. */
const SETTLED_NS = 1_000_000
/** So long what is asked of a machine waits for its tunnels to come up: one may wait for a resolver for ever. */
const RISING_NS = 1_000_000_000
const DEFAULT_OFF_NS = 1_000_000_000

export class GuestHost implements Node {
  readonly name: string
  /** The loop stops when its time has come. */
  readonly isGuest = true
  readonly heard: Heard
  readonly #options: HostOptions
  readonly #implementation: string
  readonly #outbox: Outbox
  readonly #clock: GuestClock
  readonly #jobs: Jobs
  readonly #neighbours = new Neighbours()
  readonly #fragments = new FragmentIds()
  readonly #radios = new Map<string, Radio>()
  readonly #ports: GuestPorts
  readonly #control: number
  readonly #asks = new Asks()
  readonly #play: Play
  #frames: Frame[] = []
  /** Tunnels that are still on their way up. What is asked of the machine meanwhile waits for them. */
  #rising = 0
  #risen: Instant = NEVER
  #later: NodeInput[] = []
  /** When the guest wants to run by itself. */
  #wants: number = NEVER
  #askAt: number = NEVER
  #down: string | undefined
  #power: Power = { kind: 'on' }
  #boots = 0
  /** The latest instant it was told. */
  #now = 0 as Instant

  /** `names`: all that the scenario speaks of. */
  constructor(options: HostOptions, ports: readonly PortOptions[], implementation: string, names: readonly string[]) {
    this.name = options.name
    this.#options = options
    this.#implementation = implementation
    this.#outbox = new Outbox(options.name)
    this.#clock = new GuestClock(options)
    this.#ports = new GuestPorts(ports)
    this.#control = ports.length
    this.heard = new Heard(options.keys)
    for (const [port, radio] of Object.entries(options.spec.radio ?? {})) this.#radios.set(port, new Radio(radio))
    this.#jobs = new Jobs({
      outbox: this.#outbox,
      steps: options.steps,
      send: frame => this.#frames.push({ port: this.#control, frame }),
    })
    this.#play = new Play({
      host: options,
      names,
      jobs: this.#jobs,
      clock: this.#clock,
      heard: this.heard,
      report: now => this.report(now),
      hasIpv4: () => this.#ports.hasIpv4,
    })
  }

  get ports(): readonly PortOptions[] {
    return this.#ports.all
  }

  handleInput(now: Instant, input: NodeInput): void {
    this.#now = now
    if (this.#down !== undefined) return this.#whileDown(now, input, 'the machine is down')
    switch (this.#power.kind) {
      case 'on':
        break
      case 'off':
        return this.#whileOff(now, input)
      case 'asleep':
        if (input.kind === 'packet') this.#outbox.drop(now, input.packet, 'wire', 'host-asleep')
        else this.#power.postponed.push(input)
        return
    }
    if (input.kind === 'packet' && !this.#hears(now, input.port, input.packet)) return
    if (this.#rising > 0 && this.#risen !== NEVER && input.kind === 'step') this.#later.push(input)
    else this.#handle(now, input)
  }

  handleTimeout(now: Instant): void {
    this.#now = now
    if (this.#power.kind === 'asleep' && this.#power.until <= now) this.#wake(now, this.#power)
    if (this.#power.kind !== 'on') return
    for (const [port, radio] of this.#radios) {
      if (radio.due(now) <= now) for (const packet of radio.take(now)) this.#packet(now, port, packet)
    }
    if (this.#risen <= now) this.#doLater(now)
    if (this.#clock.due <= now) this.#play.setClock(this.#clock.arrived(now))
    if (this.#askAt > now) return
    this.#askAt = NEVER
    this.report(now)
  }

  pollOutput(): NodeOutput | undefined {
    return this.#outbox.poll()
  }

  pollTimeout(): Instant {
    if (this.#power.kind !== 'on') return this.#power.until
    // What waits to go in goes in now, whenever that is.
    if (this.#frames.length > 0) return 0 as Instant
    let due = Math.min(this.#wants, this.#askAt, this.#risen, this.#clock.due, NEVER)
    for (const radio of this.#radios.values()) due = Math.min(due, radio.due(this.#now))
    return due as Instant
  }

  timeoutReason(): string {
    if (this.#power.kind !== 'on') return 'the machine comes back'
    return this.#askAt <= this.#wants ? 'the state is asked for' : 'the kernel wants to run'
  }

  /** What a radio's network keeps for it. */
  *holding(): Generator<Packet> {
    for (const radio of this.#radios.values()) yield* radio.kept()
  }

  /** The time has come for this, before anything else. */
  changes(now: Instant): Change | undefined {
    if (this.#power.kind === 'on' || this.#power.until > now) return undefined
    if (this.#power.kind === 'off') return { kind: 'boots' }
    return { kind: 'wakes', slept_ns: now - this.#power.since }
  }

  /** The time of day when it boots now. */
  bootTime(now: Instant): WallTime {
    return this.#clock.boot(now)
  }

  /** It has booted: the tunnels come up, and their packets are copied. `environment`: of wg-quick, as `NAME=value ` words. */
  begin(now: Instant, environment: string): void {
    const { spec } = this.#options
    const before = this.#power
    this.#power = { kind: 'on' }
    // The agent answers for names on port 53, unless a tunnel wants it.
    const wants53 = Object.values(spec.wg ?? {}).some(text => /^\s*ListenPort\s*=\s*53\s*$/im.test(text))
    if (!wants53) this.#jobs.order('h', '')
    if (this.#implementation.startsWith('kernel-')) this.#jobs.order('k', '')
    this.#play.begin()
    for (const text of this.#boots++ === 0 ? Object.values(spec.wg ?? {}) : []) {
      for (const secret of secretsIn(text, this.#options)) this.#outbox.push(secret)
    }
    for (const iface of spec.autostart === false ? [] : Object.keys(spec.wg ?? {})) {
      this.#rising++
      this.#risen = later(now, RISING_NS)
      this.command(now, `${PATH} ${environment}wg-quick up ${iface}`, (at, status, output) => {
        if (status === '0') this.tap(iface)
        else this.#outbox.note(at, 'warning', `wg-quick up ${iface} ended with status ${status}: ${output.trim()}`)
        this.report(at)
        if (--this.#rising === 0) this.#doLater(at)
      })
    }
    if (before.kind === 'off') this.#jobs.row(now, before.name, 'done')
  }

  #doLater(now: Instant): void {
    this.#risen = NEVER
    const inputs = this.#later
    this.#later = []
    for (const input of inputs) this.handleInput(now, input)
  }

  /** A key of the kernel's WireGuard, for the capture. */
  ephemeral(key: Uint8Array): void {
    this.#outbox.push({ kind: 'secret', secret: 'LOCAL_EPHEMERAL_PRIVATE_KEY', key: new Key(key) })
  }

  /** Asks for a state row of every peer; they come a little later. */
  report(now: Instant): void {
    if (this.#power.kind !== 'on') return
    const { keys } = this.#options
    const nameOf = (key: string) => keys.nameOf(key as Parameters<typeof keys.nameOf>[0]) ?? key
    this.command(now, 'wg show all dump', (at, status, output) => {
      if (status !== '0') return
      const reader = { host: this.name, nameOf, timeOf: (wall_s: number) => this.#clock.timeOf(wall_s) }
      for (const row of stateRows(at, output, reader)) this.#outbox.push({ kind: 'row', row })
    })
  }

  /** Runs a command line in the guest; `done` is told its exit status and all it said. */
  command(_now: Instant, line: string, done: CommandDone): void {
    this.#jobs.command(line, done)
  }

  /** From now on a copy of each packet of a tunnel interface comes into the trace. */
  tap(iface: string): void {
    this.#jobs.order('i', iface, { kind: 'tap', iface })
  }

  /** Names may resolve to something else now. */
  renamed(): void {
    if (this.#down === undefined && this.#power.kind === 'on') this.#play.renamed()
  }

  /** What is to be handed to the guest now. */
  take(): readonly Frame[] {
    const frames = this.#frames
    this.#frames = []
    return frames
  }

  /** The guest has no room for it. */
  refused(now: Instant, { port }: Frame): void {
    this.#outbox.note(now, 'warning', `the guest had no room for a frame on ${this.#ports.nameOf(port) ?? 'ctl0'}`)
  }

  /** The guest stands still and wants to go on then. */
  rests(wants: number): void {
    this.#wants = wants
  }

  /** The guest is no more. */
  wentDown(now: Instant, why: string): void {
    this.#down = why
    this.#power = { kind: 'on' }
    this.#outbox.note(now, 'warning', why)
    this.#forget(now, 'the machine is down')
  }

  /** What the guest sends, at this instant. */
  emitted(now: Instant, port: number, frame: Uint8Array): void {
    if (port === this.#control) {
      const report = readReport(frame)
      if (report !== undefined) this.#jobs.report(now, report)
      return
    }
    const what = this.#neighbours.unwrap(port, frame)
    const name = this.#ports.nameOf(port)
    if (what.kind === 'answer') this.#frames.push({ port, frame: what.frame })
    if (what.kind !== 'packet' || name === undefined) return
    const known = this.#fragments.idOf(what.bytes)
    const packet = { id: known ?? this.#outbox.nextId(), copy: 0, bytes: what.bytes }
    if (known === undefined) {
      this.#fragments.note(packet)
      this.#outbox.born(now, packet)
    }
    this.#radios.get(name)?.used(now)
    this.#outbox.push({ kind: 'packet', port: name, packet, via: what.via })
    this.#askSoon(now, what.bytes)
  }

  #handle(now: Instant, input: NodeInput): void {
    switch (input.kind) {
      case 'packet':
        return this.#packet(now, input.port, input.packet)
      case 'step':
        return this.#step(now, input.step, input.name)
      case 'mtu':
      case 'attach':
      case 'detach':
        return this.#network(now, input)
    }
  }

  /** False: the radio of this network dozes, and the packet waits or is lost. */
  #hears(now: Instant, port: string, packet: Packet): boolean {
    const heard = this.#radios.get(port)?.arrive(now, packet) ?? 'now'
    if (heard === 'lost') this.#outbox.drop(now, packet, 'wire', 'radio-asleep')
    return heard === 'now'
  }

  #packet(now: Instant, name: string, packet: Packet): void {
    const port = this.#ports.indexOf(name)
    if (port < 0) return this.#outbox.drop(now, packet, 'wire', 'no-such-interface')
    // What becomes of it inside, the kernel knows alone.
    this.#outbox.done(now, packet)
    this.#frames.push({ port, frame: wrap(port, packet.bytes) })
    this.#askSoon(now, packet.bytes)
  }

  #askSoon(now: Instant, bytes: Uint8Array): void {
    if (this.#asks.changes(bytes) && this.#askAt > now + SETTLED_NS) this.#askAt = later(now, SETTLED_NS)
  }

  #step(now: Instant, step: Step, name: string): void {
    switch (step.do) {
      case 'reboot':
        return this.#reboot(now, step, name)
      case 'suspend': {
        this.#jobs.row(now, name, 'begun')
        const until = later(now, durationNs(step.for))
        this.#power = { kind: 'asleep', since: now, until, name, postponed: [] }
        return
      }
      default:
        return this.#play.step(now, step, name)
    }
  }

  /** Power fails at once: what is in it is lost. */
  #reboot(now: Instant, { off }: StepOf<'reboot'>, name: string): void {
    this.#jobs.row(now, name, 'begun')
    this.#forget(now, 'the machine was switched off')
    this.#clock.off(now)
    this.#asks.clear()
    this.#power = { kind: 'off', until: later(now, off === undefined ? DEFAULT_OFF_NS : durationNs(off)), name }
  }

  #wake(now: Instant, { name, postponed }: Extract<Power, { kind: 'asleep' }>): void {
    this.#power = { kind: 'on' }
    this.#play.setClock(this.#clock.line(now))
    this.#jobs.row(now, name, 'done')
    for (const input of postponed) this.handleInput(now, input)
  }

  #forget(now: Instant, why: string): void {
    this.#wants = this.#askAt = NEVER
    this.#risen = NEVER
    this.#rising = 0
    this.#frames = []
    this.#jobs.stop(now, why)
    const inputs = this.#later
    this.#later = []
    for (const input of inputs) this.#whileDown(now, input, why)
  }

  #network(now: Instant, input: NetworkInput): void {
    const command = this.#ports.change(input)
    if (command === undefined) return
    this.command(now, command, (at, status, output) => {
      if (status !== '0') this.#outbox.note(at, 'warning', `${input.port}: ${output.trim()}`)
    })
  }

  #whileOff(now: Instant, input: NodeInput): void {
    if (input.kind === 'packet') return this.#outbox.drop(now, input.packet, 'wire', 'host-off')
    if (input.kind !== 'step') {
      this.#ports.change(input)
      return
    }
    this.#jobs.row(now, input.name, 'begun')
    if (input.step.do !== 'clock') return this.#jobs.end(now, input.name, 'the machine is switched off')
    this.#clock.change(now, input.step)
    this.#jobs.row(now, input.name, 'done')
  }

  #whileDown(now: Instant, input: NodeInput, why: string): void {
    if (input.kind === 'packet') this.#outbox.drop(now, input.packet, 'wire', 'host-off')
    else if (input.kind === 'step') this.#jobs.end(now, input.name, why)
  }
}
