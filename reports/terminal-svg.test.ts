import { describe, expect, it } from 'vitest'
import { terminalSvg } from './terminal-svg.ts'

const texts = (text: string) =>
  terminalSvg({ text, width: 40, title: 't' })
    .split('\n')
    .filter(line => line.startsWith('<text') && !line.includes('text-anchor'))

describe('terminalSvg', () => {
  it.each([
    ['plain text', 'hello', ['<text class="ink" x="18" y="62" textLength="42">hello</text>']],
    [
      'colours and their ends',
      '\x1b[32m✓\x1b[39m ok',
      [
        '<text class="green" x="18" y="62" textLength="8.4">✓</text>',
        '<text class="ink" x="34.8" y="62" textLength="16.8">ok</text>',
      ],
    ],
    [
      'bold in a colour',
      '\x1b[1m\x1b[31mno\x1b[39m\x1b[22m',
      ['<text class="red bold" x="18" y="62" textLength="16.8">no</text>'],
    ],
    ['dim wins over a colour', '\x1b[2;36mx\x1b[0m', ['<text class="dim" x="18" y="62" textLength="8.4">x</text>']],
    [
      'columns stand where they stood',
      'a    b c',
      [
        '<text class="ink" x="18" y="62" textLength="8.4">a</text>',
        '<text class="ink" x="60" y="62" textLength="25.2">b c</text>',
      ],
    ],
    [
      'a style goes on in the next line',
      '\x1b[33ma\nb',
      [
        '<text class="yellow" x="18" y="62" textLength="8.4">a</text>',
        '<text class="yellow" x="18" y="81" textLength="8.4">b</text>',
      ],
    ],
    [
      'text from outside is text',
      '<script>&',
      ['<text class="ink" x="18" y="62" textLength="75.6">&lt;script&gt;&amp;</text>'],
    ],
    ['wide characters take two cells', '日本', ['<text class="ink" x="18" y="62" textLength="33.6">日本</text>']],
    ['an unknown code changes nothing', '\x1b[7mx', ['<text class="ink" x="18" y="62" textLength="8.4">x</text>']],
  ])('%s', (_, text, expected) => {
    expect(texts(text)).toEqual(expected)
  })

  it('loads nothing and runs nothing', () => {
    const svg = terminalSvg({ text: 'x', width: 40, title: '"t" & <u>' })
    expect(svg).toContain('<title>&quot;t&quot; &amp; &lt;u&gt;</title>')
    expect(svg).not.toMatch(/<script|href|url\(|@import|<image|<foreignObject/)
  })
})
