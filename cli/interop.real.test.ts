/** Real implementations in the seats of the interop tests. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readyGuests, SKIP_TEXT } from '../kernel/testing.ts'
import type { Cast } from '../scenarios/language/scenario.ts'
import type { Verdict } from '../scenarios/language/verdict.ts'
import { runOneWithGuests } from './evidence.ts'
import { openGuests } from './guests.ts'
import { cellOf, readInteropDifferences } from './interop-known.ts'
import { select } from './select.ts'

const [ready, old] = await Promise.all([readyGuests('6.12'), readyGuests('6.1')])

/** The verdict, and in words: `pass`, or what does not hold. */
async function play(test: string, cast: Cast, out?: string): Promise<{ told: string; verdict: Verdict }> {
  const [named] = await select([`interop/${test}`])
  const guests = await openGuests(cast)
  if ('lacks' in guests) throw new Error(guests.lacks)
  try {
    const verdict = await runOneWithGuests(named!, { cast, seed: '1', out }, guests)
    const failed = verdict.checks.filter(check => check.result === 'fail').map(check => check.name)
    const told = verdict.verdict === 'pass' ? 'pass' : `fail: ${failed.join(', ')} (${verdict.because})`
    return { told, verdict }
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

    it.skipIf(old === undefined)(
      `the kernels of two series meet${old === undefined ? ' (no 6.1 built)' : ''}`,
      async () => {
        expect((await play('preshared-key', { initiator: 'kernel-6.1', responder: 'kernel-6.12' })).told).toBe('pass')
      },
    )

    it('the same guests can be asked twice, and do the same', async () => {
      const [named] = await select(['interop/preshared-key'])
      const cast = { initiator: 'kernel-6.12' }
      const guests = await openGuests(cast)
      if ('lacks' in guests) throw new Error(guests.lacks)
      try {
        const one = await runOneWithGuests(named!, { cast, seed: '1' }, guests)
        const two = await runOneWithGuests(named!, { cast, seed: '1' }, guests)
        expect([one.verdict, two.trace_sha256]).toEqual(['pass', one.trace_sha256])
      } finally {
        await guests.stop()
      }
    })

    it('a kernel copies congestion marks, a program in user space does not', async () => {
      expect((await play('congestion-mark', { responder: 'kernel-6.12' })).told).toBe('pass')
      const { told, verdict } = await play('congestion-mark', { responder: 'wireguard-go' })
      expect(told).toMatch(/^fail: the mark arrives, the mark arrives, back /)
      // That is known, of this one in this seat.
      const known = readInteropDifferences()
      const outcome = (responder: string) => cellOf({ initiator: 'ours', responder }, verdict, '', known).outcome
      expect(['wireguard-go', 'ours', 'kernel-6.12'].map(outcome)).toEqual(['known', 'fail', 'fail'])
    })
  },
)
