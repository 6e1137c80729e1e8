import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { buildIcmpError } from '../../impl/ip/icmp.ts'
import type { Router as RouterSpec } from '../../scenarios/language/topology.ts'
import { Router } from './router.ts'
import { endHash, spreadHash } from './spread.ts'
import { address, Bench, packets, udp } from './testing.ts'

/** A router between 10.1.0.0/24 and two ways out, of which the second carries 1400 bytes. */
function router(spec: Partial<RouterSpec>): Bench {
  const bench = new Bench(new Router({ name: 'mid', spec: { ...spec } }))
  bench.attach('lan', ['10.1.0.1/24'])
  bench.attach('a', ['10.2.0.1/24'])
  bench.attach('b', ['10.3.0.1/24'], [], 1400)
  return bench
}

const EQUAL = { routes: [{ to: '0.0.0.0/0', via: '10.2.0.2', equal: ['10.3.0.2'] }] }
const way = (bench: Bench, bytes: Uint8Array): string => bench.lines('lan', bytes)[0]?.slice(0, 1) ?? 'nowhere'

describe('next hops of equal cost', () => {
  it('in turn', () => {
    const bench = router({ ...EQUAL, spread: 'packet' })
    const ways = [1, 2, 3, 4].map(() => way(bench, udp('10.1.0.9:5', '192.0.2.1:7')))
    expect(ways).toEqual(['a', 'b', 'a', 'b'])
  })

  it.each(['flow', 'address'] as const)(
    'by %s: the same packet always goes the same way, and both ways are used',
    spread => {
      const bench = router({ ...EQUAL, spread })
      const ways = Array.from({ length: 64 }, (_, i) => {
        const packet = udp(`10.1.0.${10 + i}:5`, '192.0.2.1:7')
        expect(way(bench, packet)).toBe(way(bench, packet))
        return way(bench, packet)
      })
      // Of 64 coins fewer than 16 on one side have a chance of one in 20,000; the hash has no chance at all, it is fixed.
      expect(ways.filter(each => each === 'a').length).toBeGreaterThan(16)
      expect(ways.filter(each => each === 'b').length).toBeGreaterThan(16)
    },
  )

  it('the ports decide with flow, and not with address', () => {
    const ports = Array.from({ length: 64 }, (_, i) => udp(`10.1.0.9:${1000 + i}`, '192.0.2.1:7'))
    const ways = (spread: 'flow' | 'address') => new Set(ports.map(packet => way(router({ ...EQUAL, spread }), packet)))
    expect([ways('flow').size, ways('address').size]).toEqual([2, 1])
  })

  it('each bit of the hash depends on the last bit of the port', () => {
    const end = fc.tuple(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.nat(32767))
    const flipped = new Array<number>(32).fill(0)
    const samples = fc.sample(end, { numRuns: 500, seed: 1 })
    for (const [host, half] of samples) {
      const difference = endHash(host, half * 2) ^ endHash(host, half * 2 + 1)
      for (let bit = 0; bit < 32; bit++) if (((difference >>> bit) & 1) === 1) flipped[bit] = flipped[bit]! + 1
    }
    for (const count of flipped) expect(count).toBeGreaterThan(150)
  })

  it('a fragment goes by its addresses', () => {
    const packet = udp('10.1.0.9:5', '192.0.2.1:7')
    const other = udp('10.1.0.9:6', '192.0.2.1:7')
    for (const bytes of [packet, other]) bytes[6] = 0x20
    expect(spreadHash(packet, 'flow')).toBe(spreadHash(other, 'flow'))
  })
})

describe('a balancer without connection tracking', () => {
  const balance = { address: '10.2.0.1', servers: ['10.1.0.11', '10.1.0.12'] }
  const server = (bench: Bench, from: string): string =>
    /10\.1\.0\.1[12]/.exec(bench.lines('a', udp(from, '10.2.0.1:51820'))[0] ?? '')?.[0] ?? 'nobody'

  it('gives the same client the same server, and the server answers with the address that the client knows', () => {
    const bench = router({ balance })
    const chosen = server(bench, '10.2.0.9:5')
    expect(server(bench, '10.2.0.9:5')).toBe(chosen)
    expect(bench.lines('lan', udp(`${chosen}:51820`, '10.2.0.9:5'))).toEqual([
      'a: udp 10.2.0.1:51820 > 10.2.0.9:5 ttl 63 length 28',
    ])
  })

  it.each([
    ['flow', 2],
    ['address', 1],
    ['packet', 2],
  ] as const)('by %s: 32 ports of one client come to %i servers', (by, count) => {
    const bench = router({ balance: { ...balance, by } })
    const servers = Array.from({ length: 32 }, (_, i) => server(bench, `10.2.0.9:${5 + i}`))
    expect(new Set(servers).size).toBe(count)
  })

  it('gives an ICMP error to the server it is about, or to that of the router which says it', () => {
    const right = { 'by-quote': 0, 'by-sender': 0 }
    for (const errors of ['by-quote', 'by-sender'] as const) {
      for (let port = 5; port < 69; port++) {
        const bench = router({ balance: { ...balance, errors } })
        const chosen = server(bench, `10.2.0.9:${port}`)
        const original =
          packets(bench.give('lan', udp(`${chosen}:51820`, `10.2.0.9:${port}`)))[0]?.bytes ?? expect.fail('dropped')
        const error = buildIcmpError({ source: address('10.2.0.77'), error: { kind: 'too-big', mtu: 1400 }, original })
        const [line = ''] = bench.lines('a', error)
        if (line.includes(`> ${chosen} about (udp ${chosen}:51820`)) right[errors]++
      }
    }
    expect(right['by-quote']).toBe(64)
    expect(right['by-sender']).toBeLessThan(48)
  })

  it('answers ping itself', () => {
    expect(router({ balance }).lines('a', udp('10.2.0.9:5', '10.2.0.1:51820'))[0]).toMatch(/^lan: udp/)
  })
})

describe('what a router does with sizes, errors and rules', () => {
  const large = udp('10.1.0.9:5', '10.3.0.9:7', { size: 1400, df: true })

  it.each<[string, Partial<RouterSpec>, RegExp[]]>([
    ['tells', {}, [/^drop df-too-big$/, /^born/, /^lan: too-big 1400 /]],
    ['lies', { claims_mtu: 0 }, [/^drop df-too-big$/, /^born/, /^lan: too-big 0 /]],
    ['is silent', { too_big: 'silent' }, [/^drop df-too-big$/]],
    ['cuts', { too_big: 'clear-df' }, [/^b: fragment at 0/, /^b: fragment at 1376/]],
    ['blocks', { block: [{ port: 7 }] }, [/^drop blocked$/]],
    ['polices', { police: [{ rate: '8kbit', burst: 1000 }] }, [/^drop policed$/]],
  ])('%s', (_, spec, lines) => {
    const seen = router(spec).lines('lan', large)
    expect(seen).toHaveLength(lines.length)
    for (const [i, line] of lines.entries()) expect(seen[i]).toMatch(line)
  })
})
