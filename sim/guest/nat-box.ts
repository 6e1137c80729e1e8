/**
 * A real kernel in the place of a NAT or a router: frames are carried in and out by shell.ts. A packet that comes out keeps
 * the id of the one that went in, which is known by what it carries; what goes in and does not come out ends inside.
 */
import { type Instant, later, NEVER } from '../../impl/box.ts'
import { isFragment } from '../../impl/ip/packet.ts'
import type { StepRow } from '../../scenarios/language/trace.ts'
import type { PortOptions } from '../host/options.ts'
import { Outbox } from '../host/outbox.ts'
import type { Node, NodeInput, NodeOutput, Packet } from '../node.ts'
import { orderFrame, readReport } from './agent.ts'
import type { Frame } from './box.ts'
import { Neighbours, wrap } from './ethernet.ts'
import { likenessOf } from './likeness.ts'
import { attachCommands, detachCommands } from './setup.ts'
import type { GuestBox } from './shell.ts'

/** What has not come out so long after it went in does not come out: the kernel forwards at once. */
const SOON_NS = 1_000_000
/** Fragments wait for each other: net.ipv4.ipfrag_time is 30 s, IPv6 60 s. */
const FRAGMENT_NS = 61_000_000_000

interface Inside {
  readonly packet: Packet
  readonly likeness: string
  readonly until: Instant
}

interface Command {
  output: string
  readonly done: (now: Instant, status: string, output: string) => void
}

export class GuestNat implements Node, GuestBox {
  readonly name: string
  readonly isGuest = true
  readonly #outbox: Outbox
  readonly #neighbours = new Neighbours()
  readonly #ports: PortOptions[]
  readonly #control: number
  readonly #jobs = new Map<number, Command>()
  /** By likeness, and in the order in which they went in. */
  readonly #inside = new Map<string, Inside[]>()
  #frames: Frame[] = []
  #nextJob = 1
  #wants: number = NEVER
  /** When the first of those inside is given up. */
  #giveUpAt: number = NEVER
  #down: string | undefined

  constructor(name: string, ports: readonly PortOptions[]) {
    this.name = name
    this.#outbox = new Outbox(name)
    this.#ports = [...ports]
    this.#control = ports.length
  }

  handleInput(now: Instant, input: NodeInput): void {
    if (this.#down !== undefined) return this.#whileDown(now, input)
    switch (input.kind) {
      case 'packet':
        return this.#packet(now, input.port, input.packet)
      case 'step':
        return this.#step(now, input)
      case 'mtu':
      case 'attach':
      case 'detach':
        return this.#network(now, input)
    }
  }

  handleTimeout(now: Instant): void {
    if (this.#giveUpAt > now) return
    this.#giveUpAt = NEVER
    for (const [likeness, waiting] of this.#inside) {
      const left = waiting.filter(each => each.until > now)
      for (const { packet, until } of waiting) {
        if (until > now) this.#giveUpAt = Math.min(this.#giveUpAt, until)
        else this.#outbox.drop(now, packet, 'wire', 'inside-guest')
      }
      if (left.length === 0) this.#inside.delete(likeness)
      else this.#inside.set(likeness, left)
    }
  }

  pollOutput(): NodeOutput | undefined {
    return this.#outbox.poll()
  }

  pollTimeout(): Instant {
    return (this.#frames.length > 0 ? 0 : Math.min(this.#wants, this.#giveUpAt, NEVER)) as Instant
  }

  timeoutReason(): string {
    return this.#giveUpAt <= this.#wants ? 'a packet has not come out' : 'the kernel wants to run'
  }

  *holding(): Generator<Packet> {
    for (const waiting of this.#inside.values()) for (const { packet } of waiting) yield packet
  }

  take(): readonly Frame[] {
    const frames = this.#frames
    this.#frames = []
    return frames
  }

  refused(now: Instant, { port }: Frame): void {
    this.#outbox.note(now, 'warning', `the guest had no room for a frame on ${this.#ports[port]?.port ?? 'ctl0'}`)
  }

  rests(wants: number): void {
    this.#wants = wants
  }

  wentDown(now: Instant, why: string): void {
    this.#down = why
    this.#wants = NEVER
    this.#giveUpAt = NEVER
    this.#frames = []
    this.#jobs.clear()
    this.#outbox.note(now, 'warning', why)
    for (const waiting of this.#inside.values()) {
      for (const { packet } of waiting) this.#outbox.drop(now, packet, 'wire', 'host-off')
    }
    this.#inside.clear()
  }

  emitted(now: Instant, port: number, frame: Uint8Array): void {
    if (port === this.#control) return this.#report(now, frame)
    const what = this.#neighbours.unwrap(port, frame)
    const { port: name } = this.#ports[port] ?? {}
    if (what.kind === 'answer') this.#frames.push({ port, frame: what.frame })
    if (what.kind !== 'packet' || name === undefined) return
    const { bytes, via } = what
    const known = this.#takeOut(likenessOf(bytes))
    const packet =
      known === undefined ? { id: this.#outbox.nextId(), copy: 0, bytes } : { id: known.id, copy: known.copy, bytes }
    if (known === undefined) this.#outbox.born(now, packet)
    this.#outbox.push({ kind: 'packet', port: name, packet, via })
  }

  #takeOut(likeness: string): Packet | undefined {
    const waiting = this.#inside.get(likeness)
    const first = waiting?.shift()
    if (waiting?.length === 0) this.#inside.delete(likeness)
    return first?.packet
  }

  #packet(now: Instant, name: string, packet: Packet): void {
    const port = this.#ports.findIndex(each => each.port === name)
    if (port < 0) return this.#outbox.drop(now, packet, 'wire', 'no-such-interface')
    const likeness = likenessOf(packet.bytes)
    const until = later(now, isFragment(packet.bytes) ? FRAGMENT_NS : SOON_NS)
    const waiting = this.#inside.get(likeness) ?? []
    waiting.push({ packet, likeness, until })
    this.#inside.set(likeness, waiting)
    this.#giveUpAt = Math.min(this.#giveUpAt, until)
    this.#frames.push({ port, frame: wrap(port, packet.bytes) })
  }

  #step(now: Instant, { step, name }: Extract<NodeInput, { kind: 'step' }>): void {
    if (step.do !== 'nat' || step.flush !== true) {
      this.#row(now, name, 'error', `a guest has no way to do "${step.do}"`)
      return this.#row(now, name, 'done')
    }
    this.#command('conntrack -F 2>/dev/null', (at, status) => {
      if (status !== '0') this.#row(at, name, 'error', `conntrack -F ended with status ${status}`)
      this.#row(at, name, 'done')
    })
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
        // It was set up with what it is told at the start.
        if (before.mtu === input.mtu) return
        this.#ports[index] = { ...before, mtu: input.mtu }
        return this.#command(`ip link set ${input.port} mtu ${input.mtu}`, quiet)
      case 'detach':
        return this.#command(detachCommands(input.port).join('\n'), quiet)
      case 'attach': {
        const { addresses, gateways, onlink = before.onlink } = input
        const after = { ...before, addresses, gateways, onlink }
        const [was, is] = [before, after].map(each => attachCommands(each).join('\n'))
        this.#ports[index] = after
        if (now > 0 || was !== is) this.#command(is ?? '', quiet)
      }
    }
  }

  #report(now: Instant, frame: Uint8Array): void {
    const report = readReport(frame)
    const job = report !== undefined && 'job' in report ? this.#jobs.get(report.job) : undefined
    if (report?.kind === 'output' && job !== undefined) job.output += report.text
    if (report?.kind !== 'ended') return
    this.#jobs.delete(report.job)
    job?.done(now, report.status, job.output)
  }

  #whileDown(now: Instant, input: NodeInput): void {
    if (input.kind === 'packet') this.#outbox.drop(now, input.packet, 'wire', 'host-off')
    else if (input.kind === 'step') {
      this.#row(now, input.name, 'error', 'the machine is down')
      this.#row(now, input.name, 'done')
    }
  }

  #command(line: string, done: Command['done']): void {
    const id = this.#nextJob++
    this.#jobs.set(id, { output: '', done })
    this.#frames.push({ port: this.#control, frame: orderFrame(id, 'x', line) })
  }

  #row(now: Instant, step: string, what: StepRow['what'], detail?: string): void {
    const more = detail === undefined ? {} : { detail }
    this.#outbox.push({ kind: 'row', row: { kind: 'step', t: now, step, host: this.name, what, ...more } })
  }
}
