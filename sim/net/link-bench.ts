/** A cable on a bench, for the tests of cables and of what is before them. Packets are numbered in the order they are given. */
import { type Instant, NEVER } from '../../impl/box.ts'
import type { Link } from '../../scenarios/language/topology.ts'
import { seededRandom } from '../random.ts'
import { Copies } from './faults.ts'
import { Cable } from './link.ts'
import { drain, udp } from './testing.ts'

export interface Seen {
  readonly at: number
  /** `3`, `3+1` for a copy, or `3 link-loss`. */
  readonly what: string
  readonly bytes?: Uint8Array
}

export class CableBench {
  readonly cable: Cable
  readonly seen: Seen[] = []
  #count = 0

  constructor(link: Link, seed = '1', copies = new Copies()) {
    this.cable = new Cable({ name: 'alice:net', random: seededRandom(seed), link, copies })
  }

  give(now: number, bytes: Uint8Array): void {
    this.until(now - 1)
    const packet = { id: { box: 'test', n: this.#count++ }, copy: 0, bytes }
    this.cable.handleInput(now as Instant, { kind: 'packet', packet })
    this.#drain(now)
  }

  set(now: number, link: Link, anew = false): void {
    this.until(now - 1)
    this.cable.handleInput(now as Instant, { kind: 'set', link, anew })
    this.#drain(now)
  }

  until(now: number): void {
    for (let due = this.cable.pollTimeout(); due <= now; due = this.cable.pollTimeout()) {
      this.cable.handleTimeout(due)
      this.#drain(due)
    }
  }

  end(): readonly string[] {
    this.until(NEVER - 1)
    return this.seen.map(({ at, what }) => `${at} ${what}`)
  }

  #drain(now: number): void {
    for (const output of drain(this.cable)) {
      if (output.kind === 'packet') {
        const { id, copy, bytes } = output.packet
        this.seen.push({ at: now, what: copy === 0 ? `${id.n}` : `${id.n}+${copy}`, bytes })
      } else if (output.row.kind === 'drop') {
        const { t, packet, copy, reason } = output.row
        if (t !== now) throw new Error(`a row of ${t} at ${now}`)
        this.seen.push({ at: now, what: `${packet.n}${copy === 0 ? '' : `+${copy}`} ${reason}` })
      }
    }
  }
}

/** An IP packet of this many bytes. */
export function sized(bytes: number): Uint8Array {
  return udp('192.0.2.1:1', '192.0.2.2:2', { size: bytes - 28 })
}

/** A UDP packet with a WireGuard message of this type and size. */
export function message(type: number, size: number): Uint8Array {
  const packet = sized(28 + size)
  packet.fill(0, 28)
  packet[28] = type
  return packet
}
