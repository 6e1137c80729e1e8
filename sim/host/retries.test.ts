import { expect, test } from 'vitest'
import { type Instant, instant, NEVER, NS_PER_S } from '../../impl/box.ts'
import { RESOLUTION_RETRIES, Retries } from './retries.ts'

function timesOf(answersAt: number): { tries: number[]; notes: string[]; over: boolean } {
  const notes: string[] = []
  const tries: number[] = []
  const retries = new Retries((_, text) => notes.push(text))
  retries.begin(instant(0), 'wg0', (now, last) => {
    tries.push(now / NS_PER_S)
    return last || now >= answersAt * NS_PER_S ? 'over' : 'no-answer'
  })
  for (let due: Instant = retries.pollTimeout(); due !== NEVER; due = retries.pollTimeout()) retries.handleTimeout(due)
  return { tries, notes, over: retries.pollTimeout() === NEVER }
}

test('the pauses of wg: a second, then six fifths of the last one, at most twenty, fifteen times', () => {
  const { tries, notes, over } = timesOf(1e6)
  // In C: usleep(timeout); timeout = min(20000000, timeout * 6 / 5)
  const pauses: number[] = []
  for (
    let timeout = 1_000_000n;
    pauses.length < 15;
    timeout = timeout * 6n < 100_000_000n ? (timeout * 6n) / 5n : 20_000_000n
  )
    pauses.push(Number(timeout))
  const expected = [0]
  for (const pause of pauses) expected.push((expected.at(-1) ?? 0) + pause / 1e6)
  expect(tries.length).toBe(RESOLUTION_RETRIES + 1)
  for (const [i, at] of tries.entries()) expect(at).toBeCloseTo(expected[i] ?? Number.NaN, 9)
  expect(Math.round(tries.at(-1) ?? 0)).toBe(72)
  expect(notes.length).toBe(15)
  expect(notes.slice(0, 3)).toEqual([
    'wg0: Temporary failure in name resolution. Trying again in 1.00 seconds...',
    'wg0: Temporary failure in name resolution. Trying again in 1.20 seconds...',
    'wg0: Temporary failure in name resolution. Trying again in 1.44 seconds...',
  ])
  expect(over).toBe(true)
})

test('it ends with the first answer', () => {
  expect(timesOf(0)).toEqual({ tries: [0], notes: [], over: true })
  expect(timesOf(2).tries).toEqual([0, 1, 2.2])
})
