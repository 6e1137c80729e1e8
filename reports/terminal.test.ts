import { stripVTControlCharacters } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { columns, terminalReport } from './terminal.ts'
import { mixedReport, testReport, testVerdict } from './testing-report.ts'

const page = { color: false, width: 80 }

describe('terminalReport', () => {
  it('at 80 columns', () => {
    expect(
      terminalReport(mixedReport(), { ...page, out: 'reports/out/index.html' }),
    ).toBe(` wglab 0.1.0  seed 1 · linux x64, Node 20.19.0, node:crypto

 handshake                                                       virtual   took
   ✓ one-to-one  Two hosts shake hands and ping                     20 s  12 ms

 nat
   ✗ expiry      delivered late: 2 of 3 were lost                  5 min  91 ms

 roaming
   – kernel      skipped: no kernel is built: wglab kernel build

 1 pass · 1 fail · 1 skipped   5 min 20 s in 103 ms

   skipped     roaming/kernel: no kernel is built: wglab kernel build

 FAIL  nat/expiry ────────────────────────────────────────────────────────────
               A mapping dies when nobody speaks
   because     delivered late: 2 of 3 were lost

   check       delivered late
   expected    all 3 arrive
   actual      1 of 3 arrived
   when        140.01 s
   packets     bob/13 bob/14
   likely      the mapping of NAT home expired at 137.2 s

   decides     nat-01
   warning     alice: unknown command "foo", left out

   │ 140.000 s  bob/13  data 128 B  bob → home
   │ 140.010 s  bob/13  dropped by home: nat-no-mapping

   reproduce   npx wglab run nat/expiry --seed 1

 report  reports/out/index.html
`)
  })

  it('at 60 columns leaves out what it took', () => {
    expect(terminalReport(mixedReport(), { color: false, width: 60 }).split('\n').slice(2, 10)).toEqual([
      ' handshake                                          virtual',
      '   ✓ one-to-one  Two hosts shake hands and ping        20 s',
      '',
      ' nat',
      '   ✗ expiry      delivered late: 2 of 3 were lost     5 min',
      '',
      ' roaming',
      '   – kernel      skipped: no kernel is built: wglab kernel…',
    ])
  })

  it('at 120 columns names whole ids', () => {
    const lines = terminalReport(mixedReport(), { color: false, width: 120 }).split('\n')
    expect(lines.slice(2, 7)).toEqual([
      ` handshake${'virtual   took'.padStart(109)}`,
      `   ✓ handshake/one-to-one  Two hosts shake hands and ping${' '.repeat(51)}20 s  12 ms`,
      '',
      ' nat',
      `   ✗ nat/expiry            delivered late: 2 of 3 were lost${' '.repeat(48)}5 min  91 ms`,
    ])
  })

  it('says what tells two runs of one scenario apart, and shows a pass that warns', () => {
    const kernel = testVerdict({ cast: { alice: 'ours', bob: 'kernel-6.12' }, warnings: ['no clock'] })
    const text = terminalReport(testReport([testVerdict(), kernel]), { color: false, width: 120 })
    expect(text).toContain('✓ handshake/one-to-one (ours)  ')
    expect(text).toContain('✓ handshake/one-to-one (bob=kernel-6.12)  ')
    expect(text).toContain('   warning     handshake/one-to-one (bob=kernel-6.12): no clock\n')
  })

  it('says why something did not run once, and whole', () => {
    const because =
      'the simulator plays ours only, and bob is to be kernel-6.12; netns can, on a Linux machine with root'
    const missing = (id: string) => testVerdict({ id, verdict: 'unsupported', because })
    const text = terminalReport(testReport([missing('nat/a'), missing('nat/b')]), page)
    expect(text.split('\n').slice(-3)).toEqual([
      '   unsupported 2 runs: the simulator plays ours only, and bob is to be',
      '               kernel-6.12; netns can, on a Linux machine with root',
      '',
    ])
  })

  it('says when nothing ran', () => {
    expect(terminalReport(testReport([]), page)).toBe(
      ' wglab 0.1.0  seed 1 · linux x64, Node 20.19.0, node:crypto\n\n nothing ran\n',
    )
  })

  it('lists a dozen packets', () => {
    const packets = Array.from({ length: 15 }, (_, n) => `a/${n}`)
    const check = { name: 'x', result: 'fail', expected: 'a', actual: 'b', packets } as const
    const text = terminalReport(testReport([testVerdict({ verdict: 'fail', checks: [check] })]), page)
    expect(text).toContain('packets     a/0 a/1 a/2 a/3 a/4 a/5 a/6 a/7 a/8 a/9 a/10 a/11 and 3 more\n')
  })

  it('colours change nothing but colours', () => {
    const colored = terminalReport(mixedReport(), { ...page, color: true })
    expect(colored).toContain('\x1b[32m✓\x1b[39m')
    expect(colored).toContain('\x1b[31m✗\x1b[39m')
    expect(stripVTControlCharacters(colored)).toBe(terminalReport(mixedReport(), page))
  })

  it('keeps to the width, and lets no text command the terminal, but the line to copy', () => {
    const text = fc.string({ unit: 'binary', maxLength: 200 })
    fc.assert(
      fc.property(text, text, text, fc.integer({ min: 60, max: 160 }), (title, because, story, width) => {
        const checks = [{ name: title, result: 'fail', expected: because, actual: story }] as const
        const verdict = testVerdict({
          id: title,
          title,
          because,
          verdict: 'fail',
          checks,
          story: [story],
          reproduce: 'x',
        })
        for (const line of terminalReport(testReport([verdict]), { color: false, width }).split('\n')) {
          // A word longer than the line is not broken.
          const longest = Math.max(0, ...line.trim().split(' ').map(columns))
          expect(columns(line)).toBeLessThanOrEqual(Math.max(width, 15 + longest))
          // biome-ignore lint/suspicious/noControlCharactersInRegex: their absence is the point
          expect(line).not.toMatch(/[\x00-\x1f\x7f-\x9f]/)
        }
      }),
    )
  })
})

it('columns counts wide and combining characters', () => {
  expect(['abc', '✓', '日本', 'e\u0301', '🙂', ''].map(columns)).toEqual([3, 1, 4, 1, 2, 0])
})
