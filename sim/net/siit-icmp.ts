/** The first eight bytes of ICMP messages between the families: the tables of RFC 7915 §4.2 and §5.2. */
import { get16, get32 } from '../../impl/ip/bytes.ts'

export interface IcmpHeader {
  readonly type: number
  readonly code: number
  /** Bytes 4 to 7: id and sequence of an echo, an MTU, a pointer. */
  readonly rest: number
  /** A packet is quoted after it. */
  readonly error: boolean
}

export interface Mtus {
  readonly v4: number
  readonly v6: number
}

/** IPv6 links carry this much (RFC 8200 §5). */
const LEAST_V6 = 1280
/** How much longer the fixed header of IPv6 is. */
const GROWTH = 20
/** RFC 1191 §7.1: sizes to guess from when a router names none. */
const PLATEAUS = [65535, 32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68]

/** Destination unreachable of IPv4, by code: type and code of IPv6. 4 is "too big"; what is not here is dropped. */
const UNREACHABLE_4: ReadonlyMap<number, readonly [number, number]> = new Map([
  [0, [1, 0]],
  [1, [1, 0]],
  [2, [4, 1]],
  [3, [1, 4]],
  [5, [1, 0]],
  [6, [1, 0]],
  [7, [1, 0]],
  [8, [1, 0]],
  [9, [1, 1]],
  [10, [1, 1]],
  [11, [1, 0]],
  [12, [1, 0]],
  [13, [1, 1]],
  [15, [1, 1]],
])

/** Destination unreachable of IPv6, by code: the code of IPv4. */
const UNREACHABLE_6: ReadonlyMap<number, number> = new Map([
  [0, 1],
  [1, 10],
  [2, 1],
  [3, 1],
  [4, 3],
])

/** Figure 3: pointers into an IPv4 header, as into one of IPv6. */
const POINTER_4: readonly (number | undefined)[] = [
  ...[0, 1, 4, 4, undefined, undefined, undefined, undefined, 7, 6, undefined, undefined],
  ...[8, 8, 8, 8, 24, 24, 24, 24],
]

/** Undefined: such a message is dropped. */
export function icmp4to6(message: Uint8Array, mtu: Mtus): IcmpHeader | undefined {
  const [type, code] = [message[0]!, message[1]!]
  const rest = get32(message, 4)
  if (type === 8 || type === 0) return { type: type === 8 ? 128 : 129, code: 0, rest, error: false }
  if (type === 3 && code === 4) {
    const told = get16(message, 6)
    const named = told === 0 ? plateau(get16(message, 10)) : told
    const most = Math.min(named + GROWTH, mtu.v6, mtu.v4 + GROWTH)
    return { type: 2, code: 0, rest: Math.max(most, LEAST_V6), error: true }
  }
  if (type === 3) {
    const found = UNREACHABLE_4.get(code)
    // Protocol unreachable points at the next header field.
    return found && { type: found[0], code: found[1], rest: found[0] === 4 ? 6 : 0, error: true }
  }
  if (type === 11) return { type: 3, code, rest: 0, error: true }
  if (type === 12 && (code === 0 || code === 2)) {
    const pointer = POINTER_4[message[4]!]
    return pointer === undefined ? undefined : { type: 4, code: 0, rest: pointer, error: true }
  }
  return undefined
}

/** Undefined: such a message is dropped. */
export function icmp6to4(message: Uint8Array, mtu: Mtus): IcmpHeader | undefined {
  const [type, code] = [message[0]!, message[1]!]
  const rest = get32(message, 4)
  switch (type) {
    case 128:
    case 129:
      return { type: type === 128 ? 8 : 0, code: 0, rest, error: false }
    case 1: {
      const found = UNREACHABLE_6.get(code)
      return found === undefined ? undefined : { type: 3, code: found, rest: 0, error: true }
    }
    case 2:
      return {
        type: 3,
        code: 4,
        rest: Math.max(0, Math.min(rest - GROWTH, mtu.v4, mtu.v6 - GROWTH)),
        error: true,
      }
    case 3:
      return { type: 11, code, rest: 0, error: true }
    case 4: {
      if (code === 1) return { type: 3, code: 2, rest: 0, error: true }
      const pointer = pointer6(rest)
      if (code !== 0 || pointer === undefined) return undefined
      return { type: 12, code: 0, rest: pointer * 0x1000000, error: true }
    }
    default:
      return undefined
  }
}

/** Figure 6: pointers into an IPv6 header, as into one of IPv4. */
function pointer6(pointer: number): number | undefined {
  if (pointer >= 40) return undefined
  if (pointer >= 24) return 16
  if (pointer >= 8) return 12
  return [0, 1, undefined, undefined, 2, 2, 9, 8][pointer]
}

/** The next plateau below the size of the packet that did not fit. */
function plateau(size: number): number {
  return PLATEAUS.find(each => each < size) ?? 68
}
