/** START HERE. A simulated machine. A packet leaves it through app.ts, stack.ts, tunnel.ts and stack.ts again; system.ts joins them. */
import { type Address, type Instant, later, NEVER } from '../../impl/box.ts'
import { parseAddress } from '../../impl/ip/address.ts'
import { durationNs, wallSpan } from '../../scenarios/language/quantity.ts'
import type { Step, StepOf } from '../../scenarios/language/step.ts'
import type { StepRow } from '../../scenarios/language/trace.ts'
import type { InterfaceAddress, Node, NodeInput, NodeOutput, Packet } from '../node.ts'
import { WallClock } from './clock.ts'
import type { HostDrop } from './drops.ts'
import { IPV6_MIN_MTU } from './interfaces.ts'
import type { HostOptions, PortOptions } from './options.ts'
import { Outbox } from './outbox.ts'
import { hostProblemText, namesOf, type Prepared, prepare } from './prepare.ts'
import { Radio } from './radio.ts'
import { System } from './system.ts'

export type { HostOptions } from './options.ts'

const DEFAULT_OFF_NS = 1_000_000_000

/** Awake, or not until an instant. `name`: of the step that is over then. */
type Power =
  | { readonly kind: 'on' }
  | { readonly kind: 'asleep' | 'off'; readonly until: Instant; readonly name: string }

export class Host implements Node {
  readonly #options: HostOptions
  readonly #prepared: Prepared
  readonly #outbox: Outbox
  readonly #clock: WallClock
  readonly #ports = new Map<string, PortOptions>()
  /** Those that doze, by their network. */
  readonly #radios = new Map<string, Radio>()
  /** How often each interface was made: see SystemOptions.deviceName. */
  readonly #made = new Map<string, number>()
  /** What came up during sleep and is done on waking. */
  #postponed: NodeInput[] = []
  #power: Power = { kind: 'on' }
  #asleepSince = 0
  /** Undefined before the first boot, and while it is off. */
  #system: System | undefined
  #boots = 0
  /** When the time service arrives. */
  #ntp: Instant = NEVER
  /** The latest instant it was told. */
  #now = 0 as Instant

  /** Switched on at the first instant that it is given. Throws a HostConfigError when a WireGuard file is wrong. */
  constructor(options: HostOptions) {
    const { clock = {} } = options.spec
    this.#options = options
    this.#prepared = prepare(options)
    this.#outbox = new Outbox(options.name)
    this.#clock = new WallClock(options.epoch, wallSpan(clock.offset ?? '0s'), clock.drift_ppm ?? 0, clock.rtc)
    for (const [port, radio] of Object.entries(options.spec.radio ?? {})) this.#radios.set(port, new Radio(radio))
    for (const port of options.attachments) this.#ports.set(port.port, port)
  }

  handleInput(now: Instant, input: NodeInput): void {
    this.#now = now
    if (this.#boots === 0) this.#boot(now)
    if (input.kind === 'packet' && this.#radios.size > 0 && !this.#hears(now, input.port, input.packet)) return
    switch (this.#power.kind) {
      case 'on':
        return this.#handle(now, input)
      case 'asleep':
        if (input.kind === 'packet') this.#outbox.drop(now, input.packet, 'wire', 'host-asleep' satisfies HostDrop)
        else this.#postponed.push(input)
        return
      case 'off':
        return this.#handleOff(now, input)
    }
  }

  handleTimeout(now: Instant): void {
    if (this.#boots === 0) this.#boot(now)
    this.#now = now
    if (this.#power.kind !== 'on' && this.#power.until <= now) this.#switchOn(now, this.#power)
    if (this.#radios.size > 0) this.#fetch(now)
    if (this.#power.kind !== 'on') return
    if (this.#ntp <= now) this.#sync(now, this.#options.spec.clock?.ntp?.how ?? 'step', 'ntp')
    this.#system?.handleTimeout(now)
  }

  pollOutput(): NodeOutput | undefined {
    const output = this.#outbox.poll()
    if (output?.kind === 'packet' && this.#radios.size > 0) this.#radios.get(output.port)?.used(this.#now)
    return output
  }

  pollTimeout(): Instant {
    if (this.#boots === 0) return 0 as Instant
    let due: number = this.#power.kind === 'on' ? this.#ntp : this.#power.until
    if (this.#power.kind === 'on') due = Math.min(due, this.#system?.pollTimeout() ?? NEVER)
    for (const radio of this.#radios.values()) due = Math.min(due, radio.due(this.#now))
    return due as Instant
  }

  timeoutReason(): string {
    if (this.#boots === 0) return 'the machine is switched on'
    for (const radio of this.#radios.values()) if (radio.due(this.#now) <= this.pollTimeout()) return 'the radio wakes'
    if (this.#power.kind === 'on' && this.#ntp <= this.pollTimeout()) return 'the time service answers'
    if (this.#power.kind === 'on') return this.#system?.timeoutReason() ?? 'nothing is due'
    return this.#power.kind === 'asleep' ? 'the machine wakes up' : 'the machine is switched on again'
  }

  /** A state row for every peer of every tunnel. Take it with pollOutput. */
  report(now: Instant): void {
    if (this.#boots === 0) this.#boot(now)
    for (const tunnel of this.#system?.tunnels.values() ?? []) tunnel.report(now)
  }

  /** What `ip route show table N` or `ip rule show` would print; for tests and for people. */
  routesText(family: 4 | 6, table?: number): string {
    return this.#system?.stack.routes.text(family, table) ?? ''
  }

  rulesText(family: 4 | 6): string {
    return this.#system?.stack.routes.rulesText(family) ?? ''
  }

  /** Bytes; undefined when there is no such interface. */
  mtuOf(iface: string): number | undefined {
    return this.#system?.stack.interfaces.get(iface)?.mtu
  }

  /** The commands that wg-quick ran since the last boot. */
  transcript(): readonly string[] {
    return this.#system?.quick.transcript ?? []
  }

  /** What waits in this machine for something: copies of packets that have not ended. */
  *holding(): Generator<Packet> {
    for (const radio of this.#radios.values()) yield* radio.kept()
    if (this.#system !== undefined) yield* this.#system.holding()
  }

  #handle(now: Instant, input: NodeInput): void {
    const system = this.#system
    if (system === undefined) return
    switch (input.kind) {
      case 'packet':
        return system.receive(now, input.port, input.packet)
      case 'mtu': {
        this.#remember(input)
        const port = this.#ports.get(input.port)
        const narrow = (this.mtuOf(input.port) ?? IPV6_MIN_MTU) < IPV6_MIN_MTU
        system.setMtu(now, input.port, input.mtu)
        // IPv6 comes back with enough room for it.
        if (port !== undefined && narrow && input.mtu >= IPV6_MIN_MTU) system.attach(now, port)
        return
      }
      case 'attach': {
        this.#remember(input)
        const port = this.#ports.get(input.port)
        if (port !== undefined) system.attach(now, port)
        return
      }
      case 'detach':
        this.#remember(input)
        return system.detach(input.port)
      case 'step':
        return this.#step(now, system, input.step, input.name)
    }
  }

  #handleOff(now: Instant, input: NodeInput): void {
    if (input.kind === 'packet') return this.#outbox.drop(now, input.packet, 'wire', 'host-off' satisfies HostDrop)
    if (input.kind !== 'step') return this.#remember(input)
    this.#row(now, input.name, 'begun')
    if (input.step.do === 'clock') this.#setClock(now, input.step)
    else this.#row(now, input.name, 'error', 'the machine is switched off')
    this.#row(now, input.name, 'done')
  }

  /** What the machine will find when it boots. */
  #remember(input: Exclude<NodeInput, { kind: 'packet' | 'step' }>): void {
    const known = this.#ports.get(input.port)
    switch (input.kind) {
      case 'detach':
        this.#ports.delete(input.port)
        return
      case 'mtu':
        if (known !== undefined) this.#ports.set(input.port, { ...known, mtu: input.mtu })
        return
      case 'attach': {
        const { port, addresses, gateways } = input
        const onlink =
          input.onlink ?? known?.onlink ?? (gateways.length === 0 && areAlone(addresses) ? 'all' : 'prefix')
        this.#ports.set(port, { port, addresses, gateways, mtu: known?.mtu ?? 1500, onlink })
      }
    }
  }

  #step(now: Instant, system: System, step: Step, name: string): void {
    switch (step.do) {
      case 'ping':
      case 'send':
        return system.app.start(now, step, name)
      case 'tcp':
        return system.transfers.start(now, step, name)
      case 'clock':
        this.#row(now, name, 'begun')
        this.#setClock(now, step)
        return this.#row(now, name, 'done')
      case 'suspend':
        return this.#suspend(now, system, step, name)
      case 'reboot':
        return this.#reboot(now, system, step, name)
      case 'run': {
        this.#row(now, name, 'begun')
        if (!system.run(now, step.command, `step ${name}`)) this.#row(now, name, 'error', 'the command failed')
        return this.#row(now, name, 'done')
      }
      case 'lookup':
        return system.asker.start(now, step, name)
      case 'service': {
        this.#row(now, name, 'begun')
        const wrong = system.services.step(now, step)
        if (wrong !== undefined) this.#row(now, name, 'error', wrong)
        return this.#row(now, name, 'done')
      }
      case 'dns':
      case 'roam':
      case 'link':
      case 'nat':
      case 'probe':
        this.#outbox.note(now, 'warning', `a host does not do the step "${step.do}" itself`)
    }
  }

  #setClock(now: Instant, { jump, drift_ppm, sync }: StepOf<'clock'>): void {
    if (jump !== undefined) this.#clock.jump(now, wallSpan(jump))
    if (drift_ppm !== undefined) this.#clock.setDrift(now, drift_ppm)
    const what = [jump === undefined ? [] : `jump ${jump}`, drift_ppm === undefined ? [] : `drift ${drift_ppm} ppm`]
    if (what.flat().length > 0) this.#clockRow(now, what.flat().join(', '))
    if (sync !== undefined) this.#sync(now, sync, 'sync')
  }

  #sync(now: Instant, how: 'step' | 'slew', who: string): void {
    this.#ntp = NEVER
    this.#clock.sync(now, how)
    this.#clockRow(now, `${who} ${how}`)
  }

  /** False: the radio of this network dozes, and the packet waits or is lost. */
  #hears(now: Instant, port: string, packet: Packet): boolean {
    if (this.#power.kind !== 'on') return true
    const heard = this.#radios.get(port)?.arrive(now, packet) ?? 'now'
    if (heard === 'lost') this.#outbox.drop(now, packet, 'wire', 'radio-asleep' satisfies HostDrop)
    return heard === 'now'
  }

  /** What the networks kept for radios that are awake now. */
  #fetch(now: Instant): void {
    for (const [port, radio] of this.#radios) {
      if (radio.due(now) > now) continue
      for (const packet of radio.take(now)) {
        if (this.#power.kind === 'on') this.#handle(now, { kind: 'packet', port, packet })
        else this.#outbox.drop(now, packet, 'wire', this.#power.kind === 'off' ? 'host-off' : 'host-asleep')
      }
    }
  }

  #suspend(now: Instant, system: System, step: StepOf<'suspend'>, name: string): void {
    this.#row(now, name, 'begun')
    for (const tunnel of system.tunnels.values()) tunnel.suspend(now)
    this.#asleepSince = now
    this.#power = { kind: 'asleep', until: later(now, durationNs(step.for)), name }
  }

  #reboot(now: Instant, system: System, step: StepOf<'reboot'>, name: string): void {
    this.#row(now, name, 'begun')
    system.stop(now)
    this.#clock.off(now)
    this.#ntp = NEVER
    this.#system = undefined
    const off_ns = step.off === undefined ? DEFAULT_OFF_NS : durationNs(step.off)
    this.#power = { kind: 'off', until: later(now, off_ns), name }
  }

  #switchOn(now: Instant, { kind, name }: Exclude<Power, { kind: 'on' }>): void {
    this.#power = { kind: 'on' }
    if (kind === 'off') this.#boot(now)
    else for (const tunnel of this.#system?.tunnels.values() ?? []) tunnel.wake(now, now - this.#asleepSince)
    this.#row(now, name, 'done')
    const postponed = this.#postponed
    this.#postponed = []
    for (const [index, input] of postponed.entries()) {
      // One of them may be a reboot, or more sleep.
      if (this.#isOn()) this.#handle(now, input)
      else {
        for (const rest of postponed.slice(index)) this.handleInput(now, rest)
        return
      }
    }
    if (this.#isOn()) this.#system?.handleTimeout(now)
  }

  #isOn(): boolean {
    return this.#power.kind === 'on'
  }

  #boot(now: Instant): void {
    const { spec, random, crypto, keys, steps, revealSecrets, timerWheel_ns, timerWheelStart_ns } = this.#options
    this.#boots++
    this.#clock.boot(now)
    const { rtc = 'battery', ntp } = spec.clock ?? {}
    this.#ntp = ntp === undefined ? NEVER : later(now, durationNs(ntp.after))
    const system = new System(
      {
        random: random.split(`boot ${this.#boots}`),
        steps,
        forward: spec.forward === true,
        firewall: spec.firewall === 'stateful',
        confs: this.#prepared.confs,
        services: spec.services ?? {},
        names: namesOf(this.#options, () => this.#families()),
        resolve: name => this.#options.resolve(name),
        resolvers: resolversOf(spec.resolver),
        resolves: spec.resolves ?? 'exclusive',
        device: {
          crypto,
          wallClock: at => this.#clock.at(at),
          handshakeCost_ns: spec.handshake_cost === undefined ? 0 : durationNs(spec.handshake_cost),
          revealSecrets,
          sleeps: spec.timers === 'monotonic',
          outerDf: spec.outer_df === true,
          nameOf: key => keys.nameOf(key),
          ...(timerWheel_ns === undefined ? {} : { timerWheel_ns }),
          ...(timerWheelStart_ns === undefined ? {} : { timerWheelStart_ns }),
        },
        deviceName: iface => this.#deviceName(iface),
      },
      this.#outbox,
    )
    this.#system = system
    for (const port of this.#ports.values()) system.attach(now, port)
    if (this.#boots === 1) {
      for (const warning of this.#prepared.warnings) this.#outbox.note(now, 'warning', hostProblemText(warning))
      this.#clockRow(now, 'start')
    } else if (rtc !== 'battery') this.#clockRow(now, 'boot')
    if (spec.autostart !== false) {
      for (const iface of this.#prepared.confs.keys()) system.run(now, `wg-quick up ${iface}`, 'at boot')
    }
    system.services.startAll(now)
  }

  #deviceName(iface: string): string {
    const times = (this.#made.get(iface) ?? 0) + 1
    this.#made.set(iface, times)
    const name = `${this.#options.name}:${iface}`
    return times === 1 ? name : `${name}#${times}`
  }

  /** Lengths of the addresses that the machine has on its networks. */
  #families(): number[] {
    return [...this.#ports.values()].flatMap(port => port.addresses.map(({ address }) => address.length))
  }

  #clockRow(now: Instant, what: string): void {
    const { sec, nsec } = this.#clock.at(now)
    const row = { kind: 'clock', t: now, host: this.#options.name, wall_sec: sec, wall_nsec: nsec, what } as const
    this.#outbox.push({ kind: 'row', row })
  }

  #row(now: Instant, step: string, what: StepRow['what'], detail?: string): void {
    const row = { kind: 'step', t: now, step, host: this.#options.name, what } as const
    this.#outbox.push({ kind: 'row', row: detail === undefined ? row : { ...row, detail } })
  }
}

function resolversOf(texts: string | readonly string[] = []): Address[] {
  return (typeof texts === 'string' ? [texts] : texts).flatMap(text => parseAddress(text) ?? [])
}

/** Addresses without a network around them. */
function areAlone(addresses: readonly InterfaceAddress[]): boolean {
  return addresses.every(({ address, length }) => length === address.length * 8)
}
