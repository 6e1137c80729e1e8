import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LadderItem, LadderModel } from './ladder-model.ts'
import { ladderSvg } from './svg.ts'
import { elements, parseXml } from './testing.ts'

const arrow = {
  kind: 'arrow',
  t: 0,
  from: 'alice',
  to: 'bob',
  message: 'data',
  label: 'data 128 B',
  count: 1,
  until: 0,
} as const
const model = (items: readonly LadderItem[], over: Partial<LadderModel> = {}): LadderModel => ({
  title: 'a test',
  participants: ['alice', 'bob'],
  items,
  cut: 0,
  ...over,
})

const texts = (svg: string, style: string) =>
  elements(parseXml(svg), 'text')
    .filter(text => text.attributes.get('class')?.split(' ').includes(style))
    .map(text => text.children.join(''))

describe('ladderSvg', () => {
  it('puts names on both ends of the lanes, times at the left, breaks where time passes', () => {
    const svg = ladderSvg(
      model([
        arrow,
        { ...arrow, count: 3, until: 1_000_000_000, from: 'bob', to: 'alice' },
        { kind: 'note', t: 60_000_000_000, over: 'alice', text: 'flush' },
      ]),
    )
    expect(texts(svg, 'name')).toEqual(['alice', 'alice', 'bob', 'bob'])
    expect(texts(svg, 'time')).toEqual(['0.000 s', '+59 s', '60.000 s'])
    expect(texts(svg, 'mid')).toEqual(['data 128 B', 'data 128 B ×3 until 1.000 s', 'flush'])
  })

  it('marks a loss with a cross and its reason, and no arrow head unless it arrived', () => {
    const lost = { place: 'lost on the cable alice:net up', reason: 'The cable is cut.', refused: false }
    const [away, refused] = [
      ladderSvg(model([{ ...arrow, lost }])),
      ladderSvg(model([{ ...arrow, lost: { ...lost, refused: true } }])),
    ]
    for (const svg of [away, refused]) {
      expect(texts(svg, 'why').join(' ')).toBe('lost on the cable alice:net up: The cable is cut.')
      expect(svg.match(/class="cross"/g)).toHaveLength(1)
    }
    expect(away).not.toContain('class="tip')
    expect(refused).toContain('class="tip data"')
  })

  it('says what was cut', () => {
    expect(texts(ladderSvg(model([arrow], { cut: 7 })), 'sub')).toEqual(['… and 7 more, see the trace and the capture'])
  })

  it('is a well-formed picture of any model, with nothing from outside and nothing that runs', () => {
    const text = fc.string({ unit: 'binary', maxLength: 60 })
    const item = fc.oneof(
      fc.record({ kind: fc.constant('note' as const), t: fc.nat(), text }),
      fc.record({
        ...Object.fromEntries(Object.entries(arrow).map(([key, value]) => [key, fc.constant(value)])),
        label: text,
        addresses: text,
        lost: fc.option(fc.record({ place: text, reason: text, refused: fc.boolean() }), { nil: undefined }),
      }),
    )
    fc.assert(
      fc.property(fc.array(item, { maxLength: 6 }), text, fc.array(text, { maxLength: 3 }), (items, title, names) => {
        const svg = ladderSvg(
          model(items as unknown as LadderItem[], { title, participants: ['alice', 'bob', ...names] }),
        )
        const root = parseXml(svg)
        expect(root.name).toBe('svg')
        const known = ['svg', 'title', 'style', 'rect', 'text', 'g', 'line', 'path']
        const walk = (element: typeof root): void => {
          expect(known).toContain(element.name)
          for (const name of element.attributes.keys()) expect(name).not.toMatch(/^on|href|src/)
          for (const child of element.children) if (typeof child !== 'string') walk(child)
        }
        walk(root)
        for (const number of svg.matchAll(/ (?:x|y|x1|y1|width|height)="([^"]*)"/g)) {
          expect(Number.isFinite(Number(number[1]))).toBe(true)
        }
      }),
    )
    expect(ladderSvg(model([arrow])).replace('xmlns="http://www.w3.org/2000/svg"', '')).not.toMatch(
      /https?:|url\(|@import/,
    )
  })
})
