/**
 * The NAT against a twin that is nothing but its definition: a list of mappings, each with the list of its packets, from
 * which everything is worked out anew at each question, by replaying the log of all events.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatAddress } from '../../impl/ip/address.ts'
import { get16 } from '../../impl/ip/bytes.ts'
import { buildIp, ipSource, transportPayload } from '../../impl/ip/packet.ts'
import { ACK, buildTcp, FIN, RST, SYN } from '../../impl/ip/tcp.ts'
import { type NatParameters, resolveNat } from '../../scenarios/language/nat-parameters.ts'
import { durationNs } from '../../scenarios/language/quantity.ts'
import type { NatBehaviour, Nat as NatSpec } from '../../scenarios/language/topology.ts'
import { seededRandom } from '../random.ts'
import { Nat } from './nat.ts'
import { address, Bench, packets, udp } from './testing.ts'

const S = 1e9
const EI = 'endpoint-independent'
const AD = 'address-dependent'
const APD = 'address-and-port-dependent'
const OUTSIDE = ['203.0.113.5', '203.0.113.6']

type Protocol = 'udp' | 'tcp'
interface Remote {
  readonly host: string
  readonly port: number
}
type Event =
  | {
      readonly way: 'out'
      readonly t: number
      readonly protocol: Protocol
      readonly host: string
      readonly port: number
      readonly remote: Remote
      readonly flags: number
    }
  | {
      readonly way: 'in'
      readonly t: number
      readonly protocol: Protocol
      readonly address: string
      readonly port: number
      readonly remote: Remote
      readonly flags: number
    }
  | { readonly way: 'flush'; readonly t: number }

interface Seen {
  readonly t: number
  readonly way: 'out' | 'in'
  readonly flags: number
}

interface Session {
  readonly remote: Remote
  readonly seen: Seen[]
}

interface Mapping {
  readonly protocol: Protocol
  readonly host: string
  readonly port: number
  readonly part: string
  readonly dependent: boolean
  readonly address: string
  readonly outer: number
  readonly to: Remote
  readonly seen: Seen[]
  sessions: Session[]
  /** The number of the event that used it last. */
  used: number
}

type Outcome =
  /** `given` undefined: one of `among`, which chance chooses. */
  | { readonly kind: 'mapped'; readonly address: string; readonly port: number }
  | {
      readonly kind: 'chosen'
      readonly addresses: readonly string[]
      readonly may: (address: string, port: number) => boolean
    }
  | { readonly kind: 'dropped'; readonly reason: string }
  | { readonly kind: 'delivered'; readonly host: string; readonly port: number }
  | { readonly kind: 'nothing' }

function part(behaviour: NatBehaviour, remote: Remote): string {
  return behaviour === EI ? '' : behaviour === AD ? remote.host : `${remote.host}:${remote.port}`
}

/** What the log comes to, and what its last event does. `given`: the outer ends that the real one gave where chance chooses. */
class Twin {
  readonly #p: NatParameters
  #mappings: Mapping[] = []
  #ended: { readonly mapping: Mapping; readonly t: number }[] = []
  #occupied: { readonly address: string; readonly port: number; readonly part: string; readonly until: number }[] = []
  #paired: { readonly host: string; readonly address: string }[] = []
  #allocated: { readonly protocol: Protocol; readonly address: string; readonly port: number }[] = []
  #turn = 0

  constructor(parameters: NatParameters) {
    this.#p = parameters
  }

  replay(log: readonly Event[], given: readonly ({ address: string; port: number } | undefined)[]): Outcome {
    let outcome: Outcome = { kind: 'nothing' }
    for (const [n, event] of log.entries()) {
      this.#expire(event.t)
      if (event.way === 'out') outcome = this.#out(n, event, given[n])
      else if (event.way === 'in') outcome = this.#in(n, event)
      else {
        this.#mappings = []
        this.#ended = []
        this.#occupied = []
        this.#paired = []
        this.#allocated = []
        this.#turn = 0
        outcome = { kind: 'nothing' }
      }
    }
    return outcome
  }

  #out(n: number, event: Event & { way: 'out' }, given: { address: string; port: number } | undefined): Outcome {
    const { t, protocol, host, port, remote, flags } = event
    const own = this.#mappings.filter(one => one.protocol === protocol && one.host === host && one.port === port)
    const dependent = own.some(one => one.dependent)
    const behaviour = dependent ? APD : protocol === 'tcp' ? this.#p.tcp.mapping : this.#p.mapping
    let mapping = own.find(one => one.part === part(behaviour, remote))
    if (mapping === undefined) {
      if (protocol === 'tcp' && !this.#p.tcp.pick_up && (flags & (SYN | ACK | RST)) !== SYN)
        return { kind: 'dropped', reason: 'nat-tcp-no-connection' }
      const refused = this.#room(t, host)
      if (refused !== undefined) return { kind: 'dropped', reason: refused }
      const conflict =
        this.#p.on_conflict === 'other-class' && own.length === 0 && this.#p.ports === 'preserving' ? 'ask' : 'no'
      const found = this.#place(t, event, behaviour, conflict, dependent)
      if (found === undefined) return { kind: 'dropped', reason: 'nat-exhausted' }
      const { addresses, ports, becomes } = found
      const certain = addresses.length === 1 && ports(addresses[0]!).length === 1
      const outer = certain ? { address: addresses[0]!, port: ports(addresses[0]!)[0]! } : given
      if (outer === undefined)
        return {
          kind: 'chosen',
          addresses,
          may: (at, outerPort) => addresses.includes(at) && ports(at).includes(outerPort),
        }
      this.#allocated.push({ protocol, address: outer.address, port: outer.port })
      if (!this.#paired.some(one => one.host === host)) this.#paired.push({ host, address: outer.address })
      mapping = {
        protocol,
        host,
        port,
        part: part(becomes ? APD : behaviour, remote),
        dependent: becomes,
        address: outer.address,
        outer: outer.port,
        to: remote,
        seen: [],
        sessions: [],
        used: n,
      }
      this.#mappings.push(mapping)
    }
    const seen: Seen = { t, way: 'out', flags }
    const session = this.#session(t, mapping, remote)
    mapping.seen.push(seen)
    if (session === undefined) mapping.sessions.push({ remote, seen: [seen] })
    else session.seen.push(seen)
    mapping.used = n
    return { kind: 'mapped', address: mapping.address, port: mapping.outer }
  }

  #in(n: number, event: Event & { way: 'in' }): Outcome {
    const { t, protocol, address: outer, port, remote, flags } = event
    const all = this.#mappings.filter(one => one.protocol === protocol && one.address === outer && one.outer === port)
    const meant =
      all.find(one => one.part === `${remote.host}:${remote.port}`) ??
      all.find(one => one.part === remote.host) ??
      all.find(one => one.part === '') ??
      all[0]
    const filtering = protocol === 'tcp' ? this.#p.tcp.filtering : this.#p.filtering
    const may =
      meant !== undefined &&
      (filtering === EI ||
        meant.sessions.some(
          one => part(filtering, one.remote) === part(filtering, remote) && this.#lives(t, meant, one),
        ))
    if (!may) {
      if (this.#p.unsolicited === 'occupies' && protocol === 'udp') {
        const until = t + durationNs(this.#p.timeout_unreplied)
        this.#occupied.push({ address: outer, port, part: part(this.#p.mapping, remote), until })
      }
      return { kind: 'dropped', reason: meant === undefined ? 'nat-no-mapping' : 'nat-filtered' }
    }
    const seen: Seen = { t, way: 'in', flags }
    const session = this.#session(t, meant, remote)
    meant.seen.push(seen)
    if (session !== undefined) session.seen.push(seen)
    else if (protocol === 'tcp') meant.sessions.push({ remote, seen: [seen] })
    meant.used = n
    return { kind: 'delivered', host: meant.host, port: meant.port }
  }

  /** The session of a remote end; those that are over are as if they had never been. */
  #session(t: number, mapping: Mapping, remote: Remote): Session | undefined {
    const filtering = mapping.protocol === 'tcp' ? APD : this.#p.filtering
    mapping.sessions = mapping.sessions.filter(one => this.#lives(t, mapping, one))
    return mapping.sessions.find(one => part(filtering, one.remote) === part(filtering, remote))
  }

  #room(t: number, host: string): string | undefined {
    const { max_mappings, max_per_host, when_full } = this.#p
    if (max_per_host !== 'none' && this.#mappings.filter(one => one.host === host).length >= max_per_host)
      return 'nat-host-limit'
    if (max_mappings === 'none' || this.#mappings.length < max_mappings) return undefined
    const idle = [...this.#mappings].sort((a, b) => a.used - b.used)
    const victim =
      when_full === 'drop-new' ? undefined : idle.find(one => when_full === 'evict-oldest' || !this.#isAssured(one))
    if (victim === undefined) return 'nat-table-full'
    this.#end(t, victim)
    return undefined
  }

  #place(
    t: number,
    event: Event & { way: 'out' },
    behaviour: NatBehaviour,
    conflict: 'ask' | 'no',
    dependent: boolean,
  ): { addresses: readonly string[]; ports: (address: string) => readonly number[]; becomes: boolean } | undefined {
    const { pooling } = this.#p
    const paired = this.#paired.find(one => one.host === event.host)?.address
    let addresses: readonly string[] = OUTSIDE
    if (pooling === 'paired' && paired !== undefined) addresses = [paired]
    else addresses = [OUTSIDE[this.#turn++ % OUTSIDE.length]!]
    if (pooling === 'paired' && paired === undefined) this.#paired.push({ host: event.host, address: addresses[0]! })
    if (this.#p.sharing === 'always') return { addresses, ports: () => [event.port], becomes: dependent }
    const { protocol, host, port } = event
    const own = this.#mappings.filter(one => one.protocol === protocol && one.host === host && one.port === port)
    const last = this.#p.ports_reuse ? own[own.length - 1] : undefined
    const same = part(dependent ? APD : behaviour, event.remote)
    if (last !== undefined && this.#isFree(t, event, last.address, last.outer, same))
      return { addresses: [last.address], ports: () => [last.outer], becomes: dependent }
    const becomes =
      dependent ||
      (conflict === 'ask' &&
        behaviour !== APD &&
        !this.#isFree(t, event, addresses[0]!, event.port, part(behaviour, event.remote)))
    const wanted = part(becomes ? APD : behaviour, event.remote)
    const ports = (at: string): number[] => this.#ports(t, event, at, wanted)
    const possible = addresses.filter(at => ports(at).length > 0)
    return possible.length === 0 ? undefined : { addresses: possible, ports, becomes }
  }

  /** The ports that may come out: one where it is certain, all from which chance chooses, or none. */
  #ports(t: number, event: Event & { way: 'out' }, at: string, wanted: string): number[] {
    for (const [from, to] of this.#ranges(t, event, at)) {
      const found = this.#within(t, event, at, wanted, from, to)
      if (found.length > 0) return found
    }
    return []
  }

  #within(t: number, event: Event & { way: 'out' }, at: string, wanted: string, from: number, to: number): number[] {
    const { ports, ports_taken, port_parity, ports_step } = this.#p
    const size = to - from + 1
    const isFree = (port: number): boolean => this.#isFree(t, event, at, port, wanted)
    const fits = (port: number): boolean => !port_parity || port % 2 === event.port % 2
    const kept = event.port >= from && event.port <= to
    if (ports === 'preserving' && kept && isFree(event.port)) return [event.port]
    if (ports === 'preserving' && ports_taken === 'drop') return []
    const all = Array.from({ length: size }, (_, i) => from + i)
    if (ports === 'random' || ports_taken === 'random' || ports_taken === 'linux')
      return all.filter(port => fits(port) && isFree(port))
    const last = this.#allocated.filter(
      one => one.protocol === event.protocol && one.address === at && one.port >= from && one.port <= to,
    )
    const after = (port: number, step: number): number => from + ((port - from + step) % size)
    const first =
      ports === 'sequential'
        ? last.length === 0
          ? from
          : after(last[last.length - 1]!.port, ports_step)
        : kept
          ? event.port
          : from
    const around = all.map((_, i) => from + ((first - from + i) % size)).filter(fits)
    const found = ports_taken === 'drop' ? around.slice(0, 1).filter(isFree) : around.filter(isFree).slice(0, 1)
    return found
  }

  #ranges(t: number, event: Event & { way: 'out' }, at: string): [number, number][] {
    const { blocks, port_range, hold_down } = this.#p
    if (blocks === 'none') return [[port_range[0], port_range[1]]]
    const count = Math.floor((port_range[1] - port_range[0] + 1) / blocks.size)
    const all = Array.from({ length: count }, (_, i) => port_range[0] + i * blocks.size)
    const inIt =
      (from: number) =>
      (one: Mapping): boolean =>
        one.address === at && one.outer >= from && one.outer < from + blocks.size
    const users = (from: number): Mapping[] => this.#mappings.filter(inIt(from))
    const own = all.filter(from => users(from).some(one => one.host === event.host))
    const left = all.filter(from => {
      if (users(from).length > 0) return false
      const before = this.#ended.filter(one => inIt(from)(one.mapping))
      const last = before[before.length - 1]
      return last === undefined || last.mapping.host === event.host || t >= last.t + durationNs(hold_down)
    })
    const ranges = own.length < blocks.per_host ? [...own, ...left.slice(0, 1)] : own
    return ranges.map(from => [from, from + blocks.size - 1])
  }

  #isFree(t: number, event: Event & { way: 'out' }, at: string, port: number, wanted: string): boolean {
    const { sharing, hold_down } = this.#p
    const here = (one: Mapping): boolean => one.protocol === event.protocol && one.address === at && one.outer === port
    const users = this.#mappings.filter(here)
    if (users.some(one => sharing === 'none' || one.part === '' || one.part === wanted)) return false
    const before = this.#ended.filter(one => here(one.mapping))
    const last = before[before.length - 1]
    if (
      users.length === 0 &&
      last !== undefined &&
      last.mapping.host !== event.host &&
      t < last.t + durationNs(hold_down)
    )
      return false
    return !(
      event.protocol === 'udp' &&
      this.#occupied.some(one => one.address === at && one.port === port && one.part === wanted && t < one.until)
    )
  }

  /** Ends what is over, at the time at which it was. */
  #expire(t: number): void {
    for (;;) {
      const due = this.#mappings.map(one => ({ one, at: this.#deadline(one) })).sort((a, b) => a.at - b.at)[0]
      if (due === undefined || due.at > t) return
      this.#end(due.at, due.one)
    }
  }

  #end(t: number, mapping: Mapping): void {
    this.#mappings = this.#mappings.filter(one => one !== mapping)
    this.#ended.push({ mapping, t })
  }

  #deadline(mapping: Mapping): number {
    const { refresh, lifetime } = this.#p
    if (mapping.protocol === 'tcp')
      return Math.max(...mapping.sessions.map(one => one.seen[one.seen.length - 1]!.t + this.#tcpLife(one.seen)))
    const idle = lastOf(mapping.seen, refresh) + this.#udpLife(mapping.seen, mapping.to)
    return lifetime === 'none' ? idle : Math.min(idle, mapping.seen[0]!.t + durationNs(lifetime))
  }

  #lives(t: number, mapping: Mapping, session: Session): boolean {
    const { filter_timeout, filter_refresh, refresh_scope } = this.#p
    if (mapping.protocol === 'tcp') {
      return t < session.seen[session.seen.length - 1]!.t + this.#tcpLife(session.seen)
    }
    const together = refresh_scope === 'mapping'
    const own = together ? this.#udpLife(mapping.seen, mapping.to) : this.#udpLife(session.seen, session.remote)
    const life = filter_timeout === 'none' ? own : durationNs(filter_timeout)
    // A new permission counts as a refreshment, of all where they are refreshed together.
    const births = mapping.sessions.map(one => one.seen[0]!.t)
    const last = together
      ? Math.max(lastOf(mapping.seen, filter_refresh), ...births)
      : lastOf(session.seen, filter_refresh)
    return t < last + life
  }

  #udpLife(seen: readonly Seen[], to: Remote): number {
    const p = this.#p
    const special = p.timeout_ports[String(to.port)]
    if (special !== undefined) return durationNs(special)
    const answer = seen.findIndex(one => one.way === 'in')
    if (answer < 0) return durationNs(seen.length < 2 ? p.timeout_first : p.timeout_unreplied)
    const born = seen[0]!.t
    const stream = seen.some((one, i) => i > answer && one.t - born > durationNs(p.stream_after))
    return durationNs(stream ? p.timeout_stream : p.timeout)
  }

  #tcpLife(seen: readonly Seen[]): number {
    const { tcp } = this.#p
    const state = tcpState(seen)
    return durationNs(
      { syn: tcp.timeout_syn, established: tcp.timeout, closing: tcp.timeout_closing, reset: tcp.timeout_reset }[state],
    )
  }

  #isAssured(mapping: Mapping): boolean {
    if (mapping.protocol === 'tcp') {
      const state = tcpState(mapping.seen)
      if (state === 'established' || state === 'closing') return true
    }
    const answer = mapping.seen.findIndex(one => one.way === 'in')
    const after = durationNs(this.#p.stream_after)
    return answer >= 0 && mapping.seen.some((one, i) => i > answer && one.t - mapping.seen[0]!.t > after)
  }
}

/** The last packet that refreshes; the first one does in any case. */
function lastOf(seen: readonly Seen[], refresh: NatParameters['refresh']): number {
  const counts = seen.filter(
    (one, i) => i === 0 || refresh === 'both' || (refresh === 'outbound') === (one.way === 'out'),
  )
  return counts[counts.length - 1]!.t
}

/** What follows the last RST, SYN or FIN is judged alone. */
function tcpState(seen: readonly Seen[]): 'syn' | 'established' | 'closing' | 'reset' {
  let state: 'syn' | 'established' | 'closing' | 'reset' = 'syn'
  let answered = false
  for (const [i, { way, flags }] of seen.entries()) {
    const sent = seen.slice(0, i + 1).filter(one => one.way === 'out').length
    if (way === 'in') answered = true
    if (flags & RST) state = 'reset'
    else if (flags & SYN) {
      if (way === 'out' && !(flags & ACK) && state !== 'syn') [state, answered] = ['syn', false]
    } else if (flags & FIN) state = state === 'reset' ? 'reset' : 'closing'
    else if (state === 'syn' && (way === 'out' ? answered : sent >= 2)) state = 'established'
  }
  return state
}

function packetOf(protocol: Protocol, from: string, to: string, flags: number): Uint8Array {
  if (protocol === 'udp') return udp(from, to)
  const [sourceHost = '', sourcePort = ''] = from.split(':')
  const [host = '', port = ''] = to.split(':')
  const ends = { source: address(sourceHost), destination: address(host) }
  const ports = { sourcePort: Number(sourcePort), destinationPort: Number(port) }
  const counters = { sequence: 1, acknowledgement: 1, window: 1000, payload: new Uint8Array(0) }
  return buildIp({ ...ends, protocol: 6, payload: buildTcp({ ...ends, ...ports, ...counters, flags }) })
}

function bench(spec: Partial<NatSpec>): Bench {
  const full: NatSpec = { inside: { lan: '192.168.1.1/24' }, outside: { wan: OUTSIDE }, ...spec }
  const made = new Bench(new Nat({ name: 'home', random: seededRandom('1').split('home'), spec: full }))
  made.attach('lan', ['192.168.1.1/24'])
  made.attach(
    'wan',
    OUTSIDE.map(one => `${one}/32`),
  )
  return made
}

const seconds = fc.constantFrom('10s', '20s', '35s', '60s') as fc.Arbitrary<'10s'>
const behaviour = fc.constantFrom<NatBehaviour[]>(EI, AD, APD)
const direction = fc.constantFrom('outbound', 'inbound', 'both') as fc.Arbitrary<'both'>

const parameters = fc
  .record({
    mapping: behaviour,
    filtering: behaviour,
    filter_timeout: fc.oneof(fc.constant('none' as const), seconds),
    filter_refresh: direction,
    ports: fc.constantFrom('preserving', 'preserving', 'sequential', 'random'),
    ports_taken: fc.constantFrom('next', 'random', 'linux', 'drop'),
    ports_reuse: fc.boolean(),
    ports_step: fc.integer({ min: 1, max: 3 }),
    port_parity: fc.boolean(),
    sharing: fc.constantFrom('none', 'none', 'by-remote'),
    on_conflict: fc.constantFrom('other-port', 'other-class'),
    unsolicited: fc.constantFrom('ignored', 'occupies'),
    pooling: fc.constantFrom('paired', 'round-robin'),
    timeout: seconds,
    timeout_unreplied: seconds,
    timeout_first: seconds,
    timeout_stream: seconds,
    stream_after: fc.constantFrom('2s', '15s'),
    timeout_ports: fc.constantFrom({}, { '53': '5s' }),
    refresh: direction,
    refresh_scope: fc.constantFrom('session', 'mapping'),
    lifetime: fc.constantFrom('none', 'none', '50s'),
    max_mappings: fc.constantFrom('none', 'none', 3),
    max_per_host: fc.constantFrom('none', 'none', 2),
    when_full: fc.constantFrom('drop-new', 'evict-oldest', 'evict-unreplied'),
    hold_down: fc.constantFrom('0s', '0s', '25s'),
    blocks: fc.constantFrom('none', 'none', { size: 4, per_host: 1 }, { size: 2, per_host: 2 }),
    tcp: fc.record({
      mapping: behaviour,
      filtering: behaviour,
      timeout_syn: seconds,
      timeout: seconds,
      timeout_closing: seconds,
      timeout_reset: fc.constantFrom('0s', '10s'),
      pick_up: fc.boolean(),
    }),
  })
  .map(made => {
    const range = { port_range: [5000, 5007] as [number, number], port_class: 'none' } as const
    // Combinations that the checks of a scenario refuse.
    const shared = made.sharing === 'by-remote' && (made.mapping === EI || made.tcp.mapping === EI)
    const apart = made.ports !== 'preserving' || made.sharing !== 'none'
    const fixed = { sharing: shared ? 'none' : made.sharing, on_conflict: apart ? 'other-port' : made.on_conflict }
    // Whether a random port is taken is chance, which the twin does not foretell.
    const taken = made.ports === 'random' && made.ports_taken === 'drop' ? 'next' : made.ports_taken
    return { ...made, ...range, ...fixed, ports_taken: taken } as Partial<NatSpec>
  })

const remote = fc.record({ host: fc.constantFrom('198.51.100.1', '198.51.100.2'), port: fc.constantFrom(1, 53) })
const flags = fc.constantFrom(SYN, SYN | ACK, ACK, ACK, FIN | ACK, RST)
const wait = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 12 }), fc.constantFrom(20, 25, 35, 60))
const events = fc.array(
  fc.oneof(
    {
      weight: 10,
      arbitrary: fc.record({
        way: fc.constant('out' as const),
        wait,
        protocol: fc.constantFrom('udp', 'udp', 'tcp'),
        host: fc.constantFrom('192.168.1.2', '192.168.1.3', '192.168.1.4'),
        port: fc.constantFrom(5000, 5000, 5001, 5006),
        remote,
        flags,
      }),
    },
    {
      weight: 10,
      arbitrary: fc.record({
        way: fc.constant('in' as const),
        wait,
        protocol: fc.constantFrom('udp', 'udp', 'tcp'),
        address: fc.constantFrom(...OUTSIDE),
        port: fc.integer({ min: 5000, max: 5007 }),
        remote,
        flags,
      }),
    },
    { weight: 1, arbitrary: fc.record({ way: fc.constant('flush' as const), wait }) },
  ),
  { maxLength: 40 },
)

describe('a NAT and its definition', () => {
  it('say the same of any traffic, with any parameters', () => {
    fc.assert(
      fc.property(parameters, events, (spec, steps) => {
        const real = bench(spec)
        const resolved = resolveNat(spec)
        const log: Event[] = []
        const given: ({ address: string; port: number } | undefined)[] = []
        const ask = (): Outcome => new Twin(resolved).replay(log, given)
        let now = 0
        for (const { wait: pause, ...step } of steps) {
          now += pause * S
          real.at(now)
          log.push({ ...step, t: now } as Event)
          given.push(undefined)
          if (step.way === 'flush') {
            real.tell({ kind: 'step', name: '#0', step: { do: 'nat', at: '1s', nat: 'home', flush: true } })
            continue
          }
          const far = `${step.remote.host}:${step.remote.port}`
          const protocol = step.protocol as Protocol
          if (step.way === 'in') {
            const wanted = ask()
            const near = `${step.address}:${step.port}`
            const outputs = real.give('wan', packetOf(protocol, far, near, step.flags))
            expect(inward(outputs)).toBe(textOf(wanted))
            continue
          }
          const outputs = real.give('lan', packetOf(protocol, `${step.host}:${step.port}`, far, step.flags))
          const [sent] = packets(outputs)
          const wanted = ask()
          if (wanted.kind === 'chosen') {
            if (sent === undefined) throw new Error(`nothing came out: ${inward(outputs)}`)
            const end = { address: formatAddress(ipSource(sent.bytes)), port: get16(transportPayload(sent.bytes), 0) }
            expect({ ...end, may: wanted.may(end.address, end.port) }).toEqual({ ...end, may: true })
            given[given.length - 1] = end
          } else if (wanted.kind === 'mapped') {
            if (sent === undefined) throw new Error(`nothing came out: ${inward(outputs)}, not ${textOf(wanted)}`)
            const end = { address: formatAddress(ipSource(sent.bytes)), port: get16(transportPayload(sent.bytes), 0) }
            expect(`${end.address}:${end.port}`).toBe(textOf(wanted))
          } else expect(inward(outputs)).toBe(textOf(wanted))
        }
      }),
      { numRuns: Number(process.env['TWIN_RUNS'] ?? 600) },
    )
  })
})

/** Where a packet came out inside, or why it did not. */
function inward(outputs: ReturnType<Bench['give']>): string {
  const [sent] = packets(outputs)
  if (sent !== undefined) {
    const to = sent.bytes.subarray(16, 20)
    return `${formatAddress(to)}:${get16(transportPayload(sent.bytes), 2)}`
  }
  const [reason] = outputs.flatMap(one => (one.kind === 'row' && one.row.kind === 'drop' ? [one.row.reason] : []))
  return reason === 'nat-mapping-expired' ? 'nat-no-mapping' : (reason ?? 'nothing')
}

function textOf(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'mapped':
      return `${outcome.address}:${outcome.port}`
    case 'delivered':
      return `${outcome.host}:${outcome.port}`
    case 'dropped':
      return outcome.reason
    case 'chosen':
    case 'nothing':
      return outcome.kind
  }
}
