/** The clocks of this machine: one that counts sleep (behaviour 85), and the time of day. */
import { instant, NS_PER_S } from '../../box.ts'
import type { DeviceClock } from '../deviceclock.ts'
import { allocate, type Libc } from './libc.ts'

const CLOCK_REALTIME = 0
const CLOCK_BOOTTIME = 7

export function createClock(libc: Pick<Libc, 'clock_gettime'>): DeviceClock {
  const timespec = allocate(16)
  const read = (clock: number) => {
    libc.clock_gettime(clock, timespec.address)
    return { sec: Number(timespec.view.getBigInt64(0, true)), nsec: timespec.view.getUint32(8, true) }
  }
  const start = read(CLOCK_BOOTTIME)
  let startSec = start.sec
  return {
    now() {
      libc.clock_gettime(CLOCK_BOOTTIME, timespec.address)
      // Seconds since boot fit 32 bits.
      const sec = timespec.view.getUint32(0, true) - startSec
      return instant(sec * NS_PER_S + timespec.view.getUint32(8, true) - start.nsec)
    },
    rebase(by_s) {
      startSec += by_s
    },
    wall: () => read(CLOCK_REALTIME),
  }
}
