import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Instant } from '../../impl/box.ts'
import { buildIcmpError } from '../../impl/ip/icmp.ts'
import { buildIp } from '../../impl/ip/packet.ts'
import { StatefulFirewall } from './firewall.ts'
import { address, echo, udp } from './testing.ts'

const S = 1e9
const HOST = '192.0.2.1:1000'
const PEER = '198.51.100.1:2000'
const OUT = udp(HOST, PEER)
const IN = udp(PEER, HOST)
const NONE: ReadonlySet<number> = new Set()

const at = (seconds: number) => (seconds * S) as Instant

describe('what may come in', () => {
  it.each([
    ['an answer', IN, undefined],
    ['another port of the peer', udp('198.51.100.1:2001', HOST), 'firewall'],
    ['another port of the host', udp(PEER, '192.0.2.1:1001'), 'firewall'],
    ['a stranger', udp('198.51.100.2:2000', HOST), 'firewall'],
    ['a WireGuard port', udp('198.51.100.2:2000', '192.0.2.1:51820'), undefined],
    ['a ping', echo('198.51.100.1', '192.0.2.1', 5), 'firewall'],
    ['the answer to a ping', echo('198.51.100.1', '192.0.2.1', 7, true), undefined],
    ['the answer to no ping', echo('198.51.100.1', '192.0.2.1', 8, true), 'firewall'],
  ] as const)('%s', (_, packet, verdict) => {
    const firewall = new StatefulFirewall()
    firewall.outbound(at(0), OUT)
    firewall.outbound(at(0), echo('192.0.2.1', '198.51.100.1', 7))
    expect(firewall.inbound(at(0), packet, new Set([51820]))).toBe(verdict)
  })

  it('errors about a flow, from anybody; they refresh nothing', () => {
    const firewall = new StatefulFirewall()
    const error = (original: Uint8Array) =>
      buildIcmpError({ source: address('203.0.113.1'), error: { kind: 'too-big', mtu: 1280 }, original })
    firewall.outbound(at(0), OUT)
    expect(firewall.inbound(at(29), error(OUT), NONE)).toBeUndefined()
    expect(firewall.inbound(at(29), error(udp(HOST, '198.51.100.9:1')), NONE)).toBe('firewall')
    expect(firewall.inbound(at(30), error(OUT), NONE)).toBe('firewall')
  })

  it('other protocols by address, for ten minutes', () => {
    const build = (from: string, to: string) =>
      buildIp({ source: address(from), destination: address(to), protocol: 47, payload: new Uint8Array(8) })
    const firewall = new StatefulFirewall()
    expect(firewall.inbound(at(0), build('198.51.100.1', '192.0.2.1'), NONE)).toBe('firewall')
    firewall.outbound(at(0), build('192.0.2.1', '198.51.100.1'))
    expect(firewall.inbound((600 * S - 1) as Instant, build('198.51.100.1', '192.0.2.1'), NONE)).toBeUndefined()
  })
})

describe('timers of nf_conntrack', () => {
  it('30 s without an answer, to the nanosecond', () => {
    const firewall = new StatefulFirewall()
    firewall.outbound(at(0), OUT)
    expect(firewall.inbound((30 * S - 1) as Instant, IN, NONE)).toBeUndefined()
    const late = new StatefulFirewall()
    late.outbound(at(0), OUT)
    expect(late.inbound(at(30), IN, NONE)).toBe('firewall')
  })

  it('120 s once it was answered and lives for more than two seconds', () => {
    const firewall = new StatefulFirewall()
    firewall.outbound(at(0), OUT)
    firewall.inbound(at(1), IN, NONE)
    firewall.outbound(at(3), OUT)
    expect(firewall.inbound((123 * S - 1) as Instant, IN, NONE)).toBeUndefined()
    expect(firewall.inbound((243 * S - 1) as Instant, udp(PEER, HOST), NONE)).toBe('firewall')
  })

  it('a burst of question and answer stays at 30 s', () => {
    const firewall = new StatefulFirewall()
    firewall.outbound(at(0), OUT)
    firewall.inbound(at(1), IN, NONE)
    firewall.outbound(at(2), OUT)
    expect(firewall.inbound(at(32), IN, NONE)).toBe('firewall')
  })

  it('a flow that began from outside, by a listen port, goes on when the port is closed', () => {
    const firewall = new StatefulFirewall()
    expect(firewall.inbound(at(0), IN, new Set([1000]))).toBeUndefined()
    expect(firewall.inbound(at(29), IN, NONE)).toBeUndefined()
    expect(firewall.inbound(at(59), IN, NONE)).toBe('firewall')
  })

  it('says the same as the kernel’s rules written down plainly', () => {
    const event = fc.record({ out: fc.boolean(), wait: fc.constantFrom(0, 1, 2, 3, 29, 30, 31, 89, 119, 120) })
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), events => {
        const firewall = new StatefulFirewall()
        let flow: { began: number; last: number; life: number; replied: boolean } | undefined
        let now = 0
        for (const { out, wait } of events) {
          now += wait
          if (flow !== undefined && now - flow.last >= flow.life) flow = undefined
          const passes = out || flow !== undefined
          if (out) firewall.outbound(at(now), OUT)
          else expect(firewall.inbound(at(now), IN, NONE)).toBe(passes ? undefined : 'firewall')
          if (!passes) continue
          const known = flow ?? { began: now, last: now, life: 30, replied: false }
          flow = {
            began: known.began,
            last: now,
            life: known.replied && now - known.began > 2 ? 120 : 30,
            replied: known.replied || !out,
          }
        }
      }),
    )
  })
})
