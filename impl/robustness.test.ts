/** Damaged messages of every kind, and networks that lose, copy and turn around. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { instant, NEVER, NS_PER_MS, NS_PER_S } from './box.ts'
import { nodeCrypto } from './crypto/node/provider.ts'
import { stateOf } from './device.ts'
import { DROPS, type DropReason } from './drops.ts'
import { readCounter, readIndex } from './messages.ts'
import { CookieChecker } from './noise/cookie.ts'
import { dropsAt, ip, ipv4, ms, type Node, type Sent, s, TestNet, testRandom } from './testing.ts'
import { Probe } from './testprobe.ts'

interface Bench {
  readonly net: TestNet
  readonly a: Node
  readonly probe: Probe
  /** A message that the device would take now. */
  readonly good: Uint8Array
}

type Kind = 'initiation' | 'response' | 'cookie reply' | 'data'

/** A device that would take `good` now, without load, or under it. */
function bench(kind: Kind, underLoad: boolean): Bench {
  const net = new TestNet(nodeCrypto)
  net.fate = () => []
  const a = net.add('a', underLoad ? { handshakeCost_ns: NS_PER_MS } : {})
  const probe = new Probe(net, nodeCrypto, a)
  const good = message(kind, net, a, probe)
  if (underLoad) {
    const junk = new Uint8Array(148)
    junk[0] = 1
    for (let i = 0; i < 514; i++) net.inject(a, junk, { address: ip(203, 0, 113, 9), port: 9 })
    net.run(ms(515))
  }
  net.forget()
  return { net, a, probe, good }
}

function message(kind: Kind, net: TestNet, a: Node, probe: Probe): Uint8Array {
  if (kind === 'initiation') return probe.initiation()
  if (kind === 'data') return probe.data(probe.beAnswered(), ipv4(probe.inner, a.inner))
  net.configure(a, { peers: [{ publicKey: probe.publicKey, endpoint: probe.endpoint }] })
  net.send(a, probe.inner)
  const initiation = net.sentBy(a, 'initiation')[0]!.bytes
  if (kind === 'response') return probe.answer(initiation).response
  const checker = new CookieChecker(nodeCrypto, testRandom('checker'), probe.privateKey.publicKey)
  return checker.createReply(net.now, initiation, readIndex(initiation, 4), a.endpoint)
}

/** All that a packet may change, as text; what is only counted is left out. */
function imprint({ net, a, probe }: Bench): string {
  const peer = stateOf(a.device).peers.get(probe.publicKey)!
  const { handshake, handshakeIndex, latestTimestamp, lastInitiationConsumed, lastSentHandshake, staged } = peer
  const { current, previous, next } = peer.keypairs
  const shown = [current, previous, next].map(
    keypair =>
      keypair && [keypair.localIndex, keypair.sendCounter.toString(), keypair.sendingValid, keypair.receivingValid],
  )
  return JSON.stringify([
    a.device.status().peers.map(status => ({ ...status, drops: {} })),
    handshake && [handshake.kind, [...handshake.chainingKey], [...handshake.hash]],
    [handshakeIndex, [...latestTimestamp], lastInitiationConsumed, lastSentHandshake, staged.length],
    shown,
    a.device.pollTimeout(),
    net.sent.length,
    a.delivered.length,
  ])
}

/** Where the byte that was changed lies. */
function inMac2(kind: Kind, at: number, length: number): boolean {
  return (kind === 'initiation' || kind === 'response') && at >= length - 16
}

const KINDS: readonly Kind[] = ['initiation', 'response', 'cookie reply', 'data']

describe.each(KINDS)('a damaged %s', kind => {
  it('the undamaged one is taken', () => {
    const world = bench(kind, false)
    const before = imprint(world)
    world.probe.inject(world.good)
    expect(dropsAt(world.a)).toEqual([])
    // A cookie changes nothing that can be seen before the next initiation.
    if (kind !== 'cookie reply') expect(imprint(world)).not.toBe(before)
  })

  it('every truncation and every extension of a handshake is refused by name and changes nothing', () => {
    const world = bench(kind, false)
    const before = imprint(world)
    const { good, probe, a } = world
    for (let length = 0; length < good.length; length++) probe.inject(good.slice(0, length))
    expect(dropsAt(a)).toHaveLength(good.length)
    probe.inject(Uint8Array.of(...good, 0))
    expect(imprint(world)).toBe(before)
    const reasons = new Set(dropsAt(a))
    expect(reasons).toEqual(
      new Set(kind === 'data' ? ['too-short', 'wrong-length', 'bad-data'] : ['too-short', 'wrong-length']),
    )
    probe.inject(good)
    expect(dropsAt(a)).toHaveLength(good.length + 1)
  })

  it('every single flipped bit is refused by name and changes nothing, but mac2 is not looked at', () => {
    let world = bench(kind, false)
    let before = imprint(world)
    let taken = 0
    const reasons = new Set<DropReason>()
    for (let bit = 0; bit < world.good.length * 8; bit++) {
      const flipped = world.good.slice()
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      world.probe.inject(flipped)
      if (inMac2(kind, bit >> 3, flipped.length)) {
        expect(dropsAt(world.a)).toEqual([])
        taken++
        world = bench(kind, false)
        before = imprint(world)
        continue
      }
      const [reason, ...more] = dropsAt(world.a)
      expect(more).toEqual([])
      expect(DROPS[reason!], `bit ${bit}`).toBeDefined()
      expect(imprint(world)).toBe(before)
      reasons.add(reason!)
      world.a.events.length = 0
    }
    expect(taken).toBe(kind === 'initiation' || kind === 'response' ? 128 : 0)
    expect([...reasons].sort()).toEqual(EXPECTED[kind])
    world.probe.inject(world.good)
    expect(dropsAt(world.a)).toEqual([])
  })
})

const HEADER = ['reserved-not-zero', 'unknown-type', 'wrong-length'] as const
const EXPECTED: Readonly<Record<Kind, readonly string[]>> = {
  initiation: ['bad-mac1', ...HEADER],
  response: ['bad-mac1', ...HEADER],
  'cookie reply': ['bad-cookie', 'reserved-not-zero', 'unknown-cookie-index', 'unknown-type', 'wrong-length'].sort(),
  data: ['bad-data', 'reserved-not-zero', 'unknown-session', 'unknown-type'],
}

describe.each<Kind>(['initiation', 'response'])('a damaged %s under load', kind => {
  it('a flipped bit of mac2 is answered by a cookie reply and changes nothing else; any other is refused', () => {
    const world = bench(kind, true)
    const before = imprint(world)
    for (let bit = 0; bit < world.good.length * 8; bit += bit < (world.good.length - 32) * 8 ? 37 : 1) {
      const flipped = world.good.slice()
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      world.probe.inject(flipped)
      world.net.pass(0.001)
      const isMac2 = inMac2(kind, bit >> 3, flipped.length)
      expect(world.net.sentBy(world.a).map(({ message }) => message)).toEqual(isMac2 ? ['cookie-reply'] : [])
      expect(dropsAt(world.a)).toHaveLength(1)
      if (isMac2) expect(dropsAt(world.a)).toEqual(['cookie-required'])
      world.net.forget()
      expect(imprint(world)).toBe(before)
    }
  })
})

describe('what no attacker without keys can do', () => {
  it('an initiation re-signed after damage is refused deeper inside, and still changes nothing', () => {
    const world = bench('initiation', false)
    const before = imprint(world)
    const reasons = new Set<DropReason>()
    for (let at = 8; at < 116; at++) {
      const forged = world.good.slice()
      forged[at]! ^= 0x40
      world.probe.inject(world.probe.sign(forged))
      expect(imprint(world)).toBe(before)
      reasons.add(dropsAt(world.a).at(-1)!)
    }
    expect(dropsAt(world.a)).toHaveLength(108)
    expect([...reasons].sort()).toEqual(['bad-static', 'bad-timestamp'])
  })

  it('a response re-signed after damage is refused, and the right one is still taken', () => {
    const world = bench('response', false)
    const before = imprint(world)
    for (let at = 8; at < 60; at++) {
      const forged = world.good.slice()
      forged[at]! ^= 0x40
      world.probe.inject(world.probe.sign(forged))
      expect(imprint(world)).toBe(before)
    }
    expect(new Set(dropsAt(world.a))).toEqual(new Set(['unknown-handshake', 'bad-response']))
    world.probe.inject(world.probe.sign(world.good))
    expect(world.net.sentBy(world.a, 'data')).toHaveLength(1)
  })

  it('no bytes at all make the device throw or speak', () => {
    const { net, a, probe } = bench('data', false)
    const type = fc.constantFrom(0, 1, 2, 3, 4, 5, 255)
    const length = fc.constantFrom(0, 1, 3, 4, 16, 31, 32, 33, 63, 64, 65, 91, 92, 93, 147, 148, 149, 1500)
    fc.assert(
      fc.property(type, length, fc.uint8Array({ minLength: 16, maxLength: 64 }), (first, size, noise) => {
        const bytes = Uint8Array.from({ length: size }, (_, i) => noise[i % noise.length]!)
        bytes.set([first, 0, 0, 0].slice(0, size))
        a.events.length = 0
        probe.inject(bytes)
        expect(dropsAt(a)).toHaveLength(1)
        expect(net.sent).toEqual([])
      }),
      { numRuns: 500 },
    )
  })
})

describe('networks that lose, copy and turn around', () => {
  /** What happens to each datagram, drawn from a list that repeats. */
  const fates = fc.array(
    fc.constantFrom<readonly number[]>([10], [10], [10], [], [1], [300], [10, 11], [10, 2000], [4000]),
    { minLength: 1, maxLength: 40 },
  )
  const talk = fc.array(fc.record({ who: fc.boolean(), wait_ms: fc.constantFrom(0, 1, 50, 900, 7000, 40_000) }), {
    maxLength: 60,
  })

  it('nothing is delivered twice or changed, no counter is used twice, and the tunnel heals', () => {
    fc.assert(
      fc.property(fates, talk, (fate, conversation) => {
        const net = new TestNet(nodeCrypto)
        const a = net.add('a')
        const b = net.add('b')
        net.connect(a, b)
        let turn = 0
        net.fate = () => fate[turn++ % fate.length]!
        const said = new Map<Node, Set<string>>([
          [a, new Set()],
          [b, new Set()],
        ])
        for (const [i, { who, wait_ms }] of conversation.entries()) {
          const [from, to] = who ? [a, b] : [b, a]
          const packet = ipv4(from.inner, to.inner, 40 + (i % 30))
          packet[30] = i
          net.send(from, to, packet)
          said.get(to)!.add(packet.join())
          net.pass(wait_ms / 1000)
        }
        for (const node of [a, b]) {
          const heard = node.delivered.map(({ packet }) => packet.join())
          expect(new Set(heard).size).toBe(heard.length)
          for (const packet of heard) expect(said.get(node)!.has(packet)).toBe(true)
        }
        expectFreshCounters(net.sent)
        // The network is well again: 20 s of quiet let every handshake end, and then one packet each way arrives.
        net.fate = () => [10]
        net.pass(20)
        net.forget()
        net.send(a, b)
        net.pass(12)
        net.send(b, a)
        net.pass(12)
        expect([b.delivered.length >= 1, a.delivered.length >= 1]).toEqual([true, true])
      }),
      { numRuns: 150 },
    )
  })

  it('everything that went in is delivered, waiting, or dropped by name', () => {
    fc.assert(
      fc.property(talk, fc.integer({ min: 1, max: 5 }), (conversation, every) => {
        const net = new TestNet(nodeCrypto)
        const a = net.add('a')
        const b = net.add('b')
        net.connect(a, b)
        let count = 0
        const lost = new Set<string>()
        net.fate = sent => {
          if (count++ % every !== 0) return [10]
          lost.add(`${sent.id.box} ${sent.id.n}`)
          return []
        }
        const ids = new Set<string>()
        for (const [n, { who, wait_ms }] of conversation.entries()) {
          const [from, to] = who ? [a, b] : [b, a]
          net.input(from, { kind: 'inner', id: { box: 'talk', n }, packet: ipv4(from.inner, to.inner) })
          ids.add(`talk ${n}`)
          net.pass(wait_ms / 1000)
        }
        net.pass(1)
        for (const node of [a, b]) {
          for (const { id } of node.delivered) ids.delete(`${id.box} ${id.n}`)
          for (const event of node.events) if (event.kind === 'drop') ids.delete(`${event.id.box} ${event.id.n}`)
          for (const peer of stateOf(node.device).peers.values()) {
            for (const { id } of peer.staged) ids.delete(`${id.box} ${id.n}`)
          }
        }
        for (const id of lost) ids.delete(id)
        expect([...ids]).toEqual([])
      }),
      { numRuns: 60 },
    )
  })

  it('the same network and the same names give the same bytes', () => {
    const run = () => {
      const net = new TestNet(nodeCrypto)
      const a = net.add('a')
      const b = net.add('b')
      net.connect(a, b)
      let turn = 0
      net.fate = () => (turn++ % 3 === 0 ? [] : [10])
      for (let i = 0; i < 30; i++) {
        net.send(i % 2 === 0 ? a : b, i % 2 === 0 ? b : a)
        net.pass(11)
      }
      return JSON.stringify([net.sent.map(({ at, bytes }) => [at, bytes.join()]), a.events, b.events])
    }
    expect(run()).toBe(run())
  })
})

/** No two data messages of one sender share receiver index and counter: those two name a key and its nonce. */
function expectFreshCounters(sent: readonly Sent[]): void {
  const used = new Set<string>()
  for (const { node, message, bytes } of sent) {
    if (message !== 'data' && message !== 'keepalive') continue
    const nonce = `${node.name} ${readIndex(bytes, 4)} ${readCounter(bytes)}`
    expect(used.has(nonce)).toBe(false)
    used.add(nonce)
  }
}

describe('the end of time', () => {
  it.each([0.000001, 1, 14, 100, 539, 60_000])('is nothing a device throws on, %d s before it', left_s => {
    const net = new TestNet(nodeCrypto)
    const [a, b] = [net.add('a', { timerWheel_ns: 4_000_000 }), net.add('b', { handshakeCost_ns: NS_PER_MS })]
    net.connect(a, b)
    net.configure(a, { peers: [{ publicKey: b.publicKey, persistentKeepalive_s: 65_535 }] })
    net.run(s(1))
    net.run(instant(NEVER - Math.round(left_s * NS_PER_S)))
    for (let i = 0; i < 3; i++) {
      net.send(a, b)
      net.send(b, a)
    }
    net.run(instant(NEVER - 1))
    expect(net.now).toBe(NEVER - 1)
    if (left_s >= 14) expect(b.delivered.length).toBeGreaterThan(0)
  })
})

describe('drop reasons', () => {
  it('are explained in one sentence each', () => {
    for (const [name, sentence] of Object.entries(DROPS)) {
      expect(name).toMatch(/^[a-z0-9-]+$/)
      expect(sentence).toMatch(/^[A-Z0-9].*\.$/)
    }
    expect(new Set(Object.values(DROPS)).size).toBe(Object.keys(DROPS).length)
  })
})
