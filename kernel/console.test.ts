import { expect, it } from 'vitest'
import { Console } from './console.ts'

const bytes = (text: string) => Buffer.from(text, 'latin1')

it('keeps lines, however they come, and gives the last ones', () => {
  const console = new Console()
  for (const piece of ['on', 'e\r\ntw', 'o\nthree\nhalf']) console.add(bytes(piece))
  expect(console.text).toBe('one\ntwo\nthree\n')
  expect(console.tail(2)).toBe('two\nthree')
})

it('takes keys out, whole lines of them, and tells them to who asked', () => {
  const keys: string[] = []
  const console = new Console(key => keys.push(Buffer.from(key).toString('hex')))
  const key = 'a1'.repeat(32)
  for (const piece of [`before\n[    1.5] lab-ephem`, `eral ${key}\nafter\n`]) console.add(bytes(piece))
  expect([console.text, keys]).toEqual(['before\nafter\n', [key]])
})

it('does not grow for ever', () => {
  const console = new Console()
  for (let i = 0; i < 20_000; i++) console.add(bytes(`${'x'.repeat(99)}\n`))
  expect(console.text.length).toBeLessThanOrEqual(256 * 1024)
  expect(console.tail(1)).toBe('x'.repeat(99))
})
