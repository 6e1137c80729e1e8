import { describe, expect, it } from 'vitest'
import { StateBook, stateRows } from './state.ts'

const reader = { host: 'alice', nameOf: (key: string) => (key === 'Qk9C' ? 'bob' : key), zero_ns: 1_000_000_000_000n }
const line = (...fields: string[]) => fields.join('\t')
const own = line('wg0', '(hidden)', 'QUxJ', '51820', 'off')
const bob = (handshake: string, rx = '1') =>
  line('wg0', 'Qk9C', '(none)', '203.0.113.2:51820', '10.0.0.2/32,fd00::/64', handshake, rx, '2', '25')

describe('stateRows', () => {
  it('a row for each peer, with the times of the run', () => {
    const stranger = line('wg1', 'Tm9i', '(none)', '(none)', '(none)', '0', '0', '0', 'off')
    expect(stateRows(7, [own, bob('1004'), stranger, ''].join('\n'), reader)).toEqual([
      {
        ...{ kind: 'state', t: 7, host: 'alice', iface: 'wg0', peer: 'bob', endpoint: '203.0.113.2:51820' },
        ...{ latest_handshake: 4_000_000_000, rx_bytes: 1, tx_bytes: 2, keepalive_s: 25 },
        allowed_ips: ['10.0.0.2/32', 'fd00::/64'],
      },
      {
        ...{ kind: 'state', t: 7, host: 'alice', iface: 'wg1', peer: 'Tm9i', endpoint: '(none)' },
        ...{ latest_handshake: null, rx_bytes: 0, tx_bytes: 0, keepalive_s: 0, allowed_ips: [] },
      },
    ])
  })

  it('a handshake before the run began is at 0', () => {
    expect(stateRows(0, bob('999'), reader)[0]?.latest_handshake).toBe(0)
  })
})

describe('StateBook', () => {
  it('tells what is new, and counters alone are not', () => {
    const book = new StateBook()
    const news = (dump: string) => book.news(stateRows(1, dump, reader)).length
    expect([bob('0'), bob('0'), bob('0', '999'), bob('1003'), bob('1003')].map(news)).toEqual([1, 0, 0, 1, 0])
  })
})
