/**
 * The one loop, without I/O and without a clock of its own. Events are ordered by (time, class, box name, sequence):
 * first what the script does, then cables, then machines, then what the script reads; what an event sets off at the same
 * instant (its sequence) is done before the next event. So a box that has nothing to do with another never moves it.
 */
import { type Instant, NEVER } from '../impl/box.ts'
import { Deadlines } from './deadlines.ts'
import type { LinkBox, LinkInput, LinkOutput, Node, NodeInput, NodeOutput, OnPath, Packet } from './node.ts'

/** What the loop tells while it runs. */
export interface Watch {
  /** A machine puts a packet on the cable of a port. */
  sent(now: Instant, port: Port, packet: Packet): void
  /** A cable hands a packet to a machine. */
  arrived(now: Instant, port: Port, packet: Packet): void
  /** A packet for a port without a cable, or from a cable that was unplugged at its far end (`port` is then that end). */
  unplugged(now: Instant, port: Port, packet: Packet): void
  /** A row or a secret of a box. */
  output(now: Instant, output: Exclude<NodeOutput, { kind: 'packet' }>): void
}

/** Where a cable ends. */
export interface Port {
  readonly machine: Machine
  /** What the machine calls it. */
  readonly name: string
  /** What the trace calls it, and whether packets are kept here. */
  readonly at: string
  readonly vantage: boolean
  /** The network the machine meets here, or is. */
  readonly network: string
  /** The machine at the other end, for those on the path. */
  readonly peer: string
  cable: Cable | undefined
}

export interface Machine {
  readonly name: string
  readonly node: Node
  readonly ports: Map<string, Port>
  /** The port it sent from last. */
  recent: Port | undefined
  readonly slot: number
  /** Probes that see what enters here before it does: set for networks. */
  readonly onPath: Machine[]
  /** Played by another process: `run` stops when its time has come, and whoever called goes on with it. */
  readonly isGuest: boolean
}

export interface Cable {
  readonly name: string
  readonly link: LinkBox
  readonly slot: number
  readonly to: Port
  /** false: what still comes out arrives nowhere. */
  plugged: boolean
}

/** Why the loop gave back control. */
export type LoopEnd =
  | { readonly kind: 'done'; readonly now: Instant }
  /** Its deadline is taken out of the loop's order until it is drained. */
  | { readonly kind: 'guest'; readonly machine: Machine }

const CLASS = { act: 0, cable: 1, machine: 2, read: 3 } as const
/** A box that asks for the same instant this often in a row without a word is broken. */
const PATIENCE = 10_000

interface Planned {
  readonly at: Instant
  readonly action: (now: Instant) => void
}

type Slot =
  | { readonly kind: 'script'; readonly planned: Planned[]; next: number }
  | { readonly kind: 'cable'; readonly cable: Cable }
  | { readonly kind: 'machine'; readonly machine: Machine }

type Sent = Extract<NodeOutput, { kind: 'packet' }>
type Arrived = Extract<LinkOutput, { kind: 'packet' }>

/**
 * What is still to be done at this instant, in the order it came up. Outputs travel as they are: nothing is made for a
 * step of the way. Columns, written over from the start when all is done.
 */
interface Work {
  readonly cables: Cable[]
  /** A machine's packet that goes into the cable, or the cable's that comes out. */
  readonly packets: (Sent | Arrived)[]
  readonly arrivals: boolean[]
  length: number
}

type Arrival = { -readonly [K in keyof Sent]-?: Sent[K] }

const NO_PACKET: Packet = { id: { box: '', n: 0 }, copy: 0, bytes: new Uint8Array(0) }

/** Columns longer than this are given back, so that one great burst does not keep its packets for ever. */
const MOST_WORK = 4096

export class Loop {
  readonly #watch: Watch
  readonly #deadlines = new Deadlines()
  readonly #slots: Slot[] = []
  readonly #machines = new Map<string, Machine>()
  readonly #scripts: { readonly act: number; readonly read: number }
  readonly #work: Work = { cables: [], packets: [], arrivals: [], length: 0 }
  /** Written over for each packet that arrives: no machine keeps what it is handed, only the packet in it. */
  readonly #arrival: Arrival = { kind: 'packet', port: '', packet: NO_PACKET, via: undefined }
  /** Slots that were not asked yet: all are there before the first one speaks. */
  #fresh: number[] = []
  #now = 0 as Instant
  #silent = 0

  constructor(watch: Watch) {
    this.#watch = watch
    this.#scripts = { act: this.#addScript('act'), read: this.#addScript('read') }
  }

  get now(): Instant {
    return this.#now
  }

  /** Takes part from the next event on. Throws on a name that is taken. */
  addMachine(name: string, node: Node, isGuest = false): Machine {
    if (this.#machines.has(name)) throw new Error(`two machines are called "${name}"`)
    const slot = this.#deadlines.add(CLASS.machine, name)
    const machine: Machine = { name, node, ports: new Map(), recent: undefined, slot, onPath: [], isGuest }
    this.#slots[slot] = { kind: 'machine', machine }
    this.#machines.set(name, machine)
    this.#fresh.push(slot)
    return machine
  }

  machine(name: string): Machine | undefined {
    return this.#machines.get(name)
  }

  /** Lays one direction of a cable: what `from` sends comes out at `to`, through `link`. */
  addCable(name: string, link: LinkBox, from: Port, to: Port): Cable {
    const slot = this.#deadlines.add(CLASS.cable, name)
    const cable: Cable = { name, link, slot, to, plugged: true }
    this.#slots[slot] = { kind: 'cable', cable }
    from.cable = cable
    this.#fresh.push(slot)
    return cable
  }

  /** Pulls both directions out of a port: what is on its way into the network goes on, what comes back arrives nowhere. */
  unplug(port: Port, back: Port): void {
    if (back.cable !== undefined) back.cable.plugged = false
    for (const end of [port, back]) {
      end.cable = undefined
      end.machine.recent = undefined
      end.machine.ports.delete(end.name)
    }
  }

  /** Plans an action: `act` comes before everything else of its instant, `read` after. Actions of one instant keep the order of planning. */
  plan(at: Instant, when: 'act' | 'read', action: (now: Instant) => void): void {
    const slot = this.#scripts[when]
    const script = this.#slots[slot]
    if (script?.kind !== 'script') throw new Error('the script has lost its slot')
    if (at < this.#now) throw new RangeError(`an action at ${at} ns, but it is ${this.#now} ns already`)
    const { planned } = script
    let place = planned.length
    while (place > script.next && (planned[place - 1] as Planned).at > at) place--
    planned.splice(place, 0, { at, action })
    this.#deadlines.set(slot, (planned[script.next] as Planned).at)
  }

  /** Hands an input to a machine now, with all that follows from it at this instant. */
  input(machine: Machine, input: NodeInput): void {
    machine.node.handleInput(this.#now, input)
    this.drain(machine)
  }

  inputCable(cable: Cable, input: LinkInput): void {
    cable.link.handleInput(this.#now, input)
    this.#drainCable(cable)
    this.#cascade()
  }

  /** Takes what a machine has to say after it was called outside of its inputs (a report). */
  drain(machine: Machine): void {
    this.#drainMachine(machine)
    this.#cascade()
  }

  /** What the boxes have that has not ended, cables and machines in the order of adding. */
  *holding(): Generator<{ readonly at: string; readonly packet: Packet['id']; readonly copy: number }> {
    for (const slot of this.#slots) {
      if (slot.kind === 'script') continue
      const [at, box] =
        slot.kind === 'cable' ? [slot.cable.name, slot.cable.link] : [slot.machine.name, slot.machine.node]
      for (const { id, copy } of box.holding?.() ?? []) yield { at, packet: id, copy }
    }
  }

  /** When the next event is due, or just after `until`. Before it a guest may run on by itself. */
  horizon(until: Instant): Instant {
    const first = this.#next()
    const due = first < 0 ? NEVER : this.#deadlines.time(first)
    return (due > until ? until + 1 : due) as Instant
  }

  /** A guest has come so far by itself. Throws when something should have happened before. */
  moveTo(now: Instant): void {
    if (now < this.#now || now > this.horizon(now)) {
      throw new RangeError(
        `a guest is at ${now} ns, but it is ${this.#now} ns and something is due at ${this.horizon(now)} ns`,
      )
    }
    this.#now = now
  }

  /** Runs every event up to and including `until`, or until a guest has to be run. */
  run(until: Instant): LoopEnd {
    for (let first = this.#next(); first >= 0; first = this.#next()) {
      const due = this.#deadlines.time(first)
      if (due > until) break
      if (due > this.#now) {
        this.#now = due
        this.#silent = 0
      }
      const slot = this.#slots[first] as Slot
      if (slot.kind === 'machine' && slot.machine.isGuest) {
        this.#deadlines.set(first, NEVER)
        return { kind: 'guest', machine: slot.machine }
      }
      this.#fire(first, slot)
      this.#cascade()
    }
    this.#now = until > this.#now ? until : this.#now
    return { kind: 'done', now: this.#now }
  }

  /** The slot that is due first, after everything new was asked; or -1. */
  #next(): number {
    const fresh = this.#fresh
    if (fresh.length > 0) {
      this.#fresh = []
      for (const id of this.#deadlines.ordered(fresh)) {
        const slot = this.#slots[id] as Slot
        if (slot.kind === 'machine') this.#drainMachine(slot.machine)
        else if (slot.kind === 'cable') this.#drainCable(slot.cable)
        this.#cascade()
      }
    }
    return this.#deadlines.first()
  }

  #fire(id: number, slot: Slot): void {
    switch (slot.kind) {
      case 'script': {
        const { action } = slot.planned[slot.next++] as Planned
        if (slot.next === slot.planned.length) slot.planned.length = slot.next = 0
        this.#deadlines.set(id, slot.planned[slot.next]?.at ?? NEVER)
        action(this.#now)
        return
      }
      case 'cable':
        slot.cable.link.handleTimeout(this.#now)
        if (this.#drainCable(slot.cable)) this.#silent = 0
        else this.#complainIfStuck(id, slot.cable.name, slot.cable.link)
        return
      case 'machine':
        slot.machine.node.handleTimeout(this.#now)
        if (this.#drainMachine(slot.machine)) this.#silent = 0
        else this.#complainIfStuck(id, slot.machine.name, slot.machine.node)
        return
    }
  }

  /** Does what is to be done at this instant, in the order it came up. */
  #cascade(): void {
    const work = this.#work
    const { cables, packets, arrivals } = work
    for (let i = 0; i < work.length; i++) {
      const cable = cables[i] as Cable
      const packet = packets[i] as Sent | Arrived
      if (arrivals[i] === true) this.#arrive(cable, packet)
      else {
        cable.link.handleInput(this.#now, packet)
        this.#drainCable(cable)
      }
      if (i < MOST_WORK) continue
      // What is done must not pile up during a long instant.
      for (const column of [cables, packets, arrivals]) column.splice(0, i + 1)
      work.length -= i + 1
      i = -1
    }
    work.length = 0
    if (cables.length > MOST_WORK) cables.length = packets.length = arrivals.length = 0
  }

  #push(cable: Cable, packet: Sent | Arrived, arrival: boolean): void {
    const work = this.#work
    const at = work.length++
    work.cables[at] = cable
    work.packets[at] = packet
    work.arrivals[at] = arrival
  }

  #arrive(cable: Cable, { packet, via }: Arrived): void {
    const { to } = cable
    const { machine } = to
    if (!cable.plugged) {
      this.#watch.unplugged(this.#now, to, packet)
      return
    }
    if (machine.onPath.length > 0 && this.#taken(to, packet)) return
    this.#watch.arrived(this.#now, to, packet)
    const arrival = this.#arrival
    arrival.port = to.name
    arrival.packet = packet
    arrival.via = via
    machine.node.handleInput(this.#now, arrival)
    this.#drainMachine(machine)
  }

  #taken(to: Port, packet: Packet): boolean {
    let taken = false
    for (const probe of to.machine.onPath) {
      if (probe.name === to.peer) continue
      const eye = probe.node as Node & OnPath
      if (eye.see(this.#now, to.network, to.peer, packet)) taken = true
      this.#drainMachine(probe)
      if (taken) return true
    }
    return false
  }

  /** true when something came out. */
  #drainMachine(machine: Machine): boolean {
    const { node } = machine
    let some = false
    for (let output = node.pollOutput(); output !== undefined; output = node.pollOutput()) {
      some = true
      if (output.kind === 'packet') this.#send(machine, output)
      else this.#watch.output(this.#now, output)
    }
    this.#wait(machine.slot, node.pollTimeout())
    return some
  }

  #send(machine: Machine, output: Sent): void {
    const { port: name, packet } = output
    let port = machine.recent
    if (port === undefined || port.name !== name) {
      port = machine.ports.get(name)
      machine.recent = port
    }
    if (port?.cable === undefined) {
      const nowhere = { machine, name, at: `${machine.name}:${name}`, vantage: true, network: name, peer: '' }
      this.#watch.unplugged(this.#now, port ?? { ...nowhere, cable: undefined }, packet)
      return
    }
    this.#watch.sent(this.#now, port, packet)
    this.#push(port.cable, output, false)
  }

  /** true when something came out. */
  #drainCable(cable: Cable): boolean {
    const { link } = cable
    let some = false
    for (let output = link.pollOutput(); output !== undefined; output = link.pollOutput()) {
      some = true
      if (output.kind === 'packet') this.#push(cable, output, true)
      else this.#watch.output(this.#now, output)
    }
    this.#wait(cable.slot, link.pollTimeout())
    return some
  }

  #wait(slot: number, deadline: Instant): void {
    this.#deadlines.set(slot, deadline < this.#now ? this.#now : deadline)
  }

  /** A box that was called, said nothing, and wants to be called at the same instant (or an earlier one) again. */
  #complainIfStuck(id: number, name: string, box: { timeoutReason(): string }): void {
    this.#silent = this.#deadlines.time(id) === this.#now ? this.#silent + 1 : 0
    if (this.#silent < PATIENCE) return
    const reason = box.timeoutReason()
    throw new Error(`time stands still: "${name}" wants to be called at ${this.#now} ns for ever (${reason})`)
  }

  #addScript(when: 'act' | 'read'): number {
    const slot = this.#deadlines.add(CLASS[when], '')
    this.#slots[slot] = { kind: 'script', planned: [], next: 0 }
    return slot
  }
}
