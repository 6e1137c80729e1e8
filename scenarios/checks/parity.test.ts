/** The rule of parity, table first; then against a twin that looks at whole runs in the simplest words. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Divergence, KnownDifference, ParityResult, WireMessage } from '../language/parity.ts'
import type { CheckOutcome } from '../language/verdict.ts'
import { compareRuns } from './parity.ts'
import { sortKnown, staleEntries } from './parity-known.ts'
import { lab } from './testing.ts'

const scenario = lab([])
const S = 1e9
const END = 400 * S

function message(t_s: number, more: Partial<WireMessage> = {}): WireMessage {
  const common = { host: 'alice', peer: 'bob', to: '203.0.113.2:51820', message: 'data', size: 128, packet: 'alice/1' }
  return { ...common, t: Math.round(t_s * S), ...more } as WireMessage
}

const side = (messages: readonly WireMessage[], checks: readonly CheckOutcome[] = []) => ({
  messages,
  checks,
  ended_at: END,
})
const compare = (a: readonly WireMessage[], b: readonly WireMessage[]) => compareRuns(scenario, side(a), side(b))
const kinds = (found: readonly Divergence[]) => found.map(each => (each.kind === 'message' ? each.how : each.kind))
const initiation = { message: 'initiation', size: 148 } as const
const keepalive = { message: 'keepalive', size: 32 } as const

describe('two runs are', () => {
  it.each<[string, WireMessage[], WireMessage[], string[]]>([
    ['the same', [message(1)], [message(1)], []],
    ['the same a step of the wheel later', [message(1, keepalive)], [message(1.25, keepalive)], []],
    ['the same with other jitter', [message(5, initiation)], [message(5.58, initiation)], []],
    ['not the same where only an initiation has jitter', [message(5)], [message(5.58)], ['time']],
    ['not the same with a keepalive at 9 s', [message(9, keepalive)], [message(10, keepalive)], ['time']],
    ['not the same with another size', [message(1)], [message(1, { size: 144 })], ['only-a', 'only-b']],
    ['not the same with another type', [message(1)], [message(1, keepalive)], ['only-a', 'only-b']],
    ['not the same to another end', [message(1)], [message(1, { to: '203.0.113.3:51820' })], ['only-a', 'only-b']],
    ['not the same with one more', [message(1), message(2)], [message(1)], ['only-a']],
    ['the same where the run ends before the last', [message(399.9, keepalive)], [], []],
    [
      'the same where an answer is as late as what it answers',
      [message(5, initiation), message(5.02, { host: 'bob', peer: 'alice' })],
      [message(5.5, initiation), message(5.52, { host: 'bob', peer: 'alice' })],
      [],
    ],
    [
      'the same where messages of two senders change places',
      [message(1), message(1.01, { host: 'bob', peer: 'alice' })],
      [message(1.02), message(1.01, { host: 'bob', peer: 'alice' })],
      [],
    ],
  ])('%s', (_, a, b, expected) => {
    expect(kinds(compare(a, b))).toEqual(expected)
  })

  it.each<[string, WireMessage[], WireMessage[], string[]]>([
    ['a keepalive 2 s late, by the step of a timer of 25 s', [message(25, keepalive)], [message(27, keepalive)], []],
    ['data 2 s late, which no timer sends', [message(25)], [message(27)], ['time']],
    ['an initiation 2 s late, of a session too old', [message(25, initiation)], [message(27.3, initiation)], []],
  ])('compared where PersistentKeepalive is 25: %s', (_, a, b, expected) => {
    const { alice, bob } = scenario.hosts
    const wg = { wg0: `${alice?.wg?.['wg0']}\nPersistentKeepalive = 25\n` }
    const idle = { ...scenario, hosts: { alice: { ...alice, wg }, bob } } as typeof scenario
    expect(kinds(compareRuns(idle, side(a), side(b)))).toEqual(expected)
  })

  it.each<[string, WireMessage[], WireMessage[], string[]]>([
    ['the same keepalive', [message(10, keepalive)], [message(10.004, keepalive)], []],
    ['one a step later', [message(10, keepalive)], [message(10.256, keepalive)], ['time']],
    ['an initiation with other jitter', [message(5, initiation)], [message(5.5, initiation)], []],
    [
      'a keepalive a step later than what jitter has moved',
      [message(5, initiation), message(15, keepalive)],
      [message(5.1, initiation), message(15.256, keepalive)],
      [],
    ],
  ])('compared where both have the same timers: %s', (_, a, b, expected) => {
    expect(kinds(compareRuns(scenario, side(a), side(b), 'same timers'))).toEqual(expected)
  })

  it('compared by verdicts, of what both can show', () => {
    const check = (name: string, result: CheckOutcome['result']) => ({ name, result, expected: 'e', actual: 'a' })
    const a = [check('one', 'pass'), check('two', 'pass'), check('three', 'fail')]
    const b = [check('one', 'fail'), check('two', 'unsupported'), check('three', 'fail')]
    expect(compareRuns(scenario, side([], a), side([], b))).toEqual([
      { kind: 'check', check: 'one', a: 'pass: a', b: 'fail: a' },
    ])
  })
})

describe('always', () => {
  const trace = fc
    .array(
      fc.record({
        t: fc.integer({ min: 0, max: 300 * S }),
        host: fc.constantFrom('alice', 'bob'),
        size: fc.constantFrom(32, 128, 148),
      }),
      { maxLength: 40 },
    )
    .map(list =>
      list
        .toSorted((one, other) => one.t - other.t)
        .map(({ t, host, size }) => {
          const name = size === 148 ? 'initiation' : size === 32 ? 'keepalive' : 'data'
          return message(t / S, { host, peer: host === 'alice' ? 'bob' : 'alice', size, message: name })
        }),
    )

  it('a run is the same as itself, and as itself with every message up to a step later', () => {
    fc.assert(
      fc.property(trace, fc.array(fc.nat(250_000_000), { minLength: 40, maxLength: 40 }), (run, late) => {
        expect(compare(run, run)).toEqual([])
        const later = run.map((each, i) => ({ ...each, t: each.t + (late[i] ?? 0) }))
        expect(
          compare(
            run,
            later.toSorted((one, other) => one.t - other.t),
          ),
        ).toEqual([])
      }),
    )
  })

  it('one message more, less or of another size is found', () => {
    fc.assert(
      fc.property(trace, fc.nat(), (run, which) => {
        fc.pre(run.length > 0)
        const at = which % run.length
        expect(compare(run, run.toSpliced(at, 1))).not.toEqual([])
        expect(compare(run.toSpliced(at, 1), run)).not.toEqual([])
        const other = { ...run[at], size: 64 } as WireMessage
        expect(compare(run, run.with(at, other)).length).toBeGreaterThanOrEqual(2)
      }),
    )
  })
})

describe('known differences', () => {
  const entry: KnownDifference = {
    scenario: 'nat/x',
    implementation: 'kernel-6.12',
    host: 'alice',
    peer: 'bob',
    message: 'keepalive',
    reason: 'a reason of twenty characters',
    source: 'drivers/net/wireguard/send.c: wg_packet_send_keepalive',
  }
  const b = { alice: 'kernel-6.12', bob: 'ours' }
  const found = compare([message(9, keepalive)], [message(10, keepalive)])

  it('are taken out, and nothing else', () => {
    expect(sortKnown(found, [entry], { scenario: 'nat/x', b })).toEqual({ left: [], met: [entry] })
    for (const other of [
      { ...entry, scenario: 'nat/y' },
      { ...entry, implementation: 'kernel-6.1' },
      { ...entry, host: 'bob' },
      { ...entry, peer: 'carol' },
      { ...entry, message: 'data' as const },
    ])
      expect(sortKnown(found, [other], { scenario: 'nat/x', b })).toEqual({ left: found, met: [] })
  })

  it('are stale where their scenario was compared without them, and not where it was not', () => {
    const result = (outcome: ParityResult['outcome'], known: KnownDifference[], id = 'nat/x') =>
      ({ scenario: id, b, outcome, known }) as unknown as ParityResult
    expect(staleEntries([entry], [result('same', [])])).toEqual([entry])
    expect(staleEntries([entry], [result('known', [entry])])).toEqual([])
    expect(staleEntries([entry], [result('known', [entry]), result('same', [])])).toEqual([])
    expect(staleEntries([entry], [result('unsupported', [])])).toEqual([])
    expect(staleEntries([entry], [result('same', [], 'nat/y')])).toEqual([])
  })
})
