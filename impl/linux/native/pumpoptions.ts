/** What a pump is made with. */
import type { CryptoProvider } from '../../crypto/provider.ts'
import type { PlaneEvent } from '../dataplane.ts'
import type { DeviceClock } from '../deviceclock.ts'
import type { Libc } from './libc.ts'
import type { Tun } from './tun.ts'

export interface PumpOptions {
  readonly libc: Libc
  readonly tun: Tun
  readonly wakeFd: number
  readonly mtu: number
  readonly crypto: CryptoProvider
  readonly log: (level: 'error' | 'verbose', text: string) => void
  readonly onEvent: ((event: PlaneEvent) => void) | undefined
  /** The main thread has written to wakeFd. */
  readonly onWake: () => void
  /** A round is over: what was gathered for the main thread may go. */
  readonly onRound: () => void
  /** Default: the machine's. */
  readonly clock?: DeviceClock
}
