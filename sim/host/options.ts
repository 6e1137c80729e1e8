/** What a machine is made of. */
import type { Address, Random, WallTime } from '../../impl/box.ts'
import type { CryptoProvider } from '../../impl/crypto/provider.ts'
import type { Host as HostSpec } from '../../scenarios/language/topology.ts'
import type { KeyRing } from '../keys.ts'
import type { InterfaceAddress } from '../node.ts'

export interface HostOptions {
  readonly name: string
  readonly spec: HostSpec
  readonly random: Random
  readonly crypto: CryptoProvider
  readonly keys: KeyRing
  /** What the resolver of the scenario says now; an empty list for an unknown name, undefined when nobody answers. */
  resolve(name: string): readonly Address[] | undefined
  /** Whether it speaks of the name at all, now or later. Default: when it resolves now. */
  knows?(name: string): boolean
  /** The true time of day at instant 0. */
  readonly epoch: WallTime
  /** Where the machine sits at the start, in the order of the scenario. */
  readonly attachments: readonly PortOptions[]
  /** The names of all steps of the scenario in their order (`#n` for one without): datagrams carry the number, and who receives them tells the name. */
  readonly steps: readonly string[]
  /** Give private keys, ephemeral keys and preshared keys to the capture's key log. */
  readonly revealSecrets: boolean
  /** Its timers are as late as on a kernel's timer wheel with jiffies of this length, ns. Default: exact. */
  readonly timerWheel_ns?: number
  /** What that wheel's clock shows at instant 0. */
  readonly timerWheelStart_ns?: number
}

export interface PortOptions {
  /** The network's name. */
  readonly port: string
  readonly addresses: readonly InterfaceAddress[]
  readonly gateways: readonly Address[]
  /** Bytes. */
  readonly mtu: number
  /** all: every address is a neighbour (an internet knows the way). prefix: those of the prefixes are, the rest goes to the gateways (a lan). */
  readonly onlink: 'all' | 'prefix'
}
