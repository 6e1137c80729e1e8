/** What leaves a machine: packets, trace rows and secrets in their order, and the count of the packets born in it. */
import type { Instant, PacketId } from '../../impl/box.ts'
import { Ring } from '../net/ring.ts'
import type { NodeOutput, Packet } from '../node.ts'

type Layer = 'wire' | 'inner'

export class Outbox {
  readonly name: string
  readonly #outputs = new Ring<NodeOutput>()
  #born = 0

  constructor(name: string) {
    this.name = name
  }

  /** The id of a packet that is born here. */
  nextId(): PacketId {
    return { box: this.name, n: this.#born++ }
  }

  push(output: NodeOutput): void {
    this.#outputs.push(output)
  }

  poll(): NodeOutput | undefined {
    return this.#outputs.shift()
  }

  born(now: Instant, packet: Packet, cause?: PacketId): void {
    const { id, copy, bytes } = packet
    const hop = {
      kind: 'hop',
      t: now,
      at: this.name,
      dir: 'born',
      layer: 'inner',
      packet: id,
      copy,
      size: bytes.length,
    } as const
    this.push({ kind: 'row', row: cause === undefined ? hop : { ...hop, cause } })
  }

  /** Consumed here, by an application or a protocol. */
  done(now: Instant, packet: Packet, at = this.name): void {
    const { id, copy, bytes } = packet
    this.push({
      kind: 'row',
      row: { kind: 'hop', t: now, at, dir: 'done', layer: 'inner', packet: id, copy, size: bytes.length },
    })
  }

  /** At a tunnel interface, with its bytes. */
  crossed(now: Instant, at: string, dir: 'in' | 'out', packet: Packet): void {
    const { id, copy, bytes } = packet
    this.push({
      kind: 'row',
      row: { kind: 'hop', t: now, at, dir, layer: 'inner', packet: id, copy, size: bytes.length, bytes },
    })
  }

  drop(now: Instant, packet: Packet, layer: Layer, reason: string, detail?: string, at = this.name): void {
    const { id, copy } = packet
    const row = { kind: 'drop', t: now, at, layer, packet: id, copy, reason } as const
    this.push({ kind: 'row', row: detail === undefined ? row : { ...row, detail } })
  }

  note(now: Instant, level: 'info' | 'warning', text: string): void {
    this.push({ kind: 'row', row: { kind: 'note', t: now, at: this.name, text, level } })
  }
}
