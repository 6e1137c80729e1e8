/** What the main thread and the data plane's worker say to each other. Keys go as bytes, for a `Key` does not travel. */
import type { DeviceChange, DeviceStatus, PeerChange } from '../../api.ts'
import { Key } from '../../key.ts'
import type { PlaneEvent } from '../dataplane.ts'
import type { Piece } from '../uapilines.ts'

/** What the worker starts with. */
export interface Opening {
  readonly iface: string
  readonly mtu: number
  readonly events: boolean
  /** One 32-bit word, not 0 when the main thread wants the loop to end whatever else happens. */
  readonly stop: SharedArrayBuffer
}

export type Request =
  | { readonly kind: 'configure'; readonly change: PlainChange }
  /** The piece of the `get` lines that begins at this peer. */
  | { readonly kind: 'uapi'; readonly from: number }
  | { readonly kind: 'status' }
  | { readonly kind: 'heap' }
  | { readonly kind: 'up'; readonly up: boolean }
  | { readonly kind: 'mtu'; readonly mtu: number }
  | { readonly kind: 'forget-sources' }
  | { readonly kind: 'close' }

export interface Call {
  readonly id: number
  readonly request: Request
}

export type Reply =
  | { readonly kind: 'done'; readonly errno: number }
  | { readonly kind: 'status'; readonly status: DeviceStatus }
  | { readonly kind: 'heap'; readonly bytes: number }
  | { readonly kind: 'uapi'; readonly piece: Piece }

export type FromWorker =
  | { readonly kind: 'ready'; readonly iface: string; readonly wakeFd: number; readonly lacks: readonly string[] }
  | { readonly kind: 'refused'; readonly text: string; readonly errno: number | undefined }
  | { readonly kind: 'reply'; readonly id: number; readonly reply: Reply }
  | { readonly kind: 'events'; readonly events: readonly PlaneEvent[] }
  | { readonly kind: 'log'; readonly level: 'error' | 'verbose'; readonly text: string }
  | { readonly kind: 'ended'; readonly reason: string }

type PlainPeer = Omit<PeerChange, 'presharedKey'> & { readonly presharedKey?: Uint8Array | null }

export type PlainChange = Omit<DeviceChange, 'privateKey' | 'peers'> & {
  readonly privateKey?: Uint8Array | null
  readonly peers?: readonly PlainPeer[]
}

export function plainChange({ privateKey, peers, ...rest }: DeviceChange): PlainChange {
  return {
    ...rest,
    ...(privateKey === undefined ? {} : { privateKey: privateKey?.reveal() ?? null }),
    ...(peers === undefined ? {} : { peers: peers.map(plainPeer) }),
  }
}

export function deviceChange({ privateKey, peers, ...rest }: PlainChange): DeviceChange {
  return {
    ...rest,
    ...(privateKey === undefined ? {} : { privateKey: keyOf(privateKey) }),
    ...(peers === undefined ? {} : { peers: peers.map(devicePeer) }),
  }
}

function plainPeer({ presharedKey, ...rest }: PeerChange): PlainPeer {
  return presharedKey === undefined ? rest : { ...rest, presharedKey: presharedKey?.reveal() ?? null }
}

function devicePeer({ presharedKey, ...rest }: PlainPeer): PeerChange {
  return presharedKey === undefined ? rest : { ...rest, presharedKey: keyOf(presharedKey) }
}

const keyOf = (bytes: Uint8Array | null): Key | null => (bytes === null ? null : new Key(bytes))
