import fc from 'fast-check'
import { expect, it } from 'vitest'
import { plain, xml, xmlAttribute } from './escape.ts'
import { parseXml } from './testing.ts'
import { utf8 } from './utf8.ts'

/** Everything, and more of what is dangerous. */
const anything = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom(
      '<',
      '>',
      '&',
      '"',
      "'",
      ']]>',
      '\n',
      '\r',
      '\t',
      '\0',
      '\x1b[31m',
      '\ud800',
      '\udc00',
      '\uffff',
      '\x85',
    ),
  }),
)

it('utf8 is what TextEncoder writes', () => {
  fc.assert(
    fc.property(anything, text => {
      expect(utf8(text)).toEqual(new TextEncoder().encode(text))
    }),
  )
})

it('utf8 cuts between characters, and only when it must', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.nat(40), (text, limit) => {
      const [cut, whole] = [utf8(text, limit), new TextEncoder().encode(text)]
      expect(cut).toEqual(whole.slice(0, cut.length))
      expect(text.startsWith(new TextDecoder('utf8', { fatal: true, ignoreBOM: true }).decode(cut))).toBe(true)
      expect(cut.length === whole.length || limit - cut.length < 4).toBe(true)
    }),
  )
})

it('xml keeps all that XML can hold, and what it can not becomes U+FFFD', () => {
  const bad = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu
  fc.assert(
    fc.property(anything, text => {
      const root = parseXml(`<a b="${xmlAttribute(text)}">${xml(text)}</a>`)
      expect(root.attributes.get('b')).toBe(text.replace(bad, '\ufffd'))
      expect(root.children.join('')).toBe(text.replace(bad, '\ufffd'))
    }),
  )
})

it('plain is one line that no terminal obeys, and keeps what is harmless', () => {
  expect(plain('naïve → \x1b[31mred\nnext\u202e')).toBe('naïve → \ufffd[31mred next\ufffd')
  fc.assert(
    fc.property(anything, text => {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: their absence is the point
      expect(plain(text)).not.toMatch(/[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/)
      expect(plain(plain(text))).toBe(plain(text))
    }),
  )
})
