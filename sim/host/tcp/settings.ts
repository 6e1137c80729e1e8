/** What a machine, or a program by socket options, decides of its TCP. */
import type { CongestionName } from './congestion.ts'
import type { MtuProbing } from './probing.ts'

export interface TcpSettings {
  /** net.ipv4.tcp_congestion_control. */
  readonly congestion: CongestionName
  /** net.ipv4.tcp_mtu_probing. */
  readonly mtuProbing: MtuProbing
  /** net.ipv4.tcp_ecn = 1: asks for it; who is asked always agrees, as with Linux's 2. */
  readonly ecn: boolean
  readonly sack: boolean
  readonly timestamps: boolean
  /** Bytes of the receive buffer, all of which is offered. */
  readonly window: number
}

/** As Linux, with the window that its tuning reaches at most: half of the 6 MiB of net.ipv4.tcp_rmem. */
export const LINUX: TcpSettings = {
  congestion: 'cubic',
  mtuProbing: 0,
  ecn: false,
  sack: true,
  timestamps: true,
  window: 3_145_728,
}
