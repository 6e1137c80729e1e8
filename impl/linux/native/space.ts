/**
 * One piece of memory for all packets of a data plane, and the work that is done on every byte of them: copying and adding
 * up, in one pass with SIMD. Where WebAssembly can not have its memory, plain loops do the same.
 */

export interface Space {
  readonly bytes: Uint8Array
  readonly view: DataView
  /**
   * Copies bytes[from, from + length) to `to`, and returns their one's complement sum as big-endian words from `from`
   * on, an odd last byte padded with zero, folded to 16 bits. length: at most 65,600. `to` may be `from`, else they must
   * not overlap.
   */
  copySum(to: number, from: number, length: number): number
}

const PAGE = 65536

/** At least `length` zero bytes. */
export function createSpace(length: number): Space {
  try {
    return simdSpace(length)
  } catch {
    return plainSpace(new ArrayBuffer(length))
  }
}

/** Over any memory: what the fast one is held to. */
export function plainSpace(buffer: ArrayBuffer): Space {
  const bytes = new Uint8Array(buffer)
  return {
    bytes,
    view: new DataView(buffer),
    copySum(to, from, length) {
      if (to !== from) bytes.copyWithin(to, from, from + length)
      const even = from + (length & ~1)
      let sum = 0
      for (let i = from; i < even; i += 2) sum += (bytes[i]! << 8) | bytes[i + 1]!
      return fold16((length & 1) === 1 ? sum + (bytes[even]! << 8) : sum)
    },
  }
}

/** To 16 bits, with end-around carry. `sum`: at most 2^47. */
export function fold16(sum: number): number {
  let folded = sum
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x10000)
  return folded
}

/** What WebAssembly is here: the types of Node leave it out. */
interface Wasm {
  Memory: new (limits: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer }
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object, imports: object) => { readonly exports: Record<string, unknown> }
}

function simdSpace(length: number): Space {
  const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: Wasm }
  const pages = Math.ceil(length / PAGE)
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages })
  const instance = new WebAssembly.Instance(new WebAssembly.Module(MODULE), { m: { m: memory } })
  const copySum = instance.exports['f'] as (to: number, from: number, length: number) => number
  return {
    bytes: new Uint8Array(memory.buffer),
    view: new DataView(memory.buffer),
    copySum(to, from, length) {
      // Words as the machine has them: the swapped words have the swapped sum (RFC 1071 §2 B).
      const sum = copySum(to, from, length)
      const once = (sum & 0xffff) + (sum >>> 16)
      const folded = (once & 0xffff) + (once >>> 16)
      return ((folded & 0xff) << 8) | (folded >>> 8)
    },
  }
}

// WebAssembly's names for the bytes below (core specification 2.0, chapter 5).
const I32 = 0x7f
const V128 = 0x7b
const BLOCK = [0x02, 0x40]
const LOOP = [0x03, 0x40]
const IF = [0x04, 0x40]
const END = 0x0b
const BR = (label: number) => [0x0c, label]
const BR_IF = (label: number) => [0x0d, label]
const GET = (local: number) => [0x20, local]
const SET = (local: number) => [0x21, local]
const TEE = (local: number) => [0x22, local]
const CONST = (value: number) => [0x41, value]
const ADD = 0x6a
const SUB = 0x6b
const LT_U = 0x49
const LOAD8_U = [0x2d, 0, 0]
const LOAD16_U = [0x2f, 0, 0]
const STORE8 = [0x3a, 0, 0]
const STORE16 = [0x3b, 0, 0]
const V128_LOAD = [0xfd, 0x00, 0, 0]
const V128_STORE = [0xfd, 0x0b, 0, 0]
const EXTRACT_LANE = (lane: number) => [0xfd, 0x1b, lane]
const EXTADD_PAIRWISE_I16X8_U = [0xfd, 0x7f]
const I32X4_ADD = [0xfd, 0xae, 0x01]

const TO = 0
const FROM = 1
const LENGTH = 2
const SUM = 3
const WORD = 4
const SUMS = 5
const WORDS = 6

const step = (by: number) => [
  ...[TO, FROM].flatMap(local => [...GET(local), ...CONST(by), ADD, ...SET(local)]),
  ...[...GET(LENGTH), ...CONST(by), SUB, ...SET(LENGTH)],
]

/** While at least `by` bytes are left: the body, then a step. */
const repeat = (by: number, body: readonly number[]) => [
  ...BLOCK,
  ...LOOP,
  ...[...GET(LENGTH), ...CONST(by), LT_U, ...BR_IF(1)],
  ...body,
  ...step(by),
  ...BR(0),
  END,
  END,
]

const BODY = [
  ...[2, 2, I32, 2, V128],
  ...repeat(16, [
    ...[...GET(TO), ...GET(FROM), ...V128_LOAD, ...TEE(WORDS), ...V128_STORE],
    ...[...GET(SUMS), ...GET(WORDS), ...EXTADD_PAIRWISE_I16X8_U, ...I32X4_ADD, ...SET(SUMS)],
  ]),
  ...[0, 1, 2, 3].flatMap(lane => [...GET(SUMS), ...EXTRACT_LANE(lane), ...GET(SUM), ADD, ...SET(SUM)]),
  ...repeat(2, [
    ...[...GET(TO), ...GET(FROM), ...LOAD16_U, ...TEE(WORD), ...STORE16],
    ...[...GET(SUM), ...GET(WORD), ADD, ...SET(SUM)],
  ]),
  ...[...GET(LENGTH), ...IF],
  ...[...GET(TO), ...GET(FROM), ...LOAD8_U, ...TEE(WORD), ...STORE8],
  ...[...GET(SUM), ...GET(WORD), ADD, ...SET(SUM)],
  END,
  ...GET(SUM),
  END,
]

const section = (id: number, ...content: number[]) => [id, ...leb(content.length), ...content]

const MODULE = Uint8Array.from([
  ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...section(1, 1, 0x60, 3, I32, I32, I32, 1, I32),
  // (import "m" "m" (memory 0))
  ...section(2, 1, 1, 0x6d, 1, 0x6d, 2, 0, 0),
  ...section(3, 1, 0),
  // (export "f" (func 0))
  ...section(7, 1, 1, 0x66, 0, 0),
  ...section(10, 1, ...leb(BODY.length), ...BODY),
])

/** Below 16,384. */
function leb(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, value >>> 7]
}
