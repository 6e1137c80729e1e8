import { expect, it } from 'vitest'
import { instant } from '../../impl/box.ts'
import type { Host } from '../../scenarios/language/topology.ts'
import { EPOCH } from '../parts.ts'
import { GuestClock } from './clock.ts'

const clockOf = (clock: Host['clock']) => new GuestClock({ spec: { interfaces: {}, clock }, epoch: EPOCH })
const S = 1_000_000_000
const step = { do: 'clock', at: '5s', host: 'alice' } as const

it('a change of the clock is a command that a person could type', () => {
  const clock = clockOf({ offset: '-1h', drift_ppm: 100 })
  expect(clock.boot(instant(0))).toEqual({ sec: EPOCH.sec - 3600, nsec: 0 })
  expect(clock.booted()).toEqual(['/lab/agent drift 100'])
  // 10 s and 1 ms have passed for it, and then an hour.
  expect(clock.change(instant(10 * S), { ...step, jump: '1h' })).toBe(
    `date -u -s @${EPOCH.sec + 10}.001000000 > /dev/null`,
  )
  expect(clock.change(instant(20 * S), { ...step, drift_ppm: -7 })).toBe('/lab/agent drift -7')
  expect(clock.change(instant(30 * S), { ...step, sync: 'slew' })).toBe(`/lab/agent slew ${EPOCH.sec + 30} 0`)
  expect(clock.change(instant(40 * S + 5), { ...step, sync: 'step' })).toBe(
    `/lab/agent drift 0 && date -u -s @${EPOCH.sec + 40}.000000005 > /dev/null`,
  )
})

it.each([
  ['battery', { sec: EPOCH.sec + 130, nsec: 0 }],
  ['saved', { sec: EPOCH.sec + 110, nsec: 0 }],
  ['none', { sec: 0, nsec: 0 }],
] as const)('after a boot it shows what its battery is worth: %s', (rtc, wall) => {
  const clock = clockOf({ rtc })
  clock.boot(instant(0))
  // Where it stood still or began in 1970, somebody has set it.
  clock.change(instant(0), { ...step, sync: 'step' })
  clock.change(instant(0), { ...step, jump: '100s' })
  clock.off(instant(10 * S))
  expect(clock.boot(instant(30 * S))).toEqual(wall)
})

it('tells when it showed what it showed, also before it was set', () => {
  const clock = clockOf({ rtc: 'none' })
  clock.boot(instant(0))
  clock.change(instant(30 * S), { ...step, sync: 'step' })
  clock.change(instant(60 * S), { ...step, jump: '-20s' })
  const times = [5, EPOCH.sec + 40, EPOCH.sec + 45, EPOCH.sec + 59, EPOCH.sec + 70, 99_999]
  expect(times.map(wall => clock.timeOf(wall) / S)).toEqual([5, 60, 65, 79, 90, 0])
})

it('the time service comes after each boot, and not while the machine is off', () => {
  const clock = clockOf({ ntp: { after: '3s' } })
  clock.boot(instant(0))
  expect(clock.due).toBe(3 * S)
  expect(clock.arrived(instant(3 * S))).toContain('date -u -s')
  clock.off(instant(5 * S))
  expect(clock.due).toBeGreaterThan(1000 * S)
  clock.boot(instant(6 * S))
  expect(clock.due).toBe(9 * S)
})
