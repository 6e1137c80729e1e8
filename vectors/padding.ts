/** padding.json: how long the plaintext of a data message is. */
import type { VectorFile } from './file.ts'
import type { PaddingVector } from './vector.ts'

export function paddingFile(): VectorFile {
  return {
    topic: 'padding',
    about:
      "An inner packet of `length` bytes goes into a tunnel whose MTU (the route's, where it has one) is `mtu`: zeros make it `padded` bytes, and the UDP payload `datagram`. " +
      'A multiple of 16, but not past the MTU; of a packet longer than the MTU only the part behind the last whole MTU counts; MTU 0 is no limit.',
    source: 'paper §5.4.6; the MTU: kernel send.c',
    confirmed_by: [],
    vectors: MTUS.flatMap(mtu => lengths(mtu).map(length => vector(mtu, length))),
  }
}

const MTUS = [0, 576, 1280, 1411, 1412, 1420, 1424, 9000]

function lengths(mtu: number): number[] {
  const near = mtu === 0 ? [] : [-17, -16, -15, -1, 0, 1, 15, 16, 17].map(by => mtu + by)
  const beyond = mtu === 0 ? [1420, 65535] : [2 * mtu - 1, 2 * mtu, 2 * mtu + 1]
  return [20, 31, 32, 33, 40, 84, ...near, ...beyond].filter(length => length >= 20)
}

function vector(mtu: number, length: number): PaddingVector {
  const padded = length + padding(mtu, length)
  return { kind: 'padding', mtu, length, padded, datagram: 16 + padded + 16 }
}

function padding(mtu: number, length: number): number {
  if (mtu === 0) return upTo16(length) - length
  const last = length > mtu ? length % mtu : length
  const padded = upTo16(last)
  return Math.min(padded, mtu) - last
}

const upTo16 = (length: number): number => Math.ceil(length / 16) * 16
