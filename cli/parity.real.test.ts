/**
 * Ours against a real kernel in the same seat, in scenarios that nobody wrote: they agree, and faults that are put into ours
 * on purpose are found. WGLAB_DIFF_SEEDS: how many scenarios (default 20), counted up from
 * WGLAB_DIFF_FROM (default 1).
 */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { readyGuests, SKIP_TEXT } from '../kernel/testing.ts'
import { messageKind } from '../scenarios/decode/wireguard.ts'
import type { Node } from '../sim/node.ts'
import type { Parts } from '../sim/topology.ts'
import type { GeneratedOptions } from './parity-generated.ts'
import type { Smallest } from './parity-smaller.ts'

const ready = await readyGuests('6.12')
const SEEDS = Number(process.env['WGLAB_DIFF_SEEDS'] ?? 20)
const FROM = process.env['WGLAB_DIFF_FROM'] ?? '1'
const KERNEL = 'kernel-6.12'
/** Up to the first that differs, in few seeds, and a few questions to make it smaller. */
const SHORT = { count: 20, first: true, questions: 30, draws: 6 }

interface Fault {
  readonly fault: string
  readonly wrong: Readonly<Record<string, number>>
  /** The message by which it is seen. */
  readonly kind: string
}

function messageOf(smallest: Smallest | undefined): string | undefined {
  const [first] = smallest?.result.divergences ?? []
  return first?.kind === 'message' ? (first.a ?? first.b)?.message : undefined
}

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
    const done = await runGenerated({
      count: SEEDS,
      seed: FROM,
      jobs: 2,
      draws: 24,
      crew,
      seats: named => seatings(named, { cast: 'ours', against: KERNEL, seats: 'each' }),
      words: [],
      ...more,
    })
    if (done.lacks !== undefined) throw new Error(done.lacks)
    return done
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

  const constants: readonly Fault[] = [
    { fault: 'a passive keepalive after 9 s', wrong: { KEEPALIVE_TIMEOUT_NS: 9_000_000_000 }, kind: 'keepalive' },
    { fault: 'a new handshake after 110 s', wrong: { REKEY_AFTER_TIME_NS: 110_000_000_000 }, kind: 'initiation' },
    { fault: 'a dead peer noticed after 13 s', wrong: { NEW_HANDSHAKE_NS: 13_000_000_000 }, kind: 'initiation' },
  ]
  it.each(constants)('finds $fault, and makes it small', { timeout: 600_000 }, async ({ wrong, kind }) => {
    vi.doMock('../impl/constants.ts', async original => ({ ...(await original<object>()), ...wrong }))
    const { results, smallest } = await run(SHORT)
    expect(smallest?.result.divergences[0]).toMatchObject({ kind: 'message' })
    expect(messageOf(smallest)).toBe(kind)
    expect(smallest?.scenario.steps.length).toBeLessThan(4)
    // It is the fault that was found: without it they agree in the small scenario and in the one it was made of.
    vi.doUnmock('../impl/constants.ts')
    const found = results.find(({ outcome }) => outcome === 'differs')
    const right = await run({ count: 1, seed: found?.seed ?? FROM })
    expect(right.results.map(({ outcome }) => outcome)).not.toContain('differs')
  })

  it('finds a device that answers no second initiation', { timeout: 600_000 }, async () => {
    const { results, smallest } = await run({ ...SHORT, faulty: answersOnce })
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
