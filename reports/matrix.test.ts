import { expect, it } from 'vitest'
import type { Cell, InteropReport } from '../scenarios/language/interop.ts'
import { matrixHtml, matrixMarkdown, matrixText } from './matrix.ts'

const cell = (test: string, initiator: string, responder: string, more: Partial<Cell> = {}): Cell => ({
  test: `interop/${test}`,
  initiator,
  responder,
  outcome: 'pass',
  because: 'all 3 checks hold',
  failed: [],
  known: [],
  evidence: `out/${initiator}--${responder}/${test}`,
  reproduce: `npx wglab run interop/${test} --seed 1`,
  virtual_s: 10,
  wall_ms: 900,
  ...more,
})

const failed = [{ name: 'one | response', result: 'fail' as const, expected: 'There is one.', actual: 'None <came>.' }]
const lacks = 'no Linux 6.1 was built for guests; run: npx wglab kernel build 6.1'

const report: InteropReport = {
  schema: 'wglab/interop@1',
  tool: { name: 'wglab', version: '1.2.3' },
  machine: { platform: 'linux-x64', node: 'v20', crypto: 'node:crypto' },
  seed: '1',
  implementations: [{ name: 'ours' }, { name: 'boringtun' }, { name: 'kernel-6.1', lacks }],
  tests: [
    { id: 'interop/handshake', title: 'They meet' },
    { id: 'interop/mark', title: 'Marks pass' },
  ],
  totals: { pass: 1, known: 1, fail: 1, inconclusive: 0, unsupported: 0, skipped: 1 },
  cells: [
    cell('handshake', 'ours', 'boringtun'),
    cell('mark', 'ours', 'boringtun', { outcome: 'known', known: [0], failed }),
    cell('handshake', 'boringtun', 'ours', { outcome: 'fail', because: 'one | response: None <came>.', failed }),
    cell('mark', 'ours', 'kernel-6.1', { outcome: 'skipped', because: lacks, evidence: '' }),
  ],
  differences: [
    {
      test: 'interop/mark',
      implementation: 'boringtun',
      seat: 'responder',
      check: 'one | response',
      reason: 'It knows nothing of marks.',
      source: 'device/mod.rs: handle',
      used: 1,
    },
    {
      test: 'interop/mark',
      implementation: 'ours',
      seat: 'initiator',
      check: 'gone',
      reason: 'It was wrong once.',
      source: 'impl/send.ts: send',
      used: 0,
    },
  ],
  stale: [1],
  wall_ms: 4200,
}

it('shows pairs down, tests across, and below what is to be known', () => {
  expect(matrixText(report, { color: false, out: 'out/index.html' })).toBe(` wglab 1.2.3  interop, seed 1

 initiator → responder  a b 
 ours → boringtun       ✓ ≠
 boringtun → ours       ✗
 ours → kernel-6.1        ·

 a  handshake  They meet
 b  mark  Marks pass

 4 cells: 1 pass, 1 known, 1 fail, 1 skipped; known differences on the list: 2   4.2 s

 FAIL boringtun → ours: handshake
   one | response: None <came>.
     expected: There is one.
   evidence   out/boringtun--ours/handshake
   reproduce  npx wglab run interop/handshake --seed 1

 ≠ boringtun as responder: mark, "one | response" (1 cell): It knows nothing of marks. [device/mod.rs: handle]
 not needed any more: ours as initiator: mark, "gone"; take the entry off the list

 skipped: ${lacks} (1 cell)

 evidence  out/index.html
`)
})

it('writes a table for a page on GitHub, in which no text becomes markup', () => {
  expect(matrixMarkdown(report)).toBe(
    [
      '### ❌ interop: 4 cells: 1 pass, 1 known, 1 fail, 1 skipped; known differences on the list: 2',
      '',
      '| initiator → responder | handshake | mark |',
      '| --- | :-: | :-: |',
      '| ours → boringtun | ✓ | ≠ |',
      '| boringtun → ours | ✗ |  |',
      '| ours → kernel-6.1 |  | · |',
      '',
      '- **boringtun → ours, handshake**: one \\| response: None &lt;came&gt;.',
      '- ≠ boringtun as responder, mark, "one \\| response": It knows nothing of marks. (device/mod.rs: handle)',
      '',
    ].join('\n'),
  )
})

it('makes a page whose cells lead to their evidence', () => {
  const html = matrixHtml(report, each => (each.outcome === 'fail' ? 'a b/ladder.svg' : undefined))
  expect(html).toContain(
    '<td class="fail" title="one | response: None &lt;came&gt;."><a href="a%20b/ladder.svg">✗</a></td>',
  )
  expect(html).toContain('<td class="pass" title="all 3 checks hold">✓</td>')
  expect(html).not.toContain('<came>')
})

it('has a letter for every column', () => {
  const tests = Array.from({ length: 30 }, (_, i) => ({ id: `interop/t${i}`, title: 't' }))
  const text = matrixText({ ...report, tests, cells: [] }, { color: false })
  expect(text).toContain('a b c d e f g h i j k l m n o p q r s t u v w x y z aaabacad')
  expect(text).toContain('\n ad t29  t\n')
})
