/** Real implementations in the seats of the interop tests. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readyGuests, SKIP_TEXT } from '../kernel/testing.ts'
import type { Cast } from '../scenarios/language/scenario.ts'
import type { Row } from '../scenarios/language/trace.ts'
import { runOneWithGuests } from './evidence.ts'
import { openGuests } from './guests.ts'
import { select } from './select.ts'

const ready = await readyGuests('6.12')

/** `pass`, or what does not hold. */
async function play(test: string, cast: Cast, out?: string): Promise<{ told: string; rows: Row[] }> {
  const [named] = await select([`interop/${test}`])
  const guests = await openGuests(cast)
  if ('lacks' in guests) throw new Error(guests.lacks)
  const rows: Row[] = []
  try {
    const { verdict, because, checks } = await runOneWithGuests(
      named!,
      { cast, seed: '1', out, onRow: row => rows.push(row) },
      guests,
    )
    const failed = checks.filter(check => check.result === 'fail').map(check => check.name)
    return { told: verdict === 'pass' ? 'pass' : `${verdict}: ${failed.join(', ')} (${because})`, rows }
  } finally {
    await guests.stop()
  }
}

describe.skipIf(ready === undefined)(
  `interop${ready === undefined ? ` (${SKIP_TEXT})` : ''}`,
  {
    timeout: 300_000,
  },
  () => {
    let folder: string
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'wglab-interop-'))
    })
    afterAll(() => rmSync(folder, { recursive: true, force: true }))

    it.each(['kernel-6.12', 'wireguard-go'])('%s under load answers with cookies', async implementation => {
      const out = join(folder, implementation)
      const { told } = await play('cookie-under-load', { responder: implementation }, out)
      expect(told).toBe('pass')
      // Its evidence holds them.
      expect(readFileSync(join(out, 'ladder.mmd'), 'utf8')).toMatch(/cookie/)
    })

    it('keys are changed in a running kernel by wg itself', async () => {
      expect((await play('keys-changed', { initiator: 'kernel-6.12', responder: 'kernel-6.12' })).told).toBe('pass')
    })

    it('a kernel copies congestion marks, a program in user space does not', async () => {
      expect((await play('congestion-mark', { responder: 'kernel-6.12' })).told).toBe('pass')
      const { told } = await play('congestion-mark', { responder: 'wireguard-go' })
      expect(told).toMatch(/^fail: the mark arrives, the mark arrives, back /)
    })
  },
)
