/** What every program above WireGuard looks like to the machine it runs on, and what it finds there. */
import type { PeerStatus } from '../../../impl/api.ts'
import type { Address, Endpoint, Instant, PacketId, Random, WallTime } from '../../../impl/box.ts'
import type { HostDrop } from '../drops.ts'
import type { Machine } from '../machine.ts'
import type { Listener, Tcp } from '../tcp/tcp.ts'

/** What a step may ask of a service that runs. */
export type Request = { readonly kind: 'now' } | { readonly kind: 'revoke' | 'admit'; readonly member: string }

export interface Service {
  handleTimeout(now: Instant): void
  /** NEVER when nothing is due. */
  pollTimeout(): Instant
  /** What is wrong, or undefined when it is done. */
  request(now: Instant, request: Request): string | undefined
  /** Ports are closed by the desk; this is for the rest. */
  stop?(now: Instant): void
}

/** A datagram that came for a service: it is either `done` or `dropped`, once. */
export interface Datagram {
  readonly id: PacketId
  readonly from: Endpoint
  readonly to: Address
  readonly payload: Uint8Array
  done(): void
  drop(reason: HostDrop, detail?: string): void
}

export interface UdpPort {
  readonly port: number
  /** Throws nothing: what can not be sent is dropped by name. `from`: default as the route says. */
  send(now: Instant, to: Endpoint, payload: Uint8Array, how?: { from?: Address; cause?: PacketId }): void
  close(): void
}

/** What a service has to work with. */
export interface Desk {
  readonly machine: Machine
  readonly random: Random
  readonly tcp: Tcp
  /** A TCP port, which a firewall of the machine lets in, until the service stops. */
  listen(port: number, listener: Listener): void
  /** A UDP port; without a number any that is free. Undefined (and noted) when it is taken. */
  open(now: Instant, port: number | undefined, receive: (now: Instant, datagram: Datagram) => void): UdpPort | undefined
  /** A command line as root types it. False when it failed. */
  run(now: Instant, command: string): boolean
  note(now: Instant, text: string): void
  wallClock(now: Instant): WallTime
  /** The peers of a tunnel with their key names; none while there is no such tunnel. */
  peers(iface: string): readonly (PeerStatus & { readonly name: string | undefined })[]
}
