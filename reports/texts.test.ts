import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Report, Verdict } from '../scenarios/language/verdict.ts'
import { githubAnnotations } from './github.ts'
import { htmlReport } from './html.ts'
import { jsonReport } from './json.ts'
import { junitXml } from './junit.ts'
import { markdownReport } from './markdown.ts'
import { spanText, wallText } from './summary.ts'
import { elements, parseXml } from './testing.ts'
import { failedVerdict, mixedReport, testReport, testVerdict } from './testing-report.ts'

const text = fc.string({
  unit: fc.oneof(
    fc.constantFrom('<', '>', '&', '"', '`', '|', '%', ':', ',', '\n', '\x1b', '\0', '\ud800', ']]>'),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  ),
  maxLength: 30,
})
const anyVerdict: fc.Arbitrary<Verdict> = fc
  .record({
    id: text,
    title: text,
    because: text,
    actual: text,
    seed: text,
    reproduce: text,
    verdict: fc.constantFrom('pass', 'fail', 'inconclusive', 'unsupported', 'skipped'),
    warnings: fc.array(text, { maxLength: 2 }),
    story: fc.array(text, { maxLength: 2 }),
    artefacts: fc.dictionary(text, text, { maxKeys: 2 }),
    checks: fc.array(
      fc.record({
        name: text,
        result: fc.constantFrom('pass', 'fail', 'unsupported'),
        expected: text,
        actual: text,
        likely: text,
      }),
      { maxLength: 2 },
    ),
  })
  .map(over => testVerdict(over))
const anyReport = fc.array(anyVerdict, { maxLength: 3 }).map(testReport)

describe('jsonReport', () => {
  it('loses nothing, and does not depend on the order keys were set in', () => {
    const backwards = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(backwards)
      if (typeof value !== 'object' || value === null) return value
      return Object.fromEntries(
        Object.entries(value)
          .map(([key, inner]) => [key, backwards(inner)] as const)
          .reverse(),
      )
    }
    const check = (report: Report) => {
      expect(JSON.parse(jsonReport(report))).toEqual(report)
      expect(jsonReport(backwards(report) as Report)).toBe(jsonReport(report))
    }
    check(mixedReport())
    fc.assert(fc.property(anyReport, check))
  })

  it('has the keys of the contract in its order', () => {
    const report = JSON.parse(jsonReport(mixedReport()))
    expect(Object.keys(report)).toEqual(['schema', 'tool', 'machine', 'seed', 'totals', 'verdicts'])
    expect(Object.keys(report.verdicts[1]).join(' ')).toBe(
      'id title world cast seed verdict because requirements claims expected actual checks virtual_s wall_ms ' +
        'trace_sha256 artefacts reproduce warnings story',
    )
  })
})

describe('junitXml', () => {
  it('is what Jenkins reads', () => {
    expect(junitXml(mixedReport())).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="wglab" tests="3" failures="1" errors="0" time="0.103">
  <testsuite name="handshake" tests="1" failures="0" errors="0" skipped="0" time="0.012">
    <properties>
      <property name="tool" value="wglab 0.1.0"/>
      <property name="seed" value="1"/>
      <property name="world" value="sim"/>
      <property name="trace_sha256/handshake/one-to-one" value="9f86d081"/>
    </properties>
    <testcase classname="wglab.sim.handshake" name="handshake/one-to-one" time="0.012">
      <system-out>Two hosts shake hands and ping
seed 1, world sim, 20 s of its time
trace_sha256 9f86d081</system-out>
    </testcase>
  </testsuite>
  <testsuite name="nat" tests="1" failures="1" errors="0" skipped="0" time="0.091">
    <properties>
      <property name="tool" value="wglab 0.1.0"/>
      <property name="seed" value="1"/>
      <property name="world" value="sim"/>
      <property name="trace_sha256/nat/expiry" value="9f86d081"/>
    </properties>
    <testcase classname="wglab.sim.nat" name="nat/expiry" time="0.091">
      <failure message="delivered late: 2 of 3 were lost" type="fail">expected: 1 expectation holds
actual: 1 of 1 holds
check delivered late: expected all 3 arrive; actual 1 of 3 arrived
  at 140.01 s
  packets bob/13 bob/14
  likely: the mapping of NAT home expired at 137.2 s
140.000 s  bob/13  data 128 B  bob → home
140.010 s  bob/13  dropped by home: nat-no-mapping
reproduce: npx wglab run nat/expiry --seed 1</failure>
      <system-out>A mapping dies when nobody speaks
seed 1, world sim, 300 s of its time
trace_sha256 9f86d081
warning: alice: unknown command &quot;foo&quot;, left out
[[ATTACHMENT|nat/expiry/trace.jsonl]]
[[ATTACHMENT|nat/expiry/capture.pcapng]]</system-out>
    </testcase>
  </testsuite>
  <testsuite name="roaming" tests="1" failures="0" errors="0" skipped="1" time="0.000">
    <properties>
      <property name="tool" value="wglab 0.1.0"/>
      <property name="seed" value="1"/>
      <property name="world" value="sim"/>
    </properties>
    <testcase classname="wglab.sim.roaming" name="roaming/kernel" time="0.000">
      <skipped message="skipped: no kernel is built: wglab kernel build"/>
      <system-out>The kernel roams
seed 1, world sim, 0 s of its time</system-out>
    </testcase>
  </testsuite>
</testsuites>
`)
  })

  it('is well-formed and counts right for any text', () => {
    fc.assert(
      fc.property(anyReport, report => {
        const root = parseXml(junitXml(report))
        expect(elements(root, 'testcase')).toHaveLength(report.verdicts.length)
        expect(elements(root, 'failure')).toHaveLength(report.totals.fail)
        expect(elements(root, 'error')).toHaveLength(report.totals.inconclusive)
        expect(elements(root, 'skipped')).toHaveLength(report.totals.skipped + report.totals.unsupported)
        const sum = (key: string) =>
          elements(root, 'testsuite').reduce((total, suite) => total + Number(suite.attributes.get(key)), 0)
        expect(sum('tests')).toBe(report.verdicts.length)
        expect(sum('failures')).toBe(report.totals.fail)
      }),
    )
  })
})

describe('markdownReport', () => {
  it('shows failures first and folds the rest', () => {
    expect(
      markdownReport(testReport([failedVerdict(), testVerdict({ title: 'a | b <i> @me' })])),
    ).toBe(`### ❌ wglab: 1 pass · 1 fail

5 min 20 s in 103 ms, seed <code>1</code>, linux x64, Node 20.19.0, node:crypto, wglab 0.1.0

<details open><summary>✗ <b>nat/expiry</b> A mapping dies when nobody speaks</summary>

delivered late: 2 of 3 were lost

- **delivered late** at 140.01 s
  - expected: all 3 arrive
  - actual: 1 of 3 arrived
  - packets: <code>bob/13 bob/14</code>
  - likely: the mapping of NAT home expired at 137.2 s

\`\`\`text
140.000 s  bob/13  data 128 B  bob → home
140.010 s  bob/13  dropped by home: nat-no-mapping
\`\`\`

\`\`\`sh
npx wglab run nat/expiry --seed 1
\`\`\`

</details>

<details><summary>nat: 0 of 1 pass</summary>

| | scenario | | virtual | took |
|---|---|---|--:|--:|
| ✗ | nat/expiry | delivered late: 2 of 3 were lost | 5 min | 91 ms |

</details>

<details><summary>handshake: 1 of 1 pass</summary>

| | scenario | | virtual | took |
|---|---|---|--:|--:|
| ✓ | handshake/one-to-one | a \\| b &lt;i&gt; @<!-- -->me | 20 s | 12 ms |

</details>

`)
  })

  it('fits in a comment, and says what did not', () => {
    const many = Array.from({ length: 800 }, (_, n) => ({ ...failedVerdict(), id: `nat/n${n}` }))
    const comment = markdownReport(testReport(many))
    expect(comment.length).toBeLessThanOrEqual(60_000)
    expect(comment).toMatch(/_… \d+ of 801 parts did not fit; the whole report is among the artefacts\._\n$/)
  })

  it('lets no text become markup', () => {
    fc.assert(
      fc.property(anyReport, report => {
        const tags =
          markdownReport(report)
            .replace(/^(`{3,}).*\n[\s\S]*?\n\1$/gm, '')
            .match(/<[^>]*>/g) ?? []
        for (const tag of tags) expect(tag).toMatch(/^<(\/?(details|summary|b|code)|details open|!-- --)>$/)
      }),
    )
  })
})

describe('githubAnnotations', () => {
  it('is what the runner reads', () => {
    const file = (verdict: Verdict) => `scenarios/catalogue/${verdict.id}.ts`
    expect(githubAnnotations(testReport([failedVerdict(), testVerdict()]), { file })).toBe(
      [
        '::error file=scenarios/catalogue/nat/expiry.ts,title=fail%3A nat/expiry::' +
          'A mapping dies when nobody speaks%0Adelivered late: 2 of 3 were lost%0A' +
          'delivered late: expected all 3 arrive; actual 1 of 3 arrived; likely the mapping of NAT home expired at 137.2 s%0A' +
          'npx wglab run nat/expiry --seed 1',
        '::notice title=wglab::1 pass · 1 fail',
        '',
      ].join('\n'),
    )
  })

  it('stays within ten errors', () => {
    const lines = githubAnnotations(testReport(Array.from({ length: 13 }, failedVerdict))).split('\n')
    expect(lines.filter(line => line.startsWith('::error'))).toHaveLength(10)
    expect(lines[10]).toBe('::warning title=wglab::3 failures more: see the report')
  })

  it('is one command a line, whatever the text', () => {
    fc.assert(
      fc.property(anyReport, report => {
        const lines = githubAnnotations(report).split('\n')
        expect(lines.pop()).toBe('')
        expect(lines).toHaveLength(1 + report.totals.fail + report.totals.inconclusive)
        for (const line of lines) expect(line).toMatch(/^::(error|notice) title=[^:,]*::[^\r\n]*$/)
      }),
    )
  })
})

describe('htmlReport', () => {
  it('shows failures open, with checks, files and how to reproduce', () => {
    const page = htmlReport(mixedReport(), {
      ladder: ({ verdict }) => (verdict === 'fail' ? '<svg class="wgl"></svg>' : undefined),
    })
    expect(page.match(/<details class="v" id="[^"]*" open>/g)).toEqual(['<details class="v" id="nat%2Fexpiry" open>'])
    expect(page).toContain('<figure><svg class="wgl"></svg></figure>')
    expect(page).toContain(
      '<a href="./nat/expiry/capture.pcapng" title="nat/expiry/capture.pcapng" download>capture</a>',
    )
    expect(page).toContain('<pre>npx wglab run nat/expiry --seed 1</pre>')
    expect(page).toContain('<td class="fail" title="fail">✗</td><td>delivered late</td><td>all 3 arrive</td>')
    expect(page).toContain('no kernel is built: wglab kernel build')
    expect(page).toContain('<p class="look"><a class="id" href="#nat%2Fexpiry">✗ nat/expiry</a></p>')
  })

  it('links to the first thirty failures, and to none where there are none', () => {
    const failed = (count: number) =>
      Array.from({ length: count }, (_, n) => testVerdict({ id: `x/${n}`, verdict: 'fail' }))
    expect(htmlReport(testReport(failed(32))).match(/<p class="look">.*<\/p>/)?.[0]).toMatch(/x\/29<\/a>.*and 2 more/)
    expect(htmlReport(testReport([testVerdict()]))).not.toContain('class="look"')
  })

  it('links a picture that is an artefact', () => {
    const page = htmlReport(testReport([testVerdict({ artefacts: { ladder_svg: 'a b/ladder.svg' } })]))
    expect(page).toContain('<img loading="lazy" src="./a%20b/ladder.svg"')
  })

  it('links what lies below the page relative to it', () => {
    const artefacts = { trace: 'reports/out/a/trace.jsonl', other: 'elsewhere/b', odd: 'javascript:alert(1)' }
    const links = (folder: string) =>
      [...htmlReport(testReport([testVerdict({ artefacts })]), { folder }).matchAll(/<a href="([^"]*)"/g)].map(
        ([, to]) => to,
      )
    for (const folder of ['reports/out', 'reports/out/', 'reports\\out']) {
      expect(links(folder)).toEqual(['./a/trace.jsonl', './elsewhere/b', './javascript%3Aalert(1)'])
    }
  })

  it('is well-formed for any text, without scripts or anything from outside', () => {
    fc.assert(
      fc.property(anyReport, report => {
        const page = htmlReport(report)
        const body = page.slice(page.indexOf('<body>'), page.indexOf('</html>')).replace(/<br>|<img [^>]*>/g, '')
        const root = parseXml(body.trimEnd().replace(/ (open|download)>/g, '>'))
        expect(elements(root, 'details')).toHaveLength(report.verdicts.length)
        expect(elements(root, 'script')).toEqual([])
        for (const link of elements(root, 'a')) expect(link.attributes.get('href')).toMatch(/^(\.\/|\/|#)(?!\/)/)
      }),
    )
    expect(htmlReport(mixedReport())).not.toMatch(/<script|https?:|@import|url\(|<link/)
  })
})

it('spans of time', () => {
  const table: [number, string][] = [
    [0, '0 s'],
    [0.02, '0.02 s'],
    [1.5, '1.5 s'],
    [20, '20 s'],
    [59.94, '59.9 s'],
    [59.96, '1 min'],
    [90, '1 min 30 s'],
    [300, '5 min'],
    [3600, '1 h'],
    [7500, '2 h 5 min'],
    [90_061, '1 d 1 h'],
    [Number.NaN, '–'],
  ]
  for (const [seconds, said] of table) expect([seconds, spanText(seconds)]).toEqual([seconds, said])
  expect([0, 12.3, 999.4, 999.6, 1240, 303_000].map(wallText)).toEqual([
    '0 ms',
    '12 ms',
    '999 ms',
    '1 s',
    '1.24 s',
    '5 min 3 s',
  ])
})
