/** A device whose clock is put back does what one does whose clock goes on: the same bytes at the same true instants. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DeviceInput } from './api.ts'
import { type Instant, instant, later, NEVER, NS_PER_MS, NS_PER_S, rebased } from './box.ts'
import { nodeCrypto } from './crypto/node/provider.ts'
import { Device } from './device.ts'
import { CookieChecker, CookieJar, CookieSecret } from './noise/cookie.ts'
import { RateLimiter } from './tables/ratelimiter.ts'
import { type Node, s, TestNet, testRandom, wallTime } from './testing.ts'
import { Probe } from './testprobe.ts'

/** What must be left of the past: more than every interval a device looks back. */
const KEPT_NS = 600 * NS_PER_S

type Step =
  | { readonly do: 'pass'; readonly seconds: number }
  | { readonly do: 'send' | 'rebase' | 'flood'; readonly node: 0 | 1 }
  | { readonly do: 'input'; readonly node: 0 | 1; readonly input: DeviceInput }

const node = fc.constantFrom<0 | 1>(0, 1)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('pass' as const), seconds: fc.constantFrom(0.01, 1, 9, 26, 130, 190, 600) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('send' as const), node }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('rebase' as const), node }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('flood' as const), node }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('input' as const),
      node,
      input: fc.constantFrom<DeviceInput>({ kind: 'link', up: false }, { kind: 'link', up: true }, { kind: 'suspend' }),
    }),
  },
)

/** Whose clock may be put back: `shift` is by how much it was. */
interface Shifted {
  readonly node: Node
  shift: number
}

/** Puts a clock of its own between the network and the device. */
function shifted(net: TestNet, name: string): Shifted {
  const clock = { shift: 0 }
  const made = net.add(name, {
    wall: now => wallTime(instant(now + clock.shift)),
    // So that messages wait and there is load, and cookies.
    handshakeCost_ns: 2_000_000,
  })
  const { device } = made
  const { handleInput, handleTimeout, pollTimeout } = device
  device.handleInput = (now, input) => handleInput.call(device, instant(now - clock.shift), input)
  device.handleTimeout = now => handleTimeout.call(device, instant(now - clock.shift))
  device.pollTimeout = () => {
    const due = pollTimeout.call(device)
    return due === NEVER ? NEVER : instant(due + clock.shift)
  }
  return Object.assign(clock, { node: made })
}

function play(steps: readonly Step[], rebases: boolean): unknown {
  const net = new TestNet(nodeCrypto)
  net.run(s(10_000))
  const both = [shifted(net, 'a'), shifted(net, 'b')] as const
  const [a, b] = both
  net.connect(a.node, b.node)
  net.configure(a.node, { peers: [{ publicKey: b.node.publicKey, persistentKeepalive_s: 25 }] })
  const probes = both.map(each => new Probe(net, nodeCrypto, each.node))
  for (const each of steps) {
    if (each.do === 'pass') net.pass(each.seconds)
    else if (each.do === 'send') net.send(both[each.node].node, both[1 - each.node]!.node)
    else if (each.do === 'input') net.input(both[each.node].node, each.input)
    else if (each.do === 'flood') flood(net, both[each.node].node, probes[each.node]!)
    else if (rebases) putBack(net, both[each.node])
  }
  net.pass(400)
  return {
    sent: net.sent.map(({ at, node: by, message, bytes, tos }) => [
      at,
      by.name,
      message,
      Buffer.from(bytes).toString('hex'),
      tos,
    ]),
    seen: both.map(({ node: { delivered, events, device } }) => ({
      delivered: delivered.map(each => [each.at, each.id]),
      drops: events.flatMap(each => (each.kind === 'drop' ? [[each.at, each.reason]] : [])),
      timers: events.flatMap(each => (each.kind === 'timer' ? [[each.at, each.timer, each.what]] : [])),
      peers: device.status().peers.map(({ rxBytes, txBytes, latestHandshake }) => [rxBytes, txBytes, latestHandshake]),
    })),
  }
}

/** More handshake messages at once than make load. */
function flood(net: TestNet, target: Node, probe: Probe): void {
  const message = probe.initiation()
  for (let i = 0; i < 600; i++) net.inject(target, message, { address: Uint8Array.of(198, 51, 100, i & 7), port: 1000 })
}

function putBack(net: TestNet, clock: Shifted): void {
  const now = instant(net.now - clock.shift)
  const by = now - KEPT_NS
  if (by <= 0) return
  clock.node.device.rebase(now, by)
  clock.shift += by
}

describe('a clock that is put back', () => {
  it('changes nothing that anybody sees', () => {
    let sessions = 0
    fc.assert(
      fc.property(fc.array(step, { minLength: 3, maxLength: 25 }), steps => {
        const expected = play(steps, false)
        expect(play(steps, true)).toEqual(expected)
        if (JSON.stringify(expected).includes('"data"')) sessions++
      }),
      { numRuns: 25 },
    )
    expect(sessions).toBeGreaterThan(5)
  }, 300_000)

  it('leaves cookies and their secret as old as they are', () => {
    const from = { address: Uint8Array.of(192, 0, 2, 1), port: 7 }
    const publicKey = nodeCrypto.privateKey(testRandom('cookie key').bytes(32)).publicKey
    const verdicts = (by_ns: number) =>
      [10, 100, 114, 116, 119, 121].map(age => {
        let now = s(5000)
        const secret = new CookieSecret(testRandom('secret'), now)
        const checker = new CookieChecker(nodeCrypto, testRandom('nonces'), publicKey, secret)
        const jar = new CookieJar(nodeCrypto, publicKey)
        const message = new Uint8Array(148)
        jar.addMacs(now, message)
        expect(jar.consumeReply(now, checker.createReply(now, message, 1, from))).toBe('accepted')
        secret.rebase(by_ns)
        jar.rebase(by_ns)
        now = later(rebased(now, by_ns), age * NS_PER_S)
        jar.addMacs(now, message)
        return [age, message.subarray(132).some(byte => byte !== 0), checker.validateMac2(now, message, from)]
      })
    expect(verdicts(s(4000))).toEqual(verdicts(0))
    expect(verdicts(0).map(([, has]) => has)).toEqual([true, true, true, false, false, false])
    const renewed = (by_ns: number) => {
      const secret = new CookieSecret(testRandom('secret'), s(5000))
      const first = secret.at(s(5000)).slice()
      secret.rebase(by_ns)
      return [119, 121].map(age => secret.at(instant(s(5000 + age) - by_ns)).join() === first.join())
    }
    expect([renewed(0), renewed(s(4000))]).toEqual([
      [true, false],
      [true, false],
    ])
  })

  it('leaves the buckets of the rate limiter as full as they are', () => {
    const sources = Array.from({ length: 3 }, (_, n) => Uint8Array.of(192, 0, 2, n))
    const ask = fc.record({
      wait_ms: fc.constantFrom(0, 1, 20, 49, 51, 400, 2000),
      from: fc.nat(2),
      puts: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(ask, { minLength: 10, maxLength: 80 }), asks => {
        const [still, moved] = [new RateLimiter(), new RateLimiter()]
        let [now, by] = [s(5000), 0]
        for (const { wait_ms, from, puts } of asks) {
          now = later(now, wait_ms * NS_PER_MS)
          if (puts && now - by > KEPT_NS) {
            const more = now - by - KEPT_NS
            moved.rebase(more)
            by += more
          }
          expect(moved.allow(instant(now - by), sources[from]!)).toBe(still.allow(now, sources[from]!))
        }
      }),
    )
  })

  it('lets a device live for a thousand years, a hundred days at a time', () => {
    const device = new Device({ name: 'old', crypto: nodeCrypto, random: testRandom('old'), wallClock: wallTime })
    let now: Instant = instant(0)
    const days_ns = 100 * 86_400 * NS_PER_S
    for (let i = 0; i < 3_650; i++) {
      now = instant(now + days_ns)
      device.handleTimeout(now)
      device.rebase(now, days_ns)
      now = rebased(now, days_ns)
    }
    expect(now).toBe(0)
  })

  it('is not put back behind its start, nor by a part of a nanosecond', () => {
    const device = new Device({ name: 'young', crypto: nodeCrypto, random: testRandom('young'), wallClock: wallTime })
    for (const by of [-1, 0.5, s(5) + 1, Number.NaN]) {
      expect(() => device.rebase(s(5), by)).toThrow(/rebase by .* \(a whole number/)
    }
    device.rebase(s(5), s(5))
    expect(device.pollTimeout()).toBe(NEVER)
  })
})
