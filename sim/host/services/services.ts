/** START HERE. The programs of a machine above WireGuard, from its boot to its end: one file each, all of them behind `Service`. */
import { type Instant, NEVER, type Random } from '../../../impl/box.ts'
import type { Service as Spec } from '../../../scenarios/language/service.ts'
import type { StepOf } from '../../../scenarios/language/step.ts'
import { ControlClient } from './control-client.ts'
import { ControlServer } from './control-server.ts'
import { type DeskOptions, ServiceDesk } from './desk.ts'
import { Reresolve } from './reresolve.ts'
import type { Desk, Service } from './service.ts'
import { SignalClient } from './signal-client.ts'
import { SignalServer } from './signal-server.ts'
import { TcpClient } from './tcp-client.ts'
import { TcpServer } from './tcp-server.ts'
import { UdpRelay } from './udp-relay.ts'

export interface ServicesOptions extends Omit<DeskOptions, 'name'> {
  readonly specs: Readonly<Record<string, Spec>>
}

interface Running {
  readonly service: Service
  readonly desk: ServiceDesk
}

export class Services {
  readonly #options: ServicesOptions
  readonly #running = new Map<string, Running>()
  /** How often each was started: another start has other chances. */
  readonly #starts = new Map<string, number>()

  constructor(options: ServicesOptions) {
    this.#options = options
  }

  /** At boot, after the tunnels. */
  startAll(now: Instant): void {
    for (const name of Object.keys(this.#options.specs)) this.#start(now, name)
  }

  stopAll(now: Instant): void {
    for (const name of [...this.#running.keys()]) this.#stop(now, name)
  }

  /** What is wrong, or undefined. */
  step(now: Instant, step: StepOf<'service'>): string | undefined {
    const { service: name, act, member } = step
    if (this.#options.specs[name] === undefined) return `there is no service ${name}`
    switch (act) {
      case 'start':
        if (!this.#running.has(name)) this.#start(now, name)
        return undefined
      case 'stop':
        this.#stop(now, name)
        return undefined
      case 'now':
        return this.#running.get(name)?.service.request(now, { kind: 'now' }) ?? this.#whyNot(name)
      case 'revoke':
      case 'admit':
        return this.#running.get(name)?.service.request(now, { kind: act, member: member ?? '' }) ?? this.#whyNot(name)
    }
  }

  handleTimeout(now: Instant): void {
    for (const { service } of this.#running.values()) if (service.pollTimeout() <= now) service.handleTimeout(now)
  }

  pollTimeout(): Instant {
    let due: number = NEVER
    for (const { service } of this.#running.values()) due = Math.min(due, service.pollTimeout())
    return due as Instant
  }

  /** Who is due first. */
  timeoutReason(): string {
    const due = this.pollTimeout()
    for (const [name, { service }] of this.#running) if (service.pollTimeout() === due) return `the service ${name}`
    return 'nothing is due'
  }

  #start(now: Instant, name: string): void {
    const spec = this.#options.specs[name]
    if (spec === undefined) return
    const times = (this.#starts.get(name) ?? 0) + 1
    this.#starts.set(name, times)
    const random: Random = this.#options.random.split(name).split(`${times}`)
    const desk = new ServiceDesk({ ...this.#options, name, random })
    this.#running.set(name, { desk, service: serviceOf(desk, spec, now) })
  }

  #stop(now: Instant, name: string): void {
    const running = this.#running.get(name)
    running?.service.stop?.(now)
    running?.desk.close()
    this.#running.delete(name)
  }

  #whyNot(name: string): string | undefined {
    return this.#running.has(name) ? undefined : `${name} does not run`
  }
}

function serviceOf(desk: Desk, spec: Spec, now: Instant): Service {
  switch (spec.kind) {
    case 'signal-server':
      return new SignalServer(desk, spec, now)
    case 'signal-client':
      return new SignalClient(desk, spec, now)
    case 'udp-relay':
      return new UdpRelay(desk, spec, now)
    case 'control-server':
      return new ControlServer(desk, spec, now)
    case 'control-client':
      return new ControlClient(desk, spec, now)
    case 'reresolve-dns':
      return new Reresolve(desk, spec, now)
    case 'udp-over-tcp-server':
      return new TcpServer(desk, spec)
    case 'udp-over-tcp-client':
      return new TcpClient(desk, spec, now)
  }
}
