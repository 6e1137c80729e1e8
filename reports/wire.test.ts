import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { datagram, ipv4 } from './testing.ts'
import { endpointsText, labelPacket, labelText } from './wire.ts'

const [from, to] = ['192.0.2.1:51820', '198.51.100.2:51821']
const bytes = (hex: string) => new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
const head6 = (next: string, length: string) =>
  `60000000${length}${next}40 20010db8000000000000000000000001 20010db8000000000001000000000000`
const head4 = (protocol: string, length: string, flags = '0000') =>
  `4500${length}0001${flags}40${protocol}0000 c0000201 c6336402`

describe('labelPacket', () => {
  const table: [string, Uint8Array, string][] = [
    ['an initiation', datagram(from, to, 1, 148), 'initiation 148 B'],
    ['a response', datagram(from, to, 2, 92), 'response 92 B'],
    ['a cookie reply', datagram(from, to, 3, 64), 'cookie-reply 64 B'],
    ['data', datagram(from, to, 4, 128, 7), 'data 128 B, counter 7'],
    ['a keepalive', datagram(from, to, 4, 32, 8), 'keepalive 32 B, counter 8'],
    ['data of no multiple of 16', datagram(from, to, 4, 33), 'data 33 B, counter 0'],
    ['an initiation one byte short', datagram(from, to, 1, 147), 'udp 147 B'],
    ['data shorter than its tag', datagram(from, to, 4, 31), 'udp 31 B'],
    ['an unknown type', datagram(from, to, 5, 148), 'udp 148 B'],
    ['reserved bytes set', ipv4(from, to, bytes('01000100'.padEnd(296, '0'))), 'udp 148 B'],
    ['an empty datagram', ipv4(from, to, new Uint8Array()), 'udp 0 B'],
    ['a ping', bytes(`${head4('01', '001c')} 0800 0000 0007 0003`), 'icmp echo request 8 B, id 7 seq 3'],
    ['an answer', bytes(`${head4('01', '001c')} 0000 0000 0007 0003`), 'icmp echo reply 8 B, id 7 seq 3'],
    ['fragmentation needed', bytes(`${head4('01', '001c')} 0304 0000 0000 0514`), 'icmp too big 8 B, mtu 1300'],
    ['port unreachable', bytes(`${head4('01', '001c')} 0303 0000 0000 0000`), 'icmp unreachable 8 B, code 3'],
    ['time exceeded', bytes(`${head4('01', '001c')} 0b00 0000 0000 0000`), 'icmp time exceeded 8 B'],
    ['IPv6 too big', bytes(`${head6('3a', '0008')} 0200 0000 0000 0500`), 'icmp too big 8 B, mtu 1280'],
    ['an IPv6 ping', bytes(`${head6('3a', '0008')} 8000 0000 0001 0002`), 'icmp echo request 8 B, id 1 seq 2'],
    [
      'hop-by-hop options',
      bytes(`${head6('00', '0010')} 3a00 000000000000 8100 0000 0001 0002`),
      'icmp echo reply 8 B, id 1 seq 2',
    ],
    ['a later IPv6 fragment', bytes(`${head6('2c', '0010')} 1100 0008 00000001 0102030405060708`), 'fragment 8 B'],
    ['a later IPv4 fragment', bytes(`${head4('11', '001c', '0010')} 0102030405060708`), 'fragment 8 B'],
    ['tcp', bytes(`${head4('06', '0028')} 0050 c000 00000000 00000000 5012 0000 0000 0000`), 'tcp 20 B, syn ack'],
    ['another protocol', bytes(`${head4('2f', '0014')}`), 'protocol 47 0 B'],
    ['rubbish', bytes('ff00'), 'bytes 2 B'],
    ['nothing', new Uint8Array(), 'bytes 0 B'],
  ]
  it.each(table)('%s', (_, packet, text) => expect(labelText(labelPacket(packet))).toBe(text))

  it('tells a first fragment by what its UDP header promises', () => {
    const whole = datagram(from, to, 4, 1480, 3)
    const first = whole.slice(0, 20 + 800)
    first.set([0x03, 0x34], 2)
    first.set([0x20, 0], 6)
    expect(labelText(labelPacket(first))).toBe('data (first fragment) 792 B, counter 3')
  })

  it('writes addresses as people do', () => {
    expect(endpointsText(labelPacket(datagram(from, to, 1, 148)))).toEqual({ source: from, destination: to })
    const six = labelPacket(bytes(`${head6('11', '0008')} 0050 ca6c 0008 0000`))
    expect(endpointsText(six)).toEqual({ source: '[2001:db8::1]:80', destination: '[2001:db8:0:0:1::]:51820' })
  })

  it('reads indices and counters of all their bits', () => {
    const packet = datagram(from, to, 4, 64)
    packet.fill(0xff, 32, 44)
    expect(labelPacket(packet)).toMatchObject({ receiver: 0xffffffff, counter: 2n ** 64n - 1n })
  })

  it('takes any bytes', () => {
    const ip = fc.tuple(fc.constantFrom(0x45, 0x46, 0x4f, 0x60), fc.uint8Array({ maxLength: 90 }))
    fc.assert(
      fc.property(ip, ([first, rest]) => {
        const label = labelPacket(Uint8Array.of(first, ...rest))
        expect(label.size).toBeLessThanOrEqual(rest.length + 1)
        expect(labelText(label)).toContain(' B')
      }),
    )
  })
})
