/** How the ladder looks: one set of shapes, two sets of colours. */

type Colour =
  | 'bg'
  | 'ink'
  | 'dim'
  | 'line'
  | 'box'
  | 'note'
  | 'noteLine'
  | 'bad'
  | 'initiation'
  | 'response'
  | 'cookie'
  | 'data'
  | 'keepalive'
  | 'other'
  | 'lost'
type Palette = Readonly<Record<Colour, string>>

const LIGHT: Palette = {
  bg: '#ffffff',
  ink: '#1f2328',
  dim: '#656d76',
  line: '#d1d9e0',
  box: '#f6f8fa',
  note: '#fff8c5',
  noteLine: '#d4a72c',
  bad: '#ffebe9',
  initiation: '#0969da',
  response: '#8250df',
  cookie: '#bc4c00',
  data: '#1a7f37',
  keepalive: '#6e7781',
  other: '#57606a',
  lost: '#cf222e',
}

const DARK: Palette = {
  bg: '#0d1117',
  ink: '#e6edf3',
  dim: '#8d96a0',
  line: '#3d444d',
  box: '#161b22',
  note: '#272115',
  noteLine: '#9e6a03',
  bad: '#2d1517',
  initiation: '#58a6ff',
  response: '#bc8cff',
  cookie: '#f0883e',
  data: '#3fb950',
  keepalive: '#8b949e',
  other: '#8d96a0',
  lost: '#ff7b72',
}

const FONTS = 'system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"DejaVu Sans",sans-serif'

const SHAPES = `
.wgl text{font-family:${FONTS};font-size:12px}
.wgl .title{font-size:15px;font-weight:600}
.wgl .name{font-size:13px;font-weight:600;text-anchor:middle}
.wgl .lane{stroke-dasharray:2 4}
.wgl .time{font-size:11px;text-anchor:end;font-variant-numeric:tabular-nums}
.wgl .sub,.wgl .why{font-size:11px}
.wgl .mid{text-anchor:middle}
.wgl .halo{paint-order:stroke;stroke-width:4px;stroke-linejoin:round}
.wgl .note,.wgl .bad{stroke-width:.8}
.wgl .arrow{fill:none;stroke-width:1.6}
.wgl .arrow.keepalive{stroke-dasharray:5 3}
.wgl .cross{fill:none;stroke-width:2.4;stroke-linecap:round}`

/** Written out for both schemes: many renderers know no custom properties. */
function colours(palette: Palette): string {
  const kinds = ['initiation', 'response', 'data', 'keepalive', 'other'] as const
  const kind = (name: string, colour: string) =>
    `.wgl .arrow.${name}{stroke:${colour}}.wgl .tip.${name}{fill:${colour}}`
  return [
    `.wgl text{fill:${palette.ink}}`,
    `.wgl .bg{fill:${palette.bg}}`,
    `.wgl .box{fill:${palette.box};stroke:${palette.line}}`,
    `.wgl .lane,.wgl .tick{stroke:${palette.line}}`,
    `.wgl .time,.wgl .sub{fill:${palette.dim}}`,
    `.wgl .halo{stroke:${palette.bg}}`,
    `.wgl .note{fill:${palette.note};stroke:${palette.noteLine}}`,
    `.wgl .bad{fill:${palette.bad};stroke:${palette.lost}}`,
    `.wgl .cross{stroke:${palette.lost}}`,
    `.wgl .why{fill:${palette.lost}}`,
    ...kinds.map(name => kind(name, palette[name])),
    kind('cookie-reply', palette.cookie),
  ].join('')
}

export const STYLE = `${SHAPES}\n${colours(LIGHT)}\n@media (prefers-color-scheme:dark){${colours(DARK)}}\n`
