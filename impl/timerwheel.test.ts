import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Instant, instant, NEVER, NS_PER_S } from './box.ts'
import { nodeCrypto } from './crypto/node/provider.ts'
import { Device } from './device.ts'
import { s, TestNet, testRandom, wallTime } from './testing.ts'
import { wheelDue } from './timerwheel.ts'

const JIFFY = 4_000_000

/** The kernel's calc_wheel_index and calc_index, line by line, in 64-bit integers. */
function kernelExpiry(jiffies: bigint, delay: bigint): bigint {
  const expires = jiffies + delay
  for (let level = 0n; level < 8n; level++) {
    if (delay < 63n << (level * 3n)) return ((expires >> (level * 3n)) + 1n) << (level * 3n)
  }
  return ((expires >> 24n) + 1n) << 24n
}

describe('the timer wheel', () => {
  it('is the kernel’s', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 30), fc.nat(1_000_000_000), (jiffies, shift) => {
        // Delays of every size, and just around the ends of levels.
        for (const delay of [
          shift,
          shift >>> 8,
          shift >>> 16,
          62,
          63,
          503,
          504,
          4031,
          4032,
          32_256,
          258_047,
          258_048,
        ]) {
          const due = wheelDue(instant(jiffies * JIFFY), delay * JIFFY, JIFFY)
          expect(due).toBe(Number(kernelExpiry(BigInt(jiffies), BigInt(delay))) * JIFFY)
        }
      }),
    )
  })

  it('is never early, and late by at most a jiffy and a step, whatever the jiffy is', () => {
    const steps = [1, 8, 64, 512, 4096, 32_768]
    const within = (delay: number) => steps.find((step, level) => delay < 63 * 8 ** level * 1 && step) ?? Number.NaN
    fc.assert(
      fc.property(
        fc.nat(10 ** 15),
        fc.nat(600 * NS_PER_S),
        fc.constantFrom(1_000_000, 3_333_333, JIFFY, 10_000_000),
        (now, delay_ns, jiffy) => {
          const late = wheelDue(instant(now), delay_ns, jiffy) - now - delay_ns
          const step = within(Math.ceil(delay_ns / jiffy))
          expect(late).toBeGreaterThanOrEqual(0)
          expect(late).toBeLessThanOrEqual((step + 1) * jiffy)
        },
      ),
    )
  })

  it('counts its steps from when it began to turn', () => {
    // 5 s at the start of a run that a kernel has waited for since 20 s, whose jiffies begin at −300 s.
    const start_ns = 2 ** 24 * JIFFY - 280 * NS_PER_S
    expect(wheelDue(instant(0), 5 * NS_PER_S, JIFFY, start_ns)).toBe(5_056_000_000)
    fc.assert(
      fc.property(fc.nat(10 ** 12), fc.nat(10 ** 12), fc.nat(600 * NS_PER_S), (now, start, delay_ns) => {
        const due = wheelDue(instant(now), delay_ns, JIFFY, start)
        expect(due).toBe(wheelDue(instant(now + start), delay_ns, JIFFY) - start)
      }),
    )
  })

  it('has no timer after the end of time', () => {
    expect(wheelDue((NEVER - 5) as Instant, NS_PER_S, JIFFY)).toBe(NEVER)
  })
})

describe('a device on a timer wheel', () => {
  it('retransmits 5 s and up to 333 + 256 ms after, on the ticks of the wheel’s level', () => {
    const net = new TestNet(nodeCrypto)
    const [a, b] = [net.add('a', { timerWheel_ns: JIFFY }), net.add('b')]
    net.connect(a, b)
    net.fate = () => []
    net.run(s(0.1))
    net.send(a, b)
    net.pass(120)
    const at = net.sentBy(a, 'initiation').map(sent => sent.at)
    expect(at).toHaveLength(20)
    for (const [i, time] of at.slice(1).entries()) {
      expect(time % (64 * JIFFY)).toBe(0)
      expect(time - at[i]!).toBeGreaterThanOrEqual(s(5))
      expect(time - at[i]!).toBeLessThanOrEqual(s(5.593))
    }
  })

  it('sends its keepalives late', () => {
    const net = new TestNet(nodeCrypto)
    const [a, b] = [net.add('a', { timerWheel_ns: JIFFY }), net.add('b')]
    net.connect(a, b)
    net.configure(a, { peers: [{ publicKey: b.publicKey, persistentKeepalive_s: 25 }] })
    net.run(s(60))
    const at = net.sentBy(a, 'keepalive').map(sent => sent.at / (512 * JIFFY))
    // The first answers the response; 25 s lie on the level that ticks every 2.048 s.
    expect(at.slice(1).map(Number.isInteger)).toEqual([true, true])
  })

  it('heals a crossing of initiations that a device without one would not', () => {
    const healed = (timerWheel_ns?: number) =>
      Array.from({ length: 20 }, (_, k) => {
        const net = new TestNet(nodeCrypto)
        const options = timerWheel_ns === undefined ? {} : { timerWheel_ns }
        const [a, b] = [net.add(`a${k}`, options), net.add(`b${k}`, options)]
        net.connect(a, b)
        net.fate = () => [400]
        net.run(s(1 + k * 0.013))
        net.send(a, b)
        net.send(b, a)
        net.pass(120)
        return net.sent.some(({ message }) => message === 'data')
      }).filter(Boolean).length
    expect(healed()).toBe(0)
    expect(healed(JIFFY)).toBeGreaterThan(3)
  })

  it.each([0, -1, 0.5, Number.NaN, 2 * NS_PER_S])('has no jiffy of %d ns', timerWheel_ns => {
    const options = { name: 'x', crypto: nodeCrypto, random: testRandom('x'), wallClock: wallTime, timerWheel_ns }
    expect(() => new Device(options)).toThrow(
      `timerWheel_ns: ${timerWheel_ns} (the length of a jiffy: 4000000 for HZ=250, 1000000 for HZ=1000; leave it out for exact timers)`,
    )
  })
})
