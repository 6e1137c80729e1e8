/** Follows a control plane: peers are added and removed as its list says. What was there before is left alone. */
import { type Instant, later } from '../../../impl/box.ts'
import { parseEndpoint, sameEndpoint } from '../../../impl/ip/address.ts'
import { durationNs } from '../../../scenarios/language/quantity.ts'
import type { ServiceOf } from '../../../scenarios/language/service.ts'
import type { Datagram, Desk, Request, Service, UdpPort } from './service.ts'
import { readText, textBytes } from './text.ts'

const EVERY = '30s'

export class ControlClient implements Service {
  readonly #desk: Desk
  readonly #spec: ServiceOf<'control-client'>
  readonly #port: UdpPort | undefined
  /** Key name to its line: what this service has set. */
  readonly #applied = new Map<string, string>()
  #due: Instant

  constructor(desk: Desk, spec: ServiceOf<'control-client'>, now: Instant) {
    this.#desk = desk
    this.#spec = spec
    this.#port = desk.open(now, undefined, (at, datagram) => this.#hear(at, datagram))
    this.#due = now
  }

  handleTimeout(now: Instant): void {
    if (this.#due > now) return
    this.#due = later(now, durationNs(this.#spec.every ?? EVERY))
    this.#ask(now)
  }

  pollTimeout(): Instant {
    return this.#due
  }

  request(now: Instant, request: Request): string | undefined {
    if (request.kind !== 'now') return 'the members are those of the server'
    this.#ask(now)
    return undefined
  }

  #ask(now: Instant): void {
    const server = parseEndpoint(this.#spec.server)
    if (server !== undefined) this.#port?.send(now, server, textBytes(`list ${this.#spec.member}`))
  }

  #hear(now: Instant, datagram: Datagram): void {
    const server = parseEndpoint(this.#spec.server)
    if (server === undefined || !sameEndpoint(datagram.from, server)) {
      return datagram.drop('service-refused', 'not from the server')
    }
    datagram.done()
    const list = readList(readText(datagram.payload) ?? '')
    if (list === undefined) return
    for (const key of [...this.#applied.keys()]) {
      if (list.has(key)) continue
      this.#applied.delete(key)
      this.#desk.note(now, `${key} is no member any more: removed`)
      this.#desk.run(now, `wg set ${this.#spec.iface} peer <${key}.pub> remove`)
    }
    for (const [key, line] of list) if (this.#applied.get(key) !== line) this.#apply(now, key, line)
  }

  #apply(now: Instant, key: string, line: string): void {
    const { iface, keepalive = 0 } = this.#spec
    const [, allowed = '', endpoint] = line.split(' ')
    const words = ['allowed-ips', allowed, ...(endpoint === undefined ? [] : ['endpoint', endpoint])]
    if (keepalive > 0) words.push('persistent-keepalive', `${keepalive}`)
    this.#desk.note(now, `${key} is a member with ${allowed}${endpoint === undefined ? '' : ` at ${endpoint}`}`)
    if (this.#desk.run(now, `wg set ${iface} peer <${key}.pub> ${words.join(' ')}`)) this.#applied.set(key, line)
  }
}

/** Key name to line. Undefined for what is no whole list: half of one would remove the other half. */
function readList(text: string): ReadonlyMap<string, string> | undefined {
  const [head = '', ...lines] = text.split('\n')
  if (head !== `members ${lines.length}`) return undefined
  const list = new Map<string, string>()
  for (const line of lines) {
    const key = /^([A-Za-z0-9_-]+) [0-9a-f.:/,]+( \S+)?$/.exec(line)?.[1]
    if (key === undefined) return undefined
    list.set(key, line)
  }
  return list
}
