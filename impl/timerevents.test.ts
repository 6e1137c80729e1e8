/** What is told of timers, and the timers by themselves. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DeviceEvent } from './api.ts'
import { instant, NEVER } from './box.ts'
import { nodeCrypto } from './crypto/node/provider.ts'
import type { PublicKey } from './key.ts'
import { ipv4, type Node, s, TestNet, testRandom } from './testing.ts'
import { Probe, type ProbeSession } from './testprobe.ts'
import { PeerTimers, type TimerHost } from './timers.ts'

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

const log = (node: Node, peer?: string) =>
  node.events.flatMap(event =>
    event.kind === 'timer' && (peer === undefined || event.peer === peer) ? [`${event.timer} ${event.what}`] : [],
  )

describe('events', () => {
  it('tell of a timer when it is set from idle, cancelled or fired, not at every packet', () => {
    const { net, a, probe, session } = quiet()
    for (let i = 0; i < 5; i++) net.send(a, probe.inner)
    for (let i = 0; i < 5; i++) probe.inject(probe.data(session, ipv4(probe.inner, a.inner)))
    net.pass(10)
    expect(log(a)).toEqual([
      'new-handshake set',
      'new-handshake cancelled',
      'send-keepalive set',
      'send-keepalive fired',
    ])
    const set = a.events.find(event => event.kind === 'timer')
    expect(set).toMatchObject({ reason: 'data was sent and nothing has been received since' })
  })

  it('leave out what is set and cancelled when only those that fire are wanted', () => {
    const net = new TestNet(nodeCrypto)
    const [a, b] = [net.add('a', { timerEvents: 'fired' }), net.add('b')]
    net.connect(a, b)
    net.send(a, b)
    net.pass(1)
    net.send(b, a)
    net.pass(60)
    expect(log(a)).toEqual(['send-keepalive fired'])
    expect(log(b)).toContain('new-handshake cancelled')
  })

  it('of many peers come in order of time, and of age at one instant', () => {
    const net = new TestNet(nodeCrypto)
    const a = net.add('a')
    const names = ['x', 'y', 'z'].map(name => {
      const probe = new Probe(net, nodeCrypto, a, name)
      net.configure(a, { peers: [{ publicKey: probe.publicKey, endpoint: probe.endpoint }] })
      return probe.publicKey
    })
    for (const publicKey of [...names].reverse()) {
      net.configure(a, { peers: [{ publicKey, persistentKeepalive_s: 3 }] })
    }
    net.run(s(3))
    const fired = a.events.flatMap(event => (event.kind === 'timer' && event.what === 'fired' ? [event.peer] : []))
    expect(fired).toEqual(names)
  })
})

describe('timers that fire late', () => {
  it('fire in order of time across peers, though one call finds all of them due', () => {
    const net = new TestNet(nodeCrypto)
    const [a, b, c] = [net.add('a'), net.add('b'), net.add('c')]
    for (const other of [b, c]) {
      net.connect(a, other)
      net.send(a, other)
    }
    net.pass(1)
    net.send(b, a)
    net.run(s(3))
    net.send(c, a)
    net.run(s(3.5))
    net.forget()
    net.now = s(600)
    a.device.handleTimeout(net.now)
    net.input(a, { kind: 'mtu', mtu: 1420 })
    const fired = a.events.flatMap(event => (event.kind === 'timer' && event.what === 'fired' ? [event] : []))
    const times = fired.map(({ due }) => due!)
    expect(times).toEqual([...times].sort((x, y) => x - y))
    expect(fired.slice(0, 2).map(({ peer, timer }) => [peer, timer])).toEqual([
      [b.publicKey, 'send-keepalive'],
      [c.publicKey, 'send-keepalive'],
    ])
    expect(fired.map(({ timer }) => timer)).toContain('zero-key-material')
  })
})

describe('one peer’s timers, by themselves', () => {
  it('are deaf while the interface is down, and wake for the earliest', () => {
    const events: DeviceEvent[] = []
    const woken: number[] = []
    const host = {
      up: false,
      jiffy_ns: 0,
      wheelStart_ns: 0,
      tellsAllTimers: true,
      emit: (event: DeviceEvent) => events.push(event),
      wake: (_: PeerTimers, at: number) => woken.push(at),
    }
    const timers = new PeerTimers(host as TimerHost, 'p' as PublicKey, 0, testRandom('jitter'))
    timers.setPersistentKeepalive(9)
    for (const happen of [
      timers.dataSent,
      timers.dataReceived,
      timers.packetSent,
      timers.packetReceived,
      timers.initiationSent,
      timers.sessionDerived,
    ]) {
      happen.call(timers, instant(0))
    }
    expect([timers.earliest(), events, woken]).toEqual([NEVER, [], []])
    host.up = true
    timers.sessionDerived(instant(0))
    timers.packetSent(instant(1))
    expect(woken).toEqual([s(540), s(9) + 1])
    expect(timers.earliest()).toBe(s(9) + 1)
    expect(timers.reason()).toBe('persistent-keepalive: the path must be kept open')
    expect(timers.take(s(9))).toBeUndefined()
    expect(timers.take(s(600))).toBe('persistent-keepalive')
    expect(timers.take(s(600))).toBe('zero-key-material')
    expect(timers.take(s(600))).toBeUndefined()
  })

  it('draw jitter from 0 to 333 ms', () => {
    fc.assert(
      fc.property(fc.string(), name => {
        const host = { up: true, jiffy_ns: 0, wheelStart_ns: 0, tellsAllTimers: true, emit: () => {}, wake: () => {} }
        const timers = new PeerTimers(host, 'p' as PublicKey, 0, testRandom(name))
        timers.initiationSent(instant(0))
        expect(timers.earliest()).toBeGreaterThanOrEqual(s(5))
        expect(timers.earliest()).toBeLessThanOrEqual(s(5.333))
      }),
    )
  })
})
