/** What every machine and every cable of the simulated world looks like to the loop. Packets are whole IP packets. */
import type { Box, Endpoint, PacketId } from '../impl/box.ts'
import type { Key } from '../impl/key.ts'
import type { Step } from '../scenarios/language/step.ts'
import type { Link } from '../scenarios/language/topology.ts'
import type { Row } from '../scenarios/language/trace.ts'

/** An IP packet on its way. Bytes are shared: who changes them makes a copy. The id stays; `copy` counts what duplication made. */
export interface Packet {
  readonly id: PacketId
  readonly copy: number
  readonly bytes: Uint8Array
}

/**
 * Machines: hosts, NATs, routers, switches, clouds. A port is called by the network's name (a cloud's or switch's by the node at the other end).
 *
 * There is no Ethernet: `via` is the next hop's address (4 or 16 bytes), which the sender names where the network is a
 * lan and the next hop is not the destination itself (a gateway). A switch delivers to the port that owns
 * `via ?? destination` and does not pass it on; a cable carries it; a cloud does not look at it.
 * Broadcast and multicast reach nobody on a lan: the switch drops them by name.
 */
export type NodeInput =
  | { readonly kind: 'packet'; readonly port: string; readonly packet: Packet; readonly via?: Uint8Array | undefined }
  /** The largest packet that the outgoing cable of this port takes; told when the port is attached and at each change. */
  | { readonly kind: 'mtu'; readonly port: string; readonly mtu: number }
  | { readonly kind: 'step'; readonly step: Step; readonly name: string }
  /** An attachment appears, changes (roaming) or goes away; addresses as bytes. */
  | {
      readonly kind: 'attach'
      readonly port: string
      readonly addresses: readonly InterfaceAddress[]
      readonly gateways: readonly Uint8Array[]
      /** Whether every address is a neighbour, or those of the prefixes. Hosts ask; absent: as it was on this port. */
      readonly onlink?: 'all' | 'prefix'
    }
  | { readonly kind: 'detach'; readonly port: string }

export interface InterfaceAddress {
  readonly address: Uint8Array
  readonly length: number
}

export type NodeOutput =
  | { readonly kind: 'packet'; readonly port: string; readonly packet: Packet; readonly via?: Uint8Array | undefined }
  | { readonly kind: 'row'; readonly row: Row }
  /** Goes to the capture's key log, never into the trace. */
  | {
      readonly kind: 'secret'
      readonly secret: 'LOCAL_STATIC_PRIVATE_KEY' | 'LOCAL_EPHEMERAL_PRIVATE_KEY' | 'PRESHARED_KEY'
      readonly key: Key
    }

/** A box that can say what it still has: packets that it has taken and that have not left it, ended or been delivered. */
export interface Holder {
  holding?(): Iterable<Pick<Packet, 'id' | 'copy'>>
}

export type Node = Box<NodeInput, NodeOutput> & Holder

/** One direction of a cable. */
export type LinkInput =
  | { readonly kind: 'packet'; readonly packet: Packet; readonly via?: Uint8Array | undefined }
  /** What is named changes; `anew`: all else is as if it had never been set. Presets are expanded already. */
  | { readonly kind: 'set'; readonly link: Link; readonly anew?: boolean }
export type LinkOutput =
  | { readonly kind: 'packet'; readonly packet: Packet; readonly via?: Uint8Array | undefined }
  | { readonly kind: 'row'; readonly row: Row }
export type LinkBox = Box<LinkInput, LinkOutput> & Holder

/** Sees every packet that enters a network before the network does; may take it away. Played by a probe. */
export interface OnPath {
  /** true: the packet goes no further (the tap now holds it). */
  see(now: number, network: string, from: string, packet: Packet): boolean
}

export type { Endpoint }
