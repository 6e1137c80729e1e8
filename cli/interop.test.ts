import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { InteropDifference, InteropReport } from '../scenarios/language/interop.ts'
import type { CheckOutcome, Verdict } from '../scenarios/language/verdict.ts'
import { notRun } from './evidence.ts'
import { EXIT } from './exit.ts'
import { foreignMachine, openGuests } from './guests.ts'
import { interop } from './interop.ts'
import { cellOf, lostDifferences, readInteropDifferences, staleDifferences } from './interop-known.ts'
import { INTEROP_IMPLEMENTATIONS, pairings } from './interop-players.ts'
import { select } from './select.ts'

const tests = await select(['interop'])
const [handshake] = await select(['interop/handshake'])

const failing = (...names: string[]): Verdict => {
  const checks = ['a', 'b', 'c'].map(
    (name): CheckOutcome => ({
      name,
      result: names.includes(name) ? 'fail' : 'pass',
      expected: 'this',
      actual: 'that',
    }),
  )
  const verdict = notRun(handshake!, { cast: {}, seed: '1' }, 'inconclusive', 'x')
  return { ...verdict, checks, verdict: names.length === 0 ? 'pass' : 'fail' }
}

const entry = (check: string, seat: 'initiator' | 'responder' = 'responder'): InteropDifference => ({
  test: 'interop/handshake',
  implementation: 'boringtun',
  seat,
  message: 'data',
  check,
  reason: 'It does this because of that.',
  source: 'src/lib.rs: main',
})

describe('who meets whom', () => {
  it('is everybody with everybody, in both seats', () => {
    const { implementations, pairs } = pairings([])
    expect(implementations).toEqual([...INTEROP_IMPLEMENTATIONS])
    expect(pairs.length).toBe(implementations.length ** 2)
    expect(new Set(pairs.map(({ initiator, responder }) => `${initiator} ${responder}`)).size).toBe(pairs.length)
  })

  it('is one with all others, or those that are named among themselves', () => {
    const texts = (named: string[]) =>
      pairings(named).pairs.map(({ initiator, responder }) => `${initiator} ${responder}`)
    expect(texts(['boringtun', 'ours', 'boringtun'])).toEqual([
      'boringtun boringtun',
      'boringtun ours',
      'ours boringtun',
      'ours ours',
    ])
    const alone = texts(['exec:/bin/wg'])
    expect(alone.length).toBe(2 * INTEROP_IMPLEMENTATIONS.length + 1)
    expect(alone.every(text => text.includes('exec:/bin/wg'))).toBe(true)
    expect(() => pairings(['linux'])).toThrow(/no implementation is called "linux"; write ours, kernel-6.12/)
  })
})

describe('known differences', () => {
  const pair = { initiator: 'ours', responder: 'boringtun' }

  it('explain a cell only when they explain every check that fails', () => {
    const checks = fc.subarray(['a', 'b', 'c'])
    fc.assert(
      fc.property(checks, checks, (fails, listed) => {
        const { outcome, known } = cellOf(
          pair,
          failing(...fails),
          'out',
          listed.map(each => entry(each)),
        )
        const explained = fails.every(each => listed.includes(each))
        expect(outcome).toBe(fails.length === 0 ? 'pass' : explained ? 'known' : 'fail')
        expect(known.length).toBe(outcome === 'known' ? fails.length : 0)
      }),
    )
  })

  it('hold for their implementation in their seat alone', () => {
    expect(cellOf(pair, failing('a'), 'out', [entry('a', 'initiator')]).outcome).toBe('fail')
    expect(cellOf({ initiator: 'boringtun', responder: 'ours' }, failing('a'), 'out', [entry('a')]).outcome).toBe(
      'fail',
    )
  })

  it('are to be taken off the list when they explain nothing, but not when nobody looked', () => {
    const known = [entry('a'), entry('b'), { ...entry('a'), test: 'interop/other' }]
    const cells = [cellOf(pair, failing('a'), 'out', known)]
    expect(staleDifferences([cellOf(pair, failing(), 'out', known)], known)).toEqual([0, 1])
    // The second may hide behind the first, but not from everybody.
    expect(staleDifferences(cells, known)).toEqual([])
    expect(staleDifferences(cells, known, ['ours'])).toEqual([1])
    expect(staleDifferences(cells, known, ['ours', 'boringtun'])).toEqual([])
    const skipped = notRun(handshake!, { cast: {}, seed: '1' }, 'skipped', 'x')
    expect(staleDifferences([cellOf(pair, skipped, 'out', known)], known)).toEqual([])
  })

  it('that the lab has speak of tests, checks and implementations that there are', () => {
    const known = readInteropDifferences()
    expect(
      lostDifferences(
        tests.map(each => each.id),
        known,
      ),
    ).toEqual([])
    const names = new Map(tests.map(({ id, scenario }) => [id, JSON.stringify(scenario)]))
    const unheard = known.filter(
      ({ test, check }) =>
        check !== 'every step is done' &&
        !names.get(test)?.includes(`"${check}"`) &&
        !(check.startsWith('delivered ') && names.get(test)?.includes(`"${check.slice(10)}"`)),
    )
    expect(unheard).toEqual([])
    expect(known.filter(each => !(INTEROP_IMPLEMENTATIONS as readonly string[]).includes(each.implementation))).toEqual(
      [],
    )
    const texts = known.map(({ test, implementation, seat, check }) => [test, implementation, seat, check].join('|'))
    expect(new Set(texts).size).toBe(texts.length)
  })
})

describe('wglab interop', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'wglab-interop-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const flags = (more: object = {}) => ({ seed: '1', out: folder, reporter: 'terminal' as const, json: true, ...more })
  const quietly = async (run: () => Promise<number>): Promise<number> => {
    const write = process.stdout.write
    process.stdout.write = ((_: unknown, ...rest: unknown[]) => {
      for (const each of rest) if (typeof each === 'function') each()
      return true
    }) as typeof write
    try {
      return await run()
    } finally {
      process.stdout.write = write
    }
  }

  it('ours with itself: a cell, its evidence, the matrix in three forms', async () => {
    const status = await quietly(() => interop(['ours', 'ours'], flags({ tests: ['handshake'] })))
    const report: InteropReport = JSON.parse(readFileSync(join(folder, 'interop.json'), 'utf8'))
    const own = report.cells.find(cell => cell.initiator === 'ours' && cell.responder === 'ours')
    expect([own?.outcome, own?.evidence]).toEqual(['pass', join(folder, 'ours--ours/handshake')])
    expect(readFileSync(join(folder, 'ours--ours/handshake/trace.jsonl'), 'utf8').split('\n').length).toBeGreaterThan(
      20,
    )
    expect(readFileSync(join(folder, 'interop.md'), 'utf8')).toContain('| ours → ours | ✓ |')
    expect(readFileSync(join(folder, 'index.html'), 'utf8')).toContain('href="ours--ours/handshake/ladder.svg"')
    expect([status, report.cells.length, report.totals.pass]).toEqual([0, 1, 1])
  })

  it('a machine without a kernel: what is not there is skipped, says why, and counts where it was asked for', async () => {
    const cache = process.env['WGLAB_CACHE']
    process.env['WGLAB_CACHE'] = join(folder, 'nothing')
    try {
      const status = (named: string[], more: object = {}) =>
        quietly(() => interop(named, flags({ tests: ['handshake'], ...more })))
      // All others are not here, and nobody named them.
      expect(await status(['ours'])).toBe(EXIT.ok)
      const report: InteropReport = JSON.parse(readFileSync(join(folder, 'interop.json'), 'utf8'))
      expect([report.cells.length, report.totals.pass, report.totals.skipped]).toEqual([9, 1, 8])
      expect(report.implementations.map(({ lacks }) => lacks)).toEqual([
        undefined,
        'no Linux 6.12 was built for guests; run: npx wglab kernel build 6.12',
        'no Linux 6.1 was built for guests; run: npx wglab kernel build 6.1',
        'no Linux 6.12 was built for guests; run: npx wglab kernel build 6.12',
        'no Linux 6.12 was built for guests; run: npx wglab kernel build 6.12',
      ])
      expect(await status(['kernel-6.12'])).toBe(EXIT.missing)
      expect(await status(['kernel-6.12', 'boringtun'])).toBe(EXIT.missing)
      expect(await status(['kernel-6.12'], { allowSkip: true })).toBe(EXIT.ok)
    } finally {
      if (cache === undefined) delete process.env['WGLAB_CACHE']
      else process.env['WGLAB_CACHE'] = cache
    }
  })

  it('a machine of another kind says which one would do', async () => {
    const lacks = (platform: NodeJS.Platform, arch: NodeJS.Architecture) => foreignMachine({ platform, arch })
    expect(lacks('linux', 'x64')).toBeUndefined()
    expect(lacks('linux', 'arm64')).toBe('a guest runs on x86-64 Linux, and this is linux on arm64')
    expect(lacks('darwin', 'x64')).toBe('a guest runs on x86-64 Linux, and this is darwin on x64')
    const opened = await openGuests({ initiator: 'kernel-6.12' }, { platform: 'win32', arch: 'x64' })
    expect(opened).toEqual({ lacks: 'a guest runs on x86-64 Linux, and this is win32 on x64' })
  })

  it('a known difference that is none any more is a status of its own', async () => {
    const gone = { ...entry('delivered hello', 'initiator'), implementation: 'ours' }
    const file = join(folder, 'gone.json')
    writeFileSync(file, JSON.stringify({ schema: 'wglab/interop-differences@1', differences: [gone] }))
    const status = await quietly(() => interop(['ours', 'ours'], flags({ tests: ['handshake'], known: file })))
    const report: InteropReport = JSON.parse(readFileSync(join(folder, 'interop.json'), 'utf8'))
    expect([status, report.totals.pass, report.stale]).toEqual([EXIT.knownFailurePassed, 1, [0]])
  })

  it.each([
    ['implementation', 'kernel-*', 'is one name, not a pattern'],
    ['test', 'interop/*', 'is one name, not a pattern'],
    ['check', 'delivered ?', 'is one name, not a pattern'],
    ['source', 'somewhere in the kernel', 'is a file and a function'],
    ['message', 'packets', 'expected one of'],
  ])('takes no %s "%s" as a known difference', async (word, value, because) => {
    const file = join(folder, 'loose.json')
    const differences = [{ ...entry('a'), [word]: value }]
    writeFileSync(file, JSON.stringify({ schema: 'wglab/interop-differences@1', differences }))
    expect(() => readInteropDifferences(file)).toThrow(new RegExp(`/differences/0/${word}: .*${because}`))
  })

  it('says what is wrong in a list of known differences', async () => {
    const file = join(folder, 'known.json')
    writeFileSync(file, JSON.stringify({ schema: 'wglab/interop-differences@1', differences: [{ test: 'x' }] }))
    await expect(interop([], flags({ known: file }))).rejects.toThrow(
      /--known .*known.json: \/differences\/0\/implementation/,
    )
    await expect(interop([], flags({ known: join(folder, 'absent.json') }))).rejects.toThrow(/no such file/)
    await expect(interop([], flags({ tests: ['nothing'] }))).rejects.toThrow(/nothing matches "interop\/nothing"/)
  })
})
