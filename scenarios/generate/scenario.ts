/** START HERE. A random scenario from a seed: the same for the same seed, and one that can run. */
import { durationNs } from '../language/quantity.ts'
import type { NamedScenario, Scenario } from '../language/scenario.ts'
import { type Chance, chanceOf } from './chance.ts'
import { faults } from './faults.ts'
import { type Ground, ground, type Name, PORT, type Seat } from './topology.ts'
import { traffic } from './traffic.ts'

/** A star of two or three machines round the first, with traffic and faults. */
export function generateScenario(seed: string): NamedScenario {
  const chance = chanceOf(`scenario/${seed}`)
  const land = ground(chance.split('ground'))
  const seconds = chance.pick([60, 120, 200, 300, 420])
  const tunnels = new Tunnels(land, chance.split('tunnels'))
  const names = land.seats.map(({ name }) => name)
  const steps = [
    ...traffic(chance.split('traffic'), {
      names,
      inner: innerAddress,
      both: tunnels.both,
      seconds,
      lossy: isLossy(land),
    }),
    ...faults(chance.split('faults'), { ground: land, seconds, psk: seat => tunnels.psk(seat) }),
  ].sort((a, b) => durationNs(a.at) - durationNs(b.at))
  const scenario: Scenario = {
    schema: 'wglab/scenario@1',
    title: `Generated from seed ${seed}`.slice(0, 120),
    seed,
    duration: `${seconds}s`,
    networks: land.networks,
    ...(Object.keys(land.nats).length === 0 ? {} : { nats: land.nats }),
    hosts: Object.fromEntries(
      land.seats.map(seat => [
        seat.name,
        { interfaces: { [seat.network]: seat.attachment }, wg: { wg0: tunnels.text(seat) } },
      ]),
    ),
    steps,
    // What is compared is what is sent; this holds whatever happens.
    expect: [{ see: 'messages', message: 'any', from: 'alice', count: { min: 0 } }],
  }
  return { id: `generated/${seed}`, scenario }
}

function isLossy({ seats }: Ground): boolean {
  return seats.some(({ attachment: { up, down } }) => up.loss !== undefined || down.loss !== undefined)
}

function innerAddress(name: Name, family: 4 | 6): string {
  const n = ['alice', 'bob', 'carol'].indexOf(name) + 1
  return family === 4 ? `10.9.0.${n}` : `fd09::${n}`
}

class Tunnels {
  /** Both families inside. */
  readonly both: boolean
  readonly #ground: Ground
  readonly #psk: boolean
  readonly #keepalive: number
  readonly #mtu: number | undefined
  /** Whether the first machine knows where the others are, where they can be reached. */
  readonly #tells: boolean

  constructor(land: Ground, chance: Chance) {
    this.#ground = land
    this.both = chance.percent(50)
    this.#psk = chance.percent(40)
    this.#keepalive = chance.pick([0, 0, 7, 13, 14, 25])
    this.#mtu = chance.percent(20) ? chance.pick([1280, 1380, 1420]) : undefined
    this.#tells = chance.percent(60)
  }

  psk(seat: Seat): string | undefined {
    return this.#psk && seat.name !== 'alice' ? `alice-${seat.name}.psk` : undefined
  }

  text(seat: Seat): string {
    const addresses = this.both ? [4, 6] : [4]
    const own = addresses.map(family => `${innerAddress(seat.name, family as 4 | 6)}/${family === 4 ? 24 : 64}`)
    const first = seat.name === 'alice'
    const peers = first ? this.#ground.seats.slice(1) : this.#ground.seats.slice(0, 1)
    const port = seat.endpoint === undefined ? [] : [`ListenPort = ${PORT}`]
    const mtu = this.#mtu === undefined ? [] : [`MTU = ${this.#mtu}`]
    const head = ['[Interface]', `PrivateKey = <${seat.name}>`, `Address = ${own.join(', ')}`, ...port, ...mtu]
    return [...head, ...peers.flatMap(peer => this.#peer(seat, peer, first)), ''].join('\n')
  }

  #peer(seat: Seat, peer: Seat, first: boolean): string[] {
    const psk = this.psk(first ? peer : seat)
    const allowed = first
      ? `${innerAddress(peer.name, 4)}/32, ${innerAddress(peer.name, 6)}/128`
      : '10.9.0.0/24, fd09::/64'
    return [
      '',
      '[Peer]',
      `PublicKey = <${peer.name}.pub>`,
      ...(psk === undefined ? [] : [`PresharedKey = <${psk}>`]),
      `AllowedIPs = ${allowed}`,
      ...(peer.endpoint === undefined || (first && !this.#tells) ? [] : [`Endpoint = ${peer.endpoint}`]),
      ...(!first && this.#keepalive > 0 ? [`PersistentKeepalive = ${this.#keepalive}`] : []),
    ]
  }
}
