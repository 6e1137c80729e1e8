import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readNetlink } from './netlink.ts'

/** A message as rtnetlink(7) lays it out. */
function message(type: number, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array((16 + body.length + 3) & ~3)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, 16 + body.length, true)
  view.setUint16(4, type, true)
  bytes.set(body, 16)
  return bytes
}

function link(index: number, flags: number, mtu?: number): Uint8Array {
  const body = new Uint8Array(16 + 12 + 8)
  const view = new DataView(body.buffer)
  view.setInt32(4, index, true)
  view.setUint32(8, flags, true)
  // A name first, of five bytes and three of padding, so that the MTU is to be looked for.
  view.setUint16(16, 4 + 5, true)
  view.setUint16(18, 3, true)
  if (mtu === undefined) return body.subarray(0, 28)
  view.setUint16(28, 8, true)
  view.setUint16(30, 4, true)
  view.setUint32(32, mtu, true)
  return body
}

function route(type: number, oif?: number): Uint8Array {
  const body = new Uint8Array(oif === undefined ? 12 : 20)
  const view = new DataView(body.buffer)
  view.setUint8(7, type)
  if (oif === undefined) return body
  view.setUint16(12, 8, true)
  view.setUint16(14, 4, true)
  view.setUint32(16, oif, true)
  return body
}

const UP = 1
const RUNNING = 0x40

describe('the route socket', () => {
  const address = new Uint8Array(8)
  new DataView(address.buffer).setUint32(4, 9, true)
  const TABLE: readonly (readonly [name: string, datagram: Uint8Array, news: readonly object[]])[] = [
    ['a link that is up', message(16, link(7, UP | RUNNING, 1420)), [{ kind: 'link', index: 7, up: true, mtu: 1420 }]],
    ['a link that is down', message(16, link(7, RUNNING, 1300)), [{ kind: 'link', index: 7, up: false, mtu: 1300 }]],
    ['a link without an MTU', message(16, link(7, UP)), [{ kind: 'link', index: 7, up: true, mtu: undefined }]],
    ['a link that went', message(17, link(7, 0)), [{ kind: 'link-gone', index: 7 }]],
    ['an address that went', message(21, address), [{ kind: 'address-gone', index: 9 }]],
    ['an address that came', message(20, address), []],
    ['a route that came', message(24, route(1, 3)), [{ kind: 'route', index: 3 }]],
    ['a route that went, to several interfaces', message(25, route(1)), [{ kind: 'route', index: undefined }]],
    ['a local route', message(24, route(2, 3)), []],
    ['a rule', message(32, new Uint8Array(12)), [{ kind: 'route', index: undefined }]],
    ['a neighbour', message(28, new Uint8Array(12)), []],
    ['nothing', new Uint8Array(0), []],
    ['a body cut short', message(16, new Uint8Array(8)), []],
  ]
  for (const [name, datagram, news] of TABLE) it(name, () => expect(readNetlink(datagram)).toEqual(news))

  it('several in one datagram', () => {
    const all = TABLE.map(([, datagram]) => datagram)
    const joined = Uint8Array.from(all.flatMap(each => [...each]))
    expect(readNetlink(joined)).toEqual(TABLE.flatMap(([, , news]) => news))
  })

  it('any bytes are read to an end', () => {
    const mangled = fc
      .tuple(fc.constantFrom(...TABLE.map(([, datagram]) => datagram)), fc.array(fc.tuple(fc.nat(60), fc.nat(255))))
      .map(([datagram, changes]) => {
        const copy = Uint8Array.from(datagram)
        for (const [at, value] of changes) if (at < copy.length) copy[at] = value
        return copy
      })
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), mangled), bytes => {
        // Each message takes at least its header.
        expect(readNetlink(bytes).length).toBeLessThanOrEqual(bytes.length / 16)
      }),
    )
  })
})
