/** What goes wrong in a generated scenario. */
import type { Step } from '../language/step.ts'
import type { Chance } from './chance.ts'
import { type Ground, outside, type Seat } from './topology.ts'

export interface FaultOptions {
  readonly ground: Ground
  readonly seconds: number
  /** `alice-bob.psk` where the two share a key. */
  readonly psk: (seat: Seat) => string | undefined
}

const FAULTS = ['cut', 'cut', 'roam', 'key', 'psk', 'keepalive', 'flush', 'delay'] as const
const DIRECTIONS = ['up', 'down', 'both'] as const

/** Steps in no order. */
export function faults(chance: Chance, options: FaultOptions): Step[] {
  const count = chance.pick([0, 0, 1, 1, 2])
  return Array.from({ length: count }, (_, n) => fault(chance.split(`${n}`), options)).flat()
}

function fault(chance: Chance, { ground, seconds, psk }: FaultOptions): Step[] {
  const { seats, family } = ground
  const n = chance.below(seats.length)
  const seat = seats[n]
  const at = 5 + chance.below(seconds - 30)
  if (seat === undefined) return []
  switch (chance.pick(FAULTS)) {
    case 'cut': {
      const direction = chance.pick(DIRECTIONS)
      const link = { do: 'link' as const, node: seat.name, network: seat.network, direction }
      const end = Math.min(seconds - 2, at + 3 + chance.below(40))
      return [
        { ...link, at: `${at}s`, set: { cut: true } },
        { ...link, at: `${end}s`, set: { cut: false } },
      ]
    }
    case 'roam': {
      if (seat.endpoint === undefined) return []
      return [{ do: 'roam', at: `${at}s`, host: seat.name, network: 'internet', attachment: outside(n, family, 1) }]
    }
    case 'key':
      return newKey(seat, ground, at, psk)
    case 'psk': {
      const first = seats[0]
      if (n === 0 || first === undefined) return []
      return [[seat, first] as const, [first, seat] as const].map(([on, peer]) =>
        run(on.name, at, `wg set wg0 peer <${peer.name}.pub> preshared-key <${seat.name}-later.psk>`),
      )
    }
    case 'keepalive':
      return n === 0 ? [] : [run(seat.name, at, 'wg set wg0 peer <alice.pub> persistent-keepalive 7')]
    case 'flush':
      return seat.nat === undefined ? [] : [{ do: 'nat', at: `${at}s`, nat: seat.nat, flush: true }]
    case 'delay':
      return [
        { do: 'link', at: `${at}s`, node: seat.name, network: seat.network, direction: 'up', set: { delay: '400ms' } },
      ]
  }
}

/** A new private key, which the first machine is told of a little later. */
function newKey(seat: Seat, { seats }: Ground, at: number, psk: FaultOptions['psk']): Step[] {
  const first = seats[0]
  if (first === undefined || seat === first) return []
  const n = seats.indexOf(seat)
  const endpoint = seat.endpoint === undefined ? '' : ` endpoint ${seat.endpoint}`
  const shared = psk(seat)
  const allowed = `10.9.0.${n + 1}/32,fd09::${n + 1}/128`
  const key = shared === undefined ? '' : ` preshared-key <${shared}>`
  return [
    run(seat.name, at, `wg set wg0 private-key <${seat.name}-new>`),
    run(first.name, at + 2, `wg set wg0 peer <${seat.name}.pub> remove`),
    run(first.name, at + 3, `wg set wg0 peer <${seat.name}-new.pub>${endpoint} allowed-ips ${allowed}${key}`),
  ]
}

function run(host: string, at: number, command: string): Step {
  return { do: 'run', at: `${at}s`, host, command }
}
