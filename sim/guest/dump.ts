/** `wg show all dump`, as state rows. */
import type { StateRow } from '../../scenarios/language/trace.ts'

export interface DumpReader {
  readonly host: string
  /** A key's name in the scenario. */
  readonly nameOf: (publicKey: string) => string
  /** When the guest's time of day was this, in seconds since 1970: the run's time. */
  readonly timeOf: (wall_s: number) => number
}

/** One row for each peer. wg tells whole seconds of its own clock: the handshake's time is no better than that. */
export function stateRows(now: number, dump: string, { host, nameOf, timeOf }: DumpReader): StateRow[] {
  return dump.split('\n').flatMap(line => {
    const [iface, key, , endpoint, allowed, handshake, rx, tx, keepalive, ...rest] = line.split('\t')
    // An interface's own line has five fields.
    if (iface === undefined || key === undefined || keepalive === undefined || rest.length > 0) return []
    const at = Number(handshake)
    const row: StateRow = {
      kind: 'state',
      t: now,
      host,
      iface,
      peer: nameOf(key),
      endpoint: endpoint ?? '(none)',
      latest_handshake: at === 0 ? null : Math.max(0, timeOf(at)),
      rx_bytes: Number(rx),
      tx_bytes: Number(tx),
      allowed_ips: allowed === undefined || allowed === '(none)' ? [] : allowed.split(','),
      keepalive_s: keepalive === 'off' ? 0 : Number(keepalive),
    }
    return [row]
  })
}

/** All of a row but its counters: two equal texts are one state. */
export function stateText({ iface, peer, endpoint, latest_handshake, allowed_ips, keepalive_s }: StateRow): string {
  return [iface, peer, endpoint, latest_handshake, allowed_ips.join(), keepalive_s].join(' ')
}
