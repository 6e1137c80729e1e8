/** What leaves a node: packets and rows in the order they were made. */
import type { Instant, PacketId } from '../../impl/box.ts'
import type { NodeOutput, Packet } from '../node.ts'
import type { NetDrop } from './drops.ts'
import { Ring } from './ring.ts'

export class Outbox {
  /** The name of the box: `at` of its rows, and of the packets it makes. */
  readonly name: string
  readonly #outputs = new Ring<NodeOutput>()
  readonly #made = new Map<string, number>()

  constructor(name: string) {
    this.name = name
  }

  poll(): NodeOutput | undefined {
    return this.#outputs.shift()
  }

  send(port: string, packet: Packet, via: Uint8Array | undefined): void {
    this.#outputs.push({ kind: 'packet', port, packet, via })
  }

  drop(now: Instant, packet: Packet, reason: NetDrop, detail?: string): void {
    const row = {
      kind: 'drop',
      t: now,
      at: this.name,
      layer: 'wire',
      packet: packet.id,
      copy: packet.copy,
      reason,
    } as const
    this.#outputs.push({ kind: 'row', row: detail === undefined ? row : { ...row, detail } })
  }

  /** The packet was for this box itself. */
  consumed(now: Instant, packet: Packet): void {
    const { id, copy, bytes } = packet
    const place = { at: this.name, dir: 'done', layer: 'wire' } as const
    this.#outputs.push({ kind: 'row', row: { kind: 'hop', t: now, ...place, packet: id, copy, size: bytes.length } })
  }

  note(now: Instant, text: string): void {
    this.#outputs.push({ kind: 'row', row: { kind: 'note', t: now, at: this.name, text, level: 'info' } })
  }

  /**
   * A packet that this box makes because of another, which came in on `port`: `internet:alice/1`. Each port has its own
   * count, from 1, so that what one machine provokes never moves the ids of what another does.
   */
  born(now: Instant, port: string, bytes: Uint8Array, cause: PacketId): Packet {
    const n = (this.#made.get(port) ?? 0) + 1
    this.#made.set(port, n)
    const id = { box: `${this.name}:${port}`, n }
    const place = { at: this.name, dir: 'born', layer: 'wire' } as const
    this.#outputs.push({
      kind: 'row',
      row: { kind: 'hop', t: now, ...place, packet: id, copy: 0, size: bytes.length, cause },
    })
    return { id, copy: 0, bytes }
  }
}

/** The earlier of two deadlines. */
export function earlier(a: Instant, b: Instant): Instant {
  return a < b ? a : b
}
