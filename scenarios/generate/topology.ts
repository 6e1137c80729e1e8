/** Where the machines of a generated scenario sit. Machine 0 is always reachable; the others are, or sit behind NATs. */
import type { Link, Nat, Network } from '../language/topology.ts'
import type { Chance } from './chance.ts'

export const NAMES = ['alice', 'bob', 'carol'] as const
export type Name = (typeof NAMES)[number]
export type Family = 4 | 6

export interface Seat {
  readonly name: Name
  /** Its network's name. */
  readonly network: string
  readonly attachment: { readonly address: string; readonly up: Link; readonly down: Link }
  /** By which others can reach it; undefined: behind a NAT. */
  readonly endpoint?: string
  readonly nat?: string
}

export interface Ground {
  readonly networks: Record<string, Network>
  readonly nats: Record<string, Nat>
  readonly seats: readonly Seat[]
  readonly family: Family
}

export const PORT = 51820

const ROUTERS: readonly [Partial<Nat>, ...Partial<Nat>[]] = [
  {},
  { mapping: 'address-and-port-dependent', ports: 'random' },
  { timeout: '30s' },
  { preset: 'linux-masquerade' },
  { filtering: 'endpoint-independent', timeout: '3m' },
]

/** IPv6 outside knows no NAT here. */
export function ground(chance: Chance): Ground {
  const family: Family = chance.percent(75) ? 4 : 6
  const count = chance.percent(70) ? 2 : 3
  const networks: Record<string, Network> = { internet: {} }
  const nats: Record<string, Nat> = {}
  const together = chance.percent(50)
  const seats = NAMES.slice(0, count).map((name, n): Seat => {
    const own = chance.split(name)
    const cables = linksOf(own)
    if (n === 0 || family === 6 || own.percent(50)) {
      const address = outside(n, family)
      const endpoint = family === 6 ? `[${address}]:${PORT}` : `${address}:${PORT}`
      return { name, network: 'internet', attachment: { address, ...cables }, endpoint }
    }
    const shared = together && nats['router1'] !== undefined
    const nat = shared ? 'router1' : `router${n}`
    const lan = shared ? 'lan1' : `lan${n}`
    if (!shared) {
      networks[lan] = { kind: 'lan', gateway: `192.168.${n}.1` }
      nats[nat] = {
        inside: { [lan]: `192.168.${n}.1/24` },
        outside: { internet: `203.0.113.${10 + n}` },
        ...own.pick(ROUTERS),
      }
    }
    const address = `192.168.${lan.slice(3)}.${10 + n}/24`
    return { name, network: lan, attachment: { address, ...cables }, nat }
  })
  return { networks, nats, seats, family }
}

/** `which` 0: where it sits at the start; more: where it moves to. */
export function outside(n: number, family: Family, which = 0): string {
  return family === 4 ? `198.51.100.${1 + n + 50 * which}` : `2001:db8:${n + 1}::${which + 1}`
}

/**
 * Packets reach a machine one after the other, never two at one instant: which of two it deals with first is its own affair,
 * and no difference. So its own cable has a rate, and the jitter is on the way before.
 */
function linksOf(chance: Chance): { up: Link; down: Link } {
  const up = chance.percent(60) ? linkOf(chance.split('up')) : {}
  const { jitter: _jitter, ...down } = chance.percent(60) ? linkOf(chance.split('down')) : {}
  const rate = () => chance.pick(['100Mbit', '20Mbit'] as const)
  return { up: { ...up, rate: up.rate ?? rate() }, down: { ...down, rate: down.rate ?? rate() } }
}

function linkOf(chance: Chance): Link {
  return {
    ...(chance.percent(60) ? { delay: `${1 + chance.below(150)}ms` } : {}),
    ...(chance.percent(25) ? { jitter: `${1 + chance.below(20)}ms` } : {}),
    ...(chance.percent(30) ? { loss: (1 + chance.below(12)) / 100 } : {}),
    ...(chance.percent(15) ? { duplicate: (1 + chance.below(10)) / 100 } : {}),
    // No less than IPv6 needs for what is in the tunnel.
    ...(chance.percent(25) ? { mtu: chance.pick([1500, 1492, 1400, 1380]) } : {}),
    ...(chance.percent(15) ? { rate: chance.pick(['1Mbit', '10Mbit', '512kbit'] as const) } : {}),
  }
}
