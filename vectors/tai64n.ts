/** tai64n.json: wall times as the timestamps of initiations, and their order. */
import { hex, unhex } from './bytes.ts'
import type { VectorFile } from './file.ts'
import type { OrderVector, TimestampVector } from './vector.ts'

export function tai64nFile(): VectorFile {
  return {
    topic: 'tai64n',
    about:
      'timestamp: seconds since 1970 (UTC, may be negative) and nanoseconds as 12 bytes; nanoseconds are rounded down to a multiple of 2^24 (`exact` is what they would be without). ' +
      'order: whether `a` is accepted from a peer whose greatest timestamp is `b`.',
    source: 'paper §5.1, §5.4.2; rounding: kernel noise.c',
    confirmed_by: [
      { party: 'wireguard-go', what: 'every order', test: 'vectors/wireguard-go.real.test.ts' },
      { party: 'tshark', what: 'seconds and nanoseconds of every timestamp', test: 'vectors/tshark.real.test.ts' },
    ],
    vectors: [...TIMES.map(timestamp), ...PAIRS.map(order)],
  }
}

const TIMES: readonly [string, number, number][] = [
  ['1970', 0, 0],
  ['one-nanosecond-less-than-a-step', 0, 16_777_215],
  ['a-step', 0, 16_777_216],
  ['the-last-nanosecond-of-a-second', 0, 999_999_999],
  ['before-1970', -1, 500_000_000],
  ['2026', 1_767_225_600, 503_316_480],
  ['2038', 2 ** 31, 123_456_789],
  ['2106', 2 ** 32, 987_654_321],
]

function timestamp([id, sec, nsec]: readonly [string, number, number]): TimestampVector {
  const seconds = (4611686018427387914n + BigInt(sec)).toString(16).padStart(16, '0')
  const bytes = (nanoseconds: number): string => seconds + nanoseconds.toString(16).padStart(8, '0')
  const whitened = Math.floor(nsec / 16_777_216) * 16_777_216
  return { kind: 'timestamp', id, sec, nsec, exact: bytes(nsec), timestamp: bytes(whitened) }
}

const PAIRS: readonly [string, string, string][] = [
  ['equal', '400000006955b90a1e000000', '400000006955b90a1e000000'],
  ['a-step-later', '400000006955b90a1f000000', '400000006955b90a1e000000'],
  ['a-step-earlier', '400000006955b90a1d000000', '400000006955b90a1e000000'],
  ['one-nanosecond-later', '400000006955b90a1e000001', '400000006955b90a1e000000'],
  ['a-second-later', '400000006955b90b00000000', '400000006955b90a3b000000'],
  ['first-ever', '000000000000000000000001', '000000000000000000000000'],
  ['zero-is-not-later-than-nothing', '000000000000000000000000', '000000000000000000000000'],
  ['no-sign', 'ffffffffffffffffffffffff', '7fffffffffffffffffffffff'],
  ['not-a-time-but-accepted', 'ffffffffffffffffffffffff', '400000006955b90a1e000000'],
]

function order([id, a, b]: readonly [string, string, string]): OrderVector {
  const number = (text: string): bigint => BigInt(`0x${hex(unhex(text))}`)
  return { kind: 'order', id, a, b, accepted: number(a) > number(b) }
}
