/** A layout as boxes and wires: machines into the loop, a pair of cables for each seat, and what moves them later. */
import type { Instant } from '../impl/box.ts'
import { expandLink } from '../scenarios/language/link-presets.ts'
import type { Link } from '../scenarios/language/topology.ts'
import type { FullLink, Layout, Role, Seat } from './layout.ts'
import type { Cable, Loop, Machine, Port } from './loop.ts'
import type { LinkBox, Node } from './node.ts'

export { checkScenario } from './check.ts'

/** Makes the boxes. Each gets its name, which is also the name of its stream of chance. */
export interface Parts {
  machine(
    name: string,
    role: Role,
    seats: readonly Seat[],
  ): Node & { report?(now: Instant): void; readonly isGuest?: boolean }
  /** `place`: what the trace calls it, `host:network`. */
  cable(name: string, place: string, link: FullLink): LinkBox
}

interface Reporter {
  report(now: Instant): void
}

/** The two ends and the two directions of one attachment. */
interface Wire {
  seat: Seat
  readonly near: Port
  readonly far: Port
  up: FullLink
  down: FullLink
  readonly upCable: Cable
  readonly downCable: Cable
}

export class Topology {
  readonly #loop: Loop
  readonly #parts: Parts
  readonly #roles: ReadonlyMap<string, Role>
  readonly #machines = new Map<string, Machine>()
  readonly #reporters = new Map<string, Reporter>()
  /** By `machine:network`. */
  readonly #wires = new Map<string, Wire>()
  /** How often a place was plugged in: cables of another time have another name, and so other chances. */
  readonly #times = new Map<string, number>()

  constructor(loop: Loop, layout: Layout, parts: Parts) {
    this.#loop = loop
    this.#parts = parts
    this.#roles = layout.machines
    const seatsOf = new Map<string, Seat[]>([...layout.machines.keys()].map(name => [name, []]))
    for (const seat of layout.seats) seatsOf.get(seat.machine)?.push(seat)
    for (const [name, role] of layout.machines) {
      const node = parts.machine(name, role, seatsOf.get(name) ?? [])
      this.#machines.set(name, loop.addMachine(name, node, node.isGuest === true))
      if (node.report !== undefined) this.#reporters.set(name, node as Reporter)
    }
    const wires = layout.seats.map(seat => this.#lay(seat))
    for (const wire of wires) this.#tellNetwork(wire)
    for (const wire of wires) {
      // A host knows its places from birth: it begins with everything up.
      if (this.#roles.get(wire.seat.machine)?.kind !== 'host') this.#tellMachine(wire)
    }
  }

  machine(name: string): Machine {
    const machine = this.#machines.get(name)
    if (machine === undefined) throw new Error(`no machine is called "${name}"`)
    return machine
  }

  /** Moves a machine from one network to another, or changes its addresses where it is. `own`: what is named of the cables. */
  roam(from: string, seat: Seat, own: { readonly up?: Link | undefined; readonly down?: Link | undefined }): void {
    if (from === seat.network && this.isOn(seat.machine, from)) {
      this.#readdress(seat)
      if (own.up !== undefined) this.setLink(seat.machine, from, 'up', own.up)
      if (own.down !== undefined) this.setLink(seat.machine, from, 'down', own.down)
      return
    }
    this.#unplug(seat.machine, from)
    this.#unplug(seat.machine, seat.network)
    const wire = this.#lay(seat)
    this.#tellNetwork(wire)
    this.#tellMachine(wire)
  }

  /** Changes what is named of a cable, in one direction or both. The machine must be on the network. */
  setLink(machine: string, network: string, direction: 'up' | 'down' | 'both', link: Link): void {
    const wire = this.#wires.get(`${machine}:${network}`)
    if (wire === undefined) throw new Error(`"${machine}" is not on "${network}"`)
    if (direction !== 'down') this.#setUp(wire, link)
    if (direction !== 'up') this.#setDown(wire, link)
  }

  /** Lets a machine tell the state of its peers; of all machines that can in the order of their names, without one. */
  report(machine?: string): void {
    const names = machine === undefined ? [...this.#reporters.keys()].sort() : [machine]
    for (const name of names) {
      this.#reporters.get(name)?.report(this.#loop.now)
      this.#loop.drain(this.machine(name))
    }
  }

  /** Whether the machine is on this network now. */
  isOn(machine: string, network: string): boolean {
    return this.#wires.has(`${machine}:${network}`)
  }

  #readdress(seat: Seat): void {
    const place = `${seat.machine}:${seat.network}`
    const before = this.#wires.get(place)
    if (before === undefined) return
    before.seat = seat
    this.#tellNetwork(before, false)
    this.#tellMachine(before, false)
  }

  #lay(seat: Seat): Wire {
    const { machine, network } = seat
    const place = `${machine}:${network}`
    const times = (this.#times.get(place) ?? 0) + 1
    this.#times.set(place, times)
    const name = times === 1 ? place : `${place}#${times}`
    const vantage = this.#isVantage(machine)
    const near = this.#port(machine, network, { at: vantage ? place : machine, vantage, network, peer: network })
    const far = this.#port(network, machine, { at: network, vantage: false, network, peer: machine })
    const cable = (direction: 'up' | 'down', from: Port, to: Port) => {
      const label = `${name} ${direction}`
      return this.#loop.addCable(label, this.#parts.cable(label, place, seat[direction]), from, to)
    }
    const wire: Wire = {
      seat,
      near,
      far,
      up: seat.up,
      down: seat.down,
      upCable: cable('up', near, far),
      downCable: cable('down', far, near),
    }
    this.#wires.set(place, wire)
    if (this.#isProbe(machine)) far.machine.onPath.push(near.machine)
    return wire
  }

  #port(machine: string, name: string, about: Pick<Port, 'at' | 'vantage' | 'network' | 'peer'>): Port {
    const owner = this.machine(machine)
    const port: Port = { machine: owner, name, ...about, cable: undefined }
    owner.ports.set(name, port)
    return port
  }

  #unplug(machine: string, network: string): void {
    const place = `${machine}:${network}`
    const wire = this.#wires.get(place)
    if (wire === undefined) return
    this.#wires.delete(place)
    this.#loop.unplug(wire.near, wire.far)
    const { onPath } = wire.far.machine
    if (onPath.includes(wire.near.machine)) onPath.splice(onPath.indexOf(wire.near.machine), 1)
    this.#loop.input(wire.far.machine, { kind: 'detach', port: machine })
    this.#loop.input(wire.near.machine, { kind: 'detach', port: network })
  }

  #tellNetwork(wire: Wire, mtu = true): void {
    const { machine, addresses, gateways } = wire.seat
    this.#loop.input(wire.far.machine, { kind: 'attach', port: machine, addresses, gateways })
    if (mtu) this.#loop.input(wire.far.machine, { kind: 'mtu', port: machine, mtu: wire.down.mtu })
  }

  #tellMachine(wire: Wire, mtu = true): void {
    const { network, addresses, gateways, onlink } = wire.seat
    this.#loop.input(wire.near.machine, { kind: 'attach', port: network, addresses, gateways, onlink })
    if (mtu) this.#loop.input(wire.near.machine, { kind: 'mtu', port: network, mtu: wire.up.mtu })
  }

  #setUp(wire: Wire, named: Link): void {
    const before = wire.up.mtu
    const anew = named.preset !== undefined
    const link = expandLink(named, 'up')
    wire.up = { ...(anew ? {} : wire.up), ...link } as FullLink
    this.#loop.inputCable(wire.upCable, { kind: 'set', link, anew })
    if (wire.up.mtu !== before)
      this.#loop.input(wire.near.machine, { kind: 'mtu', port: wire.near.name, mtu: wire.up.mtu })
  }

  #setDown(wire: Wire, named: Link): void {
    const before = wire.down.mtu
    const anew = named.preset !== undefined
    const link = expandLink(named, 'down')
    wire.down = { ...(anew ? {} : wire.down), ...link } as FullLink
    this.#loop.inputCable(wire.downCable, { kind: 'set', link, anew })
    if (wire.down.mtu !== before)
      this.#loop.input(wire.far.machine, { kind: 'mtu', port: wire.far.name, mtu: wire.down.mtu })
  }

  /** Hosts and NATs are where people would run a capture. */
  #isVantage(machine: string): boolean {
    const kind = this.#roles.get(machine)?.kind
    return kind === 'host' || kind === 'nat'
  }

  #isProbe(machine: string): boolean {
    const role = this.#roles.get(machine)
    return role?.kind === 'host' && role.host.probe === true
  }
}
