/**
 * The picture in the README is what `npm start` prints, at 100 columns. The time a run took differs from machine to
 * machine and is left out of it, and so are rows in the middle. WGLAB_WRITE=1 writes it anew.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { terminalReport } from '../reports/terminal.ts'
import { terminalSvg } from '../reports/terminal-svg.ts'
import type { Report } from '../scenarios/language/verdict.ts'
import { runOne } from './evidence.ts'
import { makeReport } from './report.ts'
import { select } from './select.ts'

const PICTURE = fileURLToPath(new URL('../reports/example.svg', import.meta.url))
const WIDTH = 100
const FIRST_LINES = 19
const MACHINE = { platform: 'linux-x64', node: 'v20.20.2', crypto: 'node:crypto' }

it('reports/example.svg is what npm start prints', async () => {
  const catalogue = await select([])
  const verdicts = catalogue.map(named => runOne(named, { cast: {}, seed: '1' }))
  const picture = terminalSvg({
    text: shown({ ...makeReport(verdicts, '1'), machine: MACHINE }),
    width: WIDTH,
    title: 'npm start',
  })
  if (process.env['WGLAB_WRITE'] === '1') writeFileSync(PICTURE, picture)
  expect(picture).toBe(readFileSync(PICTURE, 'utf8'))
})

function shown(report: Report): string {
  const text = terminalReport(
    { ...report, verdicts: report.verdicts.map(verdict => ({ ...verdict, wall_ms: Number.NaN })) },
    { color: true, width: WIDTH, out: 'reports/out/index.html' },
  )
  const lines = text.replace(' in –', '').trimEnd().split('\n')
  const table = lines.slice(2, -4)
  const left = table.slice(FIRST_LINES).filter(line => /✓|✗|–.*–/.test(line)).length
  return [
    '\x1b[1m$ npm start\x1b[22m',
    '',
    ...lines.slice(0, 2),
    ...table.slice(0, FIRST_LINES),
    `   \x1b[2m… and ${left} more\x1b[22m`,
    '',
    ...lines.slice(-3),
  ].join('\n')
}
