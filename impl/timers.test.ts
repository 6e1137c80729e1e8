import { describe, expect, it } from 'vitest'
import { NEVER, NS_PER_S } from './box.ts'
import { nodeCrypto } from './crypto/node/provider.ts'
import { stateOf } from './device.ts'
import { dropsAt, ip, ipv4, type Node, type Sent, s, statusOf, TestNet } from './testing.ts'
import { Probe, type ProbeSession } from './testprobe.ts'

function pair(): { net: TestNet; a: Node; b: Node } {
  const net = new TestNet(nodeCrypto)
  const a = net.add('a')
  const b = net.add('b')
  net.connect(a, b)
  return { net, a, b }
}

/** The target has begun a session with the probe and has confirmed it; now is 6 s, nothing waits but the wiping of keys. */
function quiet(): { net: TestNet; a: Node; probe: Probe; session: ProbeSession } {
  const net = new TestNet(nodeCrypto)
  const a = net.add('a')
  const probe = new Probe(net, nodeCrypto, a)
  const session = probe.beAnswered()
  probe.inject(probe.data(session))
  net.run(s(6))
  net.forget()
  return { net, a, probe, session }
}

const kinds = (net: TestNet, node: Node) => net.sentBy(node).map(({ message }) => message)
const seconds = (sent: readonly Sent[]) => sent.map(({ at }) => at / NS_PER_S)
const log = (node: Node, peer?: string) =>
  node.events.flatMap(event =>
    event.kind === 'timer' && (peer === undefined || event.peer === peer) ? [`${event.timer} ${event.what}`] : [],
  )

describe('retransmission', () => {
  it('70, 71: 20 initiations, 5 s and up to 333 ms apart, never twice the same; then it gives up', () => {
    const { net, a, b } = pair()
    net.fate = () => []
    net.send(a, b)
    net.pass(300)
    const at = seconds(net.sentBy(a, 'initiation'))
    expect(at).toHaveLength(20)
    const gaps = at.slice(1).map((time, i) => time - at[i]!)
    for (const gap of gaps) {
      expect(gap).toBeGreaterThanOrEqual(5)
      expect(gap).toBeLessThanOrEqual(5.333)
    }
    expect(new Set(gaps).size).toBeGreaterThan(15)
    const givenUp = a.events.find(event => event.kind === 'handshake' && event.what === 'given-up')
    expect(givenUp).toMatchObject({ attempt: 20 })
    expect(givenUp!.at / NS_PER_S).toBeGreaterThan(100)
    expect(givenUp!.at / NS_PER_S).toBeLessThan(106.7)
    const attempts = a.events.flatMap(event => (event.kind === 'handshake' ? [[event.what, event.attempt]] : []))
    expect(attempts.slice(0, 3)).toEqual([
      ['initiated', 1],
      ['retried', 2],
      ['retried', 3],
    ])
    expect(attempts.at(-2)).toEqual(['retried', 20])
  })

  it('72: giving up drops what was staged, cancels the passive keepalive and arms the wiping of keys', () => {
    const { net, a, b } = pair()
    net.fate = () => []
    for (let i = 0; i < 3; i++) net.send(a, b)
    net.pass(110)
    expect(dropsAt(a)).toEqual(new Array(3).fill('handshake-given-up'))
    expect(statusOf(a, b).staged).toBe(0)
    expect(log(a).at(-1)).toBe('zero-key-material set')
  })

  it('72: a wiping that is due already keeps its time', () => {
    const { net, a, probe } = quiet()
    net.run(s(200))
    net.send(a, probe.inner)
    net.run(s(310))
    expect(log(a)).not.toContain('zero-key-material set')
    expect(a.device.pollTimeout()).toBe(s(540))
    expect(a.device.timeoutReason()).toBe('zero-key-material: session keys must not stay in memory')
  })

  it('73: every outgoing packet starts the count again, and after giving up it starts anew', () => {
    const { net, a, b } = pair()
    net.fate = () => []
    for (let i = 0; i < 25; i++) {
      net.send(a, b)
      net.pass(10)
    }
    expect(a.events.filter(event => event.kind === 'handshake' && event.what === 'given-up')).toEqual([])
    expect(net.sentBy(a, 'initiation').length).toBeGreaterThan(40)
    net.pass(200)
    expect(a.events.filter(event => event.kind === 'handshake' && event.what === 'given-up')).toHaveLength(1)
    net.forget()
    net.send(a, b)
    net.pass(200)
    expect(net.sentBy(a, 'initiation')).toHaveLength(20)
  })

  it('74: at most one initiation in 5 s, whatever asks for one', () => {
    const { net, a, b } = pair()
    net.fate = () => []
    net.configure(a, { peers: [{ publicKey: b.publicKey, persistentKeepalive_s: 1 }] })
    for (let i = 0; i < 600; i++) {
      net.send(a, b)
      net.pass(0.1)
    }
    const at = seconds(net.sentBy(a, 'initiation'))
    expect(at.length).toBeGreaterThan(10)
    for (const [i, time] of at.slice(1).entries()) expect(time - at[i]!).toBeGreaterThanOrEqual(5)
  })

  it('25: a retransmission that falls within 5 s of a response is not made, and the chain ends there', () => {
    const { net, a, probe } = quiet()
    net.run(s(200))
    net.send(a, probe.inner)
    net.run(s(202))
    probe.inject(probe.initiation())
    net.run(s(206))
    expect(kinds(net, a)).toEqual(['initiation', 'response'])
    net.run(s(250))
    expect(net.sentBy(a, 'initiation')).toHaveLength(1)
    const told = a.events.flatMap(event => (event.kind === 'handshake' ? [[event.what, event.attempt]] : []))
    expect(told).toEqual([
      ['initiated', 1],
      ['answered', undefined],
      ['blocked', 2],
    ])
    expect(dropsAt(a)).toEqual([])
    expect(statusOf(a, probe).staged).toBe(1)
  })
})

describe('dead peer', () => {
  it('76: 15 s and up to 333 ms after the first unanswered data, whatever was sent since', () => {
    const { net, a, probe } = quiet()
    net.send(a, probe.inner)
    net.run(s(12))
    net.send(a, probe.inner)
    net.run(s(21))
    expect(net.sentBy(a, 'initiation')).toEqual([])
    net.run(s(21.333))
    expect(net.sentBy(a, 'initiation')).toHaveLength(1)
    expect(log(a)).toContain('new-handshake fired')
  })

  it.each(['keepalive', 'data', 'initiation'])('76: anything authentic that is received stands it down: %s', what => {
    const { net, a, probe, session } = quiet()
    net.send(a, probe.inner)
    net.pass(10)
    if (what === 'initiation') probe.inject(probe.initiation())
    else probe.inject(probe.data(session, what === 'data' ? ipv4(probe.inner, a.inner) : undefined))
    net.pass(8)
    expect(net.sentBy(a, 'initiation')).toEqual([])
    expect(log(a).slice(0, 2)).toEqual(['new-handshake set', 'new-handshake cancelled'])
  })

  it('76: keepalives do not arm it', () => {
    const { net, a, probe } = quiet()
    net.configure(a, { peers: [{ publicKey: probe.publicKey, persistentKeepalive_s: 5 }] })
    net.pass(60)
    expect(kinds(net, a).filter(kind => kind !== 'keepalive')).toEqual([])
    expect(log(a)).not.toContain('new-handshake set')
  })

  it('76: data that goes out with the response to our initiation arms it', () => {
    const { net, a, probe } = quiet()
    net.run(s(200))
    net.send(a, probe.inner)
    probe.inject(probe.answer(net.sentBy(a, 'initiation')[0]!.bytes).response)
    expect(kinds(net, a)).toEqual(['initiation', 'data'])
    net.pass(15.4)
    expect(kinds(net, a)).toEqual(['initiation', 'data', 'initiation'])
  })

  it('75, 112: a retransmission and the dead-peer handshake forget the source address', () => {
    const { net, a, probe } = quiet()
    net.send(a, probe.inner)
    net.pass(22)
    expect(net.sentBy(a).map(({ from }) => from)).toEqual([a.endpoint.address, undefined, undefined])
    const retrying = pair()
    retrying.net.fate = () => []
    const peer = () => stateOf(retrying.a.device).peers.get(retrying.b.publicKey)!
    retrying.net.send(retrying.a, retrying.b)
    peer().source = ip(192, 0, 2, 1)
    retrying.net.pass(6)
    expect(retrying.net.sentBy(retrying.a)[1]!.from).toBeUndefined()
  })
})

describe('keepalives', () => {
  it('77: 10 s after the first unanswered data, exactly', () => {
    const { net, a, probe, session } = quiet()
    probe.inject(probe.data(session, ipv4(probe.inner, a.inner)))
    net.run(s(15.999999999))
    expect(kinds(net, a)).toEqual([])
    net.run(s(60))
    expect(net.sentBy(a).map(({ at, message }) => [at / NS_PER_S, message])).toEqual([[16, 'keepalive']])
    expect(net.sentBy(a)[0]!.bytes).toHaveLength(32)
  })

  it('77: one for a whole burst of data, as measured on the kernel', () => {
    const { net, a, probe, session } = quiet()
    for (let i = 0; i < 4; i++) {
      probe.inject(probe.data(session, ipv4(probe.inner, a.inner)))
      net.pass(2)
    }
    net.run(s(100))
    expect(seconds(net.sentBy(a))).toEqual([16])
    expect(log(a)).toEqual(['send-keepalive set', 'send-keepalive fired'])
  })

  it('77: when it can not be sent and more data came meanwhile, it is tried once more 10 s later', () => {
    const { net, a, probe, session } = quiet()
    net.configure(a, { privateKey: null })
    net.forget()
    for (let i = 0; i < 3; i++) probe.inject(probe.data(session, ipv4(probe.inner, a.inner)))
    net.run(s(100))
    expect(kinds(net, a)).toEqual([])
    const told = a.events.flatMap(event => (event.kind === 'timer' ? [[event.at / NS_PER_S, event.what]] : []))
    expect(told).toEqual([
      [6, 'set'],
      [16, 'fired'],
      [16, 'set'],
      [26, 'fired'],
    ])
    expect(dropsAt(a)).toEqual(['no-private-key', 'no-private-key'])
  })

  it('78: a keepalive is never answered by one', () => {
    const { net, a, probe, session } = quiet()
    for (let i = 0; i < 5; i++) {
      probe.inject(probe.data(session))
      net.pass(20)
    }
    expect(kinds(net, a)).toEqual([])
  })

  it.each(['data', 'initiation', 'response', 'keepalive'])(
    '79: anything authentic that is sent stands it down: %s',
    what => {
      const { net, a, probe, session } = quiet()
      if (what === 'initiation') net.run(s(173))
      net.forget()
      probe.inject(probe.data(session, ipv4(probe.inner, a.inner)))
      if (what === 'data') net.send(a, probe.inner)
      if (what === 'response') probe.inject(probe.initiation())
      if (what === 'keepalive')
        net.configure(a, { peers: [{ publicKey: probe.publicKey, persistentKeepalive_s: 1000 }] })
      expect(kinds(net, a)).toEqual([what])
      net.pass(14)
      // Data owes an answer itself after 15 s, an initiation is retried: neither is a keepalive, and none is set.
      expect(log(a).filter(line => line.startsWith('send-keepalive'))).toEqual([
        'send-keepalive set',
        'send-keepalive cancelled',
      ])
      expect(kinds(net, a).slice(1)).toEqual(what === 'initiation' ? ['initiation', 'initiation'] : [])
    },
  )

  it.each([
    ['no IP at all', new Uint8Array(64)],
    ['a source that is not allowed', ipv4(ip(10, 0, 0, 98), ip(10, 0, 0, 1))],
    [
      'a length that lies',
      Uint8Array.from(ipv4(ip(10, 0, 0, 99), ip(10, 0, 0, 1)), (byte, i) => (i === 2 ? 255 : byte)),
    ],
  ])('80: %s is refused, but counts as data: the endpoint moves and a keepalive is owed', (_, packet) => {
    const { net, a, probe, session } = quiet()
    probe.endpoint = { address: ip(203, 0, 113, 50), port: 5000 }
    probe.inject(probe.data(session, packet))
    expect(a.delivered).toEqual([])
    expect(statusOf(a, probe).endpoint).toEqual(probe.endpoint)
    net.pass(10)
    expect(kinds(net, a)).toEqual(['keepalive'])
  })

  it('81: the persistent keepalive waits for a full idle interval, whoever broke the silence', () => {
    const { net, a, probe, session } = quiet()
    net.configure(a, { peers: [{ publicKey: probe.publicKey, persistentKeepalive_s: 25 }] })
    net.forget()
    net.run(s(20))
    net.send(a, probe.inner)
    net.run(s(30))
    probe.inject(probe.data(session))
    net.run(s(54.999999999))
    expect(kinds(net, a)).toEqual(['data'])
    net.run(s(110))
    expect(seconds(net.sentBy(a, 'keepalive'))).toEqual([55, 80, 105])
  })

  it('82: turning it on sends at once, changing it does not, and turning it off is the end', () => {
    const { net, a, probe } = quiet()
    const set = (persistentKeepalive_s: number) =>
      net.configure(a, { peers: [{ publicKey: probe.publicKey, persistentKeepalive_s }] })
    set(20)
    expect(kinds(net, a)).toEqual(['keepalive'])
    net.pass(1)
    set(5)
    expect(kinds(net, a)).toEqual(['keepalive'])
    // The deadline that stands is kept; the new interval counts from the next packet.
    net.run(s(41))
    expect(seconds(net.sentBy(a))).toEqual([6, 26, 31, 36, 41])
    set(0)
    net.pass(60)
    expect(net.sentBy(a)).toHaveLength(5)
    set(0)
    expect(log(a).at(-1)).toBe('persistent-keepalive cancelled')
  })

  it('82: while the interface is down it is only noted', () => {
    const { net, a, b } = pair()
    net.input(a, { kind: 'link', up: false })
    net.configure(a, { peers: [{ publicKey: b.publicKey, persistentKeepalive_s: 7 }] })
    expect(net.sent).toEqual([])
    expect(statusOf(a, b).persistentKeepalive_s).toBe(7)
    expect(a.device.pollTimeout()).toBe(NEVER)
  })

  it('83: without a session it starts handshakes, for ever', () => {
    const { net, a, b } = pair()
    net.fate = () => []
    net.configure(a, { peers: [{ publicKey: b.publicKey, persistentKeepalive_s: 25 }] })
    net.pass(1000)
    const at = seconds(net.sentBy(a, 'initiation'))
    expect(at.length).toBeGreaterThan(120)
    expect(at.at(-1)).toBeGreaterThan(960)
  })

  it('83: a peer without an endpoint costs nothing but the attempt', () => {
    const { net, a, b } = pair()
    net.configure(b, {
      peers: [
        { publicKey: a.publicKey, remove: true },
        { publicKey: a.publicKey, persistentKeepalive_s: 25 },
      ],
    })
    net.pass(1)
    expect(net.sentBy(b)).toEqual([])
    expect(dropsAt(b)).toEqual(['no-endpoint'])
    expect(statusOf(b, a).txBytes).toBe(0)
  })
})

describe('the time of the last handshake', () => {
  it('84: is when the response comes for the initiator, and when data confirms for the responder', () => {
    const { net, a, b } = pair()
    net.send(a, b)
    net.run(s(0.01))
    expect(statusOf(b, a).latestHandshakeAt).toBeUndefined()
    net.run(s(1))
    expect([statusOf(a, b).latestHandshakeAt, statusOf(b, a).latestHandshakeAt]).toEqual([s(0.02), s(0.03)])
  })
})
