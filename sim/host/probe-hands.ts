/** What the acts of a probe have in common: they speak, and say what they did. */
import type { Endpoint, Instant, PacketId, Random } from '../../impl/box.ts'
import type { ProbeAct } from '../../scenarios/language/step.ts'
import type { StepRow } from '../../scenarios/language/trace.ts'
import type { Outbox } from './outbox.ts'
import type { ProbeNet } from './probe-net.ts'
import type { Slot } from './probe-slots.ts'

export type Act<Kind extends ProbeAct['kind']> = Extract<ProbeAct, { kind: Kind }>

export interface Hands {
  readonly name: string
  readonly net: ProbeNet
  readonly outbox: Outbox
  readonly random: Random
  /** The raw public key of a name. */
  publicKey(name: string): Uint8Array
  /** Public keys that are known by name so far. */
  knownKeys(): readonly Uint8Array[]
  /** Throws an Error when nothing is in it. */
  slot(name: string): Slot
  say(now: Instant, step: string, what: StepRow['what'], detail?: string, packet?: PacketId): void
  /** A datagram is born and leaves; with a step it is told as sent by it. Throws an Error when it can not be sent. */
  transmit(
    now: Instant,
    step: string | undefined,
    payload: Uint8Array,
    from: Endpoint,
    to: Endpoint,
    cause?: PacketId,
  ): void
}
