/** DNS messages with one question for an address (RFC 1035 §4.1, RFC 3596), as bytes. */
import type { Address } from '../../impl/box.ts'
import { get16, set16 } from '../../impl/ip/bytes.ts'

export const DNS_PORT = 53
const HEADER = 12
const TYPE_A = 1
const TYPE_AAAA = 28
const CLASS_IN = 1
const RESPONSE = 0x8000
const RECURSION_DESIRED = 0x0100
const RECURSION_AVAILABLE = 0x0080
/** RFC 1035 §4.1.1: the name does not exist. */
const NAME_ERROR = 3
const TTL_S = 60

export interface Question {
  readonly id: number
  readonly name: string
  /** Bytes of the addresses asked for: 4 or 16. */
  readonly size: 4 | 16
}

/** `exists` false: there is no such name. */
export interface Reply extends Question {
  readonly exists: boolean
  readonly addresses: readonly Address[]
}

/** A query; its name is of ASCII labels of 63 at most. */
export function dnsQuery(question: Question): Uint8Array {
  const name = nameBytes(question.name)
  const message = new Uint8Array(HEADER + name.length + 4)
  set16(message, 0, question.id)
  set16(message, 2, RECURSION_DESIRED)
  set16(message, 4, 1)
  message.set(name, HEADER)
  set16(message, HEADER + name.length, question.size === 4 ? TYPE_A : TYPE_AAAA)
  set16(message, HEADER + name.length + 2, CLASS_IN)
  return message
}

/** The question of a query; undefined for what is none. */
export function readDnsQuery(message: Uint8Array): Question | undefined {
  if (message.length < HEADER || (get16(message, 2) & RESPONSE) !== 0) return undefined
  return questionOf(message)
}

/** The answer to a query, which it repeats; addresses of the other family are left out. Undefined: no such name. */
export function dnsReply(query: Uint8Array, addresses: readonly Address[] | undefined, size: 4 | 16): Uint8Array {
  const fitting = (addresses ?? []).filter(({ length }) => length === size)
  const record = 12 + size
  const message = new Uint8Array(query.length + fitting.length * record)
  message.set(query)
  const code = addresses === undefined ? NAME_ERROR : 0
  set16(message, 2, RESPONSE | (get16(query, 2) & RECURSION_DESIRED) | RECURSION_AVAILABLE | code)
  set16(message, 6, fitting.length)
  for (const [i, address] of fitting.entries()) {
    const at = query.length + i * record
    // The name of the question, by a pointer to it.
    set16(message, at, 0xc000 | HEADER)
    set16(message, at + 2, size === 4 ? TYPE_A : TYPE_AAAA)
    set16(message, at + 4, CLASS_IN)
    set16(message, at + 8, TTL_S)
    set16(message, at + 10, size)
    message.set(address, at + 12)
  }
  return message
}

/** What `dnsReply` writes; undefined for anything else. */
export function readDnsReply(message: Uint8Array): Reply | undefined {
  if (message.length < HEADER || (get16(message, 2) & RESPONSE) === 0) return undefined
  const question = questionOf(message)
  if (question === undefined) return undefined
  const addresses: Address[] = []
  const record = 12 + question.size
  const first = message.length - get16(message, 6) * record
  if (first < HEADER) return undefined
  for (let at = first; at < message.length; at += record) addresses.push(message.slice(at + 12, at + record))
  return { ...question, exists: (get16(message, 2) & 0x0f) !== NAME_ERROR, addresses }
}

function questionOf(message: Uint8Array): Question | undefined {
  if (get16(message, 4) !== 1) return undefined
  const labels: string[] = []
  let at = HEADER
  for (let length = message[at]; length !== 0; length = message[at]) {
    if (length === undefined || length > 63 || at + 1 + length > message.length) return undefined
    labels.push(String.fromCharCode(...message.subarray(at + 1, at + 1 + length)))
    at += 1 + length
  }
  if (at + 5 > message.length) return undefined
  const type = get16(message, at + 1)
  if (type !== TYPE_A && type !== TYPE_AAAA) return undefined
  return { id: get16(message, 0), name: labels.join('.'), size: type === TYPE_A ? 4 : 16 }
}

function nameBytes(name: string): Uint8Array {
  const bytes: number[] = []
  for (const label of name.split('.').filter(text => text !== '')) {
    const letters = Array.from(label, letter => letter.charCodeAt(0) & 0x7f).slice(0, 63)
    bytes.push(letters.length, ...letters)
  }
  return Uint8Array.of(...bytes, 0)
}
