/** Cookies, load and rate limits: behaviours 31 to 44. */
import { describe, expect, it } from 'vitest'
import { NS_PER_MS } from './box.ts'
import { nodeCrypto } from './crypto/node/provider.ts'
import { stateOf } from './device.ts'
import { readIndex } from './messages.ts'
import { CookieChecker, CookieJar } from './noise/cookie.ts'
import { dropsAt, ip, ms, type Node, s, statusOf, TestNet, testKey, testRandom } from './testing.ts'
import { Probe, stamp } from './testprobe.ts'

/** A device that needs 1 ms for a handshake message, and a probe it knows. */
function busy(): { net: TestNet; a: Node; probe: Probe } {
  const net = new TestNet(nodeCrypto)
  const a = net.add('a', { handshakeCost_ns: NS_PER_MS })
  return { net, a, probe: new Probe(net, nodeCrypto, a) }
}

/** Messages with a bad mac1 fill the queue: they cost time and nothing else. */
function flood(net: TestNet, a: Node, count: number): void {
  const junk = new Uint8Array(148)
  junk[0] = 1
  for (let i = 0; i < count; i++) net.inject(a, junk, { address: ip(203, 0, 113, 9), port: 9 })
}

/** Puts the device under load and empties its queue: it stays under load for most of a second. */
function loaded(): { net: TestNet; a: Node; probe: Probe } {
  const world = busy()
  flood(world.net, world.a, 513)
  world.net.run(ms(513))
  world.net.forget()
  return world
}

/** Makes cookie replies as the probe would. */
function cookieCheckerOf(probe: Probe): CookieChecker {
  return new CookieChecker(nodeCrypto, testRandom('checker'), probe.privateKey.publicKey)
}

describe('load', () => {
  it('31, 33, 34: from 512 waiting, a cookie reply is all that a good initiation gets', () => {
    const { net, a, probe } = busy()
    flood(net, a, 600)
    net.run(ms(1))
    expect(a.device.status().underLoad).toBe(true)
    net.forget()
    const initiation = probe.initiation()
    probe.inject(initiation)
    net.run(ms(601))
    expect(dropsAt(a).filter(reason => reason !== 'bad-mac1')).toEqual(['cookie-required'])
    expect(net.sent).toHaveLength(1)
    const reply = net.sent[0]!
    expect(reply).toMatchObject({ message: 'cookie-reply', to: probe.endpoint, from: a.endpoint.address, tos: 0 })
    expect(reply.peer).toBeUndefined()
    expect(readIndex(reply.bytes, 4)).toBe(readIndex(initiation, 4))
    expect(probe.jar.consumeReply(net.now, reply.bytes)).toBe('accepted')
    expect(statusOf(a, probe).rxBytes).toBe(0)
  })

  it('31: 511 that come at once are no load', () => {
    const { net, a, probe } = busy()
    flood(net, a, 510)
    probe.inject(probe.initiation())
    net.run(ms(600))
    expect(net.sent.map(({ message }) => message)).toEqual(['response'])
    expect(a.events.filter(({ kind }) => kind === 'load')).toEqual([])
  })

  it('32: load lasts 1 s after it was last seen, and both ends of it are told', () => {
    const { net, a, probe } = busy()
    flood(net, a, 513)
    net.run(ms(1000))
    expect(a.device.status().underLoad).toBe(true)
    net.run(s(1.001))
    probe.inject(probe.initiation())
    expect(a.device.status().underLoad).toBe(false)
    net.run(s(2))
    expect(net.sentBy(a).map(({ message }) => message)).toEqual(['response'])
    const told = a.events.flatMap(event => (event.kind === 'load' ? [[event.underLoad, event.at / NS_PER_MS]] : []))
    expect(told).toEqual([
      [true, 1],
      [false, 1002],
    ])
  })

  it('32: asked for a later moment, the status says that load is over', () => {
    const { net, a } = busy()
    flood(net, a, 513)
    net.run(ms(513))
    expect([a.device.status(), a.device.status(s(1)), a.device.status(ms(1001))].map(of => of.underLoad)).toEqual([
      true,
      true,
      false,
    ])
  })

  it('33: a response without a cookie gets a cookie reply too, and the handshake goes on with the next initiation', () => {
    const { net, a, probe } = loaded()
    net.configure(a, { peers: [{ publicKey: probe.publicKey, endpoint: probe.endpoint }] })
    net.send(a, probe.inner)
    const { response, session } = probe.answer(net.sentBy(a, 'initiation')[0]!.bytes)
    probe.inject(response)
    net.pass(0.01)
    const reply = net.sentBy(a, 'cookie-reply')[0]!
    expect(readIndex(reply.bytes, 4)).toBe(session.localIndex)
    expect(probe.jar.consumeReply(net.now, reply.bytes)).toBe('accepted')
    // The state is as it was: with a valid mac2 the same response is taken.
    probe.inject(probe.sign(response))
    net.pass(0.01)
    expect(net.sentBy(a, 'data')).toHaveLength(1)
  })

  it('34, 35: the cookie is for one address and one port', () => {
    for (const [address, port, answer] of [
      [ip(198, 51, 100, 7), 40000, 'response'],
      [ip(198, 51, 100, 7), 40001, 'cookie-reply'],
      [ip(198, 51, 100, 8), 40000, 'cookie-reply'],
    ] as const) {
      const { net, a, probe } = loaded()
      probe.inject(probe.initiation())
      net.pass(0.01)
      probe.jar.consumeReply(net.now, net.sent[0]!.bytes)
      net.forget()
      probe.endpoint = { address, port }
      probe.inject(probe.initiation())
      net.pass(0.01)
      expect(net.sentBy(a).map(({ message }) => message)).toEqual([answer])
    }
  })

  it.each([
    ['another private key', (net: TestNet, a: Node) => net.configure(a, { privateKey: testKey('other') })],
    ['nothing at all', () => {}],
  ])('36: the secret is as old as the device and outlives %s', (_, meanwhile) => {
    const { net, a, probe } = busy()
    const otherPublic = nodeCrypto.privateKey(testKey('other').reveal()).publicKey
    const askForCookie = (at: number): void => {
      net.run(s(at))
      flood(net, a, 513)
      net.pass(0.513)
      const own = nodeCrypto.privateKey(a.key.reveal()).publicKey
      const jar = new CookieJar(nodeCrypto, a.device.status().publicKey === a.publicKey ? own : otherPublic)
      const message = new Uint8Array(148)
      message[0] = 1
      jar.addMacs(net.now, message)
      net.forget()
      net.inject(a, message, probe.endpoint)
      net.pass(0.01)
      expect(jar.consumeReply(net.now, net.sent[0]!.bytes)).toBe('accepted')
    }
    askForCookie(100)
    meanwhile(net, a)
    const secret = () => stateOf(a.device).cookieSecret
    const before = secret().at(net.now).slice()
    askForCookie(110)
    expect(secret().at(net.now)).toEqual(before)
    askForCookie(121)
    expect(secret().at(net.now)).not.toEqual(before)
  })

  it('36, 40: a device answers with a mac2 for 115 s after it was given a cookie', () => {
    for (const [age, fresh] of [
      [114.999999999, true],
      [115, false],
    ] as const) {
      const { net, a, probe } = busy()
      net.configure(a, { peers: [{ publicKey: probe.publicKey, endpoint: probe.endpoint }] })
      net.send(a, probe.inner)
      const checker = cookieCheckerOf(probe)
      const initiation = net.sentBy(a, 'initiation')[0]!.bytes
      probe.inject(checker.createReply(net.now, initiation, readIndex(initiation, 4), a.endpoint))
      net.pass(0.001)
      const given = net.now
      net.fate = () => []
      net.input(a, { kind: 'link', up: false })
      net.input(a, { kind: 'link', up: true })
      net.run((given + Math.round(age * 1e9)) as typeof given)
      net.send(a, probe.inner)
      const { bytes } = net.sentBy(a, 'initiation').at(-1)!
      expect(bytes.subarray(132).some(byte => byte !== 0)).toBe(fresh)
      if (fresh) expect(checker.validateMac2(net.now, bytes, a.endpoint)).toBe(true)
    }
  })

  it('37, 38: with a valid cookie 5 at once and then 20 a second; the rest is dropped and gets no new cookie', () => {
    const { net, a, probe } = loaded()
    probe.inject(probe.initiation(stamp(1)))
    net.pass(0.005)
    probe.jar.consumeReply(net.now, net.sent[0]!.bytes)
    net.forget()
    for (let i = 0; i < 8; i++) probe.inject(probe.initiation(stamp(2 + i)))
    net.pass(0.02)
    // One is answered, four meet the flood gate of the peer, three the rate limit of the address.
    expect(dropsAt(a)).toEqual([...new Array(4).fill('initiation-flood'), ...new Array(3).fill('rate-limited')])
    expect(net.sentBy(a).map(({ message }) => message)).toEqual(['response'])
    net.pass(0.05)
    probe.inject(probe.initiation(stamp(100)))
    net.pass(0.005)
    expect(net.sentBy(a, 'response')).toHaveLength(2)
  })

  it('39, 43: a cookie reply is taken once and moves nothing', () => {
    const { net, a, probe } = busy()
    net.configure(a, { peers: [{ publicKey: probe.publicKey, endpoint: probe.endpoint, persistentKeepalive_s: 30 }] })
    const initiation = net.sentBy(a, 'initiation')[0]!.bytes
    const before = statusOf(a, probe)
    const reply = cookieCheckerOf(probe).createReply(net.now, initiation, readIndex(initiation, 4), a.endpoint)
    const due = a.device.pollTimeout()
    probe.endpoint = { address: ip(198, 51, 100, 200), port: 1 }
    probe.inject(reply)
    net.pass(0.001)
    expect(dropsAt(a)).toEqual([])
    expect(statusOf(a, probe)).toEqual(before)
    expect(a.device.pollTimeout()).toBe(due)
    probe.inject(reply.slice())
    net.pass(0.001)
    expect(dropsAt(a)).toEqual(['cookie-not-expected'])
  })

  it('39: a damaged cookie reply leaves the chance for the real one', () => {
    const { net, a, probe } = busy()
    net.configure(a, { peers: [{ publicKey: probe.publicKey, endpoint: probe.endpoint }] })
    net.send(a, probe.inner)
    const initiation = net.sentBy(a, 'initiation')[0]!.bytes
    const reply = cookieCheckerOf(probe).createReply(net.now, initiation, readIndex(initiation, 4), a.endpoint)
    const damaged = reply.slice()
    damaged[63]! ^= 1
    probe.inject(damaged)
    probe.inject(reply)
    net.pass(6)
    expect(dropsAt(a)).toEqual(['bad-cookie'])
    expect(net.sentBy(a, 'initiation')[1]!.bytes.subarray(132)).not.toEqual(new Uint8Array(16))
  })

  it('41: mac2 is zeros without a cookie', () => {
    const { net, a, probe } = busy()
    probe.inject(probe.initiation())
    net.pass(0.01)
    expect(net.sentBy(a, 'response')[0]!.bytes.subarray(76)).toEqual(new Uint8Array(16))
  })

  it('42: two devices get through load by a cookie, no sooner than the 5 s timer', () => {
    const net = new TestNet(nodeCrypto)
    const a = net.add('a')
    const b = net.add('b', { handshakeCost_ns: NS_PER_MS })
    net.connect(a, b)
    flood(net, b, 1100)
    net.send(a, b)
    net.run(s(4.9))
    expect(net.sentBy(a, 'initiation')).toHaveLength(1)
    expect(net.sentBy(b).map(({ message }) => message)).toEqual(['cookie-reply'])
    flood(net, b, 520)
    net.run(s(7))
    expect(net.sentBy(a, 'initiation')).toHaveLength(2)
    expect(net.sentBy(b).map(({ message }) => message)).toEqual(['cookie-reply', 'response'])
    expect(b.delivered).toHaveLength(1)
  })

  it('44: what finds the queue full is dropped, and data flows on', () => {
    const { net, a, probe } = busy()
    probe.inject(probe.initiation())
    net.pass(1)
    const session = probe.finish(net.sentBy(a, 'response')[0]!.bytes)
    net.forget()
    flood(net, a, 4100)
    expect(dropsAt(a)).toEqual(new Array(3).fill('handshake-queue-full'))
    probe.inject(probe.data(session))
    expect(a.events.at(-1)).toMatchObject({ kind: 'handshake', what: 'completed' })
  })

  it('66: messages that waited when the interface went down are lost by name', () => {
    const { net, a, probe } = busy()
    probe.inject(probe.initiation())
    probe.inject(probe.initiation())
    net.input(a, { kind: 'link', up: false })
    expect(dropsAt(a)).toEqual(['device-down', 'device-down'])
    net.pass(1)
    expect(net.sent).toEqual([])
  })

  it('refuses an impossible cost', () => {
    for (const handshakeCost_ns of [-1, 0.5, Number.NaN]) {
      expect(() => new TestNet(nodeCrypto).add('a', { handshakeCost_ns })).toThrow(
        `handshakeCost_ns: ${handshakeCost_ns} (a whole number of nanoseconds, 0 for a machine that is never busy)`,
      )
    }
  })

  it('says what it waits for', () => {
    const { a, probe } = busy()
    expect(a.device.timeoutReason()).toBe('nothing is due')
    probe.inject(probe.initiation())
    expect(a.device.timeoutReason()).toBe('handshake-queue: a handshake message waits for its turn')
  })
})
