import { expect, it } from 'vitest'
import { formatAddress, parseAddress } from '../ip/address.ts'
import { buildIcmpEcho, icmpError, icmpProtocol } from '../ip/icmp.ts'
import { buildIp, checkIp, ipDestination, ipSource, transportPayload } from '../ip/packet.ts'
import { Unreachable } from './unreachable.ts'

function echo(from: string, to: string): Uint8Array {
  const [source, destination] = [parseAddress(from)!, parseAddress(to)!]
  const payload = buildIcmpEcho({ source, destination, reply: false, id: 1, sequence: 1, payload: new Uint8Array(4) })
  return buildIp({ source, destination, protocol: icmpProtocol(source), ttl: 64, tos: 0, id: 0, payload })
}

it('answers in the name of the destination, in both families', () => {
  for (const [from, to, version] of [
    ['10.0.0.1', '10.9.9.9', 4],
    ['fd00::1', 'fd99::9', 6],
  ] as const) {
    const answer = new Unreachable().answer(echo(from, to), 0)!
    expect(checkIp(answer)).toBeUndefined()
    expect([ipSource(answer), ipDestination(answer)].map(formatAddress)).toEqual([to, from])
    expect(icmpError(transportPayload(answer), version)).toEqual({ kind: 'host-unreachable' })
  }
})

it('says nothing about what is no packet, an error itself, or for many', () => {
  const unreachable = new Unreachable()
  const error = unreachable.answer(echo('10.0.0.1', '10.9.9.9'), 0)!
  const silent = [
    new Uint8Array(0),
    Uint8Array.of(0x45),
    error,
    echo('10.0.0.1', '224.0.0.1'),
    echo('0.0.0.0', '10.0.0.9'),
  ]
  expect(silent.map(packet => unreachable.answer(packet, 0))).toEqual(silent.map(() => undefined))
})

it('says no more than fifty at once and a thousand a second', () => {
  const unreachable = new Unreachable()
  const packet = echo('10.0.0.1', '10.9.9.9')
  const count = (at_ms: number) =>
    Array.from({ length: 200 }, () => unreachable.answer(packet, at_ms)).filter(Boolean).length
  expect([0, 0, 10, 10, 11, 10_000].map(count)).toEqual([50, 0, 10, 0, 1, 50])
})
