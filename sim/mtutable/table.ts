/** All cells of an MTU table, in its order. */
import type { CryptoProvider } from '../../impl/crypto/provider.ts'
import { type MtuCase, type MtuCell, mtuCell } from './cell.ts'

export interface MtuAxes {
  readonly families: readonly (4 | 6)[]
  /** Bytes. */
  readonly paths: readonly number[]
  readonly tunnels: readonly number[]
}

/** What a path can do to packets: the columns. */
export interface MtuColumn {
  readonly icmp: boolean
  readonly df: boolean
  readonly fragments: boolean
}

/** The path sizes people meet (Ethernet, PPPoE, a tunnel of the provider's, mobile, the least of IPv6), and the MTUs they are told to set. */
export const DEFAULT_AXES: MtuAxes = {
  families: [4, 6],
  paths: [1500, 1492, 1450, 1400, 1280],
  tunnels: [1420, 1412, 1380, 1280],
}

export const COLUMNS: readonly MtuColumn[] = [false, true].flatMap(df =>
  [true, false].flatMap(icmp => [true, false].map(fragments => ({ icmp, df, fragments }))),
)

export function casesOf({ families, paths, tunnels }: MtuAxes): MtuCase[] {
  return families.flatMap(family =>
    paths.flatMap(path => tunnels.flatMap(tunnel => COLUMNS.map(column => ({ family, path, tunnel, ...column })))),
  )
}

/** `progress` is told how many are done. */
export function mtuTable(
  axes: MtuAxes,
  crypto: CryptoProvider,
  progress?: (done: number, of: number) => void,
): MtuCell[] {
  const cases = casesOf(axes)
  return cases.map((each, i) => {
    const cell = mtuCell(each, crypto)
    progress?.(i + 1, cases.length)
    return cell
  })
}
