/**
 * START HERE. A real kernel in the place of a host: a box that has its frames carried out and in by somebody who may wait
 * (shell.ts), since the kernel lives in another process. Everything that the scenario asks of a host is asked of the agent
 * in the guest; what the guest sends comes back through `emitted`.
 */
import { type Instant, later, NEVER } from '../../impl/box.ts'
import { Key } from '../../impl/key.ts'
import { messageKind } from '../../scenarios/decode/wireguard.ts'
import { durationNs } from '../../scenarios/language/quantity.ts'
import type { Step, StepOf } from '../../scenarios/language/step.ts'
import type { StepRow } from '../../scenarios/language/trace.ts'
import type { HostOptions, PortOptions } from '../host/options.ts'
import { Outbox } from '../host/outbox.ts'
import type { Node, NodeInput, NodeOutput, Packet } from '../node.ts'
import { type Order, orderFrame, type Report, readReport } from './agent.ts'
import { type DumpReader, stateRows } from './dump.ts'
import { Neighbours, wrap } from './ethernet.ts'
import { FragmentIds } from './fragments.ts'
import { commandWithKeys, secretsIn } from './keys.ts'
import { attachCommands, detachCommands } from './setup.ts'
import { stepOrder } from './steps.ts'

export interface Frame {
  readonly port: number
  readonly frame: Uint8Array
}

type Job =
  /** `over`: it has ended and may still be answered. */
  | { readonly kind: 'step'; readonly name: string; over?: boolean }
  | { readonly kind: 'command'; output: string; readonly done: (now: Instant, status: string, output: string) => void }
  | { readonly kind: 'tap'; readonly iface: string }

/** What the lab adds to the programs of a guest comes first. */
const PATH = 'PATH=/run/bin:$PATH'

/** Asks for the state so long after what may have changed it: wg answers from what is then. */
const SETTLED_NS = 1_000_000

export class GuestHost implements Node {
  readonly name: string
  /** The loop stops when its time has come. */
  readonly isGuest = true
  readonly #options: HostOptions
  readonly #outbox: Outbox
  readonly #neighbours = new Neighbours()
  readonly #fragments = new FragmentIds()
  readonly #ports: PortOptions[]
  readonly #control: number
  readonly #dump: DumpReader
  readonly #jobs = new Map<number, Job>()
  /** Where data has gone since the last handshake message: addresses and ports, both ways. */
  readonly #paths = new Set<string>()
  readonly #numbers: ReadonlyMap<string, number>
  #frames: Frame[] = []
  /** Tunnels that are still on their way up at the beginning. What is asked of the machine meanwhile waits for them. */
  #rising = 0
  #later: NodeInput[] = []
  #nextJob = 1
  /** When the guest wants to run by itself. */
  #wants: number = NEVER
  #askAt: number = NEVER
  #down: string | undefined

  constructor(options: HostOptions, ports: readonly PortOptions[], epoch_s: number) {
    this.name = options.name
    this.#options = options
    this.#outbox = new Outbox(options.name)
    this.#ports = [...ports]
    this.#control = ports.length
    this.#numbers = new Map(options.steps.map((name, number) => [name, number]))
    const nameOf = (key: string) => options.keys.nameOf(key as Parameters<typeof options.keys.nameOf>[0]) ?? key
    this.#dump = { host: options.name, nameOf, epoch_s }
  }

  handleInput(now: Instant, input: NodeInput): void {
    if (this.#down !== undefined) return this.#whileDown(now, input)
    if (this.#rising > 0 && input.kind === 'step') {
      this.#later.push(input)
      return
    }
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

  handleTimeout(now: Instant): void {
    if (this.#askAt > now) return
    this.#askAt = NEVER
    this.report(now)
  }

  pollOutput(): NodeOutput | undefined {
    return this.#outbox.poll()
  }

  pollTimeout(): Instant {
    // What waits to go in goes in now, whenever that is.
    return (this.#frames.length > 0 ? 0 : Math.min(this.#wants, this.#askAt, NEVER)) as Instant
  }

  timeoutReason(): string {
    return this.#askAt <= this.#wants ? 'the state is asked for' : 'the kernel wants to run'
  }

  /** The run begins: the tunnels come up, and their packets are copied. `environment`: of wg-quick, as `NAME=value ` words. */
  begin(environment: string): void {
    const { spec } = this.#options
    for (const text of Object.values(spec.wg ?? {})) {
      for (const secret of secretsIn(text, this.#options)) this.#outbox.push(secret)
    }
    for (const iface of spec.autostart === false ? [] : Object.keys(spec.wg ?? {})) {
      this.#rising++
      this.command(0 as Instant, `${PATH} ${environment}wg-quick up ${iface}`, (now, status, output) => {
        if (status === '0') this.tap(iface)
        else this.#outbox.note(now, 'warning', `wg-quick up ${iface} ended with status ${status}: ${output.trim()}`)
        this.report(now)
        this.#risen(now)
      })
    }
  }

  #risen(now: Instant): void {
    this.#rising--
    if (this.#rising > 0) return
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
    this.command(now, 'wg show all dump', (at, status, output) => {
      if (status !== '0') return
      for (const row of stateRows(at, output, this.#dump)) this.#outbox.push({ kind: 'row', row })
    })
  }

  /** Runs a command line in the guest; `done` is told its exit status and all it said. */
  command(_now: Instant, line: string, done: (now: Instant, status: string, output: string) => void): void {
    this.#order('x', line, { kind: 'command', output: '', done })
  }

  /** From now on a copy of each packet of a tunnel interface comes into the trace. */
  tap(iface: string): void {
    this.#order('i', iface, { kind: 'tap', iface })
  }

  /** What is to be handed to the guest now. */
  take(): readonly Frame[] {
    const frames = this.#frames
    this.#frames = []
    return frames
  }

  /** The guest has no room for it. */
  refused(now: Instant, { port }: Frame): void {
    this.#outbox.note(now, 'warning', `the guest had no room for a frame on ${this.#ports[port]?.port ?? 'ctl0'}`)
  }

  /** The guest stands still and wants to go on then. */
  rests(wants: number): void {
    this.#wants = wants
  }

  /** The guest is no more. */
  wentDown(now: Instant, why: string): void {
    this.#down = why
    this.#wants = NEVER
    this.#askAt = NEVER
    this.#frames = []
    this.#outbox.note(now, 'warning', why)
    const inputs = this.#later
    this.#later = []
    for (const input of inputs) this.#whileDown(now, input)
    for (const job of this.#jobs.values()) {
      if (job.kind === 'step' && job.over !== true) this.#end(now, job.name, 'the machine is down')
    }
    this.#jobs.clear()
  }

  /** What the guest sends, at this instant. */
  emitted(now: Instant, port: number, frame: Uint8Array): void {
    if (port === this.#control) {
      const report = readReport(frame)
      if (report !== undefined) this.#report(now, report)
      return
    }
    const what = this.#neighbours.unwrap(port, frame)
    const { port: name } = this.#ports[port] ?? {}
    if (what.kind === 'answer') this.#frames.push({ port, frame: what.frame })
    if (what.kind !== 'packet' || name === undefined) return
    const known = this.#fragments.idOf(what.bytes)
    const packet = { id: known ?? this.#outbox.nextId(), copy: 0, bytes: what.bytes }
    if (known === undefined) {
      this.#fragments.note(packet)
      this.#outbox.born(now, packet)
    }
    this.#outbox.push({ kind: 'packet', port: name, packet, via: what.via })
    this.#askSoon(now, what.bytes)
  }

  #packet(now: Instant, name: string, packet: Packet): void {
    const port = this.#ports.findIndex(each => each.port === name)
    if (port < 0) return this.#outbox.drop(now, packet, 'wire', 'no-such-interface')
    // What becomes of it inside, the kernel knows alone.
    this.#outbox.done(now, packet)
    this.#frames.push({ port, frame: wrap(port, packet.bytes) })
    this.#askSoon(now, packet.bytes)
  }

  /** Handshakes and roaming change what `wg show` tells; data alone counts bytes. */
  #askSoon(now: Instant, bytes: Uint8Array): void {
    const kind = messageKind(bytes)
    if (kind === undefined) return
    const confirms = kind === 'data' || kind === 'keepalive'
    const [from, to] = bytes[0]! >>> 4 === 4 ? [12, 24] : [8, 44]
    const path = bytes.subarray(from, to).join()
    // The first data after a handshake, and the first from or to another place.
    if (confirms && this.#paths.has(path)) return
    if (confirms) this.#paths.add(path)
    else this.#paths.clear()
    if (this.#askAt > now + SETTLED_NS) this.#askAt = later(now, SETTLED_NS)
  }

  #step(now: Instant, step: Step, name: string): void {
    switch (step.do) {
      case 'ping':
      case 'send':
        this.#order(step.do === 'ping' ? 'p' : 's', stepOrder(step, this.#numbers.get(name) ?? 0), {
          kind: 'step',
          name,
        })
        return
      case 'run':
        return this.#run(now, step, name)
      case 'clock':
        return this.#clock(now, step, name)
      default:
        return this.#end(now, name, `a guest has no way to do "${step.do}"`)
    }
  }

  #run(now: Instant, step: StepOf<'run'>, name: string): void {
    this.#row(now, name, 'begun')
    const command = `export ${PATH}\n${commandWithKeys(step.command, this.#options)}`
    this.command(now, command, (at, status, output) => {
      const said = output.trim().split('\n').at(-1) ?? ''
      if (status === '0') this.#row(at, name, 'done')
      else this.#end(at, name, `${step.command} ended with status ${status}${said === '' ? '' : `: ${said}`}`)
      this.report(at)
    })
  }

  #clock(now: Instant, step: StepOf<'clock'>, name: string): void {
    this.#row(now, name, 'begun')
    if (step.jump === undefined || step.drift_ppm !== undefined) return this.#end(now, name, 'a guest does not drift')
    const seconds = (durationNs(step.jump) / 1e9).toFixed(9)
    const set = `date -u -s "@$(date +%s.%N | awk '{ printf "%.9f", $1 + ${seconds} }')" > /dev/null`
    this.command(now, set, (at, status) =>
      status === '0' ? this.#row(at, name, 'done') : this.#end(at, name, `date ended with status ${status}`),
    )
  }

  #network(now: Instant, input: Extract<NodeInput, { kind: 'mtu' | 'attach' | 'detach' }>): void {
    const index = this.#ports.findIndex(each => each.port === input.port)
    const before = this.#ports[index]
    if (before === undefined) return
    const quiet = (at: Instant, status: string, output: string): void => {
      if (status !== '0') this.#outbox.note(at, 'warning', `${input.port}: ${output.trim()}`)
    }
    switch (input.kind) {
      case 'mtu':
        this.#ports[index] = { ...before, mtu: input.mtu }
        return this.command(now, `ip link set dev ${input.port} mtu ${input.mtu}`, quiet)
      case 'detach':
        return this.command(now, detachCommands(input.port).join('\n'), quiet)
      case 'attach': {
        const { addresses, gateways, onlink = before.onlink } = input
        const after = { ...before, addresses, gateways, onlink }
        this.#ports[index] = after
        return this.command(now, attachCommands(after).join('\n'), quiet)
      }
    }
  }

  #report(now: Instant, report: Report): void {
    switch (report.kind) {
      case 'arrived': {
        const name = this.#options.steps[report.step]
        if (name !== undefined) this.#row(now, name, 'arrived', undefined, report.seq)
        return
      }
      case 'inner': {
        const job = this.#jobs.get(report.job)
        if (job?.kind !== 'tap') return
        const packet = { id: this.#outbox.nextId(), copy: 0, bytes: report.packet }
        this.#outbox.crossed(now, `${this.name}:${job.iface}`, report.leaving ? 'out' : 'in', packet)
        return
      }
      case 'output': {
        const job = this.#jobs.get(report.job)
        if (job?.kind === 'command') job.output += report.text
        return
      }
      case 'row': {
        const job = this.#jobs.get(report.job)
        const { what, detail, seq } = report
        if (job?.kind !== 'step' || !(what === 'sent' || what === 'answered' || what === 'error')) return
        this.#row(now, job.name, what, detail === '' ? undefined : detail, seq === 0 ? undefined : seq)
        return
      }
      case 'ended': {
        const job = this.#jobs.get(report.job)
        if (job?.kind !== 'step') this.#jobs.delete(report.job)
        else job.over = true
        if (job?.kind === 'step') this.#row(now, job.name, 'done')
        else if (job?.kind === 'command') job.done(now, report.status, job.output)
        else if (job?.kind === 'tap') this.#outbox.note(now, 'warning', `no copy of the packets of ${job.iface}`)
        return
      }
    }
  }

  #whileDown(now: Instant, input: NodeInput): void {
    if (input.kind === 'packet') this.#outbox.drop(now, input.packet, 'wire', 'host-off')
    else if (input.kind === 'step') this.#end(now, input.name, 'the machine is down')
  }

  #order(order: Order, text: string, job: Job): void {
    const id = this.#nextJob++
    this.#jobs.set(id, job)
    this.#frames.push({ port: this.#control, frame: orderFrame(id, order, text) })
  }

  #end(now: Instant, step: string, error: string): void {
    this.#row(now, step, 'error', error)
    this.#row(now, step, 'done')
  }

  #row(now: Instant, step: string, what: StepRow['what'], detail?: string, seq?: number): void {
    const more = { ...(seq === undefined ? {} : { seq }), ...(detail === undefined ? {} : { detail }) }
    this.#outbox.push({ kind: 'row', row: { kind: 'step', t: now, step, host: this.name, what, ...more } })
  }
}
