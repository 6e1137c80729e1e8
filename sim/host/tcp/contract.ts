/** What a connection is between: the machine below it, the program above. */
import type { Instant } from '../../../impl/box.ts'
import type { Header } from './segment.ts'
import type { SentWhy } from './sender.ts'

export type State =
  | 'syn-sent'
  | 'syn-received'
  | 'established'
  | 'fin-wait-1'
  | 'fin-wait-2'
  | 'close-wait'
  | 'closing'
  | 'last-ack'
  | 'time-wait'
  | 'closed'

/** What a connection needs of the machine below it. */
export interface Wire {
  /** The most that the path takes, as far as the machine knows: bytes of the IP packet. */
  mtu(now: Instant): number
  /** `header` is written over by the next one. Data: [from, from + length) of the program's stream, from 0. `capable`: of ECN. */
  send(now: Instant, header: Header, from: number, length: number, capable: boolean, why: SentWhy | 'control'): void
}

/** Who uses a connection. */
export interface Program {
  connected(now: Instant): void
  /** The next bytes in order: a view, valid during the call. */
  received(now: Instant, bytes: Uint8Array): void
  /** The other side will send nothing more. */
  ended(now: Instant): void
  /** All that was written has arrived, and so has the end. */
  finished(now: Instant): void
  /** It is over; `error`: in the words of the operating system. */
  closed(now: Instant, error: string | undefined): void
}
