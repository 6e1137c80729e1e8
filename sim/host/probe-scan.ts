/** A port scan: what answers is open, what ICMP denies is closed, and the rest is silent. */
import type { Address, Endpoint, Instant } from '../../impl/box.ts'
import { formatAddress, parsePrefix, sameAddress } from '../../impl/ip/address.ts'
import { buildInitiation } from '../../scenarios/decode/noise.ts'
import { durationNs } from '../../scenarios/language/quantity.ts'
import type { Act, Hands } from './probe-hands.ts'
import type { Stream } from './probe-streams.ts'

/** So many ports are named one by one. */
const FEW = 8
const RANDOM_SIZE = 148
const LINGER_NS = 2_000_000_000
const INTERVAL_NS = 1_000_000

/** Of one target: its ports by what was heard. */
interface Heard {
  readonly open: Set<number>
  readonly closed: Set<number>
}

export interface Scan extends Stream {
  /** A datagram came from there. */
  answered(from: Endpoint): void
  /** An ICMP error came about a datagram to there. */
  refused(to: Endpoint, error: string): void
  /** One line for each address. */
  lines(): string[]
}

/** Throws an Error when the probe can not speak to that address. */
export function scanStream(hands: Hands, step: string, act: Act<'scan'>): Scan {
  const prefix = parsePrefix(act.to)
  if (prefix === undefined) throw new Error(`"${act.to}" is no address`)
  const [first, last] = act.ports
  const ports = last - first + 1
  const addresses = 2 ** (prefix.address.length * 8 - prefix.length)
  const random = hands.random.split('scan').split(step)
  const heard = new Map<number, Heard>()
  hands.net.own({ address: prefix.address, port: first })
  const ordinal = (address: Address): number | undefined => {
    const start = masked(prefix.address, prefix.length)
    let n = 0
    for (let i = 0; i < address.length; i++) n = n * 256 + ((address[i] ?? 0) - (start[i] ?? 0))
    return address.length === start.length && n >= 0 && n < addresses ? n : undefined
  }
  const note = (where: Endpoint, what: 'open' | 'closed'): void => {
    const n = ordinal(where.address)
    if (n === undefined || where.port < first || where.port > last) return
    const known = heard.get(n) ?? { open: new Set(), closed: new Set() }
    heard.set(n, known)
    known[what].add(where.port)
  }
  return {
    step,
    count: addresses * ports,
    interval_ns: act.interval === undefined ? INTERVAL_NS : durationNs(act.interval),
    linger_ns: act.within === undefined ? LINGER_NS : durationNs(act.within),
    send(now: Instant, n: number): void {
      const to = { address: nth(prefix.address, prefix.length, Math.floor(n / ports)), port: first + (n % ports) }
      hands.transmit(now, undefined, payloadOf(hands, act, random, n), hands.net.own(to), to)
    },
    outcome: () => `${addresses * ports} asked`,
    answered: from => note(from, 'open'),
    refused: (to, error) => {
      if (error === 'port-unreachable') note(to, 'closed')
    },
    lines: () =>
      Array.from({ length: Math.min(addresses, FEW) }, (_, n) => {
        const { open = new Set<number>(), closed = new Set<number>() } = heard.get(n) ?? {}
        const silent: number[] = []
        let count = 0
        for (let port = first; port <= last; port++) {
          if (open.has(port) || closed.has(port)) continue
          count++
          if (silent.length < FEW) silent.push(port)
        }
        const parts = [
          group('open', open.size, [...open]),
          group('closed', closed.size, []),
          group('silent', count, count === ports ? [] : silent),
        ]
        return `scan of ${formatAddress(nth(prefix.address, prefix.length, n))}: ${parts.join('; ')}`
      }),
  }
}

/** `1 silent: 51820` */
function group(word: string, count: number, ports: readonly number[]): string {
  if (ports.length === 0 || count === 0) return `${count} ${word}`
  return `${count} ${word}: ${ports.slice(0, FEW).join(', ')}${count > FEW ? ', …' : ''}`
}

function payloadOf(hands: Hands, act: Act<'scan'>, random: Hands['random'], n: number): Uint8Array {
  switch (act.with ?? 'empty') {
    case 'empty':
      return new Uint8Array(0)
    case 'random':
      return random.split(`${n}`).bytes(RANDOM_SIZE)
    case 'initiation': {
      const chance = random.split(`${n}`)
      return buildInitiation({
        staticPrivate: chance.bytes(32),
        remoteStatic: hands.publicKey(act.peer ?? ''),
        ephemeralPrivate: chance.bytes(32),
        sender: chance.below(2 ** 32),
        timestamp: chance.bytes(12),
      }).message
    }
  }
}

function masked(address: Address, length: number): Uint8Array {
  return Uint8Array.from(address, (byte, i) => byte & (0xff00 >> Math.max(0, Math.min(8, length - i * 8))) & 0xff)
}

/** The nth address of a prefix, from 0. */
function nth(address: Address, length: number, n: number): Address {
  const result = masked(address, length)
  let rest = n
  for (let i = result.length - 1; rest > 0 && i >= 0; i--) {
    const sum = (result[i] ?? 0) + (rest % 256)
    result[i] = sum & 0xff
    rest = Math.floor(rest / 256)
  }
  return result
}

export function isTarget(scan: Act<'scan'>, address: Address): boolean {
  const prefix = parsePrefix(scan.to)
  return prefix !== undefined && sameAddress(masked(prefix.address, prefix.length), masked(address, prefix.length))
}
