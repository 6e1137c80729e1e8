/**
 * The trace: one row per event, the only evidence a check may use. Version 1.
 * Rows go to a sink passed in, in the order of their time.
 */

export const TRACE_VERSION = 1

/** The id of a packet: the box it was born in and that box's own count. Shown as `alice/12`. */
export interface PacketRef {
  readonly box: string
  readonly n: number
}

/** From where a thing can be seen. Checks that hold in every world read the first three only. */
export type Visibility = 'wire' | 'inner' | 'state' | 'inside'

export type Row = HopRow | DropRow | TimerRow | KeyRow | StateRow | ClockRow | StepRow | NoteRow

interface At {
  /** Nanoseconds since the start of the run. */
  readonly t: number
}

/** A packet at a place. */
export interface HopRow extends At {
  readonly kind: 'hop'
  /** `host:network` (or `host:wg0`) at a vantage point, the box's name elsewhere. */
  readonly at: string
  /** born: made here; out, in: leaves or enters here; done: consumed here. */
  readonly dir: 'born' | 'out' | 'in' | 'done'
  /** wire: between machines; inner: in a tunnel interface or a machine's own stack. */
  readonly layer: 'wire' | 'inner'
  readonly packet: PacketRef
  /** 0 for the first, n for the nth copy a network made. */
  readonly copy: number
  /** Bytes of the IP packet. */
  readonly size: number
  /** The IP packet, at vantage points and once per change; must not be modified. */
  readonly bytes?: Uint8Array
  /** What this packet answers, where it was born because of another. */
  readonly cause?: PacketRef
}

/** A packet ends, with a name. Names and sentences: the legend of the run. */
export interface DropRow extends At {
  readonly kind: 'drop'
  readonly at: string
  readonly layer: 'wire' | 'inner'
  readonly packet: PacketRef
  readonly copy: number
  readonly reason: string
  readonly detail?: string
}

export interface TimerRow extends At {
  readonly kind: 'timer'
  readonly host: string
  readonly peer: string
  readonly timer: string
  readonly what: 'set' | 'cancelled' | 'fired'
  readonly due?: number
  readonly reason: string
}

export interface KeyRow extends At {
  readonly kind: 'key'
  readonly host: string
  readonly peer: string
  readonly what: string
  readonly role?: 'initiator' | 'responder'
  readonly local_index?: number
  readonly remote_index?: number
}

/** What `wg show` would say of one peer, each time it changes in more than its counters, when a step asks, and at the end. */
export interface StateRow extends At {
  readonly kind: 'state'
  readonly host: string
  readonly iface: string
  /** The peer's key name (its host's name in a catalogue scenario), or its public key where nobody has a name for it. */
  readonly peer: string
  readonly endpoint: string
  /** Time of the run at which the last handshake completed, ns; null: never. */
  readonly latest_handshake: number | null
  readonly rx_bytes: number
  readonly tx_bytes: number
  readonly allowed_ips: readonly string[]
  readonly keepalive_s: number
}

export interface ClockRow extends At {
  readonly kind: 'clock'
  readonly host: string
  readonly wall_sec: number
  readonly wall_nsec: number
  readonly what: string
}

/** What a step did. `seq` counts its packets from 1. */
export interface StepRow extends At {
  readonly kind: 'step'
  /** The name of the step, or `#n` (from 0) in the order of the scenario. */
  readonly step: string
  readonly host: string
  readonly what: 'begun' | 'sent' | 'arrived' | 'answered' | 'error' | 'satisfied' | 'failed' | 'done'
  readonly seq?: number
  readonly packet?: PacketRef
  readonly detail?: string
  /** Of a tcp step: how many bytes have arrived here so far, or were moved in all. */
  readonly bytes?: number
}

export interface NoteRow extends At {
  readonly kind: 'note'
  readonly at: string
  readonly text: string
  readonly level: 'info' | 'warning'
}

export interface TraceSink {
  row(row: Row): void
}

/** From where a row can be seen. */
export function visibility(row: Row): Visibility {
  switch (row.kind) {
    case 'hop':
      return row.bytes === undefined ? 'inside' : row.layer
    case 'drop':
    case 'timer':
    case 'key':
      return 'inside'
    case 'state':
    case 'clock':
    case 'step':
    case 'note':
      return 'state'
  }
}

/** `alice/12` */
export function packetText(packet: PacketRef): string {
  return `${packet.box}/${packet.n}`
}
