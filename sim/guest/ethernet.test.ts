import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checksum, pseudoHeaderSum } from '../../impl/ip/checksum.ts'
import { buildIpv4 } from '../../impl/ip/ipv4.ts'
import { buildIpv6, ipv6Payload } from '../../impl/ip/ipv6.ts'
import { guestMac, Neighbours, wrap } from './ethernet.ts'

const bytes = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const hex = (data: Uint8Array) => Buffer.from(data).toString('hex')
const frame = (to: Uint8Array, type: string, payload: Uint8Array) =>
  Uint8Array.from([...to, ...guestMac(0), ...bytes(type), ...payload])

const WHO_HAS = (target: string, from: string) => `0001 0800 06 04 0001 020000000100 ${from} 000000000000 ${target}`
const v4 = (last: number) => Uint8Array.of(192, 0, 2, last)
const v6 = (last: number) => Uint8Array.from([...bytes('20010db8000000000000000000'), 0, 0, last])

const packet4 = buildIpv4({ source: v4(1), destination: v4(9), protocol: 17, payload: new Uint8Array(8) })
const packet6 = buildIpv6({ source: v6(1), destination: v6(9), protocol: 17, payload: new Uint8Array(8) })

/** What the guest learns when it asks for a neighbour. */
function solicit(neighbours: Neighbours, target: Uint8Array, source = v6(1)) {
  const payload = new Uint8Array(24)
  payload[0] = 135
  payload.set(target, 8)
  const group = Uint8Array.from([...bytes('ff0200000000000000000001ff'), ...target.subarray(13)])
  const packet = buildIpv6({ source, destination: group, protocol: 58, hopLimit: 255, payload })
  return neighbours.unwrap(0, frame(bytes('3333ff000001'), '86dd', packet))
}

describe('ARP', () => {
  it('is answered with an address that has the neighbour in it', () => {
    const answer = new Neighbours().unwrap(
      3,
      frame(bytes('ffffffffffff'), '0806', bytes(WHO_HAS('c0000209', 'c0000201'))),
    )
    expect(answer.kind === 'answer' && hex(answer.frame)).toBe(
      ['020000000103 020000000200 0806', '0001 0800 06 04 0002 0204c0000209 c0000209 020000000100 c0000201']
        .join('')
        .replaceAll(' ', ''),
    )
  })

  it.each([
    ['for its own address, to see whether it is taken', WHO_HAS('c0000201', '00000000')],
    ['for its own address, to announce it', WHO_HAS('c0000201', 'c0000201')],
    ['that is an answer', WHO_HAS('c0000209', 'c0000201').replace('04 0001', '04 0002')],
    ['that is cut short', '0001 0800 06 04 0001'],
  ])('%s is not answered', (_, arp) => {
    expect(new Neighbours().unwrap(0, frame(bytes('ffffffffffff'), '0806', bytes(arp)))).toEqual({ kind: 'nothing' })
  })
})

describe('neighbour discovery', () => {
  it('is answered with a checksum that is right', () => {
    const answer = solicit(new Neighbours(), v6(9))
    if (answer.kind !== 'answer') throw new Error(answer.kind)
    const message = ipv6Payload(answer.frame.subarray(14))
    expect([hex(message.subarray(0, 2)), hex(message.subarray(4))]).toEqual([
      '8800',
      `60000000${hex(v6(9))}0201020600000000`,
    ])
    expect(checksum(message, 0, message.length, pseudoHeaderSum(v6(9), v6(1), 58, message.length))).toBe(0)
  })

  it('from nobody is how the guest looks for a double: nobody answers', () => {
    expect(solicit(new Neighbours(), v6(1), new Uint8Array(16))).toEqual({ kind: 'nothing' })
  })
})

describe('packets', () => {
  it('go to the neighbour the frame names, said only where it is not the destination', () => {
    const neighbours = new Neighbours()
    const at = (last: number) => Uint8Array.of(2, 4, ...v4(last))
    expect(neighbours.unwrap(0, frame(at(9), '0800', packet4))).toEqual({
      kind: 'packet',
      bytes: packet4,
      via: undefined,
    })
    expect(neighbours.unwrap(0, frame(at(254), '0800', packet4))).toEqual({
      kind: 'packet',
      bytes: packet4,
      via: v4(254),
    })
  })

  it('go to IPv6 neighbours in the same way, each under its own number', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 2, max: 250 }), { minLength: 1, maxLength: 20 }), lasts => {
        const neighbours = new Neighbours()
        const macs = lasts.map(last => {
          const answer = solicit(neighbours, v6(last))
          return answer.kind === 'answer' ? answer.frame.slice(-6) : new Uint8Array()
        })
        for (const [i, last] of lasts.entries()) {
          const what = neighbours.unwrap(0, frame(macs[i]!, '86dd', packet6))
          expect(what).toEqual({ kind: 'packet', bytes: packet6, via: last === 9 ? undefined : v6(last) })
        }
      }),
    )
  })

  it('come in as frames that go out again as they were', () => {
    for (const packet of [packet4, packet6]) {
      const inward = wrap(5, packet)
      expect(hex(inward.subarray(0, 12))).toBe('020000000105020000000200')
      expect(inward.subarray(14)).toEqual(packet)
    }
  })

  it.each([
    ['a runt', '0200'],
    ['a strange type', '020000000200 020000000100 88cc 0000'],
    [
      'a listener report',
      `3333 00000016 020000000100 86dd 60000000 0024 00 01 ${'00'.repeat(16)} ff02${'00'.repeat(13)}16 3a00`,
    ],
    [
      'a router solicitation',
      `3333 00000002 020000000100 86dd 60000000 0008 3a ff ${'00'.repeat(16)} ff02${'00'.repeat(13)}02 8500000000000000`,
    ],
  ])('%s is nothing for the network', (_, text) => {
    expect(new Neighbours().unwrap(0, bytes(text))).toEqual({ kind: 'nothing' })
  })
})
