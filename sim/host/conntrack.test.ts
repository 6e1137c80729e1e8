import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Address, instant } from '../../impl/box.ts'
import { formatAddress, parseAddress } from '../../impl/ip/address.ts'
import { buildIcmpError } from '../../impl/ip/icmp.ts'
import { checkIp, checkTransport, ipDestination, ipSource, transportPayload } from '../../impl/ip/packet.ts'
import { udpDestinationPort, udpSourcePort } from '../../impl/ip/udp.ts'
import { seededRandom } from '../random.ts'
import { Conntrack } from './conntrack.ts'
import { datagramPacket } from './datagram.ts'

const S = 1_000_000_000
const OUTSIDE = parseAddress('203.0.113.1')!

function datagram(from: string, to: string): Uint8Array {
  const end = (text: string): [Address, number] => {
    const colon = text.lastIndexOf(':')
    return [parseAddress(text.slice(0, colon))!, Number(text.slice(colon + 1))]
  }
  const [source, sourcePort] = end(from)
  const [destination, destinationPort] = end(to)
  return datagramPacket({
    source,
    destination,
    sourcePort,
    destinationPort,
    tos: 0,
    id: 1,
    dontFragment: false,
    payload: Uint8Array.of(1, 2, 3),
  })
}

function ends(packet: Uint8Array): string {
  const segment = transportPayload(packet)
  expect(checkIp(packet) ?? checkTransport(packet)).toBeUndefined()
  return `${formatAddress(ipSource(packet))}:${udpSourcePort(segment)} > ${formatAddress(ipDestination(packet))}:${udpDestinationPort(segment)}`
}

const table = (): Conntrack => new Conntrack(seededRandom('1'))

describe('masquerading as Linux does it', () => {
  test('the port is kept, and what answers finds its way back', () => {
    const nat = table()
    const out = nat.outgoing(instant(0), datagram('10.0.0.2:5000', '192.0.2.9:53'), OUTSIDE)!
    expect(ends(out)).toBe('203.0.113.1:5000 > 192.0.2.9:53')
    const back = nat.incoming(instant(S), datagram('192.0.2.9:53', '203.0.113.1:5000'), true)
    expect(ends(back)).toBe('192.0.2.9:53 > 10.0.0.2:5000')
  })

  test('address and port of the remote end belong to it: others are for the machine itself', () => {
    const nat = table()
    nat.outgoing(instant(0), datagram('10.0.0.2:5000', '192.0.2.9:53'), OUTSIDE)
    for (const stranger of ['192.0.2.9:54', '192.0.2.10:53']) {
      const packet = datagram(stranger, '203.0.113.1:5000')
      expect(nat.incoming(instant(1), packet, true)).toBe(packet)
    }
  })

  test('one port for several remote ends; two inner ends with one port and one remote end get two', () => {
    const nat = table()
    const one = nat.outgoing(instant(0), datagram('10.0.0.2:5000', '192.0.2.9:53'), OUTSIDE)!
    const two = nat.outgoing(instant(0), datagram('10.0.0.3:5000', '192.0.2.10:53'), OUTSIDE)!
    const three = nat.outgoing(instant(0), datagram('10.0.0.3:5000', '192.0.2.9:53'), OUTSIDE)!
    expect([one, two].map(packet => udpSourcePort(transportPayload(packet)))).toEqual([5000, 5000])
    const port = udpSourcePort(transportPayload(three))
    expect(port).not.toBe(5000)
    expect(port).toBeGreaterThanOrEqual(1024)
    expect(ends(nat.incoming(instant(1), datagram('192.0.2.9:53', `203.0.113.1:${port}`), true))).toBe(
      '192.0.2.9:53 > 10.0.0.3:5000',
    )
  })

  test('a port that the machine itself uses towards that end is not given away', () => {
    const nat = table()
    nat.incoming(instant(0), datagram('192.0.2.9:51820', '203.0.113.1:51820'), true)
    const out = nat.outgoing(instant(1), datagram('10.0.0.2:51820', '192.0.2.9:51820'), OUTSIDE)!
    expect(udpSourcePort(transportPayload(out))).not.toBe(51820)
    const own = datagram('203.0.113.1:51820', '192.0.2.9:51820')
    expect(nat.outgoing(instant(2), own, OUTSIDE)).toBe(own)
  })

  const lives: [string, number[], boolean][] = [
    ['30 s without an answer', [29.9], true],
    ['and not 30 s', [30], false],
    ['30 s more with an answer in the first two seconds', [1, 30.9], true],
    ['and then it is over', [1, 31], false],
    ['120 s once it is older than two seconds', [1, 3, 122.9], true],
    ['and not 123 s', [1, 3, 123], false],
  ]
  test.each(lives)('%s', (_, answers, alive) => {
    const nat = table()
    nat.outgoing(instant(0), datagram('10.0.0.2:5000', '192.0.2.9:53'), OUTSIDE)
    const back = answers.map(at => nat.incoming(instant(at * S), datagram('192.0.2.9:53', '203.0.113.1:5000'), true))
    expect(ends(back.at(-1)!).endsWith('10.0.0.2:5000')).toBe(alive)
  })

  test('an error from outside about what went out speaks of the inner end', () => {
    const nat = table()
    const out = nat.outgoing(instant(0), datagram('10.0.0.2:5000', '192.0.2.9:53'), OUTSIDE)!
    const error = buildIcmpError({
      source: parseAddress('192.0.2.77')!,
      error: { kind: 'too-big', mtu: 1300 },
      original: out,
    })
    const inside = nat.incoming(instant(1), error, true)
    expect(checkIp(inside) ?? checkTransport(inside)).toBeUndefined()
    expect(formatAddress(ipDestination(inside))).toBe('10.0.0.2')
    expect(formatAddress(ipSource(inside.subarray(28)))).toBe('10.0.0.2')
  })

  test('an error from inside about an answer speaks of the outer end', () => {
    const nat = table()
    nat.outgoing(instant(0), datagram('10.0.0.2:5000', '192.0.2.9:53'), OUTSIDE)
    const answer = nat.incoming(instant(1), datagram('192.0.2.9:53', '203.0.113.1:5000'), true)
    const error = buildIcmpError({
      source: parseAddress('10.0.0.2')!,
      error: { kind: 'port-unreachable' },
      original: answer,
    })
    const outside = nat.outgoing(instant(2), error, OUTSIDE)!
    expect(checkIp(outside) ?? checkTransport(outside)).toBeUndefined()
    expect(formatAddress(ipSource(outside))).toBe('203.0.113.1')
    expect(formatAddress(ipDestination(outside.subarray(28)))).toBe('203.0.113.1')
  })

  test('an address that goes away takes its connections with it', () => {
    const nat = table()
    nat.outgoing(instant(0), datagram('10.0.0.2:5000', '192.0.2.9:53'), OUTSIDE)
    nat.forgetAddress(OUTSIDE)
    expect(nat.size).toBe(0)
  })
})

test('whatever goes out, its answer comes to who sent it, and no two share an outer end', () => {
  const flow = fc.tuple(fc.integer({ min: 2, max: 4 }), fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 2 }))
  fc.assert(
    fc.property(fc.array(flow, { maxLength: 40 }), flows => {
      const nat = table()
      const owners = new Map<string, string>()
      for (const [host, port, remote] of flows) {
        const inner = `10.0.0.${host}:${5000 + port}`
        const far = `192.0.2.${remote}:53`
        const out = ends(nat.outgoing(instant(1), datagram(inner, far), OUTSIDE)!)
        const [source = '', destination = ''] = out.split(' > ')
        expect(destination).toBe(far)
        expect(owners.get(out) ?? inner).toBe(inner)
        owners.set(out, inner)
        expect(ends(nat.incoming(instant(1), datagram(far, source), true))).toBe(`${far} > ${inner}`)
      }
    }),
  )
})
