/** What commands work on: a machine that runs. */

import type { Address, Instant } from '../../impl/box.ts'
import type { Conf } from '../../impl/config/conf.ts'
import type { Names } from '../../impl/config/resolve.ts'
import type { Netfilter } from './netfilter.ts'
import type { Outbox } from './outbox.ts'
import type { Retries } from './retries.ts'
import type { Stack } from './stack.ts'
import type { Tunnel } from './tunnel.ts'

export interface Machine {
  readonly outbox: Outbox
  readonly stack: Stack
  readonly netfilter: Netfilter
  readonly tunnels: ReadonlyMap<string, Tunnel>
  readonly names: Names
  /** False: the resolver gives no answer for this name, as on a machine without a network. */
  answers(name: string): boolean
  /** `wg` commands that wait for it. */
  readonly retries: Retries
  /** Resolvers by DNS lines, by their tunnel. */
  readonly tunnelDns: Map<string, readonly Address[]>
  /** The files of /etc/wireguard, by interface. */
  readonly confs: ReadonlyMap<string, Conf>
  /** `ip link add NAME type wireguard`: a new device, down. False when the name is taken. */
  addTunnel(name: string): boolean
  /** Up or down, with its device. */
  setLink(now: Instant, name: string, up: boolean): void
  setMtu(now: Instant, name: string, mtu: number): void
  /** The device and the interface go. */
  removeTunnel(now: Instant, name: string): void
}

/** What came of a command. */
export type Outcome =
  | { readonly kind: 'ok' }
  /** Accepted, and said so, because it changes nothing here. */
  | { readonly kind: 'no-effect'; readonly why: string }
  | { readonly kind: 'failed'; readonly why: string }
  /** Nothing here knows it. */
  | { readonly kind: 'unknown' }

export const OK: Outcome = { kind: 'ok' }
export const UNKNOWN: Outcome = { kind: 'unknown' }

export function failed(why: string): Outcome {
  return { kind: 'failed', why }
}
