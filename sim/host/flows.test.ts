import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Address, instant } from '../../impl/box.ts'
import { formatAddress, isMulticast, parseAddress, parsePrefix } from '../../impl/ip/address.ts'
import { buildIp } from '../../impl/ip/packet.ts'
import { goesInto, goesTo, goesToMany } from '../net/addresses.ts'
import { lookup, lookupFor } from '../net/routes.ts'
import { type Flow, Flows } from './flows.ts'
import { Interfaces } from './interfaces.ts'
import { PathMtus } from './pathmtu.ts'
import { MAIN_TABLE, Routes } from './routes.ts'

const now = instant(0)
const address = fc.oneof(
  // Many that meet in one place of the memory, and some of everything.
  fc.nat(2000).map(n => Uint8Array.of(10, 0, n >> 8, n)),
  fc.uint8Array({ minLength: 4, maxLength: 4 }),
  fc
    .constantFrom(
      '127.0.0.1',
      '127.9.9.9',
      '224.0.0.1',
      '255.255.255.255',
      '0.0.0.0',
      '::1',
      'ff02::1',
      '::',
      '2001:db8::1',
      '192.0.2.1',
    )
    .map(text => parseAddress(text) as Uint8Array),
  fc.uint8Array({ minLength: 16, maxLength: 16 }),
)

function machine(): { interfaces: Interfaces; flows: Flows; fresh: () => Flows } {
  const routes = new Routes(() => {})
  const interfaces = new Interfaces(routes, () => {})
  const paths = new PathMtus()
  interfaces.add('lan', 'port', 1500)
  interfaces.setUp('lan')
  for (const text of ['192.0.2.1/24', '2001:db8::1/64']) interfaces.addAddress('lan', parsePrefix(text)!)
  for (const text of ['0.0.0.0/0', '::/0', '10.0.3.0/24']) {
    const prefix = parsePrefix(text)!
    routes.add({ prefix, dev: 'lan', table: MAIN_TABLE, metric: 5, origin: 'static', mtu: 1500 - prefix.length })
  }
  const fresh = () => new Flows(routes, interfaces, paths)
  return { interfaces, flows: fresh(), fresh }
}

const text = (flow: Flow | undefined): unknown =>
  flow && {
    ...flow,
    destination: formatAddress(flow.destination),
    iface: flow.iface.name,
    source: flow.source?.join('.'),
  }

const packetTo = (destination: Address): Uint8Array =>
  buildIp({ source: new Uint8Array(destination.length), destination, protocol: 17, payload: new Uint8Array(8) })

test('what is remembered is what would be found anew, by address and by packet', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(address, fc.constantFrom(0, 0, 51820)), { maxLength: 300, size: 'max' }), asked => {
      const { flows, fresh } = machine()
      for (const [destination, mark] of asked) {
        const expected = text(fresh().find(now, destination, mark))
        expect(text(flows.findFor(now, packetTo(destination), mark))).toEqual(expected)
        expect(text(flows.find(now, destination, mark))).toEqual(expected)
      }
    }),
    { numRuns: 40 },
  )
})

test('a destination that is read in its packet is the destination', () => {
  const { interfaces } = machine()
  const prefix = fc
    .tuple(address, fc.nat(128))
    .map(([base, bits]) => ({ address: base, length: bits % (base.length * 8 + 1) }))
  fc.assert(
    fc.property(address, address, fc.array(prefix, { maxLength: 4 }), (destination, other, prefixes) => {
      const packet = packetTo(destination)
      const routes = prefixes.map(each => ({ prefix: each }))
      const broadcast = destination.length === 4 && destination.every(byte => byte === 255)
      expect(goesTo(packet, destination)).toBe(true)
      expect(goesTo(packet, other)).toBe(formatAddress(destination) === formatAddress(other))
      expect(goesToMany(packet)).toBe(isMulticast(destination) || broadcast)
      expect(interfaces.isForUs(packet)).toBe(interfaces.isLocal(destination))
      expect(lookupFor(routes, packet)).toBe(lookup(routes, destination))
      for (const each of prefixes)
        expect(goesInto(packet, each)).toBe(lookup([{ prefix: each }], destination) !== undefined)
    }),
  )
})
