/** What happens to packets on their way through: behaviours 87 to 103. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Ecn } from './api.ts'
import { nodeCrypto } from './crypto/node/provider.ts'
import { decapsulateEcn } from './ecn.ts'
import { paddedLength } from './send.ts'
import { dropsAt, ip, ipv4, ipv6, type Node, prefix, s, statusOf, TestNet } from './testing.ts'
import { Probe, type ProbeSession } from './testprobe.ts'

const v6 = (last: number) => ip(0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last)

/** The target has begun a session with the probe, whose allowed IPs are 10.0.0.99 and fd00::63. */
function open(mtu = 1420): { net: TestNet; a: Node; probe: Probe; session: ProbeSession } {
  const net = new TestNet(nodeCrypto)
  const a = net.add('a', { mtu })
  const probe = new Probe(net, nodeCrypto, a)
  net.configure(a, { peers: [{ publicKey: probe.publicKey, allowedIps: [prefix(v6(99), 128)] }] })
  const session = probe.beAnswered()
  net.run(s(6))
  net.forget()
  return { net, a, probe, session }
}

const checksumIsRight = (packet: Uint8Array): boolean => {
  let sum = 0
  for (let i = 0; i < 20; i += 2) sum += (packet[i]! << 8) | packet[i + 1]!
  return (sum & 0xffff) + (sum >>> 16) === 0xffff
}

describe('padding', () => {
  it.each([
    [0, 1420, 0],
    [1, 1420, 16],
    [15, 1420, 16],
    [16, 1420, 16],
    [17, 1420, 32],
    [84, 1420, 96],
    [1408, 1420, 1408],
    [1409, 1420, 1420],
    [1419, 1420, 1420],
    [1420, 1420, 1420],
    [1421, 1420, 1436],
    [1436, 1420, 1436],
    [1437, 1420, 1452],
    [2840, 1420, 2840],
    [2841, 1420, 2856],
    [20, 0, 32],
    [1421, 0, 1424],
    [1, 1, 1],
    [7, 1, 7],
    [30, 20, 36],
  ])('87, 88, 89: %d bytes at MTU %d are sealed as %d', (length, mtu, expected) => {
    expect(paddedLength(length, mtu)).toBe(expected)
  })

  it('87, 88: is the least that makes the last unit a multiple of 16 or the MTU', () => {
    fc.assert(
      fc.property(fc.nat(5000), fc.nat(2000), (length, mtu) => {
        const padding = paddedLength(length, mtu) - length
        expect(padding).toBeGreaterThanOrEqual(0)
        expect(padding).toBeLessThan(16)
        const unit = mtu > 0 && length > mtu ? length % mtu : length
        const fits = (more: number) => (unit + more) % 16 === 0 || (mtu > 0 && unit + more === mtu)
        expect(fits(padding)).toBe(true)
        for (let less = 0; less < padding; less++) expect(fits(less)).toBe(false)
      }),
    )
  })

  it('87: the wire carries zeros behind the packet, at the route’s MTU where it has one', () => {
    const { net, a, probe, session } = open()
    const packet = ipv4(a.inner, probe.inner, 1003)
    net.input(a, { kind: 'inner', id: { box: 'x', n: 0 }, packet, routeMtu: 1005 })
    net.input(a, { kind: 'inner', id: { box: 'x', n: 1 }, packet })
    const [clamped, full] = net.sent.map(({ bytes }) => probe.open(session, bytes)!)
    expect(clamped).toEqual(Uint8Array.of(...packet, 0, 0))
    expect(full).toEqual(Uint8Array.of(...packet, 0, 0, 0, 0, 0))
  })

  it.each([Number.NaN, -5, 1.5, Number.POSITIVE_INFINITY])('87: a route’s MTU of %d is passed over', routeMtu => {
    const { net, a, probe, session } = open()
    const packet = ipv4(a.inner, probe.inner, 85)
    net.input(a, { kind: 'inner', id: { box: 'x', n: 0 }, packet, routeMtu })
    expect(probe.open(session, net.sent[0]!.bytes)).toHaveLength(96)
  })

  it('87: MTU 0 works, with and without a persistent keepalive', () => {
    const { net, a, probe, session } = open(0)
    net.send(a, probe.inner, ipv4(a.inner, probe.inner, 21))
    net.configure(a, { peers: [{ publicKey: probe.publicKey, persistentKeepalive_s: 1 }] })
    expect(net.sent.map(({ bytes }) => probe.open(session, bytes)!.length)).toEqual([32, 0])
  })

  it('104: the MTU can be changed, and an impossible one is refused', () => {
    const { net, a, probe, session } = open()
    net.input(a, { kind: 'mtu', mtu: 90 })
    net.send(a, probe.inner, ipv4(a.inner, probe.inner, 84))
    expect(probe.open(session, net.sent[0]!.bytes)).toHaveLength(90)
    for (const mtu of [-1, 1.5, 2_147_483_553]) {
      expect(() => net.input(a, { kind: 'mtu', mtu })).toThrow(
        `mtu: ${mtu} (a whole number of bytes from 0 to 2147483552; 1420 suits most paths)`,
      )
      expect(() => open(mtu)).toThrow('mtu')
    }
    net.input(a, { kind: 'mtu', mtu: 2_147_483_552 })
  })

  it('89: a keepalive is 32 bytes', () => {
    const { net, a, probe, session } = open()
    net.configure(a, { peers: [{ publicKey: probe.publicKey, persistentKeepalive_s: 9 }] })
    expect(net.sent[0]!.bytes).toHaveLength(32)
    expect(probe.open(session, net.sent[0]!.bytes)).toHaveLength(0)
  })

  it('105: large packets pass', () => {
    const { net, a, probe, session } = open(65_000)
    const packet = net.send(a, probe.inner, ipv4(a.inner, probe.inner, 65_000))
    expect(probe.open(session, net.sent[0]!.bytes)).toEqual(packet)
  })
})

describe('inside a data message', () => {
  const set = (packet: Uint8Array, at: number, value: number) => {
    const changed = packet.slice()
    changed[at] = value >>> 8
    changed[at + 1] = value & 0xff
    return changed
  }
  const four = ipv4(ip(10, 0, 0, 99), ip(10, 0, 0, 1), 64)
  const six = ipv6(v6(99), v6(1), 64)
  const padded = (packet: Uint8Array) => Uint8Array.of(...packet, ...new Uint8Array(16))

  it.each<[string, Uint8Array, number | string]>([
    ['90: IPv4 to its last byte', four, 64],
    ['90: IPv4 with padding', padded(four), 64],
    ['90: IPv4 of 20 bytes', set(four, 2, 20), 20],
    ['90: IPv4 that says 19', set(four, 2, 19), 'inner-bad-length'],
    ['90: IPv4 that says 0', set(four, 2, 0), 'inner-bad-length'],
    ['90: IPv4 that says one more than there is', set(four, 2, 65), 'inner-bad-length'],
    ['90: IPv6 to its last byte', six, 64],
    ['90: IPv6 with padding', padded(six), 64],
    ['90: IPv6 without payload', set(six, 4, 0), 40],
    ['90: IPv6 that says one more than there is', set(six, 4, 25), 'inner-bad-length'],
    ['90: IPv6 that says 65535', set(six, 4, 65535), 'inner-bad-length'],
    ['91: IPv4 shorter than its header', four.subarray(0, 19), 'inner-not-ip'],
    ['91: IPv6 shorter than its header', six.subarray(0, 39), 'inner-not-ip'],
    ['91: one byte', Uint8Array.of(0x45), 'inner-not-ip'],
    ['91: version 0', set(four, 0, 0), 'inner-not-ip'],
    ['91: version 5', set(four, 0, 0x5500), 'inner-not-ip'],
    ['91: version 15', set(four, 0, 0xf500), 'inner-not-ip'],
    ['92: a wrong checksum', set(four, 10, 0), 64],
    ['123: an IPv4 source of nobody', set(four, 14, 100), 'source-not-allowed'],
    ['123: an IPv6 source of nobody', set(six, 22, 98), 'source-not-allowed'],
  ])('%s', (_, plaintext, expected) => {
    const { a, probe, session } = open()
    const before = statusOf(a, probe).rxBytes
    const message = probe.data(session, plaintext)
    probe.inject(message)
    if (typeof expected === 'string') {
      expect(dropsAt(a)).toEqual([expected])
      expect(a.delivered).toEqual([])
      expect(statusOf(a, probe)).toMatchObject({ rxBytes: before, drops: { [expected]: 1 } })
    } else {
      expect(a.delivered.map(({ packet }) => packet)).toEqual([plaintext.slice(0, expected)])
      expect(statusOf(a, probe).rxBytes).toBe(before + message.length)
    }
  })

  it('90: never hands out a byte that was not in the message, whatever it says', () => {
    const { net, a, probe, session } = open()
    net.configure(a, {
      peers: [{ publicKey: probe.publicKey, allowedIps: [prefix(ip(0, 0, 0, 0), 0), prefix(v6(0), 0)] }],
    })
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 100 }), fc.constantFrom(0x40, 0x60), (bytes, version) => {
        bytes[0] = version | (bytes[0]! & 15)
        a.delivered.length = 0
        probe.inject(probe.data(session, bytes), 3)
        for (const { packet } of a.delivered) {
          expect(packet.length).toBeGreaterThanOrEqual(20)
          expect(packet.length).toBeLessThanOrEqual(bytes.length)
        }
      }),
    )
  })
})

describe('staged packets', () => {
  it('93, 94: 129 wait at most, the oldest go first, and the order is kept', () => {
    const net = new TestNet(nodeCrypto)
    const a = net.add('a')
    const b = net.add('b')
    net.connect(a, b)
    for (let i = 0; i < 140; i++) {
      const packet = ipv4(a.inner, b.inner, 84)
      packet[83] = i
      net.send(a, b, packet)
    }
    expect(dropsAt(a)).toEqual(new Array(11).fill('staged-overflow'))
    expect(statusOf(a, b)).toMatchObject({ staged: 129, drops: { 'staged-overflow': 11 } })
    net.pass(1)
    expect(b.delivered.map(({ packet }) => packet[83])).toEqual(Array.from({ length: 129 }, (_, i) => i + 11))
  })
})

describe('statistics', () => {
  it('95: bytes are those of UDP payloads of authentic messages, as in the kernel’s own test', () => {
    const net = new TestNet(nodeCrypto)
    const a = net.add('a')
    const b = net.add('b')
    net.connect(a, b)
    for (let i = 0; i < 10; i++) {
      net.send(a, b)
      net.pass(0.5)
      net.send(b, a)
      net.pass(0.5)
    }
    expect(statusOf(a, b)).toMatchObject({ txBytes: 148 + 10 * 128, rxBytes: 92 + 10 * 128 })
    expect(statusOf(b, a)).toMatchObject({ rxBytes: 148 + 10 * 128, txBytes: 92 + 10 * 128 })
    net.pass(20)
    expect(statusOf(a, b).txBytes).toBe(148 + 10 * 128 + 32)
  })

  it('95: what is not authentic is not counted', () => {
    const { a, probe, session } = open()
    const before = statusOf(a, probe)
    const forged = probe.data(session, ipv4(probe.inner, a.inner))
    forged[17]! ^= 1
    probe.inject(forged)
    expect(statusOf(a, probe)).toEqual({ ...before, drops: { 'bad-data': 1 } })
  })
})

describe('congestion marks', () => {
  it.each<[number, number]>([
    [0, 0],
    [1, 1],
    [2, 2],
    [3, 2],
  ])('96: inner %d goes out as %d, and DSCP stays inside', (inner, outer) => {
    const { net, a, probe } = open()
    net.send(a, probe.inner, ipv4(a.inner, probe.inner, 84, 0xb8 | inner))
    net.send(a, v6(99), ipv6(v6(1), v6(99), 84, 0xb8 | inner))
    expect(net.sent.map(({ tos }) => tos)).toEqual([outer, outer])
  })

  it('96, 98: keepalives and cookie replies carry nothing, handshakes AF41', () => {
    const { net, a, probe } = open()
    net.configure(a, { peers: [{ publicKey: probe.publicKey, persistentKeepalive_s: 9 }] })
    probe.inject(probe.initiation())
    net.run(s(200))
    expect(new Map(net.sent.map(({ message, tos }) => [message, tos]))).toEqual(
      new Map([
        ['keepalive', 0],
        ['response', 0x88],
        ['initiation', 0x88],
      ]),
    )
  })

  // Rows: inner not-ECT, ECT(1), ECT(0), CE; columns: outer the same. RFC 6040 §4.2, with the dropped corner passed on.
  const TABLE: readonly (readonly Ecn[])[] = [
    [0, 0, 0, 0],
    [1, 1, 1, 3],
    [2, 1, 2, 3],
    [3, 3, 3, 3],
  ]
  const cells = TABLE.flatMap((row, inner) => row.map((expected, outer) => [inner, outer as Ecn, expected] as const))

  it.each(cells)('97: inner %d and outer %d make %d', (inner, outer, expected) => {
    const { a, probe, session } = open()
    for (const dscp of [0, 0xb8]) {
      a.delivered.length = 0
      probe.inject(probe.data(session, ipv4(probe.inner, a.inner, 84, dscp | inner)), outer)
      probe.inject(probe.data(session, ipv6(v6(99), v6(1), 84, dscp | inner)), outer)
      const [four, six] = a.delivered.map(({ packet }) => packet)
      expect(four).toEqual(ipv4(probe.inner, a.inner, 84, dscp | expected))
      expect(six).toEqual(ipv6(v6(99), v6(1), 84, dscp | expected))
    }
  })

  it('97: the header checksum stays right, for every header', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 8 }), fc.nat(255), fc.nat(3), (addresses, tos, outer) => {
        const packet = ipv4(addresses.slice(0, 4), addresses.slice(4), 20, tos)
        decapsulateEcn(packet, outer as Ecn)
        expect(checksumIsRight(packet)).toBe(true)
      }),
    )
  })
})

describe('refused on the way in', () => {
  const nowhere = ip(172, 16, 0, 1)

  it('101: no allowed IP: dropped, and the sender is told', () => {
    const { net, a } = open()
    const packets = [net.send(a, nowhere), net.send(a, v6(77), ipv6(v6(1), v6(77)))]
    expect(dropsAt(a)).toEqual(['no-route', 'no-route'])
    expect(a.unreachable.map(({ packet, reason }) => [packet, reason])).toEqual(
      packets.map(packet => [packet, 'no-route']),
    )
    expect(net.sent).toEqual([])
  })

  it('102: no endpoint: the same, with its own name', () => {
    const net = new TestNet(nodeCrypto)
    const a = net.add('a')
    const probe = new Probe(net, nodeCrypto, a)
    net.send(a, probe.inner)
    expect(dropsAt(a)).toEqual(['no-endpoint'])
    expect(a.unreachable.map(({ reason }) => reason)).toEqual(['no-endpoint'])
    expect(statusOf(a, probe)).toMatchObject({ staged: 0, drops: { 'no-endpoint': 1 } })
  })

  it.each([
    ['nothing', new Uint8Array(0)],
    ['a short IPv4 packet', ipv4(ip(10, 0, 0, 1), ip(10, 0, 0, 99)).subarray(0, 19)],
    ['a short IPv6 packet', ipv6(v6(1), v6(99)).subarray(0, 39)],
    ['neither version', new Uint8Array(60).fill(0x55)],
  ])('103: %s is no IP: dropped, and nobody is told', (_, packet) => {
    const { net, a } = open()
    net.input(a, { kind: 'inner', id: { box: 'x', n: 0 }, packet })
    expect(dropsAt(a)).toEqual(['not-ip'])
    expect([a.unreachable, net.sent]).toEqual([[], []])
  })
})
