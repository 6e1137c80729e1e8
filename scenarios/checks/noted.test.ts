/** Notes that hold a text, of one machine, in a span. */
import { expect, test } from 'vitest'
import type { ExpectationOf } from '../language/expectation.ts'
import type { Row } from '../language/trace.ts'
import type { RunEnd } from '../language/verdict.ts'
import { DropTable } from './drops.ts'
import { notedCheck } from './noted.ts'

const note = (t: number, at: string, text: string): Row => ({ kind: 'note', t: t * 1e9, at, text, level: 'info' })
const rows = [
  note(1, 'hub', 'signal: told laptop: phone is at 203.0.113.7:41641'),
  note(2, 'laptop', 'finder: phone is at 203.0.113.7:41641, says the server'),
  note(3, 'hub', 'signal: told phone: laptop is at 198.51.100.1:4'),
  note(4, 'hub', 'signal: told laptop: phone is at 203.0.113.7:50000'),
]

function found(wish: Partial<ExpectationOf<'noted'>>): string {
  const check = notedCheck({ see: 'noted', host: 'hub', text: 'phone is at', count: 2, ...wish })
  for (const row of rows) check.row(row)
  const { ok, actual } = check.end({ end: {} as RunEnd, drops: new DropTable() })
  return `${ok}: ${check.expected} ${actual}`
}

test.each<[Partial<ExpectationOf<'noted'>>, string]>([
  [{}, 'true: hub writes exactly 2 notes with "phone is at". 2 notes have it.'],
  [{ host: 'laptop', count: 1 }, 'true: laptop writes exactly 1 note with "phone is at". 1 note has it.'],
  [{ between: ['2s', '4s'], count: 0 }, 'true: hub writes no note with "phone is at" from 2 s to 4 s. No note has it.'],
  [{ count: 1 }, 'false: hub writes exactly 1 note with "phone is at". 2 notes have it, the last that counts at 4 s.'],
  [
    { text: 'tv is', count: { min: 1 } },
    'false: hub writes at least 1 note with "tv is". No note has it. The last one says "signal: told laptop: phone is at 203.0.113.7:50000".',
  ],
])('%j', (wish, text) => {
  expect(found(wish)).toBe(text)
})
