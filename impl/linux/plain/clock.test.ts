/** The plain plane's clock on a machine of paper: awake, asleep, and with a time of day that somebody sets. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NS_PER_S } from '../../box.ts'
import { createClock, type TimeSources } from './clock.ts'

/** Its three clocks; /proc/uptime in hundredths, cut off. */
class Machine implements TimeSources {
  awake_s = 1000.25
  asleep_s = 17
  set_s = 1_700_000_000
  hasUptime = true
  reads = 0

  monotonic_ns(): bigint {
    return BigInt(Math.round(this.awake_s * NS_PER_S))
  }

  wall_ms(): number {
    return Math.floor((this.set_s + this.awake_s + this.asleep_s) * 1000)
  }

  uptime_s(): number | undefined {
    this.reads++
    return this.hasUptime ? Math.floor((this.awake_s + this.asleep_s) * 100) / 100 : undefined
  }
}

const seconds = (ns: number) => ns / NS_PER_S

describe("the plain plane's clock", () => {
  it('counts sleep as soon as it is asked after it', () => {
    const machine = new Machine()
    const slept: number[] = []
    const clock = createClock(machine, each => slept.push(each))
    machine.awake_s += 3
    expect(seconds(clock.now())).toBeCloseTo(3, 6)
    machine.asleep_s += 3600
    machine.awake_s += 0.001
    // A session of 180 s is over: nobody sends with it, not even the first packet.
    expect(seconds(clock.now())).toBeCloseTo(3603, 1)
    expect(slept.map(Math.round)).toEqual([3600])
  })

  it('does not take a clock that is set for sleep, and asks /proc only when there is reason', () => {
    const machine = new Machine()
    const clock = createClock(machine)
    machine.reads = 0
    for (let i = 0; i < 1000; i++) {
      machine.awake_s += 0.001
      clock.now()
    }
    expect(machine.reads).toBe(0)
    machine.set_s -= 86_400
    expect(seconds(clock.now())).toBeCloseTo(1, 6)
    machine.set_s += 5 * 86_400
    expect(seconds(clock.now())).toBeCloseTo(1, 6)
    expect(machine.reads).toBe(2)
  })

  it('works where nobody tells the uptime: sleep is not counted then', () => {
    const machine = new Machine()
    machine.hasUptime = false
    const clock = createClock(machine)
    machine.asleep_s += 100
    machine.awake_s += 1
    expect(seconds(clock.now())).toBeCloseTo(1, 6)
  })

  it('never goes back and is never far from the truth, whatever happens', () => {
    const step = fc.record({
      what: fc.constantFrom('awake', 'asleep', 'set', 'rebase'),
      seconds: fc.double({ min: 0, max: 10_000, noNaN: true }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), steps => {
        const machine = new Machine()
        const clock = createClock(machine)
        const start = machine.awake_s + machine.asleep_s
        let [last, back] = [0, 0]
        for (const { what, seconds: by } of steps) {
          if (what === 'awake') machine.awake_s += by
          if (what === 'asleep') machine.asleep_s += by
          if (what === 'set') machine.set_s += by - 5000
          if (what === 'rebase') {
            const whole = Math.min(Math.floor(by), Math.floor(seconds(last)))
            clock.rebase(whole)
            back += whole
            last -= whole * NS_PER_S
          }
          const now = clock.now()
          expect(now).toBeGreaterThanOrEqual(last)
          last = now
          // A short sleep may hide behind a clock that was set, for ten seconds awake.
          machine.awake_s += 10.1
          last = clock.now()
          const truth = machine.awake_s + machine.asleep_s - start - back
          expect(Math.abs(seconds(last) - truth)).toBeLessThan(0.6)
        }
      }),
    )
  })
})
