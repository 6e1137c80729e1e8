/** Endpoints and source addresses: behaviours 107 to 121. */
import { describe, expect, it } from 'vitest'
import type { Endpoint } from './box.ts'
import { nodeCrypto } from './crypto/node/provider.ts'
import { dropsAt, ip, ipv4, type Node, prefix, s, statusOf, TestNet } from './testing.ts'
import { Probe, type ProbeSession } from './testprobe.ts'

const elsewhere: Endpoint = { address: ip(203, 0, 113, 99), port: 1234 }
const v6: Endpoint = { address: ip(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), port: 51820 }

function open(): { net: TestNet; a: Node; probe: Probe; session: ProbeSession } {
  const net = new TestNet(nodeCrypto)
  const a = net.add('a')
  const probe = new Probe(net, nodeCrypto, a)
  const session = probe.beAnswered()
  probe.inject(probe.data(session))
  net.run(s(6))
  net.forget()
  return { net, a, probe, session }
}

describe('the endpoint', () => {
  it.each<[string, (probe: Probe, session: ProbeSession, a: Node) => Uint8Array]>([
    ['an initiation', probe => probe.initiation()],
    ['data', (probe, session, a) => probe.data(session, ipv4(probe.inner, a.inner))],
    ['a keepalive', (probe, session) => probe.data(session)],
  ])('107, 110: moves to where %s comes from', (_, make) => {
    const { net, a, probe, session } = open()
    const before = probe.endpoint
    probe.endpoint = elsewhere
    probe.inject(make(probe, session, a))
    expect(statusOf(a, probe).endpoint).toEqual(elsewhere)
    expect(a.events.find(({ kind }) => kind === 'endpoint')).toMatchObject({ from: before, to: elsewhere })
    net.send(a, probe.inner)
    expect(net.sent.at(-1)!.to).toEqual(elsewhere)
  })

  it('107: moves to where a response comes from', () => {
    const { net, a, probe } = open()
    net.run(s(200))
    net.send(a, probe.inner)
    const { response } = probe.answer(net.sentBy(a, 'initiation')[0]!.bytes)
    probe.endpoint = elsewhere
    probe.inject(response)
    expect(net.sentBy(a, 'data')[0]!.to).toEqual(elsewhere)
  })

  it.each<[string, (probe: Probe, session: ProbeSession) => Uint8Array, string]>([
    ['a damaged initiation', probe => probe.sign(probe.initiation().fill(1, 100, 101)), 'bad-timestamp'],
    ['a damaged response', probe => probe.sign(Uint8Array.of(2, 0, 0, 0, ...new Uint8Array(88))), 'unknown-handshake'],
    ['damaged data', (probe, session) => probe.data(session, new Uint8Array(40)).fill(1, 20, 24), 'bad-data'],
  ])('108: %s from elsewhere moves nothing', (_, make, reason) => {
    const { a, probe, session } = open()
    const before = statusOf(a, probe).endpoint
    probe.endpoint = elsewhere
    probe.inject(make(probe, session))
    expect(dropsAt(a)).toEqual([reason])
    expect(statusOf(a, probe).endpoint).toEqual(before)
  })

  it('109: moves between IPv4 and IPv6 and back', () => {
    const { a, probe, session } = open()
    const home = probe.endpoint
    for (const endpoint of [v6, home, v6]) {
      probe.endpoint = endpoint
      probe.inject(probe.data(session))
      expect(statusOf(a, probe).endpoint).toEqual(endpoint)
    }
  })

  it('113: keeps the scope of a link-local address, and tells scopes apart', () => {
    const { net, a, probe, session } = open()
    const address = ip(0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)
    for (const scope of [2, 3]) {
      probe.endpoint = { address, port: 51820, scope }
      probe.inject(probe.data(session))
      expect(statusOf(a, probe).endpoint).toEqual({ address, port: 51820, scope })
    }
    net.send(a, probe.inner)
    expect(net.sent[0]!.to.scope).toBe(3)
    expect(a.events.filter(({ kind }) => kind === 'endpoint')).toHaveLength(2)
  })

  it('keeps its own copy of the address', () => {
    const { a, probe, session } = open()
    const address = ip(203, 0, 113, 1)
    probe.endpoint = { address, port: 9 }
    probe.inject(probe.data(session))
    address.fill(0)
    expect(statusOf(a, probe).endpoint?.address).toEqual(ip(203, 0, 113, 1))
  })

  it('is told of once while it stays', () => {
    const { a, probe, session } = open()
    for (let i = 0; i < 3; i++) probe.inject(probe.data(session))
    expect(a.events.filter(({ kind }) => kind === 'endpoint')).toEqual([])
  })

  it('two devices go on after one has moved', () => {
    const net = new TestNet(nodeCrypto)
    const a = net.add('a')
    const b = net.add('b')
    net.connect(a, b, false)
    net.send(a, b)
    net.pass(1)
    a.endpoint = elsewhere
    net.input(a, { kind: 'forget-source' })
    net.send(a, b)
    net.pass(1)
    net.send(b, a)
    net.pass(1)
    expect([a.delivered.length, b.delivered.length]).toEqual([1, 2])
  })
})

describe('the source address', () => {
  const sources = (net: TestNet) => net.sent.map(({ from }) => from)

  it('111: packets leave from where the last one came in', () => {
    const { net, a, probe, session } = open()
    const other = ip(192, 0, 2, 222)
    net.send(a, probe.inner)
    net.input(a, {
      kind: 'datagram',
      id: { box: 'x', n: 0 },
      bytes: probe.data(session),
      from: probe.endpoint,
      to: other,
      ecn: 0,
    })
    net.send(a, probe.inner)
    expect(sources(net)).toEqual([a.endpoint.address, other])
    net.input(a, { kind: 'datagram', id: { box: 'x', n: 1 }, bytes: probe.data(session), from: probe.endpoint, ecn: 0 })
    net.send(a, probe.inner)
    expect(sources(net).at(-1)).toBeUndefined()
  })

  it.each<[string, (net: TestNet, a: Node, probe: Probe) => void, boolean]>([
    ['its address goes away', (net, a) => net.input(a, { kind: 'forget-source', address: a.endpoint.address }), true],
    ['routes change', (net, a) => net.input(a, { kind: 'forget-source' }), true],
    [
      'another address goes away',
      (net, a) => net.input(a, { kind: 'forget-source', address: ip(192, 0, 2, 77) }),
      false,
    ],
    ['the port changes', (net, a) => net.configure(a, { listenPort: 1000 }), true],
    ['the port is set to what it is', (net, a) => net.configure(a, { listenPort: 51820 }), false],
    ['the mark is set', (net, a) => net.configure(a, { fwmark: 0 }), true],
    [
      'the endpoint is configured',
      (net, a, probe) => net.configure(a, { peers: [{ publicKey: probe.publicKey, endpoint: probe.endpoint }] }),
      true,
    ],
  ])('112: when %s', (_, happen, forgotten) => {
    const { net, a, probe } = open()
    happen(net, a, probe)
    net.send(a, probe.inner)
    expect(sources(net)).toEqual([forgotten ? undefined : a.endpoint.address])
  })
})

describe('the socket', () => {
  it('114, 115, 121: is asked for when it is needed, and only then', () => {
    const net = new TestNet(nodeCrypto)
    const a = net.add('a')
    const changes = (happen: () => void) => {
      a.sockets.length = 0
      happen()
      return a.sockets.map(({ port, fwmark }) => [port, fwmark])
    }
    expect(a.sockets.map(({ port }) => port)).toEqual([51820])
    expect(changes(() => net.configure(a, { listenPort: 51820 }))).toEqual([])
    expect(changes(() => net.configure(a, { listenPort: 0 }))).toEqual([[0, 0]])
    // The host has chosen one and says so.
    expect(changes(() => net.configure(a, { listenPort: 40123 }))).toEqual([[40123, 0]])
    expect(changes(() => net.configure(a, { fwmark: 51 }))).toEqual([[40123, 51]])
    expect(changes(() => net.configure(a, { fwmark: 51 }))).toEqual([])
    expect(changes(() => net.input(a, { kind: 'link', up: false }))).toEqual([[undefined, 51]])
    expect(changes(() => net.configure(a, { listenPort: 7, fwmark: 8 }))).toEqual([])
    expect(changes(() => net.input(a, { kind: 'link', up: true }))).toEqual([[7, 8]])
    expect(a.device.status()).toMatchObject({ listenPort: 7, fwmark: 8, up: true })
  })

  it('120: the mark is on every datagram from the moment it is set', () => {
    const { net, a, probe } = open()
    net.send(a, probe.inner)
    net.configure(a, { fwmark: 0xffff_ffff })
    net.send(a, probe.inner)
    probe.inject(probe.initiation())
    expect(net.sent.map(({ message, fwmark }) => [message, fwmark])).toEqual([
      ['data', 0],
      ['data', 0xffff_ffff],
      ['response', 0xffff_ffff],
    ])
  })

  it('120: also on cookie replies', () => {
    const net = new TestNet(nodeCrypto)
    const a = net.add('a', { handshakeCost_ns: 1000 })
    net.configure(a, { fwmark: 5 })
    const probe = new Probe(net, nodeCrypto, a)
    for (let i = 0; i < 520; i++) probe.inject(probe.initiation())
    net.pass(1)
    expect(net.sentBy(a, 'cookie-reply').length).toBeGreaterThan(0)
    expect(new Set(net.sent.map(({ fwmark }) => fwmark))).toEqual(new Set([5]))
  })
})

describe('allowed IPs across peers', () => {
  it('123: one table for all: a narrower prefix of another peer wins, in both directions', () => {
    const { net, a, probe, session } = open()
    const other = new Probe(net, nodeCrypto, a, 'other')
    net.configure(a, {
      peers: [
        { publicKey: probe.publicKey, allowedIps: [prefix(ip(10, 0, 0, 0), 8)] },
        { publicKey: other.publicKey, endpoint: elsewhere, allowedIps: [prefix(ip(10, 1, 0, 0), 16)] },
      ],
    })
    net.forget()
    probe.inject(probe.data(session, ipv4(ip(10, 2, 0, 1), a.inner)))
    probe.inject(probe.data(session, ipv4(ip(10, 1, 0, 1), a.inner)))
    expect(a.delivered.map(({ packet }) => packet[13])).toEqual([2])
    expect(dropsAt(a)).toEqual(['source-not-allowed'])
    net.send(a, ip(10, 1, 0, 1))
    net.send(a, ip(10, 2, 0, 1))
    expect(net.sent.map(({ peer }) => peer)).toEqual([other.publicKey, probe.publicKey])
  })

  it('124, 126, 131: a prefix belongs to whoever got it last, without host bits, in the order given', () => {
    const { net, a, probe } = open()
    const other = new Probe(net, nodeCrypto, a, 'other')
    const give = (peer: Probe, ...prefixes: [number, number][]) =>
      net.configure(a, {
        peers: [
          {
            publicKey: peer.publicKey,
            allowedIps: prefixes.map(([second, length]) => prefix(ip(10, second, 2, 3), length)),
          },
        ],
      })
    give(probe, [1, 16], [2, 16], [3, 16])
    give(probe, [1, 16])
    give(other, [2, 16])
    const list = (peer: Probe) =>
      statusOf(a, peer).allowedIps.map(({ address, length }) => `${address.join('.')}/${length}`)
    expect(list(probe)).toEqual(['10.3.0.0/16', '10.1.0.0/16'])
    expect(list(other)).toEqual(['10.0.0.99/32', '10.2.0.0/16'])
  })

  it('125: the two default routes are independent, and anything narrower wins', () => {
    const { net, a, probe } = open()
    const other = new Probe(net, nodeCrypto, a, 'other')
    net.configure(a, {
      peers: [
        { publicKey: probe.publicKey, allowedIps: [prefix(ip(0, 0, 0, 0), 0)] },
        {
          publicKey: other.publicKey,
          endpoint: elsewhere,
          allowedIps: [prefix(new Uint8Array(16), 0), prefix(ip(9, 0, 0, 0), 8)],
        },
      ],
    })
    net.forget()
    net.send(a, ip(8, 8, 8, 8))
    net.send(a, ip(9, 9, 9, 9))
    expect(net.sent.map(({ peer }) => peer)).toEqual([probe.publicKey, other.publicKey])
  })

  it('127, 128: replacing takes only this peer’s; removing takes exactly what it names, from its owner', () => {
    const { net, a, probe } = open()
    const other = new Probe(net, nodeCrypto, a, 'other')
    const ten = (second: number, remove = false) => ({ ...prefix(ip(10, second, 0, 0), 16), remove })
    const list = (peer: Probe) => statusOf(a, peer).allowedIps.map(({ address }) => address[1])
    net.configure(a, {
      peers: [
        { publicKey: probe.publicKey, replaceAllowedIps: true, allowedIps: [ten(1), ten(2)] },
        { publicKey: other.publicKey, replaceAllowedIps: true, allowedIps: [ten(3)] },
      ],
    })
    expect([list(probe), list(other)]).toEqual([[1, 2], [3]])
    net.configure(a, {
      peers: [{ publicKey: probe.publicKey, allowedIps: [ten(3, true), ten(1, true), ten(7, true)] }],
    })
    expect([list(probe), list(other)]).toEqual([[2], [3]])
    net.configure(a, { peers: [{ publicKey: probe.publicKey, replaceAllowedIps: true }] })
    expect([list(probe), list(other)]).toEqual([[], [3]])
  })

  it('129: with a peer its prefixes go', () => {
    const { net, a, probe } = open()
    net.configure(a, { peers: [{ publicKey: probe.publicKey, remove: true }] })
    net.forget()
    net.send(a, probe.inner)
    expect(dropsAt(a)).toEqual(['no-route'])
  })

  it('130: a peer without allowed IPs can shake hands and keep alive, and no data of it comes through', () => {
    const { net, a, probe, session } = open()
    net.configure(a, { peers: [{ publicKey: probe.publicKey, replaceAllowedIps: true }] })
    probe.inject(probe.data(session, ipv4(probe.inner, a.inner)))
    expect(dropsAt(a)).toEqual(['source-not-allowed'])
    net.pass(11)
    expect(net.sent.map(({ message }) => message)).toEqual(['keepalive'])
    probe.inject(probe.initiation())
    expect(net.sentBy(a, 'response')).toHaveLength(1)
  })
})
