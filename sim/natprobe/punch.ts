/**
 * Hole punching, tried: two WireGuard hosts behind a NAT each, and a server that both keep a tunnel to. The server tells
 * each where it sees the other; from then on both send to each other, one of them first. What comes of it is seen, not
 * reasoned out: this runs the simulator.
 */
import { instant, NS_PER_MS, NS_PER_S } from '../../impl/box.ts'
import type { CryptoProvider } from '../../impl/crypto/provider.ts'
import type { NatBehaviours } from '../../scenarios/language/nat.ts'
import type { Scenario } from '../../scenarios/language/scenario.ts'
import type { Row, TraceSink } from '../../scenarios/language/trace.ts'
import { KeyRing } from '../keys.ts'
import { layoutOf } from '../layout.ts'
import { Loop } from '../loop.ts'
import { realParts } from '../parts.ts'
import { seededRandom } from '../random.ts'
import { Tap } from '../tap.ts'
import { Topology } from '../topology.ts'

export interface PunchOptions {
  /** In front of the one that initiates first. */
  readonly first: NatBehaviours
  /** In front of the other. */
  readonly second: NatBehaviours
  readonly seed: string
  readonly crypto: CryptoProvider
}

/** What one of the two NATs has thrown away once the two spoke to each other. */
export interface PunchDrop {
  readonly nat: 'first' | 'second'
  readonly reason: string
  readonly count: number
  /** Of the first such packet. */
  readonly detail: string
}

export interface Punched {
  readonly works: boolean
  /** From the first word of the first host to the handshake that both have, ms; null where there is none. */
  readonly after_ms: number | null
  /** Where the server saw each, which is where the other sends to. */
  readonly first_at: string
  readonly second_at: string
  readonly drops: readonly PunchDrop[]
}

/** When the server tells them. By then both have a tunnel to it. */
const TOLD = 2 * NS_PER_S
/** How much later the second one begins: more than any way through the network takes, less than Rekey-Timeout. */
export const HEAD_START = 500 * NS_PER_MS
/** Three initiations of each (Rekey-Timeout is 5 s): what did not pass by then never will, for nothing changes any more. */
const ENOUGH = TOLD + 13 * NS_PER_S
const SLICE = 250 * NS_PER_MS

const FIRST = { host: 'wanda', nat: 'westgate', address: '10.5.0.1' }
const SECOND = { host: 'edgar', nat: 'eastgate', address: '10.5.0.2' }

/** Tries one ordered pair. The same options give the same answer. Throws when the server learns nothing of a host. */
export function punch(options: PunchOptions): Punched {
  const scenario = punchScenario(options.first, options.second)
  const watch = new Outcome()
  const loop = new Loop(new Tap(watch))
  const { crypto, seed } = options
  const parts = realParts({ scenario, random: seededRandom(seed), crypto, keys: new KeyRing(seed, crypto) })
  const topology = new Topology(loop, layoutOf(scenario), parts)
  loop.run(instant(TOLD))
  topology.report('server')
  const first_at = watch.place(FIRST.host)
  const second_at = watch.place(SECOND.host)
  watch.begin()
  const tell = (host: string, peer: string, at: string): void => {
    const command = `wg set wg0 peer <${peer}.pub> endpoint ${at} persistent-keepalive 25`
    loop.input(topology.machine(host), { kind: 'step', step: { do: 'run', at: '0s', host, command }, name: 'told' })
  }
  tell(FIRST.host, SECOND.host, second_at)
  loop.run(instant(TOLD + HEAD_START))
  tell(SECOND.host, FIRST.host, first_at)
  for (let until = TOLD + HEAD_START; until < ENOUGH && watch.met === undefined; until += SLICE) {
    loop.run(instant(until + SLICE))
    topology.report(FIRST.host)
    topology.report(SECOND.host)
  }
  const { met } = watch
  const after_ms = met === undefined ? null : Math.round((met - TOLD) / NS_PER_MS)
  return { works: met !== undefined, after_ms, first_at, second_at, drops: watch.drops() }
}

/** The world it is tried in. Each end sends to the server from the port that it will speak to the other from. */
export function punchScenario(first: NatBehaviours, second: NatBehaviours): Scenario {
  return {
    schema: 'wglab/scenario@1',
    title: 'Hole punching between two NATs',
    duration: '15s',
    networks: {
      internet: {},
      west: { kind: 'lan', gateway: '192.168.1.1' },
      east: { kind: 'lan', gateway: '192.168.2.1' },
    },
    nats: {
      westgate: { ...first, inside: { west: '192.168.1.1/24' }, outside: { internet: '198.51.100.10' } },
      eastgate: { ...second, inside: { east: '192.168.2.1/24' }, outside: { internet: '203.0.113.20' } },
    },
    hosts: {
      wanda: { interfaces: { west: '192.168.1.5/24' }, wg: { wg0: endConf(FIRST, SECOND) } },
      edgar: { interfaces: { east: '192.168.2.5/24' }, wg: { wg0: endConf(SECOND, FIRST) } },
      server: { interfaces: { internet: '192.0.2.1' }, wg: { wg0: SERVER_CONF } },
    },
    steps: [],
    expect: [],
  }
}

function endConf(own: typeof FIRST, other: typeof FIRST): string {
  return `[Interface]
PrivateKey = <${own.host}>
Address = ${own.address}/24
ListenPort = 51820

[Peer]
PublicKey = <server.pub>
Endpoint = 192.0.2.1:51820
AllowedIPs = 10.5.0.3/32
PersistentKeepalive = 25

[Peer]
PublicKey = <${other.host}.pub>
AllowedIPs = ${other.address}/32
`
}

const SERVER_CONF = `[Interface]
PrivateKey = <server>
Address = 10.5.0.3/24
ListenPort = 51820

[Peer]
PublicKey = <wanda.pub>
AllowedIPs = 10.5.0.1/32

[Peer]
PublicKey = <edgar.pub>
AllowedIPs = 10.5.0.2/32
`

/** Reads the rows: who is where, whether they have met, and what the NATs threw away. */
class Outcome implements TraceSink {
  readonly #places = new Map<string, string>()
  /** By host: when it had its last handshake with the other. */
  readonly #handshakes = new Map<string, number>()
  readonly #drops = new Map<string, { nat: PunchDrop['nat']; reason: string; count: number; detail: string }>()
  #begun = false

  row(row: Row): void {
    if (row.kind === 'state') this.#state(row)
    else if (row.kind === 'drop' && this.#begun) this.#drop(row)
  }

  /** From here on, what is thrown away counts. */
  begin(): void {
    this.#begun = true
  }

  place(host: string): string {
    const place = this.#places.get(host)
    if (place === undefined || place === '') throw new Error(`${host} and the server have no tunnel`)
    return place
  }

  /** When both had the handshake, ns; undefined: not yet. */
  get met(): number | undefined {
    const first = this.#handshakes.get(FIRST.host)
    const second = this.#handshakes.get(SECOND.host)
    return first === undefined || second === undefined ? undefined : Math.max(first, second)
  }

  drops(): PunchDrop[] {
    const order = (drop: PunchDrop) => `${drop.nat} ${drop.reason}`
    return [...this.#drops.values()].sort((a, b) => (order(a) < order(b) ? -1 : 1))
  }

  #state(row: Extract<Row, { kind: 'state' }>): void {
    if (row.host === 'server') this.#places.set(row.peer, row.endpoint)
    else if (row.peer !== 'server' && row.latest_handshake !== null && !this.#handshakes.has(row.host)) {
      this.#handshakes.set(row.host, row.latest_handshake)
    }
  }

  #drop({ at, reason, detail = '' }: Extract<Row, { kind: 'drop' }>): void {
    const place = at.split(':')[0]
    if (place !== FIRST.nat && place !== SECOND.nat) return
    const nat = place === FIRST.nat ? 'first' : 'second'
    const known = this.#drops.get(`${nat} ${reason}`)
    if (known === undefined) this.#drops.set(`${nat} ${reason}`, { nat, reason, count: 1, detail })
    else known.count++
  }
}
