/** What goes into a guest NAT and what comes out: ids, births, and what never comes out. */
import { expect, it } from 'vitest'
import { type Instant, instant } from '../../impl/box.ts'
import { parseAddress, parsePrefix } from '../../impl/ip/address.ts'
import { PROTOCOL_UDP } from '../../impl/ip/ipv4.ts'
import { buildIp } from '../../impl/ip/packet.ts'
import { buildUdp } from '../../impl/ip/udp.ts'
import type { NodeInput, Packet } from '../node.ts'
import { wrap } from './ethernet.ts'
import { GuestNat } from './nat-box.ts'

const MS = 1_000_000
const ports = [
  { port: 'home', addresses: [parsePrefix('192.168.1.1/24')!], gateways: [], mtu: 1500, onlink: 'prefix' },
  { port: 'internet', addresses: [parsePrefix('203.0.113.77')!], gateways: [], mtu: 1500, onlink: 'all' },
] as const

function datagram(source: string, payload: number): Uint8Array {
  const ends = { source: parseAddress(source)!, destination: parseAddress('198.51.100.1')! }
  const udp = buildUdp({ ...ends, sourcePort: 5, destinationPort: 6, payload: Uint8Array.of(payload) })
  return buildIp({ ...ends, protocol: PROTOCOL_UDP, id: 7, payload: udp })
}

const packet = (n: number, payload: number, copy = 0): Packet => ({
  id: { box: 'laptop', n },
  copy,
  bytes: datagram('192.168.1.10', payload),
})

function bench() {
  const box = new GuestNat('router', ports)
  return {
    box,
    give: (at: number, input: NodeInput) => box.handleInput(instant(at), input),
    emit: (at: number, payload: number) => box.emitted(instant(at), 1, wrap(1, datagram('203.0.113.77', payload))),
    told() {
      const lines: string[] = []
      for (let output = box.pollOutput(); output !== undefined; output = box.pollOutput()) {
        if (output.kind === 'packet') lines.push(`out ${output.port} ${idText(output.packet)}`)
        if (output.kind !== 'row') continue
        const { row } = output
        if (row.kind === 'hop') lines.push(`${row.dir} ${idText({ id: row.packet, copy: row.copy })}`)
        if (row.kind === 'drop') lines.push(`${row.reason} ${idText({ id: row.packet, copy: row.copy })} at ${row.t}`)
        if (row.kind === 'note') lines.push(row.text)
        if (row.kind === 'step')
          lines.push(`${row.step}: ${row.what}${row.detail === undefined ? '' : ` ${row.detail}`}`)
      }
      return lines
    },
  }
}

const idText = ({ id, copy }: Pick<Packet, 'id' | 'copy'>) => `${id.box}#${id.n}${copy === 0 ? '' : `.${copy}`}`

it('keeps the id of what comes out, copies in their order, and names what is new', () => {
  const { box, give, emit, told } = bench()
  for (const [n, payload, copy] of [
    [1, 10, 0],
    [2, 20, 0],
    [1, 10, 1],
  ] as const)
    give(0, { kind: 'packet', port: 'home', packet: packet(n, payload, copy) })
  expect(box.take()).toHaveLength(3)
  for (const payload of [20, 10, 99, 10, 10]) emit(0, payload)
  expect(told()).toEqual([
    'out internet laptop#2',
    'out internet laptop#1',
    'born router#0',
    'out internet router#0',
    'out internet laptop#1.1',
    'born router#1',
    'out internet router#1',
  ])
  expect([...box.holding()]).toEqual([])
})

it('says of what does not come out that it ended inside, a millisecond later', () => {
  const { box, give, told } = bench()
  give(5, { kind: 'packet', port: 'home', packet: packet(1, 10) })
  expect([...box.holding()].map(idText)).toEqual(['laptop#1'])
  box.take()
  box.rests(Number.POSITIVE_INFINITY)
  expect(box.pollTimeout()).toBe(5 + MS)
  box.handleTimeout((5 + MS) as Instant)
  expect(told()).toEqual([`inside-guest laptop#1 at ${5 + MS}`])
  expect([...box.holding()]).toEqual([])
})

it('is told what it is already, and does nothing; a change it is made to do', () => {
  const { box, give } = bench()
  const [home] = ports
  give(0, { kind: 'attach', ...home })
  give(0, { kind: 'mtu', port: 'home', mtu: 1500 })
  expect(box.take()).toEqual([])
  give(0, { kind: 'mtu', port: 'home', mtu: 1400 })
  give(MS, { kind: 'detach', port: 'home' })
  expect(box.take()).toHaveLength(2)
})

it('that is down drops what comes, and says so', () => {
  const { box, give, told } = bench()
  give(0, { kind: 'packet', port: 'home', packet: packet(1, 10) })
  box.wentDown(instant(1), 'the guest router is down')
  give(2, { kind: 'packet', port: 'home', packet: packet(2, 10) })
  give(3, { kind: 'step', name: 'forget', step: { do: 'nat', at: '1s', nat: 'router', flush: true } })
  expect(told()).toEqual([
    'the guest router is down',
    'host-off laptop#1 at 1',
    'host-off laptop#2 at 2',
    'forget: error the machine is down',
    'forget: done',
  ])
  expect(box.take()).toEqual([])
})
