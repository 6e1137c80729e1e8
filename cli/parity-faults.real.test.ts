/**
 * Faults that are put into ours on purpose, each in a scenario of the catalogue that `wglab parity` has to find it by; without
 * the fault ours and the kernel agree there.
 */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { readyGuests, SKIP_TEXT } from '../kernel/testing.ts'
import type { ParityResult } from '../scenarios/language/parity.ts'

const ready = await readyGuests('6.12')
const KERNEL = 'kernel-6.12'
const DRAWS = 24

/** Every module anew, so that what is mocked is seen by all of ours. */
async function compared(id: string): Promise<ParityResult> {
  vi.resetModules()
  const [{ compare, seatings }, { Crew }, { select }] = await Promise.all([
    import('./parity.ts'),
    import('./parity-crew.ts'),
    import('./select.ts'),
  ])
  const crew = new Crew([KERNEL])
  try {
    const [named] = await select([id])
    const seats = named === undefined ? [] : seatings(named, { cast: 'ours', against: KERNEL, seats: 'all' })
    const [seating] = typeof seats === 'string' ? [] : seats
    if (named === undefined || seating === undefined) throw new Error(`${id} can not be played by ${KERNEL}`)
    const pair = { named, seed: named.scenario.seed ?? '1', ...seating, known: [], draws: DRAWS, strict: true }
    return await compare({ ...pair, reproduce: '' }, crew)
  } finally {
    await crew.stop()
  }
}

const constants = (wrong: Record<string, unknown>) => () =>
  vi.doMock('../impl/constants.ts', async original => ({ ...(await original<object>()), ...wrong }))

/** An endpoint that is known never moves. */
const stays = () =>
  vi.doMock('../impl/state.ts', async original => {
    const state = await original<typeof import('../impl/state.ts')>()
    const { setEndpoint } = state.DeviceState.prototype
    state.DeviceState.prototype.setEndpoint = function (peer, ...rest) {
      if (peer.endpoint === undefined) setEndpoint.call(this, peer, ...rest)
    }
    return state
  })

const FAULTS: readonly (readonly [fault: string, scenario: string, put: () => unknown])[] = [
  ['a replay window of 32', 'link/reordered-within-the-window', constants({ REPLAY_WINDOW: 32 })],
  [
    'a new handshake after 150 s',
    'handshake/rekey-over-twenty-minutes',
    constants({ REKEY_AFTER_TIME_NS: 150_000_000_000 }),
  ],
  [
    'a passive keepalive after 12 s',
    'silence/two-keepalives-at-once',
    constants({ KEEPALIVE_TIMEOUT_NS: 12_000_000_000 }),
  ],
  [
    'a passive keepalive that is late by less than a step of the timer wheel',
    'silence/two-keepalives-at-once',
    constants({ KEEPALIVE_TIMEOUT_NS: 10_240_000_000 }),
  ],
  ['padding to eight bytes', 'handshake/one-round-trip', constants({ PADDING_MULTIPLE: 8 })],
  ['retries without jitter', 'roaming/both-move-at-once', constants({ REKEY_TIMEOUT_JITTER_MAX_NS: 0 })],
  ['an endpoint that does not follow', 'adversary/endpoint-theft', stays],
]

describe.skipIf(ready === undefined)(`parity with ${KERNEL}${ready === undefined ? ` (${SKIP_TEXT})` : ''}`, () => {
  afterEach(() => {
    vi.doUnmock('../impl/constants.ts')
    vi.doUnmock('../impl/state.ts')
  })

  it.each(FAULTS)('finds %s in %s', { timeout: 300_000 }, async (_, id, put) => {
    put()
    const wrong = await compared(id)
    expect({ outcome: wrong.outcome, because: wrong.because }).toMatchObject({ outcome: 'differs' })
  })

  const scenarios = [...new Set(FAULTS.map(([, id]) => id))]
  it.each(scenarios)('and without a fault they agree in %s', { timeout: 300_000 }, async id => {
    const { outcome, because } = await compared(id)
    expect({ outcome: outcome === 'chance' ? 'same' : outcome, because }).toMatchObject({ outcome: 'same' })
  })
})
