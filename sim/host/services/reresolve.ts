/**
 * reresolve-dns.sh of wireguard-tools (contrib/reresolve-dns): every 30 s, each peer whose Endpoint is a host name and
 * whose latest handshake is more than 135 s old by the wall clock gets its Endpoint again, and so its new address.
 */
import { type Endpoint, type Instant, later } from '../../../impl/box.ts'
import { formatEndpoint } from '../../../impl/ip/address.ts'
import { durationNs } from '../../../scenarios/language/quantity.ts'
import type { ServiceOf } from '../../../scenarios/language/service.ts'
import type { Desk, Request, Service } from './service.ts'

const EVERY = '30s'
const AFTER = '135s'
const NS_PER_S = 1_000_000_000

type Place = Endpoint | undefined

export class Reresolve implements Service {
  readonly #desk: Desk
  readonly #spec: ServiceOf<'reresolve-dns'>
  #due: Instant

  /** The timer of the script fires for the first time 30 s after boot. */
  constructor(desk: Desk, spec: ServiceOf<'reresolve-dns'>, now: Instant) {
    this.#desk = desk
    this.#spec = spec
    this.#due = later(now, durationNs(spec.every ?? EVERY))
  }

  handleTimeout(now: Instant): void {
    if (this.#due > now) return
    this.#due = later(now, durationNs(this.#spec.every ?? EVERY))
    this.#resolve(now)
  }

  pollTimeout(): Instant {
    return this.#due
  }

  request(now: Instant, request: Request): string | undefined {
    if (request.kind !== 'now') return 'the script has no members'
    this.#resolve(now)
    return undefined
  }

  #resolve(now: Instant): void {
    const { iface, after = AFTER } = this.#spec
    const conf = this.#desk.machine.confs.get(iface)
    const peers = this.#desk.peers(iface)
    // Whole seconds, as $EPOCHSECONDS and `wg show latest-handshakes` have them.
    const seconds = this.#desk.wallClock(now).sec
    for (const { publicKey, endpoint } of conf?.peers ?? []) {
      const place = endpoint?.value
      if (place?.host.kind !== 'name') continue
      const key = publicKey.value
      const text = key.kind === 'named' ? `<${key.name}>` : key.key
      const name = key.kind === 'named' ? key.name.replace(/\.pub$/, '') : undefined
      const peer = peers.find(each => (name === undefined ? each.publicKey === text : each.name === name))
      if (peer === undefined) continue
      const age = seconds - (peer.latestHandshake?.sec ?? 0)
      if (age * NS_PER_S <= durationNs(after)) continue
      const before = peer.endpoint
      if (!this.#desk.run(now, `wg set ${iface} peer ${text} endpoint ${place.host.name}:${place.port}`)) continue
      const found = this.#desk.peers(iface).find(each => each.publicKey === peer.publicKey)?.endpoint
      this.#tell(now, name ?? 'a peer', place.host.name, before, found)
    }
  }

  #tell(now: Instant, peer: string, host: string, before: Place, after: Place): void {
    const [was, is] = [before, after].map(place => (place === undefined ? 'nowhere' : formatEndpoint(place)))
    if (was !== is) this.#desk.note(now, `${host} is another place now: ${peer} moves from ${was} to ${is}`)
  }
}
