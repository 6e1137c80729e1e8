import { expect, test } from 'vitest'
import { ipv4 } from '../decode/testing.ts'
import type { Expectation } from '../language/expectation.ts'
import { hop, judge, lab, S } from './testing.ts'

const packet = (tos: number) => ipv4('203.0.113.9', '203.0.113.2', 17, [1, 2, 3], { tos })

test('packets with a mark, at their layer and in their time', () => {
  const rows = [
    hop(1 * S, 'bob:internet', 'in', 'x/1', { bytes: packet(3) }),
    hop(2 * S, 'bob:internet', 'in', 'x/2', { bytes: packet((46 << 2) | 1) }),
    hop(3 * S, 'bob:internet', 'out', 'x/3', { bytes: packet(3) }),
    hop(4 * S, 'carol:internet', 'in', 'x/4', { bytes: packet(3) }),
    hop(5 * S, 'bob:wg0', 'in', 'x/5', { bytes: packet(3), layer: 'inner' }),
  ]
  const wish = { see: 'marked', host: 'bob' } as const
  const expectations: Expectation[] = [
    { ...wish, name: 'a', layer: 'wire', ecn: 3, count: 1 },
    { ...wish, name: 'b', layer: 'wire', dscp: 46, ecn: 1, count: { min: 1 } },
    { ...wish, name: 'c', layer: 'inner', ecn: 3, count: 0 },
    { ...wish, name: 'd', layer: 'wire', ecn: 3, between: ['2s', '9s'], count: 1 },
  ]
  expect(judge(lab(expectations), rows)).toEqual([
    {
      name: 'a',
      result: 'pass',
      expected: 'bob receives exactly 1 packet with CE.',
      actual: '1 packet came in, the last at 1 s; besides 1 packet with ECT(1) and DSCP 46.',
      at: 1 * S,
      packets: ['x/1'],
    },
    {
      name: 'b',
      result: 'pass',
      expected: 'bob receives at least 1 packet with ECT(1) and DSCP 46.',
      actual: '1 packet came in, the last at 2 s; besides 1 packet with CE and DSCP 0.',
      at: 2 * S,
      packets: ['x/2'],
    },
    {
      name: 'c',
      result: 'fail',
      expected: 'bob receives no packet with CE out of its tunnel.',
      actual: '1 packet came in, the last at 5 s.',
      at: 5 * S,
      packets: ['x/5'],
    },
    {
      name: 'd',
      result: 'fail',
      expected: 'bob receives exactly 1 packet with CE from 2 s to 9 s.',
      actual: 'None came in; besides 1 packet with ECT(1) and DSCP 46.',
    },
  ])
})
