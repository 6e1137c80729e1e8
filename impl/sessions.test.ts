/** The life of sessions and counters: behaviours 45 to 61. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { REJECT_AFTER_MESSAGES, REKEY_AFTER_MESSAGES } from './constants.ts'
import { nodeCrypto } from './crypto/node/provider.ts'
import { stateOf } from './device.ts'
import type { Keypairs } from './noise/keypair.ts'
import { dropsAt, ip, ipv4, type Node, s, statusOf, TestNet } from './testing.ts'
import { Probe, type ProbeSession } from './testprobe.ts'

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
const inner = (probe: Probe, node: Node) => ipv4(probe.inner, node.inner)

describe('confirmation', () => {
  it('45: the initiator’s first packet confirms: what was staged, or exactly one keepalive', () => {
    for (const staged of [true, false]) {
      const { net, a, b } = pair()
      if (staged) for (let i = 0; i < 3; i++) net.send(a, b)
      else net.configure(a, { peers: [{ publicKey: b.publicKey, persistentKeepalive_s: 1000 }] })
      net.pass(1)
      expect(kinds(net, a)).toEqual(['initiation', ...(staged ? ['data', 'data', 'data'] : ['keepalive'])])
      expect(net.sentBy(a).at(-1)!.bytes).toHaveLength(staged ? 128 : 32)
    }
  })

  it('45: with nothing staged at all the response is answered by one keepalive', () => {
    const { net, a, b } = pair()
    net.fate = ({ message }) => (message === 'response' ? [] : [10])
    net.send(a, b)
    net.pass(6)
    stateOf(a.device).peers.get(b.publicKey)!.staged = []
    net.fate = () => [10]
    net.pass(6)
    expect(kinds(net, a).slice(2)).toEqual(['initiation', 'keepalive'])
  })

  it('46, 47, 84: the responder keeps its packets until the initiator has used the session', () => {
    const { net, a, probe } = alone()
    const session = probe.initiate()
    for (let i = 0; i < 3; i++) net.send(a, probe.inner, ipv4(a.inner, probe.inner, 100 + i))
    net.pass(1)
    expect(kinds(net, a)).toEqual(['response'])
    expect(statusOf(a, probe)).toMatchObject({ staged: 3, latestHandshake: undefined })
    probe.inject(probe.data(session))
    expect(statusOf(a, probe).latestHandshakeAt).toBe(net.now)
    const plain = net.sentBy(a, 'data').map(({ bytes }) => probe.open(session, bytes)!.length)
    expect(plain).toEqual([112, 112, 112])
    expect(net.sentBy(a, 'data').map(({ bytes }) => bytes[8])).toEqual([0, 1, 2])
  })

  it('48: neither a forged nor a replayed packet confirms', () => {
    const { net, a, probe } = alone()
    const first = probe.initiate()
    const old = probe.data(first)
    probe.inject(old)
    const second = probe.initiate()
    net.send(a, probe.inner)
    net.forget()
    probe.inject(old.slice())
    const forged = probe.data(second)
    forged[20]! ^= 1
    probe.inject(forged)
    expect(dropsAt(a)).toEqual(['replayed', 'bad-data'])
    expect(keypairs(a, probe).next?.remoteIndex).toBe(second.localIndex)
    probe.inject(probe.data(second))
    expect(keypairs(a, probe).current?.remoteIndex).toBe(second.localIndex)
  })

  it('49: a new session as responder ends the previous one at once and replaces an unconfirmed one', () => {
    const { net, a, probe } = alone()
    const sessions: ProbeSession[] = []
    for (let i = 0; i < 2; i++) {
      const session = probe.initiate()
      probe.inject(probe.data(session))
      sessions.push(session)
    }
    sessions.push(probe.initiate(), probe.initiate())
    net.forget()
    for (const session of sessions) probe.inject(probe.data(session, inner(probe, a)))
    // previous is gone, current works, the unconfirmed one was replaced, the new one works.
    expect(dropsAt(a)).toEqual(['unknown-session', 'unknown-session'])
    expect(a.delivered).toHaveLength(2)
  })

  it('50, 51: a new session as initiator keeps the one before as previous, until the next', () => {
    const { net, a, probe } = alone()
    const first = probe.beAnswered()
    net.run(s(130))
    const second = probe.beAnswered()
    probe.inject(probe.data(first, inner(probe, a)))
    probe.inject(probe.data(second, inner(probe, a)))
    expect(a.delivered).toHaveLength(2)
    net.run(s(260))
    probe.beAnswered()
    probe.inject(probe.data(first, inner(probe, a)))
    probe.inject(probe.data(second, inner(probe, a)))
    expect(a.delivered).toHaveLength(3)
    expect(dropsAt(a)).toEqual(['unknown-session'])
  })
})

describe('age', () => {
  it.each([
    [179.999999999, true],
    [180, false],
  ])('52: a session of %d s is usable: %s', (age, usable) => {
    const { net, a, probe } = alone()
    const session = probe.beAnswered()
    net.run(s(age))
    net.forget()
    probe.inject(probe.data(session, inner(probe, a)))
    net.send(a, probe.inner)
    expect(a.delivered).toHaveLength(usable ? 1 : 0)
    expect(dropsAt(a)).toEqual(usable ? [] : ['session-expired'])
    expect(net.sentBy(a, 'data')).toHaveLength(usable ? 1 : 0)
    expect(net.sentBy(a, 'initiation')).toHaveLength(1)
  })

  it('52: that a session has expired is said once', () => {
    const { net, a, probe } = alone()
    const session = probe.beAnswered()
    net.run(s(200))
    net.forget()
    for (let i = 0; i < 3; i++) {
      probe.inject(probe.data(session))
      net.send(a, probe.inner)
    }
    expect(a.events.filter(event => event.kind === 'key').map(({ what }) => what)).toEqual(['expired'])
  })

  it('53: the initiator renews when it sends at 120 s, keepalives too; the responder never does', () => {
    for (const [who, age, renews] of [
      ['a', 119.9, false],
      ['a', 120.1, true],
      ['b', 119.9, false],
      ['b', 170, false],
    ] as const) {
      const { net, a, b } = established()
      net.run(s(age))
      net.forget()
      const [sender, receiver] = who === 'a' ? [a, b] : [b, a]
      net.send(sender, receiver)
      expect(kinds(net, sender)).toEqual(renews ? ['data', 'initiation'] : ['data'])
    }
    const { net, a, b } = established()
    net.run(s(115))
    net.forget()
    net.send(b, a)
    net.run(s(125.02))
    expect(kinds(net, a)).toEqual(['keepalive', 'initiation'])
  })

  it('54: the initiator renews when it receives at 165 s, once in a session', () => {
    for (const age of [164.9, 165.1]) {
      const { net, a, b } = established()
      net.run(s(age))
      net.fate = ({ message }) => (message === 'initiation' ? [] : [0])
      net.send(b, a)
      net.run(s(age))
      expect(net.sentBy(a, 'initiation')).toHaveLength(age > 165 ? 1 : 0)
      net.pass(5.5)
      const retried = net.sentBy(a, 'initiation').length
      net.send(b, a)
      net.pass(0.001)
      // The guard holds although 5 s have passed; the first time it is the retransmission that is seen.
      expect(net.sentBy(a, 'initiation')).toHaveLength(age > 165 ? retried : 1)
    }
  })

  it('54: the responder does not renew when it receives', () => {
    const { net, a, b } = established()
    net.run(s(170))
    net.fate = ({ message }) => (message === 'initiation' ? [] : [0])
    net.send(a, b)
    net.pass(1)
    expect(net.sentBy(b, 'initiation')).toEqual([])
  })

  it('55: whoever has no usable session stages and initiates, whatever its role was', () => {
    const { net, a, b } = established()
    net.run(s(200))
    net.send(b, a)
    expect(kinds(net, b)).toEqual(['initiation'])
    expect(statusOf(b, a).staged).toBe(1)
    net.pass(1)
    expect(a.delivered).toHaveLength(1)
  })

  it('a session lives for hours when it is used', () => {
    const { net, a, b } = pair()
    for (let i = 0; i < 3600; i += 7) {
      net.run(s(i))
      net.send(a, b)
      if (i % 5 === 1) net.send(b, a)
    }
    net.pass(1)
    expect(b.delivered).toHaveLength(515)
    expect([dropsAt(a), dropsAt(b)]).toEqual([[], []])
    expect(net.sentBy(a, 'initiation').length).toBeGreaterThan(27)
    expect(net.sentBy(b, 'initiation')).toEqual([])
  })
})

describe('message limits', () => {
  const setCounter = (node: Node, peer: Probe, counter: bigint) => {
    keypairs(node, peer).current!.sendCounter = counter
  }

  it('the limits are the kernel’s', () => {
    expect(REKEY_AFTER_MESSAGES).toBe(1_152_921_504_606_846_976n)
    expect(REJECT_AFTER_MESSAGES).toBe(0xffff_ffff_ffff_ffffn - 8128n - 1n)
  })

  it.each(['initiator', 'responder'])('56: more than 2^60 messages sent: a new handshake, as %s', role => {
    const { net, a, probe } = alone()
    if (role === 'initiator') probe.beAnswered()
    else probe.inject(probe.data(probe.initiate()))
    net.pass(6)
    // The kernel compares after it has counted: the message with counter 2^60 is the first to say so.
    setCounter(a, probe, 2n ** 60n - 1n)
    net.configure(a, { peers: [{ publicKey: probe.publicKey, endpoint: probe.endpoint }] })
    net.forget()
    net.send(a, probe.inner)
    expect(kinds(net, a)).toEqual(['data'])
    net.send(a, probe.inner)
    expect(kinds(net, a)).toEqual(['data', 'data', 'initiation'])
  })

  it('57: the last counter is one below the limit; then the session is over for sending', () => {
    const { net, a, probe } = alone()
    const session = probe.beAnswered()
    net.pass(6)
    setCounter(a, probe, REJECT_AFTER_MESSAGES - 1n)
    net.forget()
    net.send(a, probe.inner)
    net.send(a, probe.inner)
    expect(kinds(net, a)).toEqual(['data', 'initiation'])
    const view = new DataView(net.sent[0]!.bytes.buffer)
    expect(view.getBigUint64(8, true)).toBe(REJECT_AFTER_MESSAGES - 1n)
    expect(probe.open(session, net.sent[0]!.bytes)).toBeDefined()
    expect(statusOf(a, probe).staged).toBe(1)
    expect(keypairs(a, probe).current!.sendingValid).toBe(false)
  })

  it('57: of a batch that does not fit nothing is sent', () => {
    const { net, a, probe } = alone()
    probe.beAnswered()
    net.pass(6)
    setCounter(a, probe, REJECT_AFTER_MESSAGES - 1n)
    const peer = stateOf(a.device).peers.get(probe.publicKey)!
    for (let n = 0; n < 2; n++) peer.staged.push({ id: { box: 'x', n }, packet: ipv4(a.inner, probe.inner), mtu: 1420 })
    net.forget()
    net.configure(a, { peers: [{ publicKey: probe.publicKey }] })
    expect(kinds(net, a)).toEqual(['initiation'])
    expect(statusOf(a, probe).staged).toBe(2)
  })

  it('57: a counter at or above the limit is refused, the one below ends the session for receiving', () => {
    const { net, a, probe } = alone()
    const session = probe.beAnswered()
    net.forget()
    for (const counter of [
      2n ** 64n - 1n,
      REJECT_AFTER_MESSAGES,
      REJECT_AFTER_MESSAGES - 2n,
      REJECT_AFTER_MESSAGES - 1n,
    ]) {
      probe.inject(probe.data(session, inner(probe, a), counter))
    }
    expect(dropsAt(a)).toEqual(['session-exhausted', 'session-exhausted'])
    expect(a.delivered).toHaveLength(2)
    probe.inject(probe.data(session, inner(probe, a), REJECT_AFTER_MESSAGES - 3n))
    expect(dropsAt(a).at(-1)).toBe('session-exhausted')
    // Sending goes on.
    net.send(a, probe.inner)
    expect(kinds(net, a)).toEqual(['data'])
  })
})

describe('replay', () => {
  it('58: a counter is taken while it is at most 8128 behind, once', () => {
    const { a, probe } = alone()
    const session = probe.beAnswered()
    const take = (counter: bigint) => probe.inject(probe.data(session, inner(probe, a), counter))
    for (const counter of [10_000n, 10_000n - 8128n, 10_000n - 8129n, 10_000n - 8128n, 9_999n]) take(counter)
    expect(dropsAt(a)).toEqual(['replayed', 'replayed'])
    expect(a.delivered).toHaveLength(3)
  })

  it('59: a forged high counter does not move the window', () => {
    const { a, probe } = alone()
    const session = probe.beAnswered()
    const forged = probe.data(session, inner(probe, a), 1n)
    new DataView(forged.buffer).setBigUint64(8, 2n ** 40n, true)
    probe.inject(forged)
    probe.inject(probe.data(session, inner(probe, a), 0n))
    expect(dropsAt(a)).toEqual(['bad-data'])
    expect(a.delivered).toHaveLength(1)
  })

  it('60: a replayed packet moves no endpoint, no timer and no counter', () => {
    const { net, a, probe } = alone()
    const session = probe.beAnswered()
    const data = probe.data(session, inner(probe, a))
    probe.inject(data)
    net.pass(3)
    const before = [statusOf(a, probe), a.device.pollTimeout()]
    probe.endpoint = { address: ip(203, 0, 113, 77), port: 7 }
    net.forget()
    probe.inject(data.slice())
    expect(a.events.map(({ kind }) => kind)).toEqual(['drop'])
    expect([{ ...statusOf(a, probe), drops: {} }, a.device.pollTimeout()]).toEqual(before)
    expect(statusOf(a, probe).drops).toEqual({ replayed: 1 })
  })

  it('61: counter 0 is valid, any order inside the window is, and a long jump forgets what was before', () => {
    const { a, probe } = alone()
    const session = probe.beAnswered()
    const counters = fc.sample(fc.shuffledSubarray(Array.from({ length: 200 }, (_, i) => i)), {
      numRuns: 1,
      seed: 5,
    })[0]!
    for (const counter of [...new Set([5, 0, ...counters])]) {
      probe.inject(probe.data(session, inner(probe, a), BigInt(counter)))
    }
    expect(dropsAt(a)).toEqual([])
    probe.inject(probe.data(session, inner(probe, a), 100_000n))
    probe.inject(probe.data(session, inner(probe, a), 300n))
    expect(dropsAt(a)).toEqual(['replayed'])
  })
})
