/** Handshakes between devices: behaviours 1 to 27. */
import { describe, expect, it } from 'vitest'
import { nodeCrypto } from './crypto/node/provider.ts'
import { stateOf } from './device.ts'
import { Key } from './key.ts'
import { readIndex } from './messages.ts'
import { createInitiation, prepareNoise } from './noise/handshake.ts'
import { sendResponse } from './send.ts'
import { dropsAt, ip, ms, type Node, prefix, s, statusOf, TestNet, testKey } from './testing.ts'
import { Probe, stamp } from './testprobe.ts'

function pair(options = {}): { net: TestNet; a: Node; b: Node } {
  const net = new TestNet(nodeCrypto)
  const a = net.add('a', options)
  const b = net.add('b', options)
  net.connect(a, b)
  return { net, a, b }
}

function alone(options = {}): { net: TestNet; a: Node; probe: Probe } {
  const net = new TestNet(nodeCrypto)
  const a = net.add('a', options)
  return { net, a, probe: new Probe(net, nodeCrypto, a) }
}

describe('wire', () => {
  it('1, 2, 3, 4: what is not a message is dropped with its reason and in silence', () => {
    const { net, a, probe } = alone()
    const good = probe.initiation()
    const reserved = good.slice()
    reserved[2] = 1
    const rubbish: [Uint8Array, string][] = [
      [new Uint8Array(0), 'too-short'],
      [Uint8Array.of(1, 0, 0), 'too-short'],
      [Uint8Array.from({ length: 40 }, () => 9), 'unknown-type'],
      [new Uint8Array(64), 'unknown-type'],
      [reserved, 'reserved-not-zero'],
      [good.subarray(0, 147), 'wrong-length'],
      [Uint8Array.of(...good, 0), 'wrong-length'],
      [Uint8Array.of(4, 0, 0, 0, ...new Uint8Array(27)), 'wrong-length'],
    ]
    for (const [bytes] of rubbish) probe.inject(bytes)
    expect(dropsAt(a)).toEqual(rubbish.map(([, reason]) => reason))
    expect(net.sent).toEqual([])
    probe.inject(good)
    expect(net.sentBy(a, 'response')).toHaveLength(1)
  })

  it('5: indices are fresh for every initiation and response, and unique in the device', () => {
    const { net, a, probe } = alone()
    for (let i = 0; i < 50; i++) probe.initiate()
    const indices = net.sentBy(a, 'response').map(({ bytes }) => readIndex(bytes, 4))
    expect(new Set(indices).size).toBe(50)
    expect(Math.max(...indices)).toBeGreaterThan(2 ** 31)
    // One unconfirmed session: all the others gave their index back.
    expect(stateOf(a.device).indices.size).toBe(1)
  })

  it('6: a response meets only a handshake, data only a session, a cookie reply either', () => {
    const { net, a, probe } = alone()
    const session = probe.beAnswered()
    net.pass(6)
    net.forget()
    const responseToSession = new Uint8Array(92)
    responseToSession[0] = 2
    new DataView(responseToSession.buffer).setUint32(8, session.remoteIndex, true)
    probe.inject(probe.sign(responseToSession))
    expect(dropsAt(a)).toEqual(['unknown-handshake'])
    const cookieReply = new Uint8Array(64)
    cookieReply[0] = 3
    new DataView(cookieReply.buffer).setUint32(4, session.remoteIndex, true)
    probe.inject(cookieReply)
    expect(dropsAt(a).at(-1)).toBe('bad-cookie')
    new DataView(cookieReply.buffer).setUint32(4, session.remoteIndex ^ 1, true)
    probe.inject(cookieReply)
    expect(dropsAt(a).at(-1)).toBe('unknown-cookie-index')
    net.pass(130)
    net.send(a, probe.inner)
    const handshakeIndex = readIndex(net.sentBy(a, 'initiation').at(-1)!.bytes, 4)
    probe.inject(probe.data({ ...session, remoteIndex: handshakeIndex }))
    expect(dropsAt(a).at(-1)).toBe('unknown-session')
    new DataView(cookieReply.buffer).setUint32(4, handshakeIndex, true)
    probe.inject(cookieReply)
    expect(dropsAt(a).at(-1)).toBe('bad-cookie')
  })

  it('7, 61: counters start at 0 and go up by one, nonce and additional data as the paper has them', () => {
    const { net, a, probe } = alone()
    const session = probe.beAnswered()
    for (let i = 0; i < 3; i++) net.send(a, probe.inner)
    const data = net.sentBy(a, 'data')
    expect(data.map(({ bytes }) => bytes[8])).toEqual([0, 1, 2, 3])
    for (const { bytes } of data) expect(probe.open(session, bytes)).toHaveLength(96)
    probe.inject(probe.data(session))
    expect(dropsAt(a)).toEqual([])
  })

  it('10, 65: no preshared key is the same as one of zeros, and different ones never meet', () => {
    for (const [ours, theirs, meets] of [
      [null, new Key(new Uint8Array(32)), true],
      [testKey('psk'), testKey('psk'), true],
      [testKey('psk'), null, false],
      [testKey('psk'), testKey('other psk'), false],
    ] as const) {
      const { net, a, b } = pair()
      net.configure(a, { peers: [{ publicKey: b.publicKey, presharedKey: ours }] })
      net.configure(b, { peers: [{ publicKey: a.publicKey, presharedKey: theirs }] })
      expect(statusOf(a, b).hasPresharedKey).toBe(ours !== null)
      net.send(a, b)
      net.pass(1)
      expect(b.delivered).toHaveLength(meets ? 1 : 0)
      if (!meets) expect(dropsAt(a)).toEqual(['bad-response'])
    }
  })

  it('11: the initiator sends with the first key and the responder with the second', () => {
    const { net, a, probe } = alone()
    const asResponder = probe.beAnswered()
    expect(probe.open(asResponder, net.sentBy(a, 'data')[0]!.bytes)).toBeDefined()
    net.pass(6)
    const asInitiator = probe.initiate()
    probe.inject(probe.data(asInitiator))
    net.send(a, probe.inner)
    expect(probe.open(asInitiator, net.sentBy(a, 'data').at(-1)!.bytes)).toBeDefined()
  })
})

describe('acceptance', () => {
  it('12: a wrong mac1 is refused before anything else', () => {
    const { net, a, probe } = alone()
    const message = probe.initiation()
    message[116]! ^= 1
    probe.inject(message)
    expect(dropsAt(a)).toEqual(['bad-mac1'])
    expect(net.sent).toEqual([])
  })

  it('13: mac2 may be anything without load', () => {
    const { net, a, probe } = alone()
    const message = probe.initiation()
    message.fill(0x5a, 132)
    probe.inject(message)
    expect(net.sentBy(a, 'response')).toHaveLength(1)
  })

  it('14: a stranger hears nothing', () => {
    const { net, a, b } = pair()
    net.configure(b, { peers: [{ publicKey: a.publicKey, remove: true }] })
    net.send(a, b)
    net.pass(1)
    expect(dropsAt(b)).toEqual(['unknown-peer'])
    expect(net.sentBy(b)).toEqual([])
  })

  it.each([
    ['later by one in the last byte', stamp(1000, 5), stamp(1000, 6), true],
    ['equal', stamp(1000, 5), stamp(1000, 5), false],
    ['a second earlier with more nanoseconds', stamp(1000, 5), stamp(999, 900_000_000), false],
    ['a second later with fewer nanoseconds', stamp(1000, 900_000_000), stamp(1001, 0), true],
  ])('15: a timestamp that is %s', (_, first, second, accepted) => {
    const { net, a, probe } = alone()
    probe.inject(probe.initiation(first))
    net.pass(1)
    probe.inject(probe.initiation(second))
    expect(net.sentBy(a, 'response')).toHaveLength(accepted ? 2 : 1)
    expect(dropsAt(a)).toEqual(accepted ? [] : ['old-timestamp'])
  })

  it('15: a timestamp of zeros is never later than none', () => {
    const { a, probe } = alone()
    probe.inject(probe.initiation(new Uint8Array(12)))
    expect(dropsAt(a)).toEqual(['old-timestamp'])
  })

  it('15: a replayed initiation is refused', () => {
    const { net, a, probe } = alone()
    const message = probe.initiation()
    probe.inject(message)
    net.pass(1)
    probe.inject(message.slice())
    expect(dropsAt(a)).toEqual(['old-timestamp'])
  })

  it('16: the greatest timestamp survives expiry, wiping, down and up; it goes with the peer', () => {
    const { net, a, probe } = alone()
    const message = probe.initiation()
    probe.inject(message)
    net.pass(600)
    probe.inject(message.slice())
    net.input(a, { kind: 'link', up: false })
    net.input(a, { kind: 'link', up: true })
    net.input(a, { kind: 'suspend' })
    probe.inject(message.slice())
    expect(dropsAt(a)).toEqual(['old-timestamp', 'old-timestamp'])
    net.configure(a, { peers: [{ publicKey: probe.publicKey, remove: true }, { publicKey: probe.publicKey }] })
    probe.inject(message.slice())
    expect(net.sentBy(a, 'response')).toHaveLength(2)
  })

  it('17: the timestamp of an initiation that does not authenticate is forgotten', () => {
    const { net, a, probe } = alone()
    const forged = probe.initiation(stamp(5_000_000_000))
    forged[100]! ^= 1
    probe.inject(probe.sign(forged))
    expect(dropsAt(a)).toEqual(['bad-timestamp'])
    probe.inject(probe.initiation())
    expect(net.sentBy(a, 'response')).toHaveLength(1)
  })

  it('18: two initiations within 20 ms are one too many, and 20 ms are enough', () => {
    for (const [gap, answers] of [
      [19.999999, 1],
      [20, 2],
    ] as const) {
      const { net, a, probe } = alone()
      probe.inject(probe.initiation(stamp(1)))
      net.run(ms(gap))
      probe.inject(probe.initiation(stamp(2)))
      expect(net.sentBy(a, 'response')).toHaveLength(answers)
      expect(dropsAt(a)).toEqual(answers === 2 ? [] : ['initiation-flood'])
    }
  })

  it('18: the first initiation may come at the first instant', () => {
    const { net, a, probe } = alone()
    probe.inject(probe.initiation())
    expect(net.now).toBe(0)
    expect(net.sentBy(a, 'response')).toHaveLength(1)
  })

  it('19: an ephemeral key of low order is refused in either role', () => {
    const { net, a, probe } = alone()
    const initiation = probe.initiation()
    initiation.fill(0, 8, 40)
    probe.inject(probe.sign(initiation))
    net.configure(a, { peers: [{ publicKey: probe.publicKey, endpoint: probe.endpoint }] })
    net.send(a, probe.inner)
    const { response } = probe.answer(net.sentBy(a, 'initiation')[0]!.bytes)
    response.fill(0, 12, 44)
    probe.inject(probe.sign(response))
    expect(dropsAt(a)).toEqual(['low-order-ephemeral', 'low-order-ephemeral'])
    expect(net.sentBy(a, 'response')).toEqual([])
  })

  it('19: no response is made to an ephemeral key of low order, even if it came this far', () => {
    const { net, a, probe } = alone()
    const state = stateOf(a.device)
    const consumed = {
      kind: 'consumed-initiation',
      chainingKey: new Uint8Array(32),
      hash: new Uint8Array(32),
      remoteEphemeral: new Uint8Array(32),
      remoteIndex: 0,
    } as const
    sendResponse(state, net.now, state.peers.get(probe.publicKey)!, consumed)
    net.input(a, { kind: 'forget-source' })
    expect(dropsAt(a)).toEqual(['low-order-ephemeral'])
    expect([net.sent, state.indices.size]).toEqual([[], 0])
  })

  it('20: a peer with a low-order key can be configured and is never written to', () => {
    const { net, a } = alone()
    const publicKey = `${'A'.repeat(43)}=` as Node['publicKey']
    const endpoint = { address: ip(192, 0, 2, 50), port: 1 }
    net.configure(a, { peers: [{ publicKey, endpoint, allowedIps: [prefix(ip(10, 9, 0, 0), 16)] }] })
    net.send(a, ip(10, 9, 0, 1))
    net.pass(100)
    expect(net.sent).toEqual([])
    expect(dropsAt(a)).toEqual(['low-order-peer'])
    expect(a.device.status().peers.at(-1)).toMatchObject({ publicKey, staged: 1 })
  })

  it('20: an initiation that names a low-order peer as its sender is refused', () => {
    const { net, a } = alone()
    const zero = new Uint8Array(32)
    net.configure(a, { peers: [{ publicKey: `${'A'.repeat(43)}=` as Node['publicKey'] }] })
    // Nobody can hold that key's secret, but the first half of an initiation needs none.
    const liar = { publicKey: zero, dh: () => zero }
    const target = nodeCrypto.privateKey(a.key.reveal()).publicKey
    const ephemeral = nodeCrypto.privateKey(new Uint8Array(32).fill(3))
    const made = createInitiation(prepareNoise(nodeCrypto), liar, target, zero, ephemeral, stamp(1))!
    const probe = new Probe(net, nodeCrypto, a)
    probe.inject(probe.sign(made.message))
    expect(dropsAt(a)).toEqual(['low-order-peer'])
  })

  it('21: every retransmission has a new ephemeral key, index and timestamp; a late answer to the one before is refused', () => {
    const { net, a, probe } = alone()
    net.configure(a, { peers: [{ publicKey: probe.publicKey, endpoint: probe.endpoint }] })
    net.send(a, probe.inner)
    net.pass(6)
    const [first, second] = net.sentBy(a, 'initiation').map(({ bytes }) => bytes)
    for (const [from, to] of [
      [4, 8],
      [8, 40],
      [88, 116],
    ] as const) {
      expect(first!.subarray(from, to)).not.toEqual(second!.subarray(from, to))
    }
    probe.inject(probe.answer(first!).response)
    expect(dropsAt(a)).toEqual(['unknown-handshake'])
    probe.inject(probe.answer(second!).response)
    expect(net.sentBy(a, 'data')).toHaveLength(1)
  })

  it('22: a response is taken once', () => {
    const { net, a, probe } = alone()
    net.configure(a, { peers: [{ publicKey: probe.publicKey, endpoint: probe.endpoint }] })
    net.send(a, probe.inner)
    const { response } = probe.answer(net.sentBy(a, 'initiation')[0]!.bytes)
    probe.inject(response)
    probe.inject(response.slice())
    expect(dropsAt(a)).toEqual(['unknown-handshake'])
    expect(net.sentBy(a, 'data')).toHaveLength(1)
  })

  it('23: the initiation of the peer overtakes our own, whose answer is then refused', () => {
    const { net, a, probe } = alone()
    net.configure(a, { peers: [{ publicKey: probe.publicKey, endpoint: probe.endpoint }] })
    net.send(a, probe.inner)
    const ours = net.sentBy(a, 'initiation')[0]!.bytes
    const { response } = probe.answer(ours)
    probe.inject(probe.initiation())
    const session = probe.finish(net.sentBy(a, 'response')[0]!.bytes)
    probe.inject(response)
    expect(dropsAt(a)).toEqual(['unknown-handshake'])
    probe.inject(probe.data(session))
    expect(probe.open(session, net.sentBy(a, 'data')[0]!.bytes)).toBeDefined()
  })

  it('23: a response is also refused between the two, while the handshake is the peer’s', () => {
    const { net, a, probe } = alone({ handshakeCost_ns: 1 })
    net.configure(a, { peers: [{ publicKey: probe.publicKey, endpoint: probe.endpoint }] })
    net.send(a, probe.inner)
    const { response } = probe.answer(net.sentBy(a, 'initiation')[0]!.bytes)
    const peer = stateOf(a.device).peers.get(probe.publicKey)!
    peer.handshake = {
      kind: 'consumed-initiation',
      chainingKey: new Uint8Array(32),
      hash: new Uint8Array(32),
      remoteEphemeral: new Uint8Array(32),
      remoteIndex: 0,
    }
    probe.inject(response)
    net.pass(0.001)
    expect(dropsAt(a)).toEqual(['handshake-superseded'])
  })

  it('23: crossing initiations heal', () => {
    const { net, a, b } = pair()
    net.send(a, b)
    net.send(b, a)
    net.pass(20)
    expect([a.delivered.length, b.delivered.length]).toEqual([1, 1])
    net.forget()
    net.send(a, b)
    net.send(b, a)
    net.pass(1)
    expect([a.delivered.length, b.delivered.length]).toEqual([1, 1])
    expect(net.sentBy(a, 'initiation')).toEqual([])
  })

  it('24: the response goes where the initiation came from, from where it came in', () => {
    const { net, a, probe } = alone()
    net.configure(a, { peers: [{ publicKey: probe.publicKey, endpoint: { address: ip(203, 0, 113, 1), port: 9 } }] })
    probe.inject(probe.initiation())
    expect(net.sentBy(a, 'response')[0]).toMatchObject({ to: probe.endpoint, from: a.endpoint.address })
  })

  it('25, 74: no initiation within 5 s of a response', () => {
    const { net, a, probe } = alone()
    net.pass(1)
    probe.inject(probe.initiation())
    net.send(a, probe.inner)
    net.run(s(5.999999999))
    net.send(a, probe.inner)
    expect(net.sentBy(a, 'initiation')).toEqual([])
    net.run(s(6))
    net.send(a, probe.inner)
    expect(net.sentBy(a, 'initiation')).toHaveLength(1)
  })

  it('26: the response is signed for the initiator', () => {
    const { net, a, b } = pair()
    net.send(a, b)
    net.pass(1)
    expect(dropsAt(a)).toEqual([])
    const { bytes } = net.sentBy(b, 'response')[0]!
    const key = nodeCrypto.hash(new TextEncoder().encode('mac1----'), nodeCrypto.privateKey(a.key.reveal()).publicKey)
    expect(bytes.subarray(60, 76)).toEqual(nodeCrypto.mac(key, bytes.subarray(0, 60)))
  })

  it('27: without a private key nothing is sent or taken', () => {
    const { net, a, probe } = alone()
    const message = probe.initiation()
    net.configure(a, { privateKey: null, peers: [{ publicKey: probe.publicKey, endpoint: probe.endpoint }] })
    net.send(a, probe.inner)
    probe.inject(message)
    net.pass(60)
    expect(net.sent).toEqual([])
    expect(dropsAt(a)).toEqual(['no-private-key', 'no-private-key'])
    expect(a.device.status().publicKey).toBeUndefined()
  })
})
