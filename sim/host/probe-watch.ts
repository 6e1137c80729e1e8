/** What a probe waits for: messages that pass, messages that come, silence. */
import type { Endpoint, Instant } from '../../impl/box.ts'
import { formatEndpoint } from '../../impl/ip/address.ts'
import { openTransport } from '../../scenarios/decode/noise.ts'
import { payloadKind } from '../../scenarios/decode/wireguard.ts'
import type { ProbeAct } from '../../scenarios/language/step.ts'
import type { MessageKind } from '../../scenarios/language/topology.ts'
import type { Slot } from './probe-slots.ts'

type CaptureAct = Extract<ProbeAct, { kind: 'capture' }>
type ExpectAct = Extract<ProbeAct, { kind: 'expect' }>

/** A `capture` that has not found its message yet. */
export interface Trap {
  readonly step: string
  readonly act: CaptureAct
  seen: number
}

/** An `expect` or an `expect-silence` that is not decided yet. */
export type Vigil =
  | { readonly kind: 'expect'; readonly step: string; readonly act: ExpectAct; readonly deadline: Instant }
  | { readonly kind: 'silence'; readonly step: string; readonly deadline: Instant }

export interface Arrival {
  readonly message: Uint8Array
  readonly from: Endpoint
}

/** A message that passes: who sent it (a machine's name) and to whom it goes. */
export interface Passing {
  readonly message: Uint8Array
  readonly sender: string
  readonly receiver: string | undefined
}

/** Whether this is the message the trap is for; counts those before it. */
export function springs(trap: Trap, passing: Passing): boolean {
  const { act } = trap
  if (!isKind(act.message, passing.message)) return false
  if (act.from !== undefined && act.from !== passing.sender) return false
  if (act.to !== undefined && act.to !== passing.receiver) return false
  trap.seen++
  return trap.seen === (act.nth ?? 1)
}

/** Whether an arrival is what was expected. */
export function fits(act: ExpectAct, arrival: Arrival, slot: Slot | undefined): boolean {
  if (!isKind(act.message, arrival.message)) return false
  if (act.from !== undefined && act.from !== formatEndpoint(arrival.from)) return false
  if (act.on === undefined) return true
  if (slot === undefined) return false
  const kind = payloadKind(arrival.message)
  if (kind === 'response') return slot.session !== undefined
  if (kind === 'cookie-reply') return slot.cookie !== undefined
  return slot.session !== undefined && openTransport(slot.session, arrival.message).ok
}

/** `any` is any datagram, of WireGuard or not. */
function isKind(wanted: MessageKind, message: Uint8Array): boolean {
  return wanted === 'any' || payloadKind(message) === wanted
}
