/** Timers that are due at one moment: what one sends is too late to stop the other, as in a tick of the kernel. */
import { describe, expect, it } from 'vitest'
import { NS_PER_S } from './box.ts'
import { nodeCrypto } from './crypto/node/provider.ts'
import { stateOf } from './device.ts'
import { type Node, s, TestNet } from './testing.ts'

const JIFFY_NS = 4_000_000

/** Two with a session; b has this PersistentKeepalive for a. */
function pair(keepalive_s: number): { net: TestNet; a: Node; b: Node } {
  const net = new TestNet(nodeCrypto)
  const a = net.add('a')
  const b = net.add('b', { timerWheel_ns: JIFFY_NS })
  net.connect(a, b)
  net.configure(b, { peers: [{ publicKey: a.publicKey, persistentKeepalive_s: keepalive_s }] })
  net.run(s(1))
  net.send(a, b)
  net.run(s(1.5))
  net.send(b, a)
  net.run(s(2))
  net.forget()
  return { net, a, b }
}

const sent = (net: TestNet, node: Node) => net.sentBy(node).map(({ message, at }) => `${message} ${at / NS_PER_S}`)

describe('two timers of one moment', () => {
  it('both send: the owed keepalive and the persistent one, 10 s after data', () => {
    const { net, a, b } = pair(10)
    net.send(a, b)
    net.run(s(13))
    expect(sent(net, b)).toEqual(['keepalive 12.032', 'keepalive 12.032'])
  })

  it('a moment apart, the first stops the second', () => {
    const { net, a, b } = pair(11)
    net.send(a, b)
    net.run(s(13))
    expect(sent(net, b)).toEqual(['keepalive 12.032'])
  })

  it('after giving up, the keepalive of that moment is not sent: it would ask for a session again', () => {
    const { net, a, b } = pair(0)
    const peer = stateOf(b.device).peers.get(a.publicKey)!
    net.fate = () => []
    for (let tries = 0; peer.timers.retryOrGiveUp(net.now) === 'retry'; tries++) expect(tries).toBeLessThan(30)
    peer.timers.dataReceived(net.now)
    net.run(s(6.78))
    b.events.length = 0
    peer.timers.initiationSent(net.now)
    net.run(s(13))
    const fired = b.events.flatMap(event =>
      event.kind === 'timer' && event.what === 'fired' ? [`${event.timer} ${event.at / NS_PER_S}`] : [],
    )
    expect(fired).toEqual(['retransmit-handshake 12.032', 'send-keepalive 12.032'])
    expect(sent(net, b)).toEqual([])
  })
})
