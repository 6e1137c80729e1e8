/** A rekey by time, after two minutes under load: nothing is lost. With WGLAB_LONG=1 alone. */
import { describe, expect, it, vi } from 'vitest'
import { inLab } from './testing/lab.ts'
import { openPair, ping } from './testing/pair.ts'
import { until } from './testing/process.ts'
import { contestants, note } from './testing/subjects.ts'

const LONG = process.env['WGLAB_LONG'] === '1'
/** §6.1: REKEY_AFTER_TIME is 120 s; another round with the roles changed would double it. */
const LOAD_S = 140
const PINGS = LOAD_S * 100
/** A slow machine sends fewer than a hundred a second. */
const MOST_S = 400

// All pairs wait at the same time: they cost next to nothing.
vi.setConfig({ maxConcurrency: 12 })

for (const { subject, other, missing } of await contestants()) {
  const lacking = LONG ? missing : 'WGLAB_LONG=1'
  describe.skipIf(lacking !== undefined).concurrent(`a rekey, ${subject} ↔ ${other}${note(lacking)}`, () => {
    it(
      'comes after two minutes, and no packet is lost',
      () =>
        inLab(async lab => {
          const { a, b } = await openPair(lab, { kinds: [subject, other] })
          await ping(a, b)
          const seen = new Set<number>()
          // So many, and then it waits for the last answers: on a slow machine several are on their way at any time.
          const load = await a.namespace.start('ping', ['-q', '-i0.01', '-s1000', `-c${PINGS}`, '-W10', b.inner4])
          await until(
            'the end of the load',
            async () => {
              seen.add((await a.tunnel.peer(b.keys.public)).latestHandshake)
              await new Promise(resolve => setTimeout(resolve, 1000))
              return load.ended()
            },
            MOST_S * 1000,
          )
          const [, sent = 0, received = 0] =
            /(\d+) packets transmitted, (\d+) received/.exec(load.output())?.map(Number) ?? []
          expect([sent, received]).toEqual([PINGS, PINGS])
          // boringtun tells the seconds since: there the number of values says nothing.
          if (subject !== 'boringtun') expect(seen.size).toBeGreaterThanOrEqual(2)
        }),
      (MOST_S + 60) * 1000,
    )
  })
}
