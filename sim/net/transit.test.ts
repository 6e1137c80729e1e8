import { describe, expect, it } from 'vitest'
import { fragmentIpv4, fragmentIpv6 } from '../../impl/ip/fragment.ts'
import { buildIcmpError } from '../../impl/ip/icmp.ts'
import { ipSource } from '../../impl/ip/packet.ts'
import { Cloud } from './cloud.ts'
import { Router } from './router.ts'
import { Switch } from './switch.ts'
import { address, Bench, echo, packets, udp } from './testing.ts'

const A4 = '192.0.2.1:1'
const B4 = '192.0.2.2:2'
const A6 = '[2001:db8::1]:1'
const B6 = '[2001:db8::2]:2'

function cloud(spec: ConstructorParameters<typeof Cloud>[0]['spec'] = {}): Bench {
  const bench = new Bench(new Cloud({ name: 'net', spec }))
  bench.attach('alice', ['192.0.2.1/32', '2001:db8::1/128'])
  bench.attach('bob', ['192.0.2.2/32', '2001:db8::2/128'], [], 1280)
  return bench
}

describe('a cloud', () => {
  it.each([
    ['fits', udp(A4, B4, { size: 1252 }), [`bob: udp ${A4} > ${B4} ttl 63 length 1280`]],
    ['fits, DF', udp(A4, B4, { size: 1252, df: true }), [`bob: udp ${A4} > ${B4} df ttl 63 length 1280`]],
    [
      'too big, no DF: fragments',
      udp(A4, B4, { size: 1253 }),
      [
        'bob: fragment at 0 192.0.2.1 > 192.0.2.2 ttl 63 length 1276',
        'bob: fragment at 1256 192.0.2.1 > 192.0.2.2 ttl 63 length 25',
      ],
    ],
    [
      'too big, DF: told',
      udp(A4, B4, { size: 1253, df: true }),
      [
        'drop df-too-big',
        'born net:alice/1',
        `alice: too-big 1280 192.0.0.8 > 192.0.2.1 about (udp ${A4} > ${B4}) ttl 64 length 576`,
      ],
    ],
    ['IPv6 fits', udp(A6, B6, { size: 1232 }), [`bob: udp ${A6} > ${B6} ttl 63 length 1280`]],
    [
      'IPv6 too big: told',
      udp(A6, B6, { size: 1233 }),
      [
        'drop df-too-big',
        'born net:alice/1',
        `alice: too-big 1280 100::8 > 2001:db8::1 about (udp ${A6} > ${B6}) ttl 64 length 1280`,
      ],
    ],
    ['the last hop', udp(A4, B4, { ttl: 2 }), [`bob: udp ${A4} > ${B4} ttl 1 length 28`]],
    [
      'no hop left',
      udp(A6, B6, { ttl: 1 }),
      [
        'drop ttl-expired',
        'born net:alice/1',
        `alice: time-exceeded 100::8 > 2001:db8::1 about (udp ${A6} > ${B6}) ttl 64 length 96`,
      ],
    ],
    [
      'nobody there',
      udp(A4, '192.0.2.9:2'),
      [
        'drop no-route',
        'born net:alice/1',
        `alice: no-route 192.0.0.8 > 192.0.2.1 about (udp ${A4} > 192.0.2.9:2) ttl 64 length 56`,
      ],
    ],
    ['multicast', udp(A4, '224.0.0.1:2'), ['drop multicast']],
    ['broadcast', udp(A4, '255.255.255.255:2'), ['drop multicast']],
    ['a broken header', udp(A4, B4).fill(9, 10, 12), ['drop bad-packet']],
  ] as const)('%s', (_, bytes, lines) => {
    const before = bytes.slice()
    expect(cloud().lines('alice', bytes)).toEqual(lines)
    // Bytes are shared: nobody may change them.
    expect(bytes).toEqual(before)
  })

  it('says nothing when it is set to, and never about an ICMP error', () => {
    expect(cloud({ icmp: false }).lines('alice', udp(A4, '192.0.2.9:2'))).toEqual(['drop no-route'])
    const original = udp('192.0.2.9:2', A4)
    const error = buildIcmpError({ source: address('192.0.2.1'), error: { kind: 'port-unreachable' }, original })
    expect(cloud().lines('alice', error)).toEqual(['drop no-route'])
  })

  it('drops fragments when it is set to', () => {
    const pieces4 = fragmentIpv4(udp(A4, B4, { size: 2000 }), 1280)
    const pieces6 = fragmentIpv6(udp(A6, B6, { size: 2000 }), 1280, 1)
    for (const piece of [...pieces4, ...pieces6]) {
      expect(cloud({ fragments: 'drop' }).lines('alice', piece)).toEqual(['drop fragment-dropped'])
      expect(packets(cloud().give('alice', piece))).toHaveLength(1)
    }
  })

  it('cuts a fragment again, and keeps id and copy', () => {
    const bench = cloud()
    const [first] = fragmentIpv4(udp(A4, B4, { size: 3000, id: 3 }), 1500)
    const pieces = packets(bench.give('alice', first!))
    expect(pieces.map(({ id }) => id)).toEqual([
      { box: 'test', n: 1 },
      { box: 'test', n: 1 },
    ])
  })

  it('learns who moved, who left, and new MTUs', () => {
    const bench = cloud()
    const to = (end: string) => bench.lines('alice', udp(A4, end))[0]
    bench.attach('bob', ['192.0.2.3/32'])
    expect(to(B4)).toBe('drop no-route')
    expect(to('192.0.2.3:2')).toBe(`bob: udp ${A4} > 192.0.2.3:2 ttl 63 length 28`)
    bench.attach('carol', ['192.0.2.3/32'])
    expect(to('192.0.2.3:2')).toBe(`carol: udp ${A4} > 192.0.2.3:2 ttl 63 length 28`)
    bench.tell({ kind: 'detach', port: 'carol' })
    expect(to('192.0.2.3:2')).toBe(`bob: udp ${A4} > 192.0.2.3:2 ttl 63 length 28`)
    bench.tell({ kind: 'mtu', port: 'bob', mtu: 100 })
    expect(bench.lines('alice', udp(A4, '192.0.2.3:2', { size: 100, df: true }))[0]).toBe('drop df-too-big')
  })

  it('routes a prefix to the one machine that has it, and to nobody when two write it', () => {
    const bench = cloud()
    bench.attach('home', ['2001:db8:1::1/64', '192.0.2.77/32'])
    const to = (end: string) => bench.lines('alice', udp(A6, end))[0]
    expect(to('[2001:db8:1::42]:2')).toBe(`home: udp ${A6} > [2001:db8:1::42]:2 ttl 63 length 48`)
    bench.attach('other', ['2001:db8:1::2/64'])
    expect(to('[2001:db8:1::42]:2')).toBe('drop no-route')
    expect(to('[2001:db8:1::1]:2')).toContain('home: udp')
    expect(to('[2001:db8:1::2]:2')).toContain('other: udp')
  })
})

describe('a router', () => {
  function router(spec: ConstructorParameters<typeof Router>[0]['spec'] = {}): Bench {
    const bench = new Bench(new Router({ name: 'r', spec, internet: ['net'] }))
    bench.attach('left', ['10.0.0.1/24', '2001:db8:a::1/64'])
    bench.attach('right', ['10.0.1.1/24', '2001:db8:b::1/64'], ['10.0.1.254'])
    return bench
  }
  const from = '10.0.0.9:1'

  it('takes the longest prefix, names the next hop, and the default gateway last', () => {
    const bench = router({
      routes: [
        { to: '10.7.0.0/16', via: '10.0.1.7' },
        { to: '10.7.7.0/24', via: '10.0.0.7' },
      ],
    })
    const to = (end: string) => bench.lines('left', udp(from, end))[0]
    expect(to('10.0.1.2:2')).toBe(`right: udp ${from} > 10.0.1.2:2 ttl 63 length 28`)
    expect(to('10.7.1.1:2')).toBe(`right: udp ${from} > 10.7.1.1:2 ttl 63 length 28 via 10.0.1.7`)
    expect(to('10.7.7.1:2')).toBe(`left: udp ${from} > 10.7.7.1:2 ttl 63 length 28 via 10.0.0.7`)
    expect(to('192.0.2.1:2')).toBe(`right: udp ${from} > 192.0.2.1:2 ttl 63 length 28 via 10.0.1.254`)
    expect(bench.lines('left', udp('[2001:db8:a::9]:1', B6))).toEqual([
      'drop no-route',
      'born r:left/1',
      'left: no-route 2001:db8:a::1 > 2001:db8:a::9 about (udp [2001:db8:a::9]:1 > [2001:db8::2]:2) ttl 64 length 96',
    ])
    bench.attach('net', ['203.0.113.1/32', '2001:db8:c::1/128'])
    expect(bench.lines('left', udp('[2001:db8:a::9]:1', B6))).toEqual([
      'net: udp [2001:db8:a::9]:1 > [2001:db8::2]:2 ttl 63 length 48',
    ])
  })

  it('answers ping, serves nothing else', () => {
    expect(router().lines('left', echo('10.0.0.9', '10.0.1.1', 5))).toEqual([
      'done test/1',
      'born r:left/1',
      'left: icmp 0 id 5 10.0.1.1 > 10.0.0.9 ttl 64 length 28',
    ])
    expect(router().lines('left', udp(from, '10.0.0.1:53'))).toEqual([
      'drop no-listener',
      'born r:left/1',
      `left: port-unreachable 10.0.0.1 > 10.0.0.9 about (udp ${from} > 10.0.0.1:53) ttl 64 length 56`,
    ])
    expect(router().lines('left', echo('10.0.0.9', '10.0.1.1', 5, true))).toEqual(['done test/1'])
  })

  it('speaks with the address of the port the packet came in on', () => {
    const [error] = packets(router().give('right', udp('10.0.1.9:1', '10.0.0.9:1', { ttl: 1 })))
    expect(ipSource(error!.bytes)).toEqual(address('10.0.1.1'))
  })

  it.each([
    ['10.0.0.0/99', '10.0.0.1', /r: not a destination: "10.0.0.0\/99" \(write 10.0.0.0\/8\)/],
    ['10.0.0.0/8', '10.0.0.1/24', /r: not a next hop: "10.0.0.1\/24"/],
  ])('refuses a route to %s via %s', (to, via, message) => {
    expect(() => router({ routes: [{ to, via }] })).toThrow(message)
  })
})

describe('a switch', () => {
  function lan(): Bench {
    const bench = new Bench(new Switch({ name: 'lan' }))
    bench.attach('alice', ['192.168.1.2/24', '2001:db8::2/64'])
    bench.attach('gw', ['192.168.1.1/24', '2001:db8::1/64'])
    return bench
  }
  const from = '192.168.1.2:1'

  it('delivers by next hop, else by destination, and changes nothing', () => {
    const bytes = udp(from, '198.51.100.1:2', { ttl: 1, size: 3000 })
    expect(lan().lines('alice', bytes, '192.168.1.1')).toEqual([`gw: udp ${from} > 198.51.100.1:2 ttl 1 length 3028`])
    expect(packets(lan().give('alice', bytes, '192.168.1.1'))[0]?.bytes).toBe(bytes)
    expect(lan().lines('gw', udp('[2001:db8::1]:1', '[2001:db8::2]:2'))[0]).toContain('alice: udp')
  })

  it.each([
    ['nobody', udp(from, '192.168.1.9:2'), 'unknown-neighbour'],
    ['beyond the gateway, without naming it', udp(from, '198.51.100.1:2'), 'unknown-neighbour'],
    ['all', udp(from, '255.255.255.255:2'), 'multicast'],
    ['all of the prefix', udp(from, '192.168.1.255:2'), 'multicast'],
    ['a group', udp('[2001:db8::2]:1', '[ff02::1]:2'), 'multicast'],
    ['too short to have a destination', new Uint8Array(19).fill(0x45), 'bad-packet'],
  ])('%s', (_, bytes, reason) => {
    expect(lan().lines('alice', bytes)).toEqual([`drop ${reason}`])
  })

  it('knows who came, moved and left', () => {
    const bench = lan()
    bench.attach('alice', ['192.168.1.3/24'])
    expect(bench.lines('gw', udp('192.168.1.1:1', '192.168.1.2:2'))).toEqual(['drop unknown-neighbour'])
    bench.attach('bob', ['192.168.1.3/24'])
    expect(bench.lines('gw', udp('192.168.1.1:1', '192.168.1.3:2'))[0]).toContain('bob: udp')
    bench.tell({ kind: 'detach', port: 'bob' })
    expect(bench.lines('gw', udp('192.168.1.1:1', '192.168.1.3:2'))[0]).toContain('alice: udp')
  })
})
