import fc from 'fast-check'
import { expect, it, test } from 'vitest'
import { placesIn } from '../scenarios/language/validate.ts'
import { locate } from './locate.ts'

const SOURCE = `import type { Scenario } from 'wglab'

/** A scenario = { not this one } */
const conf = \`[Interface]
Address = 10.0.0.1/24 # { "[\`

export const scenario = {
  schema: 'wglab/scenario@1', // a comment, with: { [
  title: "it's \\"quoted\\"",
  'hosts': {
    alice: { interfaces: { internet: '203.0.113.1' }, wg: { wg0: \`a \${ { b: '}' }.b } c\` } },
    /* bob: { */ 'bob-2': { interfaces: { internet: ['203.0.113.2', '2001:db8::2'] } },
    conf,
  },
  steps: [
    { do: 'ping', at: '1s', from: 'alice', to: '10.0.0.2' },
    { do: 'run', at: '2s', command: 'echo }' },
  ],
} satisfies Scenario
`

it.each([
  ['', 'scenario'],
  ['/schema', "schema: 'wglab"],
  ['/title', 'title: "it'],
  ['/hosts/alice/wg/wg0', 'wg0: `a'],
  ['/hosts/bob-2/interfaces/internet/1', "'2001:db8::2'"],
  ['/hosts/conf', 'conf,'],
  ['/hosts/bob-2/interfaces/office', 'interfaces: { internet: ['],
  ['/steps/1/command', "command: 'echo"],
  ['/steps/1', "{ do: 'run'"],
  ['/steps/7', 'steps: ['],
  ['/expect', '{\n  schema'],
])('%s', (pointer, text) => {
  const found = locate(SOURCE, pointer)
  const offset = pointer === '' || pointer === '/expect' ? SOURCE.indexOf('{\n  schema') : SOURCE.indexOf(text)
  const before = SOURCE.slice(0, offset).split('\n')
  expect(found).toEqual({ line: before.length, column: (before.at(-1)?.length ?? 0) + 1 })
})

test('no scenario in the source: no place', () => {
  expect(locate('export const lab = { title: 1 }', '/title')).toBeUndefined()
  expect(locate('export default { title: 1 }', '/title')).toEqual({ line: 1, column: 18 })
})

test('where both can read it, the reader of YAML says the same', () => {
  const key = fc.string({ unit: fc.constantFrom(...'ab{}[]:,"\'/# `'), minLength: 1, maxLength: 6 })
  const { tree } = fc.letrec<{ tree: unknown }>(tie => ({
    tree: fc.oneof(
      { maxDepth: 3 },
      fc.string({ unit: fc.constantFrom(...'xy{}[]:,"\'`#') }),
      fc.integer(),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(key, tie('tree'), { maxKeys: 3 }),
    ),
  }))
  fc.assert(
    fc.property(
      fc.dictionary(key, tree, { minKeys: 1, maxKeys: 3 }),
      fc.array(fc.nat(2), { maxLength: 4 }),
      (root, way) => {
        const text = JSON.stringify(root, null, 1)
        let value: unknown = root
        let pointer = ''
        for (const step of way) {
          if (typeof value !== 'object' || value === null) break
          const names = Object.keys(value)
          const name = names[step % Math.max(1, names.length)]
          if (name === undefined) break
          pointer += `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
          value = (value as Record<string, unknown>)[name]
        }
        if (pointer === '') return
        const place = placesIn({ text, file: 'x', format: 'json' })(pointer)
        // The module has one line more before the literal.
        const found = locate(`export const scenario =\n${text}`, pointer)
        expect(found).toEqual({ ...place, line: place.line + 1 })
      },
    ),
    { numRuns: 500 },
  )
})

test('whatever stands in a source, it ends', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'ab{}[]():,"\'`$\\/*\n ') }), text => {
      const found = locate(`const scenario = {${text}`, '/a/0/b')
      expect(found === undefined || found.line >= 1).toBe(true)
    }),
  )
})
