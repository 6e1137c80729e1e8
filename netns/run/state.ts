/** `wg show all dump` into state rows, and which of them tell something new. */
import type { StateRow } from '../../scenarios/language/trace.ts'

export interface StateReader {
  readonly host: string
  /** A key's name in the scenario, or the key. */
  readonly nameOf: (publicKey: string) => string
  /** The machine's time of day when the run's is 0, nanoseconds since 1970. */
  readonly zero_ns: bigint
}

/** A row for each peer. wg counts whole seconds, so a handshake is told up to one second too early. */
export function stateRows(t: number, dump: string, { host, nameOf, zero_ns }: StateReader): StateRow[] {
  return dump.split('\n').flatMap(line => {
    const fields = line.split('\t')
    // An interface's own line has five, a peer's nine.
    if (fields.length !== 9) return []
    const [iface = '', key = '', , endpoint = '', allowed = '', handshake = '', rx, tx, keepalive] = fields
    const at_ns = Number(BigInt(handshake) * 1_000_000_000n - zero_ns)
    const row: StateRow = {
      kind: 'state',
      t,
      host,
      iface,
      peer: nameOf(key),
      endpoint,
      latest_handshake: handshake === '0' ? null : Math.max(0, at_ns),
      rx_bytes: Number(rx),
      tx_bytes: Number(tx),
      allowed_ips: allowed === '(none)' ? [] : allowed.split(','),
      keepalive_s: keepalive === 'off' ? 0 : Number(keepalive),
    }
    return [row]
  })
}

/** Keeps the last state of each peer. */
export class StateBook {
  readonly #last = new Map<string, string>()

  /** Those that tell more than other counters than the time before. */
  news(rows: readonly StateRow[]): StateRow[] {
    return rows.filter(row => {
      const { host, iface, peer, endpoint, latest_handshake, allowed_ips, keepalive_s } = row
      const text = [endpoint, latest_handshake, allowed_ips.join(), keepalive_s].join(' ')
      const key = `${host} ${iface} ${peer}`
      const before = this.#last.get(key)
      this.#last.set(key, text)
      return before !== text
    })
  }
}
