import { describe, expect, test } from 'vitest'
import type { Expectation } from '../language/expectation.ts'
import type { Scenario } from '../language/scenario.ts'
import type { Row, StepRow } from '../language/trace.ts'
import type { RunEnd } from '../language/verdict.ts'
import { evaluate } from './evaluate.ts'

const S = 1_000_000_000
const END: RunEnd = { ended_at: 60 * S, legend: {}, vantages: [], keylog: [], blind: [], names: {}, warnings: [] }

function scenarioOf(expectation: Expectation, direction: 'up' | 'down' | 'both'): Scenario {
  return {
    schema: 'wglab/scenario@1',
    title: 'bytes',
    duration: '60s',
    networks: { internet: {} },
    hosts: { alice: { interfaces: { internet: '192.0.2.1' } }, bob: { interfaces: { internet: '192.0.2.2' } } },
    steps: [{ do: 'tcp', at: '1s', name: 'page', from: 'alice', to: '192.0.2.2:80', bytes: 1000, direction }],
    expect: [expectation],
  }
}

type Told = readonly [number, StepRow['what'], string, string | undefined, number?]

function judge(expectation: Expectation, told: readonly Told[], direction: 'up' | 'down' | 'both' = 'up') {
  const evaluation = evaluate({ id: 'x', scenario: scenarioOf(expectation, direction) }, {})
  for (const [seconds, what, host, detail, bytes] of told) {
    const row: Row = {
      kind: 'step',
      t: seconds * S,
      step: 'page',
      host,
      what,
      ...(detail === undefined ? {} : { detail }),
      ...(bytes === undefined ? {} : { bytes }),
    }
    evaluation.sink.row(row)
  }
  const [outcome] = evaluation.finish(END)
  return [outcome?.result, outcome?.actual]
}

const WHOLE: Told[] = [
  [1, 'begun', 'alice', undefined],
  [1.5, 'answered', 'alice', 'connected'],
  [2, 'arrived', 'bob', undefined, 400],
  [3, 'arrived', 'bob', undefined, 1000],
  [3.5, 'done', 'alice', undefined, 1000],
]
const PART = WHOLE.slice(0, 3)
const BROKEN: Told[] = [...PART, [20, 'error', 'alice', 'connection timed out']]

describe('what became of the bytes', () => {
  const table: [string, Expectation, Told[], string, string][] = [
    ['completed', { see: 'completed', step: 'page' }, WHOLE, 'pass', 'All 1000 bytes arrived in 2 s, 4 kbit/s.'],
    [
      'in time',
      { see: 'completed', step: 'page', within: '2s' },
      WHOLE,
      'pass',
      'All 1000 bytes arrived in 2 s, 4 kbit/s.',
    ],
    [
      'late',
      { see: 'completed', step: 'page', within: '1.9s' },
      WHOLE,
      'fail',
      'All 1000 bytes arrived in 2 s, 4 kbit/s.',
    ],
    [
      'never',
      { see: 'completed', step: 'page' },
      PART,
      'fail',
      '400 of 1000 B arrived, the last at 2 s; connected at 1.5 s.',
    ],
    [
      'fast enough',
      { see: 'goodput', step: 'page', at_least: '4kbit' },
      WHOLE,
      'pass',
      '4 kbit/s: 1000 of 1000 B arrived, the last at 3 s; connected at 1.5 s.',
    ],
    [
      'too slow',
      { see: 'goodput', step: 'page', at_least: '4.1kbit' },
      WHOLE,
      'fail',
      '4 kbit/s: 1000 of 1000 B arrived, the last at 3 s; connected at 1.5 s.',
    ],
    [
      'too fast',
      { see: 'goodput', step: 'page', at_most: '3.9kbit' },
      WHOLE,
      'fail',
      '4 kbit/s: 1000 of 1000 B arrived, the last at 3 s; connected at 1.5 s.',
    ],
    [
      'stalled',
      { see: 'stalled', step: 'page', bytes: 400 },
      PART,
      'pass',
      '400 of 1000 B arrived, the last at 2 s; connected at 1.5 s; then silence for 58 s.',
    ],
    [
      'elsewhere',
      { see: 'stalled', step: 'page', bytes: 0 },
      PART,
      'fail',
      '400 of 1000 B arrived, the last at 2 s; connected at 1.5 s.',
    ],
    [
      'not long enough',
      { see: 'stalled', step: 'page', for: '59s' },
      PART,
      'fail',
      '400 of 1000 B arrived, the last at 2 s; connected at 1.5 s.',
    ],
    [
      'what is whole has not stalled',
      { see: 'stalled', step: 'page' },
      WHOLE,
      'fail',
      '1000 of 1000 B arrived, the last at 3 s; connected at 1.5 s.',
    ],
    [
      'never connected is not stalled',
      { see: 'stalled', step: 'page' },
      PART.slice(0, 1),
      'fail',
      'None of 1000 B arrived; never connected.',
    ],
    [
      'broken',
      { see: 'broken', step: 'page', because: 'timed out' },
      BROKEN,
      'pass',
      '400 of 1000 B arrived, the last at 2 s; connected at 1.5 s; "connection timed out" at 20 s.',
    ],
    [
      'broken otherwise',
      { see: 'broken', step: 'page', because: 'refused' },
      BROKEN,
      'fail',
      '400 of 1000 B arrived, the last at 2 s; connected at 1.5 s; "connection timed out" at 20 s.',
    ],
    [
      'not broken',
      { see: 'broken', step: 'page', because: 'refused' },
      WHOLE,
      'fail',
      '1000 of 1000 B arrived, the last at 3 s; connected at 1.5 s.',
    ],
  ]
  test.each(table)('%s', (_, expectation, told, result, actual) => {
    expect(judge(expectation, told)).toEqual([result, actual])
  })

  test('both directions are counted by who got them', () => {
    const both: Told[] = [...WHOLE.slice(0, 4), [4, 'arrived', 'alice', undefined, 999]]
    expect(judge({ see: 'completed', step: 'page' }, both, 'both')[0]).toBe('fail')
    both.push([5, 'arrived', 'alice', undefined, 1000])
    expect(judge({ see: 'completed', step: 'page' }, both, 'both')).toEqual([
      'pass',
      'All 2000 bytes arrived in 4 s, 4 kbit/s.',
    ])
  })
})
