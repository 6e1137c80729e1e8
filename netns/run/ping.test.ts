import { describe, expect, it } from 'vitest'
import type { StepRow } from '../../scenarios/language/trace.ts'
import { pingRows } from './ping.ts'

const S = 1_000_000_000
const text = ({ t, what, seq, detail }: StepRow) =>
  [(t / S).toFixed(3), what, ...(seq === undefined ? [] : [seq]), ...(detail === undefined ? [] : [detail])].join(' ')

function rows(said: string, count: number, interval_ns = S): string[] {
  const timeOf = (seconds: string) => Math.round((Number(seconds) - 100) * S)
  const reader = { step: 'p', host: 'alice', count, began: 2 * S, interval_ns, timeOf }
  return pingRows(said.trim().split('\n'), 9 * S, reader).map(text)
}

describe('pingRows', () => {
  it('answers, with the round trip; a second answer to one packet is none', () => {
    const said = `
PING 10.0.0.2 (10.0.0.2) 56(84) bytes of data.
[102.510000] 64 bytes from 10.0.0.2: icmp_seq=1 ttl=64 time=500 ms
[102.520000] 64 bytes from 10.0.0.2: icmp_seq=1 ttl=64 time=510 ms (DUP!)
[103.020000] 64 bytes from 10.0.0.2: icmp_seq=2 ttl=64 time=20.0 ms

--- 10.0.0.2 ping statistics ---
2 packets transmitted, 2 received, +1 duplicates, 0% packet loss, time 1002ms`
    expect(rows(said, 2)).toEqual([
      '2.010 sent 1',
      '2.510 answered 1',
      '3.000 sent 2',
      '3.020 answered 2',
      '9.000 done',
    ])
  })

  it('too small for a time in it: answered none the less, sent by the clock of the step', () => {
    const said = '[102.520000] 8 bytes from 10.0.0.2: icmp_seq=1 ttl=64\n1 packets transmitted, 1 received'
    expect(rows(said, 1)).toEqual(['2.000 sent 1', '2.520 answered 1', '9.000 done'])
  })

  it('silence: sent by the clock of the step, and nothing more', () => {
    const said = `
[103.000000] no answer yet for icmp_seq=1
[104.000000] no answer yet for icmp_seq=2

3 packets transmitted, 0 received, 100% packet loss, time 2050ms`
    expect(rows(said, 3)).toEqual(['2.000 sent 1', '3.000 sent 2', '4.000 sent 3', '9.000 done'])
  })

  it('cut off before its last words: those that it spoke of', () => {
    expect(rows('[103.000000] no answer yet for icmp_seq=1', 5)).toEqual(['2.000 sent 1', '9.000 done'])
  })

  it('refused by the machine itself: in the order of its packets', () => {
    const said = `
[102.010000] 64 bytes from 10.0.0.2: icmp_seq=1 ttl=64 time=10.0 ms
ping: sendmsg: Required key not available
[104.010000] no answer yet for icmp_seq=2
ping: local error: message too long, mtu=1420

3 packets transmitted, 1 received, +2 errors, 66% packet loss, time 2003ms`
    expect(rows(said, 3)).toEqual([
      '2.000 sent 1',
      '2.010 answered 1',
      '3.000 sent 2',
      '3.000 error 2 Required key not available',
      '4.000 sent 3',
      '4.000 error 3 local error: message too long, mtu=1420',
      '9.000 done',
    ])
  })

  it('no way there at all: the first was tried', () => {
    expect(rows('ping: connect: Network is unreachable', 4)).toEqual([
      '2.000 sent 1',
      '2.000 error 1 Network is unreachable',
      '9.000 done',
    ])
  })

  it('refused by the network', () => {
    const said = `
[102.300000] From 10.0.0.9 icmp_seq=1 Destination Host Unreachable
From 2001:db8::9 (2001:db8::9) icmp_seq=2 Time exceeded: Hop limit
2 packets transmitted, 0 received, +2 errors, 100% packet loss, time 1001ms`
    expect(rows(said, 2)).toEqual([
      '2.000 sent 1',
      '2.300 error 1 Destination Host Unreachable',
      '3.000 sent 2',
      '3.000 error 2 Time exceeded: Hop limit',
      '9.000 done',
    ])
  })

  it('a name in front of the address, and IPv6', () => {
    const said =
      '[102.5] 64 bytes from bob (2001:db8::2): icmp_seq=1 ttl=64 time=1.5 ms\n1 packets transmitted, 1 received'
    expect(rows(said, 1)).toEqual(['2.498 sent 1', '2.500 answered 1', '9.000 done'])
  })
})
