import { describe, expect, it } from 'vitest'
import { keyToBase64 } from './config/base64.ts'
import { nodeCrypto } from './crypto/node/provider.ts'
import { stateOf } from './device.ts'
import { Key, type PublicKey } from './key.ts'
import type { Keypairs } from './noise/keypair.ts'
import { dropsAt, ip, type Node, prefix, s, statusOf, TestNet, testKey } from './testing.ts'
import { Probe } from './testprobe.ts'

function pair(): { net: TestNet; a: Node; b: Node } {
  const net = new TestNet(nodeCrypto)
  const a = net.add('a')
  const b = net.add('b')
  net.connect(a, b)
  return { net, a, b }
}

/** A session that a began at 0 s and both have used; now is 1 s. */
function established(): { net: TestNet; a: Node; b: Node } {
  const world = pair()
  world.net.send(world.a, world.b)
  world.net.run(s(0.5))
  world.net.send(world.b, world.a)
  world.net.run(s(1))
  world.net.forget()
  return world
}

function alone(): { net: TestNet; a: Node; probe: Probe } {
  const net = new TestNet(nodeCrypto)
  const a = net.add('a')
  return { net, a, probe: new Probe(net, nodeCrypto, a) }
}

function keypairs(node: Node, peer: { publicKey: Node['publicKey'] }): Keypairs {
  return stateOf(node.device).peers.get(peer.publicKey)!.keypairs
}

const kinds = (net: TestNet, node: Node) => net.sentBy(node).map(({ message }) => message)

describe('wiping', () => {
  const sizes = (node: Node, peer: { publicKey: Node['publicKey'] }) => {
    const { current, previous, next } = keypairs(node, peer)
    const { handshake, handshakeIndex } = stateOf(node.device).peers.get(peer.publicKey)!
    return [current, previous, next, handshake, handshakeIndex].filter(thing => thing !== undefined).length
  }

  it('62: 540 s after the last session everything secret is gone, indices too', () => {
    const { net, a, probe } = alone()
    const session = probe.initiate()
    probe.inject(probe.data(session))
    probe.initiate()
    const last = net.now
    net.run((last + 539_999_999_999) as typeof last)
    expect(sizes(a, probe)).toBe(2)
    net.run((last + 540_000_000_000) as typeof last)
    expect(sizes(a, probe)).toBe(0)
    expect(stateOf(a.device).indices.size).toBe(0)
    expect(a.events.filter(event => event.kind === 'key').slice(-2)).toMatchObject([
      { what: 'zeroed' },
      { what: 'zeroed' },
    ])
  })

  it('62: a handshake that was given up is wiped 540 s later', () => {
    const { net, a, b } = pair()
    net.fate = () => []
    net.send(a, b)
    net.pass(130)
    const givenUp = a.events.find(event => event.kind === 'handshake' && event.what === 'given-up')!.at
    net.run((givenUp + 539_999_999_999) as typeof givenUp)
    expect(sizes(a, b)).toBe(2)
    net.run((givenUp + 540_000_000_000) as typeof givenUp)
    expect(sizes(a, b)).toBe(0)
    expect(stateOf(a.device).indices.size).toBe(0)
  })

  it('63: a new private key ends sending at once, lets receiving go on, and a new handshake leaves at once', () => {
    const { net, a, b } = established()
    const key = testKey('a2')
    net.configure(a, { privateKey: key })
    net.send(b, a)
    net.pass(0.1)
    expect(a.delivered).toHaveLength(1)
    net.send(a, b)
    expect(kinds(net, a)).toEqual(['initiation'])
    expect(keypairs(a, b).current).toMatchObject({ sendingValid: false, receivingValid: true })
    net.pass(0.1)
    expect(dropsAt(b)).toEqual(['unknown-peer'])
    net.configure(b, {
      peers: [
        { publicKey: a.publicKey, remove: true },
        { publicKey: a.device.status().publicKey!, allowedIps: [{ address: a.inner, length: 32 }] },
      ],
    })
    net.pass(6)
    expect(b.delivered).toHaveLength(1)
  })

  it('63: a handshake that is under way is dropped, an unconfirmed session does not send', () => {
    const { net, a, probe } = alone()
    const session = probe.initiate()
    net.send(a, probe.inner)
    net.configure(a, { privateKey: testKey('a2') })
    probe.inject(probe.data(session))
    expect(kinds(net, a)).toEqual(['response', 'initiation'])
    net.configure(a, { privateKey: testKey('a3') })
    expect(stateOf(a.device).peers.get(probe.publicKey)!.handshake).toBeUndefined()
  })

  it('64: the same private key changes nothing', () => {
    const { net, a, b } = established()
    net.configure(a, { privateKey: a.key })
    net.configure(a, { privateKey: new Key(a.key.reveal()) })
    net.send(a, b)
    expect(kinds(net, a)).toEqual(['data'])
  })

  it('64: the same private key, not clamped, is a new one each time, as the kernel compares bytes', () => {
    const { net, a, b } = established()
    const bytes = a.key.reveal().slice()
    bytes[0]! |= 7
    bytes[31]! |= 0x80
    for (let i = 0; i < 2; i++) {
      net.configure(a, { privateKey: new Key(bytes) })
      expect(a.device.status().publicKey).toBe(a.publicKey)
      net.send(a, b)
      net.pass(1)
    }
    expect(kinds(net, a)).toEqual(['initiation', 'data', 'initiation', 'data'])
  })

  it('64: no private key twice changes nothing either', () => {
    const { net, a, b } = established()
    net.configure(a, { privateKey: null })
    expect(a.events.map(({ kind }) => kind)).toEqual(['key'])
    net.configure(a, { privateKey: null })
    net.configure(a, { privateKey: new Key(new Uint8Array(32)) })
    expect(a.events).toHaveLength(1)
    expect(statusOf(a, b).staged).toBe(0)
  })

  it('65: a new preshared key leaves the session alone and counts from the next handshake', () => {
    const { net, a, b } = established()
    net.configure(a, { peers: [{ publicKey: b.publicKey, presharedKey: testKey('psk') }] })
    net.send(a, b)
    net.pass(1)
    expect(b.delivered).toHaveLength(1)
    net.run(s(130))
    net.send(a, b)
    net.pass(1)
    expect(dropsAt(a)).toEqual(['bad-response'])
    net.configure(b, { peers: [{ publicKey: a.publicKey, presharedKey: testKey('psk') }] })
    net.pass(12)
    expect(a.events.filter(event => event.kind === 'handshake' && event.what === 'completed')).toHaveLength(1)
  })

  it('66: down wipes sessions, handshakes and what was staged, and keeps endpoint and timestamp', () => {
    const { net, a, b } = established()
    const initiations = net.sentBy(a, 'initiation').length
    net.run(s(200))
    net.send(a, b)
    const before = statusOf(a, b)
    net.forget()
    net.input(a, { kind: 'link', up: false })
    expect(a.sockets).toEqual([{ kind: 'socket', port: undefined, fwmark: 0 }])
    expect(dropsAt(a)).toEqual(['staged-wiped'])
    expect(sizes(a, b)).toBe(0)
    expect(stateOf(a.device).indices.size).toBe(0)
    expect(a.device.pollTimeout()).toBe(Number.MAX_SAFE_INTEGER)
    expect(statusOf(a, b)).toEqual({ ...before, staged: 0, drops: { 'staged-wiped': 1 } })
    net.send(a, b)
    net.inject(a, new Uint8Array(148), b.endpoint)
    expect(dropsAt(a).slice(1)).toEqual(['device-down', 'device-down'])
    // last_sent was forgotten: the first packet after up is answered by a handshake at once.
    net.input(a, { kind: 'link', up: true })
    net.send(a, b)
    expect(net.sentBy(a, 'initiation')).toHaveLength(initiations + 1)
    expect(a.sockets.at(-1)).toEqual({ kind: 'socket', port: 51820, fwmark: 0 })
  })

  it('66: up when up and down when down do nothing', () => {
    const { net, a } = established()
    net.input(a, { kind: 'link', up: true })
    expect(a.sockets).toEqual([])
    net.input(a, { kind: 'link', up: false })
    net.input(a, { kind: 'link', up: false })
    expect(a.sockets).toHaveLength(1)
  })

  it('67: up sends at once for peers with a persistent keepalive, and for nobody else', () => {
    const { net, a, b } = pair()
    net.input(a, { kind: 'link', up: false })
    net.configure(a, { peers: [{ publicKey: b.publicKey, persistentKeepalive_s: 25 }] })
    net.pass(60)
    expect(net.sent).toEqual([])
    net.input(a, { kind: 'link', up: true })
    expect(kinds(net, a)).toEqual(['initiation'])
    net.input(b, { kind: 'link', up: false })
    net.input(b, { kind: 'link', up: true })
    expect(kinds(net, b)).toEqual([])
  })

  it('68: sleep wipes the keys and keeps what is staged', () => {
    const { net, a, b } = established()
    net.run(s(200))
    net.fate = () => []
    net.send(a, b)
    net.input(a, { kind: 'suspend' })
    expect(sizes(a, b)).toBe(0)
    expect(statusOf(a, b).staged).toBe(1)
    net.fate = () => [10]
    net.pass(6)
    expect(b.delivered).toHaveLength(1)
  })

  it('69: a first private key sends what was staged for want of it', () => {
    const { net, a, b } = pair()
    net.configure(a, { privateKey: null })
    net.send(a, b)
    net.pass(1)
    expect(net.sent).toEqual([])
    net.configure(a, { privateKey: a.key })
    net.pass(1)
    expect(b.delivered).toHaveLength(1)
  })

  it('69: not while the interface is down', () => {
    const { net, a, b } = pair()
    net.configure(a, { privateKey: null })
    net.input(a, { kind: 'link', up: false })
    net.configure(a, { privateKey: a.key })
    expect(net.sentBy(a)).toEqual([])
    expect(statusOf(a, b).staged).toBe(0)
  })

  it('replaced and removed secrets are overwritten', () => {
    const { net, a, b } = established()
    const state = stateOf(a.device)
    const peer = state.peers.get(b.publicKey)!
    const { staticStatic } = peer
    const privateKey = state.identity!.key
    net.configure(a, { peers: [{ publicKey: b.publicKey, presharedKey: testKey('psk') }] })
    const first = peer.presharedKey
    net.configure(a, { peers: [{ publicKey: b.publicKey, presharedKey: testKey('psk 2') }] })
    const second = peer.presharedKey
    expect([first.isZero(), second.isZero(), privateKey.isZero()]).toEqual([true, false, false])
    net.configure(a, { privateKey: testKey('a2') })
    expect([privateKey.isZero(), staticStatic!.every(byte => byte === 0)]).toEqual([true, true])
    net.configure(a, { peers: [{ publicKey: b.publicKey, remove: true }] })
    expect(second.isZero()).toBe(true)
    expect([testKey('psk').isZero(), a.key.isZero(), statusOf(b, a).hasPresharedKey]).toEqual([false, false, false])
  })

  it('no preshared key stays none, however often it is set', () => {
    const { net, a, b } = established()
    for (const presharedKey of [null, testKey('psk'), null, null]) {
      net.configure(a, { peers: [{ publicKey: b.publicKey, presharedKey }] })
    }
    expect(statusOf(a, b).hasPresharedKey).toBe(false)
    expect(stateOf(a.device).peers.get(b.publicKey)!.presharedKey.reveal()).toEqual(new Uint8Array(32))
  })

  it('what a failed handshake drew is overwritten', () => {
    const { net, a } = established()
    const drawn: Uint8Array[] = []
    const lowOrder = keyToBase64(new Uint8Array(32)) as PublicKey
    net.configure(a, {
      peers: [{ publicKey: lowOrder, endpoint: a.endpoint, allowedIps: [prefix(ip(10, 9, 9, 9), 32)] }],
    })
    const peer = stateOf(a.device).peers.get(lowOrder)!
    const { random } = peer
    const spy = { ...random, bytes: (length: number) => drawn[drawn.push(random.bytes(length)) - 1]! }
    Object.defineProperty(peer, 'random', { value: spy })
    net.send(a, ip(10, 9, 9, 9))
    expect(dropsAt(a)).toEqual(['low-order-peer'])
    expect(drawn).toEqual([new Uint8Array(32)])
  })
})
