/** What a wg(8) or wg-quick(8) file says; every item knows where it stood. */
import type { Prefix } from '../api.ts'
import type { Address } from '../box.ts'
import type { Key, PublicKey } from '../key.ts'
import type { Place } from './problem.ts'

/** `wg`: what `wg setconf` takes. `wg-quick`: that, and Address, DNS, MTU, Table, SaveConfig and the four hooks. */
export type Dialect = 'wg' | 'wg-quick'

export interface Conf {
  readonly file: string
  readonly dialect: Dialect
  readonly interface: InterfaceConf | undefined
  readonly peers: readonly PeerConf[]
  /** Comments after the last item. */
  readonly trailing: readonly string[]
}

/** A value, where it stood, and the comments that belong to it, without `#`. */
export interface Item<T> extends Place {
  readonly value: T
  /** On the lines before it. */
  readonly comments: readonly string[]
  /** At the end of its line. */
  readonly comment?: string
}

/** A section: its place is that of its header. */
export interface Section extends Place {
  readonly comments: readonly string[]
  readonly comment?: string
}

export interface InterfaceConf extends Section {
  readonly privateKey?: Item<SecretValue>
  /** 0 … 65535; 0 lets the host choose. */
  readonly listenPort?: Item<number>
  /** 0 is off. */
  readonly fwmark?: Item<number>
  readonly addresses: readonly Item<Prefix>[]
  readonly dns: readonly Item<DnsValue>[]
  /** Bytes. */
  readonly mtu?: Item<number>
  readonly table?: Item<TableValue>
  readonly saveConfig?: Item<boolean>
  /** Commands in the order of the file, `%i` as written. */
  readonly preUp: readonly Item<string>[]
  readonly postUp: readonly Item<string>[]
  readonly preDown: readonly Item<string>[]
  readonly postDown: readonly Item<string>[]
}

export interface PeerConf extends Section {
  readonly publicKey: Item<PublicValue>
  readonly presharedKey?: Item<SecretValue>
  readonly allowedIps: readonly Item<AllowedIpValue>[]
  readonly endpoint?: Item<EndpointValue>
  /** Seconds, 0 is off. */
  readonly persistentKeepalive_s?: Item<number>
}

/** A private or preshared key: written out, or by name (`<alice>`, `<alice-bob.psk>`) where the reader allows it. */
export type SecretValue =
  | { readonly kind: 'literal'; readonly key: Key }
  | { readonly kind: 'named'; readonly name: string }

/** A public key: written out, or by name (`<bob.pub>`). */
export type PublicValue =
  | { readonly kind: 'literal'; readonly key: PublicKey }
  | { readonly kind: 'named'; readonly name: string }

/** Host bits stand as written. `change`: the entry had a `+` or `-`. */
export interface AllowedIpValue extends Prefix {
  readonly change?: 'add' | 'remove'
}

export interface EndpointValue {
  readonly host: HostValue
  /** 1 … 65535. */
  readonly port: number
}

export type HostValue =
  | { readonly kind: 'address'; readonly address: Address; readonly zone?: string }
  | { readonly kind: 'name'; readonly name: string }

export type DnsValue =
  | { readonly kind: 'server'; readonly address: Address }
  | { readonly kind: 'search'; readonly domain: string }

export type TableValue =
  | { readonly kind: 'auto' }
  | { readonly kind: 'off' }
  | { readonly kind: 'table'; readonly table: number }
