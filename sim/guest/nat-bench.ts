/** A guest as a world for the measurer of NATs: it stands between machines that are plugged into either side, without delay. */
import { parseAddress } from '../../impl/ip/address.ts'
import { ipDestination, ipVersion } from '../../impl/ip/packet.ts'
import { ShotMaker } from '../natprobe/packets.ts'
import type { Ask, Measurer, ProbeMachine, ProbeWorld, Seen } from '../natprobe/world.ts'
import { orderFrame, readReport } from './agent.ts'
import type { Frame } from './box.ts'
import { Neighbours, wrap } from './ethernet.ts'
import { attachCommands } from './setup.ts'
import { type GuestMachine, prepareGuest } from './shell.ts'

/** The kernel counts its time in these: HZ=250. */
export const TICK_NS = 4_000_000
/** A run begins in the middle of a tick: what is whole ticks apart is so for the kernel too. */
const PHASE_NS = TICK_NS / 2
/** Boots and is set up before. */
const LEAD_NS = 20_000_000_000
/** No command takes so long. */
const PATIENCE_NS = 40_000_000_000
/** Ten days; and a guest counts to 2^53 ns, 104 days. */
const LONGEST_NS = 10 * 86_400_000_000_000
const END_NS = 2 ** 53 - LONGEST_NS

export const GUEST_PLACE = { inside: 'lan', outside: 'internet', address: '203.0.113.77' } as const
const [INSIDE, OUTSIDE, CONTROL] = [0, 1, 2]
const INNER: readonly ProbeMachine[] = [
  { name: 'a', address: '192.168.1.2' },
  { name: 'b', address: '192.168.1.3' },
  { name: 'c', address: '192.168.1.4' },
]
const SERVERS: readonly ProbeMachine[] = [
  { name: 's1', address: '192.0.2.101' },
  { name: 's2', address: '198.51.100.101' },
  { name: 's3', address: '192.88.7.101' },
]

export class GuestNatBench {
  readonly world: ProbeWorld
  readonly #guest: GuestMachine
  readonly #shots = new ShotMaker()
  readonly #neighbours = new Neighbours()
  readonly #forget_ns: number
  /** The guest's time when the run began. */
  #zero = LEAD_NS
  #now = 0
  #jobs = 0

  /** Sets the guest up, which has two ports and has not run yet. `commands`: make it a NAT. `forget_ns`: left alone for so long it has forgotten everything. */
  static async open(guest: GuestMachine, commands: readonly string[], forget_ns: number): Promise<GuestNatBench> {
    const setup = [
      'sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1',
      ...PORTS.flatMap((port, i) => [`ip link set eth${i} name ${port.port}`, ...attachCommands(port)]),
      ...commands,
    ]
    await prepareGuest(guest, { name: 'nat', control: CONTROL, commands: setup, lead_ns: LEAD_NS })
    return new GuestNatBench(guest, forget_ns)
  }

  private constructor(guest: GuestMachine, forget_ns: number) {
    this.#guest = guest
    this.#forget_ns = forget_ns
    const mtu = { inside: 1500, outside: 1500 }
    this.world = {
      inner: INNER,
      servers: SERVERS,
      settle_ns: 0,
      resolution_ns: TICK_NS,
      longest_ns: LONGEST_NS,
      mtu,
    }
  }

  async perform(ask: Ask): Promise<readonly Seen[]> {
    switch (ask.do) {
      case 'reset':
        await this.#reset()
        return []
      case 'send': {
        const inner = INNER.find(({ name }) => name === ask.shot.from)
        const machine = inner ?? SERVERS.find(({ name }) => name === ask.shot.from)
        const address = machine === undefined ? undefined : parseAddress(machine.address)
        if (address === undefined) throw new RangeError(`no machine is called "${ask.shot.from}"`)
        const port = inner === undefined ? OUTSIDE : INSIDE
        await this.#send(this.#shots.packets(ask.shot, address).map(bytes => ({ port, frame: wrap(port, bytes) })))
        return this.#shots.take()
      }
      case 'wait':
        this.#now += ask.ns
        await this.#until(this.#zero + this.#now)
        return this.#shots.take()
    }
  }

  /** A command, as root of the guest. Rejects when it fails. */
  async command(line: string): Promise<string> {
    let output = ''
    let status: string | undefined
    await this.#send([{ port: CONTROL, frame: orderFrame(++this.#jobs, 'x', line) }], frame => {
      const report = readReport(frame)
      if (report?.kind === 'output') output += report.text
      if (report?.kind === 'ended') status = report.status
    })
    // A command takes a little of the guest's time.
    const begun = this.#now
    while (status === undefined && this.#now < begun + PATIENCE_NS) {
      this.#now += TICK_NS
      await this.#until(this.#zero + this.#now, frame => {
        const report = readReport(frame)
        if (report?.kind === 'output') output += report.text
        if (report?.kind === 'ended') status = report.status
      })
    }
    if (status !== '0') throw new Error(`${line}\nended with status ${status}: ${output.trim()}`)
    return output
  }

  async #reset(): Promise<void> {
    const end = this.#zero + this.#now + this.#forget_ns
    this.#zero = (Math.floor(end / TICK_NS) + 1) * TICK_NS + PHASE_NS
    if (this.#zero > END_NS) throw new RangeError('the guest has lived for too long: 104 days')
    this.#now = 0
    await this.#until(this.#zero)
    this.#shots.forget()
  }

  /** All that comes of it at this instant. */
  async #send(frames: readonly Frame[], onControl?: (frame: Uint8Array) => void): Promise<void> {
    const at = this.#zero + this.#now
    let waiting: readonly Frame[] = frames
    while (waiting.length > 0) {
      const answers: Frame[] = []
      await this.#guest.inject(at, waiting)
      await this.#run(at, answers, onControl)
      waiting = answers
    }
  }

  /** Lets the guest live until then; it has done everything that was due. */
  async #until(time: number, onControl?: (frame: Uint8Array) => void): Promise<void> {
    const answers: Frame[] = []
    await this.#run(time, answers, onControl)
    if (answers.length > 0) await this.#send(answers, onControl)
  }

  async #run(time: number, answers: Frame[], onControl?: (frame: Uint8Array) => void): Promise<void> {
    while (this.#guest.wants <= time) {
      await this.#guest.run(time + 1, (at, port, frame) => {
        this.#frame(at, port, frame, answers, onControl)
        return time + 1
      })
    }
  }

  #frame(
    at: number,
    port: number,
    frame: Uint8Array,
    answers: Frame[],
    onControl: ((frame: Uint8Array) => void) | undefined,
  ): void {
    if (port === CONTROL) return onControl?.(frame)
    const what = this.#neighbours.unwrap(port, frame)
    if (what.kind === 'answer') answers.push({ port, frame: what.frame })
    if (what.kind !== 'packet' || ipVersion(what.bytes) !== 4) return
    const to = ipDestination(what.bytes).join('.')
    const machine = (port === INSIDE ? INNER : SERVERS).find(({ address }) => address === to)
    if (machine !== undefined) this.#shots.arrived((at - this.#zero) as never, machine.name, what.bytes)
  }
}

const prefix = (text: string, length: number) => ({ address: parseAddress(text) as Uint8Array, length })

const PORTS = [
  { port: GUEST_PLACE.inside, addresses: [prefix('192.168.1.1', 24)], gateways: [], mtu: 1500, onlink: 'prefix' },
  { port: GUEST_PLACE.outside, addresses: [prefix(GUEST_PLACE.address, 32)], gateways: [], mtu: 1500, onlink: 'all' },
] as const

/** Runs a measurement to its end in a world that takes its time. */
export async function conductGuest<T>(measurer: Measurer<T>, bench: Pick<GuestNatBench, 'perform'>): Promise<T> {
  let step = measurer.next([])
  while (step.done !== true) step = measurer.next(await bench.perform(step.value))
  return step.value
}
