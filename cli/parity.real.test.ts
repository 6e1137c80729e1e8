/**
 * Ours against a real kernel in the same seat, in scenarios that nobody wrote: they agree, and faults that are put into ours
 * on purpose are found. WGLAB_DIFF_SEEDS: how many scenarios (default 20), counted up from WGLAB_DIFF_FROM (default 1).
 */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { readyGuests, SKIP_TEXT } from '../kernel/testing.ts'
import { messageKind } from '../scenarios/decode/wireguard.ts'
import type { Node } from '../sim/node.ts'
import type { Parts } from '../sim/topology.ts'
import type { GeneratedOptions } from './parity-generated.ts'

const ready = await readyGuests('6.12')
const SEEDS = Number(process.env['WGLAB_DIFF_SEEDS'] ?? 20)
const FROM = process.env['WGLAB_DIFF_FROM'] ?? '1'
const KERNEL = 'kernel-6.12'

/** Every module anew, so that a changed constant is seen by all of ours. */
async function run(more: Partial<GeneratedOptions>) {
  vi.resetModules()
  const [{ runGenerated }, { Crew }, { seatings }] = await Promise.all([
    import('./parity-generated.ts'),
    import('./parity-crew.ts'),
    import('./parity.ts'),
  ])
  const crew = new Crew([KERNEL])
  try {
    return await runGenerated({
      count: SEEDS,
      seed: FROM,
      jobs: 2,
      draws: 24,
      crew,
      seats: named => seatings(named, { cast: 'ours', against: KERNEL, seats: 'each' }),
      words: [],
      ...more,
    })
  } finally {
    await crew.stop()
  }
}

describe.skipIf(ready === undefined)(`ours and ${KERNEL}${ready === undefined ? ` (${SKIP_TEXT})` : ''}`, () => {
  afterEach(() => void vi.doUnmock('../impl/constants.ts'))

  it(`agree in ${SEEDS} generated scenarios`, { timeout: SEEDS * 120_000 }, async () => {
    const { results } = await run({})
    const differing = results.filter(({ outcome }) => outcome === 'differs')
    expect(differing.map(({ scenario, because }) => `${scenario}: ${because}`)).toEqual([])
    expect(results.filter(({ outcome }) => outcome === 'same').length).toBeGreaterThan(SEEDS / 2)
    expect(results.reduce((sum, { messages }) => sum + messages.a, 0)).toBeGreaterThan(SEEDS * 5)
  })

  const constants: readonly (readonly [string, Record<string, unknown>])[] = [
    ['a passive keepalive after 9 s', { KEEPALIVE_TIMEOUT_NS: 9_000_000_000 }],
    ['a new handshake after 110 s', { REKEY_AFTER_TIME_NS: 110_000_000_000 }],
    ['a dead peer noticed after 13 s', { NEW_HANDSHAKE_NS: 13_000_000_000 }],
  ]
  it.each(constants)('finds %s', { timeout: 900_000 }, async (_, wrong) => {
    vi.doMock('../impl/constants.ts', async original => ({ ...(await original<object>()), ...wrong }))
    const { results, smallest } = await run({ first: true, questions: 12 })
    const found = results.find(({ outcome }) => outcome === 'differs')
    expect(smallest?.result.outcome).toBe('differs')
    // It is the fault that was found: without it they agree in that scenario.
    vi.doUnmock('../impl/constants.ts')
    const right = await run({ count: 1, seed: found?.seed ?? FROM })
    expect(right.results.map(({ outcome }) => outcome)).not.toContain('differs')
  })

  it('finds a device that answers no second initiation', { timeout: 900_000 }, async () => {
    const { results, smallest } = await run({ first: true, questions: 12, faulty: answersOnce })
    const found = results.find(({ outcome }) => outcome === 'differs')
    const right = await run({ count: 1, seed: found?.seed ?? FROM })
    expect(right.results.map(({ outcome }) => outcome)).not.toContain('differs')
    // The difference is a handshake, and what was left out did not matter for it.
    expect(smallest?.result.divergences[0]).toMatchObject({ kind: 'message' })
  })
})

/** Of each host the first response leaves, and no other. */
function answersOnce(real: Parts): Parts {
  return {
    ...real,
    machine: (name, role, seats) => {
      const made = real.machine(name, role, seats)
      return role.kind === 'host' ? mute(made) : made
    },
  }
}

function mute<Box extends Node>(box: Box): Box {
  let seen = 0
  const pollOutput = (): ReturnType<Node['pollOutput']> => {
    for (;;) {
      const output = box.pollOutput()
      const isResponse = output?.kind === 'packet' && messageKind(output.packet.bytes) === 'response'
      if (!isResponse || ++seen === 1) return output
    }
  }
  return new Proxy(box, {
    get(target, key) {
      if (key === 'pollOutput') return pollOutput
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
