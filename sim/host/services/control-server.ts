/** A control plane: the list of members, for those who are on it. */
import { type Endpoint, type Instant, NEVER } from '../../../impl/box.ts'
import { formatEndpoint } from '../../../impl/ip/address.ts'
import type { Member, ServiceOf } from '../../../scenarios/language/service.ts'
import type { Datagram, Desk, Request, Service, UdpPort } from './service.ts'
import { readText, textBytes } from './text.ts'

export const CONTROL_PORT = 5380

export class ControlServer implements Service {
  readonly #desk: Desk
  readonly #members: ReadonlyMap<string, Member>
  readonly #revoked = new Set<string>()
  readonly #push: boolean
  readonly #port: UdpPort | undefined
  /** Where each member asked last from. */
  readonly #seen = new Map<string, Endpoint>()

  constructor(desk: Desk, { port = CONTROL_PORT, members, push }: ServiceOf<'control-server'>, now: Instant) {
    this.#desk = desk
    this.#members = new Map(Object.entries(members))
    this.#push = push === true
    this.#port = desk.open(now, port, (at, datagram) => this.#answer(at, datagram))
  }

  handleTimeout(): void {}

  pollTimeout(): Instant {
    return NEVER
  }

  request(now: Instant, request: Request): string | undefined {
    if (request.kind === 'now') {
      this.#tellAll(now)
      return undefined
    }
    const { kind, member } = request
    if (!this.#members.has(member)) return `there is no member ${member}`
    if (kind === 'revoke') this.#revoked.add(member)
    else this.#revoked.delete(member)
    this.#desk.note(now, `${member} is ${kind === 'revoke' ? 'revoked' : 'admitted'}`)
    if (this.#push) this.#tellAll(now)
    return undefined
  }

  #answer(now: Instant, datagram: Datagram): void {
    const { from, to, id, payload } = datagram
    const member = /^list ([a-z][a-z0-9-]*)$/.exec(readText(payload) ?? '')?.[1]
    if (member === undefined) return datagram.drop('service-refused', 'no question')
    datagram.done()
    const is = this.#members.has(member) && !this.#revoked.has(member)
    if (is) this.#seen.set(member, from)
    this.#port?.send(now, from, textBytes(is ? this.#list(member) : `no member ${member}`), { from: to, cause: id })
  }

  #tellAll(now: Instant): void {
    for (const [member, endpoint] of this.#seen) {
      if (this.#revoked.has(member)) continue
      this.#desk.note(now, `pushed the list to ${member} at ${formatEndpoint(endpoint)}`)
      this.#port?.send(now, endpoint, textBytes(this.#list(member)))
    }
  }

  /** All others, one a line: key name, allowed IPs, endpoint. */
  #list(member: string): string {
    const others = [...this.#members].filter(([name]) => name !== member && !this.#revoked.has(name))
    const lines = others.map(([name, { key = name, allowed_ips, endpoint }]) =>
      [key, allowed_ips.join(','), ...(endpoint === undefined ? [] : [endpoint])].join(' '),
    )
    return [`members ${lines.length}`, ...lines].join('\n')
  }
}
