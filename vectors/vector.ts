/** What stands in the vector files, as types; schema.json says the same for other languages. Bytes are lower-case hexadecimal. */
export type Vector =
  | PublicKeyVector
  | DhVector
  | KdfVector
  | HandshakeVector
  | RefusedVector<'refused-initiation'>
  | RefusedVector<'refused-response'>
  | CookieVector
  | TimestampVector
  | OrderVector
  | PaddingVector
  | ReplayVector
  | AllowedIpsVector

export interface PublicKeyVector {
  readonly kind: 'public-key'
  readonly id: string
  readonly private_key: string
  readonly clamped: string
  readonly public_key: string
  readonly private_base64: string
  readonly public_base64: string
}

export interface DhVector {
  readonly kind: 'dh'
  readonly id: string
  readonly private_key: string
  readonly public_key: string
  /** null where the result is all zero. */
  readonly shared: string | null
}

export interface KdfVector {
  readonly kind: 'kdf'
  readonly id: string
  readonly key: string
  readonly input: string
  readonly t1: string
  readonly t2: string
  readonly t3: string
}

export interface HandshakeVector {
  readonly kind: 'handshake'
  readonly id: string
  readonly comment: string
  readonly initiator: PartyJson
  readonly responder: PartyJson
  readonly preshared_key: string
  readonly timestamp: string
  readonly initiation: MessageJson
  readonly response: MessageJson
  readonly session: { readonly initiator_to_responder: string; readonly responder_to_initiator: string }
  readonly data: readonly DataJson[]
}

export interface PartyJson {
  readonly static_private: string
  readonly static_public: string
  readonly ephemeral_private: string
  readonly ephemeral_public: string
  readonly index: number
  readonly cookie?: string
}

/** The state after one line of the paper: ck and h always, the others where the line makes them. */
export interface Step {
  readonly step: string
  readonly dh?: string
  readonly key?: string
  readonly tau?: string
  readonly sealed?: string
  readonly ck: string
  readonly h: string
}

export interface MessageJson {
  readonly steps: readonly Step[]
  readonly mac1_key: string
  readonly mac1: string
  readonly mac2: string
  readonly message: string
}

export interface DataJson {
  readonly from: 'initiator' | 'responder'
  readonly counter: string
  readonly plaintext: string
  readonly message: string
}

export interface RefusedVector<Kind extends 'refused-initiation' | 'refused-response'> {
  readonly kind: Kind
  readonly id: string
  /** The id of the handshake whose responder, or initiator, receives it. */
  readonly of: string
  readonly because: string
  readonly mac1_valid: boolean
  readonly message: string
}

export interface CookieVector {
  readonly kind: 'cookie-reply'
  readonly id: string
  readonly responder_public: string
  readonly secret: string
  readonly address: string
  readonly port: number
  readonly sender_index: number
  readonly mac1: string
  readonly nonce: string
  readonly reply_key: string
  readonly cookie: string
  readonly reply: string
  readonly next_message: string
  readonly mac2: string
}

export interface TimestampVector {
  readonly kind: 'timestamp'
  readonly id: string
  readonly sec: number
  readonly nsec: number
  readonly exact: string
  readonly timestamp: string
}

export interface OrderVector {
  readonly kind: 'order'
  readonly id: string
  readonly a: string
  readonly b: string
  readonly accepted: boolean
}

export interface PaddingVector {
  readonly kind: 'padding'
  readonly mtu: number
  readonly length: number
  readonly padded: number
  readonly datagram: number
}

export interface ReplayVector {
  readonly kind: 'replay'
  readonly id: string
  readonly counters: readonly string[]
  readonly accepted: readonly boolean[]
}

export interface AllowedIpsVector {
  readonly kind: 'allowedips'
  readonly id: string
  readonly operations: readonly AllowedIpsOperation[]
}

export type AllowedIpsOperation =
  | { readonly op: 'insert'; readonly prefix: string; readonly peer: string }
  | { readonly op: 'remove'; readonly prefix: string; readonly peer: string; readonly removed: boolean }
  | { readonly op: 'remove-peer'; readonly peer: string }
  | { readonly op: 'lookup'; readonly address: string; readonly peer: string | null }
  | { readonly op: 'list'; readonly peer: string; readonly prefixes: readonly string[] }

/** The vectors of one kind out of a file's text. The text is believed to keep to schema.json. */
export function vectorsOf<K extends Vector['kind']>(text: string, kind: K): Extract<Vector, { kind: K }>[] {
  const file = JSON.parse(text) as { readonly vectors: readonly Vector[] }
  return file.vectors.filter((vector): vector is Extract<Vector, { kind: K }> => vector.kind === kind)
}
