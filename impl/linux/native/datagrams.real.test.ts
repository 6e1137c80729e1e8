/** Sender and Receiver on the loopback interface: what goes in comes out, joined or not. Needs Linux and koffi. */
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import type { Address, Endpoint } from '../../box.ts'
import { parseAddress } from '../../ip/address.ts'
import type { PublicKey } from '../../key.ts'
import { type Libc, loadLibc } from './libc.ts'
import { RECEIVER_ROOM, Receiver } from './receiver.ts'
import { SENDER_ROOM, Sender, type SendTrouble } from './sender.ts'
import { closeSockets, openSockets, setFwmark, type UdpSockets } from './sockets.ts'
import { createSpace, type Space } from './space.ts'

const EADDRINUSE = 98
const EMSGSIZE = 90
const EPERM = 1

const loaded = load()
const missing = typeof loaded === 'string' ? loaded : undefined
const libc = loaded as Libc

interface Got {
  readonly text: string
  readonly from: string
  readonly to: string
  readonly ecn: number
}

describe.skipIf(missing !== undefined)(`datagrams${missing === undefined ? '' : ` (missing: ${missing})`}`, () => {
  const opened: UdpSockets[] = []
  afterAll(() => {
    for (const each of opened) closeSockets(libc, each)
  })
  const open = (port = 0): UdpSockets => {
    const sockets = openSockets(libc, port, 0)
    if (typeof sockets === 'number') throw new Error(`errno ${sockets}`)
    opened.push(sockets)
    return sockets
  }
  const link = () => {
    const here = open()
    const there = open()
    const troubles: SendTrouble[] = []
    const sender = new Sender(libc, space(), 0, trouble => troubles.push(trouble))
    sender.use(here)
    return { here, there, sender, troubles, receiver: new Receiver(libc, space(), SENDER_ROOM) }
  }
  const endpoint = (address: string, port: number): Endpoint => ({ address: parseAddress(address)!, port })

  for (const [family, address] of [
    ['IPv4', '127.0.0.1'],
    ['IPv6', '::1'],
  ] as const) {
    it(`arrive in order, whole, with their marks, over ${family}`, () => {
      const { here, there, sender, receiver, troubles } = link()
      const to = endpoint(address, there.port)
      const batch = fc.array(
        fc.record({
          length: fc.oneof(fc.integer({ min: 1, max: 2000 }), fc.constant(1452)),
          tos: fc.nat(2),
          repeat: fc.integer({ min: 1, max: 70 }),
        }),
        { minLength: 1, maxLength: 8 },
      )
      fc.assert(
        fc.property(batch, groups => {
          const sent: Got[] = []
          for (const { length, tos, repeat } of groups) {
            for (let i = 0; i < repeat; i++) {
              const bytes = Uint8Array.from({ length }, (_, n) => (n * 3 + i * 5 + length) & 0xff)
              sender.push(bytes, to, undefined, tos)
              sent.push({ text: hex(bytes), from: `${address} ${here.port}`, to: address, ecn: tos })
            }
          }
          sender.flush()
          expect(receiveAll(receiver, family === 'IPv4' ? there.v4 : there.v6)).toEqual(sent)
        }),
        { numRuns: 30 },
      )
      expect(troubles).toEqual([])
    })
  }

  it('leave from the address that was asked for', () => {
    const { there, sender, receiver, here } = link()
    const to = endpoint('127.0.0.1', there.port)
    for (const last of [7, 7, 8]) sender.push(Uint8Array.of(last), to, loopback(last), 0)
    sender.flush()
    expect(receiveAll(receiver, there.v4).map(each => each.from)).toEqual([
      `127.0.0.7 ${here.port}`,
      `127.0.0.7 ${here.port}`,
      `127.0.0.8 ${here.port}`,
    ])
  })

  it('go all the same when the address asked for is gone, which is told', () => {
    const { there, sender, receiver, troubles } = link()
    const gone = Uint8Array.of(203, 0, 113, 5)
    sender.push(Uint8Array.of(1), endpoint('127.0.0.1', there.port), gone, 0)
    sender.flush()
    expect(receiveAll(receiver, there.v4).map(each => each.from.split(' ')[0])).toEqual(['127.0.0.1'])
    expect(troubles).toEqual([{ kind: 'source-gone', source: gone }])
  })

  it('are made where they will stand, beside others that are copied', () => {
    const { there, sender, receiver } = link()
    const to = endpoint('127.0.0.1', there.port)
    const wanted: string[] = []
    for (let i = 0; i < 200; i++) {
      const at = sender.reserve(1452)
      const own = space()
        .bytes.subarray(at, at + 1452)
        .fill(i)
      wanted.push(hex(own))
      if (i % 50 === 49) {
        // Something else is pushed while the place is held: it must not damage what stands there.
        sender.push(Uint8Array.of(i), to, undefined, 0)
        wanted.splice(-1, 0, hex(Uint8Array.of(i)))
      }
      sender.push(own, to, undefined, 0)
    }
    sender.flush()
    expect(receiveAll(receiver, there.v4).map(each => each.text)).toEqual(wanted)
  })

  it('that can not go are told and do not hold up the others', () => {
    const { there, sender, receiver, troubles } = link()
    const to = endpoint('127.0.0.1', there.port)
    const broadcast = endpoint('255.255.255.255', 9)
    sender.push(Uint8Array.of(1), to, undefined, 0)
    sender.push(Uint8Array.of(2), broadcast, undefined, 0)
    sender.push(Uint8Array.of(3), to, undefined, 0)
    sender.push(new Uint8Array(65508), to, undefined, 0)
    sender.flush()
    expect(receiveAll(receiver, there.v4).map(each => each.text)).toEqual(['01', '03'])
    expect(troubles.map(each => (each.kind === 'lost' ? each.errno : each.kind)).sort()).toEqual(
      // Without CAP_NET_BROADCAST it is EACCES; either way it is one.
      [13, EMSGSIZE].sort(),
    )
  })

  it('of a family without a socket are told', () => {
    const { sender, troubles } = link()
    sender.use(undefined)
    const to = endpoint('::1', 9)
    const peer = 'somebody' as PublicKey
    sender.push(Uint8Array.of(1, 2, 3), to, undefined, 0, peer)
    expect(troubles).toEqual([{ kind: 'no-socket', to, peer, bytes: 3 }])
  })

  it('need a port that is free in both families', () => {
    const first = open()
    expect(openSockets(libc, first.port, 0)).toBe(-EADDRINUSE)
    expect(open().port).not.toBe(first.port)
  })

  it('carry a firewall mark where the system allows it', () => {
    const sockets = open()
    const allowed = process.getuid?.() === 0
    expect(setFwmark(libc, sockets, 0xca6c)).toBe(allowed)
    if (!allowed) expect(libc.errno()).toBe(EPERM)
  })
})

let made: Space | undefined
const space = (): Space => {
  made ??= createSpace(SENDER_ROOM + RECEIVER_ROOM)
  return made
}

const loopback = (last: number): Address => addresses[last]!
/** One object for each: equal neighbours are told by identity. */
const addresses = Array.from({ length: 10 }, (_, last) => Uint8Array.of(127, 0, 0, last))

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

function receiveAll(receiver: Receiver, socket: UdpSockets['v4']): Got[] {
  const got: Got[] = []
  if (socket === undefined) return got
  for (;;) {
    const count = receiver.receive(socket, ({ from, length, segment, source, destination, ecn }) => {
      for (let at = from; at < from + length; at += segment) {
        const bytes = space().bytes.subarray(at, Math.min(at + segment, from + length))
        got.push({ text: hex(bytes), from: `${show(source.address)} ${source.port}`, to: show(destination), ecn })
      }
    })
    if (count <= 0) return got
  }
}

function show(address: Address | undefined): string {
  if (address === undefined) return 'nowhere'
  return address.length === 4 ? address.join('.') : '::1'
}

function load(): Libc | string {
  try {
    return loadLibc()
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
