/** The clock, and what a device gives out: behaviours 28 to 30, ids, secrets, events. */
import { describe, expect, it } from 'vitest'
import { NS_PER_MS, NS_PER_S, type WallTime } from './box.ts'
import { nodeCrypto } from './crypto/node/provider.ts'
import { authenticateInitiation, openInitiation, prepareNoise } from './noise/handshake.ts'
import { dropsAt, ipv4, type Node, s, statusOf, TestNet, testKey, wallTime } from './testing.ts'

function pair(options = {}): { net: TestNet; a: Node; b: Node } {
  const net = new TestNet(nodeCrypto)
  const a = net.add('a', options)
  const b = net.add('b', options)
  net.connect(a, b)
  return { net, a, b }
}

/** The timestamp inside an initiation to `to` from `from`. */
function timestampOf(initiation: Uint8Array, to: Node, from: Node): Uint8Array {
  const noise = prepareNoise(nodeCrypto)
  const local = nodeCrypto.privateKey(to.key.reveal())
  const opened = openInitiation(noise, local, initiation)
  if (typeof opened === 'string') throw new Error(opened)
  const staticStatic = local.dh(nodeCrypto.privateKey(from.key.reveal()).publicKey)
  const proven = authenticateInitiation(noise, opened, staticStatic, initiation)
  if (typeof proven === 'string') throw new Error(proven)
  return proven.timestamp
}

describe('the clock', () => {
  it('28, 29, 30: the timestamp is TAI64N of the wall clock, whitened, and follows a step', () => {
    let wall: WallTime = { sec: 1_700_000_000, nsec: 123_456_789 }
    const { net, a, b } = pair({ wall: () => wall })
    net.fate = () => []
    net.send(a, b)
    wall = { sec: 1_800_000_000, nsec: 5 }
    net.pass(6)
    const [first, second] = net.sentBy(a, 'initiation').map(({ bytes }) => timestampOf(bytes, b, a))
    const view = new DataView(first!.buffer, first!.byteOffset)
    expect(view.getBigUint64(0)).toBe(2n ** 62n + 10n + 1_700_000_000n)
    expect(view.getUint32(8)).toBe(123_456_789 - (123_456_789 % 2 ** 24))
    expect(new DataView(second!.buffer, second!.byteOffset).getBigUint64(0)).toBe(2n ** 62n + 10n + 1_800_000_000n)
  })

  it('15, 30: a peer whose clock went back is refused until it has caught up', () => {
    let offset_s = 0
    const { net, a, b } = pair({
      wall: (now: number) => ({ sec: 1_700_000_000 + Math.floor(now / NS_PER_S) + offset_s, nsec: 0 }),
    })
    net.send(a, b)
    net.pass(200)
    offset_s = -230
    net.send(a, b)
    net.pass(10)
    expect(dropsAt(b)).toEqual(['old-timestamp', 'old-timestamp'])
    net.pass(60)
    expect(b.delivered).toHaveLength(2)
  })
})

describe('what the device gives out', () => {
  it('reveals ephemeral keys only when asked, one for each initiation and response', () => {
    for (const revealSecrets of [true, false]) {
      const { net, a, b } = pair({ revealSecrets })
      net.send(a, b)
      net.pass(1)
      expect([a.secrets.length, b.secrets.length]).toEqual(revealSecrets ? [1, 1] : [0, 0])
      if (!revealSecrets) continue
      const { bytes } = net.sentBy(a, 'initiation')[0]!
      expect(nodeCrypto.privateKey(a.secrets[0]!.key.reveal()).publicKey).toEqual(bytes.slice(8, 40))
      expect(nodeCrypto.privateKey(b.secrets[0]!.key.reveal()).publicKey).toEqual(
        net.sentBy(b, 'response')[0]!.bytes.slice(12, 44),
      )
      expect(a.secrets[0]!.peer).toBe(b.publicKey)
    }
  })

  it('puts no secret into events and status', () => {
    const { net, a, b } = pair({ revealSecrets: true })
    net.configure(a, { peers: [{ publicKey: b.publicKey, presharedKey: testKey('psk') }] })
    net.configure(b, { peers: [{ publicKey: a.publicKey, presharedKey: testKey('psk') }] })
    net.send(a, b)
    net.pass(1)
    const text = JSON.stringify([a.events, a.device.status(), a.secrets])
    for (const key of [a.key, testKey('psk'), a.secrets[0]!.key]) {
      expect(text).not.toContain(JSON.stringify([...key.reveal()]).slice(1, -1))
      expect(text).not.toContain(Buffer.from(key.reveal()).toString('base64'))
    }
  })

  it('gives packets of its own the box’s name, and forwarded packets keep their id', () => {
    const { net, a, b } = pair()
    net.send(a, b)
    net.pass(1)
    const own = net.sent.filter(({ message }) => message !== 'data').map(({ id }) => `${id.box} ${id.n}`)
    expect(own).toEqual(['a 0', 'b 0'])
    expect(net.sentBy(a, 'data')[0]!.id.box).toBe('app')
    expect(b.delivered[0]!.id).toEqual(net.sentBy(a, 'data')[0]!.id)
  })

  it('tells a story in order', () => {
    const { net, a, b } = pair()
    net.send(a, b, ipv4(a.inner, b.inner, 100))
    net.pass(1)
    const story = (node: Node) =>
      node.events.flatMap(event =>
        event.kind === 'handshake' || event.kind === 'key'
          ? [`${event.at / NS_PER_MS} ms ${event.kind} ${event.what}`]
          : [],
      )
    expect(story(a)).toEqual(['0 ms handshake initiated', '20 ms key derived', '20 ms handshake completed'])
    expect(story(b)).toEqual([
      '10 ms handshake answered',
      '10 ms key derived',
      '30 ms key confirmed',
      '30 ms handshake completed',
    ])
    expect(wallTime(s(0.02))).toEqual(statusOf(a, b).latestHandshake)
  })
})
