import { expect, it } from 'vitest'
import type { Cell, InteropReport } from '../scenarios/language/interop.ts'
import { matrixMarkdown, matrixText } from './matrix.ts'
import { matrixHtml } from './matrix-page.ts'

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

const marks = {
  test: 'interop/mark',
  implementation: 'boringtun',
  seat: 'responder',
  message: 'data',
  reason: 'It knows <nothing> of marks.',
  source: 'device/mod.rs: handle',
} as const

const report: InteropReport = {
  schema: 'wglab/interop@1',
  tool: { name: 'wglab', version: '1.2.3' },
  machine: { platform: 'linux-x64', node: 'v20', crypto: 'node:crypto' },
  seed: '1',
  implementations: [{ name: 'ours', version: '1.2.3' }, { name: 'boringtun' }, { name: 'kernel-6.1', lacks }],
  tests: [
    { id: 'interop/handshake', title: 'They meet' },
    { id: 'interop/mark', title: 'Marks pass' },
  ],
  totals: { pass: 1, known: 1, fail: 1, inconclusive: 0, unsupported: 0, skipped: 1 },
  cells: [
    cell('handshake', 'ours', 'boringtun'),
    cell('mark', 'ours', 'boringtun', { outcome: 'known', known: [0, 1], failed }),
    cell('handshake', 'boringtun', 'ours', { outcome: 'fail', because: 'one | response: None <came>.', failed }),
    cell('mark', 'ours', 'kernel-6.1', { outcome: 'skipped', because: lacks, evidence: '' }),
  ],
  differences: [
    { ...marks, check: 'one | response', used: 1 },
    { ...marks, check: 'two', used: 1 },
    {
      ...marks,
      implementation: 'ours',
      seat: 'initiator',
      check: 'gone',
      reason: 'It was wrong once.',
      source: 'impl/send.ts: send',
      used: 0,
    },
  ],
  stale: [2],
  wall_ms: 4200,
}

it('shows pairs down, tests across, and below what is to be known', () => {
  expect(matrixText(report, { color: false, out: 'out/index.html' })).toBe(` wglab 1.2.3  interop, seed 1
 ours 1.2.3, boringtun, kernel-6.1

 initiator → responder  a b 
 ours → boringtun       ✓ ≠
 boringtun → ours       ✗
 ours → kernel-6.1        ·

 a  handshake  They meet
 b  mark  Marks pass

 4 cells: 1 pass, 1 known, 1 fail, 1 skipped; known differences on the list: 3   4.2 s

 FAIL boringtun → ours: handshake
   one | response: None <came>.
     expected: There is one.
   evidence   out/boringtun--ours/handshake
   reproduce  npx wglab run interop/handshake --seed 1

 ≠ boringtun as responder, mark (1 cell): "one | response", "two"
   It knows <nothing> of marks.
   data, device/mod.rs: handle

 not needed any more: ours as initiator, mark, "gone"; take the entry off the list

 skipped: ${lacks} (1 cell)

 evidence  out/index.html
`)
})

it('writes a table for a page on GitHub, in which no text becomes markup', () => {
  expect(matrixMarkdown(report)).toBe(
    [
      '### ❌ interop: 4 cells: 1 pass, 1 known, 1 fail, 1 skipped; known differences on the list: 3',
      '',
      '| initiator → responder | handshake | mark |',
      '| --- | :-: | :-: |',
      '| ours → boringtun | ✓ | ≠ |',
      '| boringtun → ours | ✗ |  |',
      '| ours → kernel-6.1 |  | · |',
      '',
      '- **boringtun → ours, handshake**: one \\| response: None &lt;came&gt;.',
      '- ≠ boringtun as responder, mark: "one \\| response", "two": It knows &lt;nothing&gt; of marks. (data, device/mod.rs: handle)',
      '- skipped: no Linux 6.1 was built for guests; run: npx wglab kernel build 6.1 (1 cell)',
      '',
    ].join('\n'),
  )
})

it('makes a page whose cells lead to their evidence', () => {
  const html = matrixHtml(report, each => (each.outcome === 'fail' ? 'a b/ladder.svg' : undefined))
  const lines = html.split('\n')
  expect(lines.slice(lines.findIndex(line => line.startsWith('<h1>')))).toEqual([
    '<h1>interop</h1><p>4 cells: 1 pass, 1 known, 1 fail, 1 skipped; known differences on the list: 3</p><p>ours 1.2.3 · boringtun · kernel-6.1</p>',
    '<p class="legend"><span class="pass">✓ pass</span><span class="known">≠ known</span><span class="fail">✗ fail</span><span class="skipped">· skipped</span></p>',
    '<table class="matrix"><thead><tr><th>initiator → responder</th><th title="They meet">handshake</th><th title="Marks pass">mark</th></tr></thead><tbody>',
    '<tr><td>ours → boringtun</td><td class="pass" title="ours → boringtun, handshake: all 3 checks hold">✓</td><td class="known" title="ours → boringtun, mark: all 3 checks hold">≠</td></tr>',
    '<tr><td>boringtun → ours</td><td class="fail" title="boringtun → ours, handshake: one | response: None &lt;came&gt;."><a href="a%20b/ladder.svg">✗</a></td><td></td></tr>',
    `<tr><td>ours → kernel-6.1</td><td></td><td class="skipped" title="ours → kernel-6.1, mark: ${lacks}">·</td></tr>`,
    '</tbody></table>',
    '<p>A cell leads to the ladder of its run. Beside each ladder stand its capture and its trace.</p>',
    '<h2>What does not hold</h2><dl>',
    '<dt><a href="a%20b/ladder.svg">boringtun → ours, handshake</a></dt>',
    '<dd><b>one | response</b>: None &lt;came&gt;. Expected: There is one.</dd>',
    '<dd><code>npx wglab run interop/handshake --seed 1</code></dd>',
    '</dl>',
    '<h2>Known differences</h2><table class="list">',
    '<thead><tr><th>who, where</th><th>message</th><th>checks</th><th>what it does</th><th>in its source</th><th>cells</th></tr></thead><tbody>',
    '<tr><td>boringtun as responder, mark</td><td>data</td><td>one | response<br>two</td><td>It knows &lt;nothing&gt; of marks.</td><td><code>device/mod.rs: handle</code></td><td>1</td></tr>',
    '</tbody></table>',
    '<h2>Not needed any more</h2><ul>',
    '<li>ours as initiator, mark, &quot;gone&quot;</li>',
    '</ul>',
    '<h2>Not run</h2><ul>',
    `<li>skipped: ${lacks} (1 cell)</li>`,
    '</ul>',
    '</body></html>',
    '',
  ])
})

it('has a letter for every column', () => {
  const tests = Array.from({ length: 30 }, (_, i) => ({ id: `interop/t${i}`, title: 't' }))
  const text = matrixText({ ...report, tests, cells: [] }, { color: false })
  expect(text).toContain('a b c d e f g h i j k l m n o p q r s t u v w x y z aaabacad')
  expect(text).toContain('\n ad t29  t\n')
})
