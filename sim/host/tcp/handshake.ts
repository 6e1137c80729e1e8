/** The segments that open a connection (RFC 9293 §3.5), and what they agree on. */
import type { Instant } from '../../../impl/box.ts'
import { ACK, SYN } from '../../../impl/ip/tcp.ts'
import { CWR, ECE, type Header } from './segment.ts'

export const LARGEST_UNSCALED = 65_535

export interface Opening {
  readonly sequence: number
  /** The number after the other side's SYN, where this answers one. */
  readonly answers: number | undefined
  /** Bytes that may come. */
  readonly window: number
  readonly mss: number
  /** −1: not said. */
  readonly scale: number
  readonly sack: boolean
  readonly stamp: number
  readonly echo: number
  readonly ecn: boolean
}

/** A SYN, or the answer to one. */
export function writeSyn(header: Header, opening: Opening): void {
  const { answers, ecn } = opening
  header.sequence = opening.sequence
  header.acknowledgement = answers ?? 0
  header.flags = answers === undefined ? SYN | (ecn ? ECE | CWR : 0) : SYN | ACK | (ecn ? ECE : 0)
  header.window = Math.min(opening.window, LARGEST_UNSCALED)
  header.mss = opening.mss
  header.scale = opening.scale
  header.sackPermitted = opening.sack
  header.stamp = opening.stamp
  header.echo = opening.echo
  header.sackCount = 0
}

/** Milliseconds, as Linux counts them; from 1, since 0 means that nothing is echoed. */
export function stampOf(now: Instant): number {
  return (Math.floor(now / 1_000_000) + 1) >>> 0
}
