/** The report as one page that works offline and without scripts, in light and dark. */
import { formatNs } from '../scenarios/language/quantity.ts'
import type { CheckOutcome, Report, Verdict } from '../scenarios/language/verdict.ts'
import { plain, xml, xmlAttribute } from './escape.ts'
import {
  castText,
  chapters,
  isBad,
  MARKS,
  machineText,
  spanText,
  spentText,
  VERDICT_KINDS,
  verdictNames,
  wallText,
} from './summary.ts'

export interface HtmlOptions {
  /** The ladder of a verdict as `createLadder` made it, to stand in the page. Default: the artefact that is an SVG, linked. */
  readonly ladder?: (verdict: Verdict) => string | undefined
  /** The folder the page will lie in, as the artefacts' paths name it (`reports/out`): links become relative to it. */
  readonly folder?: string
}

const STYLE = `
:root{color-scheme:light dark;--bg:#fff;--ink:#1f2328;--dim:#656d76;--line:#d1d9e0;--soft:#f6f8fa;--link:#0969da;--pass:#1a7f37;--fail:#cf222e;--warn:#9a6700;--none:#818b98}
@media (prefers-color-scheme:dark){:root{--bg:#0d1117;--ink:#e6edf3;--dim:#8d96a0;--line:#30363d;--soft:#161b22;--link:#58a6ff;--pass:#3fb950;--fail:#ff7b72;--warn:#d29922;--none:#6e7681}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1180px;padding:28px 24px 64px;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
h1{font-size:26px;margin:0}h2{font-size:17px;margin:32px 0 8px}
a{color:var(--link);text-decoration:none}a:hover{text-decoration:underline}
code,pre,.id,.num{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:13px}
.dim{color:var(--dim)}.pass{color:var(--pass)}.fail{color:var(--fail)}.inconclusive{color:var(--warn)}.unsupported,.skipped{color:var(--none)}
.bar{display:flex;gap:3px;height:10px;border-radius:5px;overflow:hidden;margin:14px 0 8px}
.bar i{display:block;min-width:4px;background:currentColor}
.totals code{font-size:inherit}.look{margin:10px 0 0;display:flex;flex-wrap:wrap;gap:2px 16px}
.totals{display:flex;flex-wrap:wrap;gap:6px 22px;margin:0;padding:0;list-style:none;font-weight:600}
.list{border:1px solid var(--line);border-radius:8px;overflow:hidden}
details.v+details.v{border-top:1px solid var(--line)}
details.v>summary{display:grid;grid-template-columns:22px minmax(180px,30%) 1fr auto auto;gap:0 12px;align-items:baseline;padding:8px 14px;cursor:pointer;list-style:none}
details.v>summary::-webkit-details-marker{display:none}
details.v>summary:hover,details.v[open]>summary{background:var(--soft)}
summary b{font-weight:700;text-align:center}summary .num{text-align:right;min-width:64px;color:var(--dim)}
.id{overflow-wrap:anywhere}
.body{padding:6px 18px 20px 48px}
.why{margin:8px 0 12px;padding:8px 14px;border-left:3px solid currentColor;background:var(--soft)}.why span{color:var(--ink)}
table{border-collapse:collapse;width:100%;margin:10px 0;font-size:14px}
th{font-weight:600;text-align:left;color:var(--dim);font-size:12px}td,th{padding:6px 10px 6px 0;border-bottom:1px solid var(--line);vertical-align:top}
dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 16px;margin:12px 0}dt{color:var(--dim)}dd{margin:0;overflow-wrap:anywhere}
pre{margin:10px 0;padding:10px 14px;background:var(--soft);border:1px solid var(--line);border-radius:6px;overflow-x:auto;line-height:1.45}
figure{margin:14px 0;overflow-x:auto;border:1px solid var(--line);border-radius:6px}figure svg,figure img{display:block;max-width:100%;height:auto;margin:0 auto}
.files{display:flex;flex-wrap:wrap;gap:8px;margin:12px 0}.files a{border:1px solid var(--line);border-radius:6px;padding:3px 12px;background:var(--soft);font-size:13px}
footer{margin-top:40px;color:var(--dim);font-size:13px}
@media (max-width:720px){details.v>summary{grid-template-columns:22px 1fr auto}details.v>summary .t,details.v>summary .wall{display:none}.body{padding-left:18px}}
@media print{details.v{break-inside:avoid}}
`

/** `index.html`. Failures stand open. */
export function htmlReport(report: Report, options: HtmlOptions = {}): string {
  const names = verdictNames(report)
  const title = `${report.tool.name} report`
  const sections = chapters(report).map(chapter =>
    [
      `<h2>${text(chapter.name)}</h2>`,
      '<div class="list">',
      ...chapter.verdicts.map(verdict => entry(verdict, names(verdict), options)),
      '</div>',
    ].join('\n'),
  )
  return `${[
    '<!DOCTYPE html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${text(title)}</title>`,
    `<style>${STYLE}</style>`,
    '</head>',
    '<body>',
    header(report, names),
    ...sections,
    `<footer>${text(report.tool.name)} ${text(report.tool.version)}, ${text(machineText(report))}</footer>`,
    '</body>',
    '</html>',
  ].join('\n')}\n`
}

function header(report: Report, names: (verdict: Verdict) => string): string {
  const kinds = VERDICT_KINDS.filter(kind => report.totals[kind] > 0)
  const bar = kinds.map(kind => `<i class="${kind}" style="flex:${report.totals[kind]}"></i>`).join('')
  const totals = kinds.map(kind => `<li class="${kind}">${report.totals[kind]} ${kind}</li>`).join('')
  return [
    '<header>',
    `<h1>${text(report.tool.name)}</h1>`,
    `<div class="bar" role="presentation">${bar}</div>`,
    `<ul class="totals">${totals}<li class="dim">${text(spentText(report))}</li><li class="dim">seed <code>${text(report.seed)}</code></li></ul>`,
    failures(report, names),
    '</header>',
  ].join('\n')
}

const MOST_LINKS = 30

/** Links to what must be looked at: it may stand far below. */
function failures(report: Report, names: (verdict: Verdict) => string): string {
  const bad = report.verdicts.filter(isBad)
  const links = bad
    .slice(0, MOST_LINKS)
    .map(
      verdict =>
        `<a class="id" href="#${anchor(names(verdict))}">${MARKS[verdict.verdict]} ${text(names(verdict))}</a>`,
    )
  if (bad.length > MOST_LINKS) links.push(`<span class="dim">and ${bad.length - MOST_LINKS} more</span>`)
  return links.length === 0 ? '' : `<p class="look">${links.join('')}</p>`
}

function anchor(name: string): string {
  return xmlAttribute(encodeURIComponent(plain(name)))
}

function entry(verdict: Verdict, name: string, options: HtmlOptions): string {
  const ran = verdict.verdict !== 'unsupported' && verdict.verdict !== 'skipped'
  const summary = [
    `<b class="${verdict.verdict}" title="${verdict.verdict}">${MARKS[verdict.verdict]}</b>`,
    `<span class="id">${text(name)}</span>`,
    `<span class="t">${text(verdict.title)}</span>`,
    `<span class="num" title="virtual time">${ran ? spanText(verdict.virtual_s) : text(verdict.verdict)}</span>`,
    `<span class="num wall" title="real time">${ran ? wallText(verdict.wall_ms) : ''}</span>`,
  ]
  return [
    `<details class="v" id="${anchor(name)}"${isBad(verdict) ? ' open' : ''}>`,
    `<summary>${summary.join('')}</summary>`,
    `<div class="body">${body(verdict, options)}</div>`,
    '</details>',
  ].join('\n')
}

function body(verdict: Verdict, options: HtmlOptions): string {
  const parts: string[] = []
  if (verdict.verdict !== 'pass') {
    parts.push(
      `<p class="why ${verdict.verdict}"><span>${text(verdict.because || `expected ${verdict.expected}; actual ${verdict.actual}`)}</span></p>`,
    )
  }
  if (verdict.checks.length > 0) parts.push(checks(verdict.checks))
  if (verdict.story !== undefined && verdict.story.length > 0) {
    parts.push(`<pre>${verdict.story.map(line => text(line)).join('\n')}</pre>`)
  }
  parts.push(ladder(verdict, options), files(verdict, options), facts(verdict), `<pre>${text(verdict.reproduce)}</pre>`)
  return parts.filter(part => part !== '').join('\n')
}

function checks(outcomes: readonly CheckOutcome[]): string {
  const marks = { pass: '✓', fail: '✗', unsupported: '–' } as const
  const rows = outcomes.map(({ name, result, expected, actual, at, packets, likely }) => {
    const about = [
      text(actual),
      at === undefined ? '' : `<br><span class="dim">at ${text(formatNs(at))}</span>`,
      packets === undefined || packets.length === 0
        ? ''
        : `<br><span class="dim">packets</span> <code>${text(packets.slice(0, 24).join(' '))}${packets.length > 24 ? ' …' : ''}</code>`,
      likely === undefined ? '' : `<br><span class="inconclusive">likely: ${text(likely)}</span>`,
    ]
    return `<tr><td class="${result}" title="${result}">${marks[result]}</td><td>${text(name)}</td><td>${text(expected)}</td><td>${about.join('')}</td></tr>`
  })
  return `<table><thead><tr><th></th><th>check</th><th>expected</th><th>actual</th></tr></thead><tbody>${rows.join('')}</tbody></table>`
}

function ladder(verdict: Verdict, options: HtmlOptions): string {
  const inline = options.ladder?.(verdict)
  if (inline !== undefined) return `<figure>${inline.trimEnd()}</figure>`
  const path = Object.values(verdict.artefacts).find(file => file.endsWith('.svg'))
  if (path === undefined) return ''
  return `<figure><img loading="lazy" src="${href(path, options)}" alt="Sequence diagram of ${text(verdict.id)}"></figure>`
}

function files(verdict: Verdict, options: HtmlOptions): string {
  const links = Object.entries(verdict.artefacts).map(
    ([kind, path]) => `<a href="${href(path, options)}" title="${text(path)}" download>${text(kind)}</a>`,
  )
  return links.length === 0 ? '' : `<div class="files">${links.join('')}</div>`
}

function facts(verdict: Verdict): string {
  const rows: (readonly [string, string])[] = [
    ['world', text(verdict.world)],
    ['seed', `<code>${text(verdict.seed)}</code>`],
    ['cast', text(castText(verdict))],
    ['decides', text([...verdict.requirements, ...verdict.claims].join(', '))],
    ['trace', verdict.trace_sha256 === '' ? '' : `<code>${text(verdict.trace_sha256)}</code>`],
    ...verdict.warnings.map(warning => ['warning', `<span class="inconclusive">${text(warning)}</span>`] as const),
  ]
  const shown = rows.filter(([, value]) => value !== '')
  return `<dl>${shown.map(([key, value]) => `<dt>${key}</dt><dd>${value}</dd>`).join('')}</dl>`
}

function text(value: string): string {
  return xml(plain(value))
}

/** A path, relative to the page where it lies below it: never a scheme, so never a script. */
function href(path: string, { folder }: HtmlOptions): string {
  const [file, base] = [slashes(path), `${slashes(folder ?? '').replace(/\/+$/, '')}/`]
  const shown = folder !== undefined && file.startsWith(base) ? file.slice(base.length) : file
  const escaped = shown.split('/').map(encodeURIComponent).join('/')
  return xmlAttribute(escaped.startsWith('/') ? `/${escaped.replace(/^\/+/, '')}` : `./${escaped}`)
}

function slashes(path: string): string {
  return plain(path).replaceAll('\\', '/')
}
