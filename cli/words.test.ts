/** Small things that decide how the commands speak. */
import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { outputWidth, wantsColor } from './colour.ts'
import { cast, positive, seed, shard } from './options.ts'
import { messageText, problemText } from './problems.ts'
import { quoted, reproduceText } from './reproduce.ts'
import { systemText } from './system.ts'

describe('wantsColor', () => {
  it.each([
    [{}, true, true],
    [{}, false, false],
    [{ NO_COLOR: '1' }, true, false],
    [{ NO_COLOR: '' }, true, true],
    [{ NO_COLOR: '1', FORCE_COLOR: '1' }, true, false],
    [{ FORCE_COLOR: '1' }, false, true],
    [{ FORCE_COLOR: '0' }, true, false],
    [{ FORCE_COLOR: '' }, false, false],
    [{ TERM: 'dumb' }, true, false],
    [{ CI: 'true' }, false, false],
  ])('%j, terminal %s: %s', (env, terminal, expected) => {
    expect(wantsColor(env, terminal)).toBe(expected)
  })
})

describe('outputWidth', () => {
  it.each([
    ['the terminal', { COLUMNS: '70' }, 120, 120],
    ['COLUMNS without a terminal', { COLUMNS: '70' }, undefined, 70],
    ['a terminal that does not know', {}, 0, 100],
    ['nobody', {}, undefined, 100],
    ['nonsense', { COLUMNS: 'wide' }, undefined, 100],
  ])('by %s', (_, env, columns, expected) => {
    expect(outputWidth(env, columns)).toBe(expected)
  })
})

describe('reproduceText', () => {
  it.each([
    ['nat/x', '1', {}, 'npx wglab run nat/x --seed 1'],
    ['../my labs/a.yaml', '7', {}, "npx wglab run '../my labs/a.yaml' --seed 7"],
    ['-a.yaml', '1', {}, 'npx wglab run ./-a.yaml --seed 1'],
    ['x', '-1', {}, 'npx wglab run x --seed=-1'],
    ['x', "it's; rm", {}, "npx wglab run x --seed 'it'\\''s; rm'"],
    ['x', '1', { a: 'ours', b: 'exec:./wg -f' }, "npx wglab run x --seed 1 --cast 'a=ours,b=exec:./wg -f'"],
  ])('%s, seed %s, %j', (selector, word, players, expected) => {
    expect(reproduceText(selector, word, players)).toBe(expected)
  })

  it.skipIf(process.platform === 'win32')('a shell reads each word back as it was', () => {
    const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }).filter(text => !text.includes('\0'))
    fc.assert(
      fc.property(fc.array(word, { minLength: 20, maxLength: 20 }), words => {
        const script = `printf '%s\\0' ${words.map(quoted).join(' ')}`
        expect(execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1)).toEqual(words)
      }),
      { numRuns: 10 },
    )
  })
})

describe('messages', () => {
  it('hold nothing that a terminal obeys, and fill no screen', () => {
    const lines = Array.from({ length: 30 }, (_, n) => `${n} \x1b[2J${'x'.repeat(1000)}`)
    const shown = messageText(lines.join('\n')).split('\n')
    expect(shown.length).toBe(21)
    expect(shown[0]).toBe(`0 \ufffd[2J${'x'.repeat(394)}…`)
    expect(shown[20]).toBe('… and 10 more')
  })

  it.each([
    [{ what: 'w' }, 'w'],
    [{ file: 'a.yaml', what: 'w', instead: 'i' }, 'a.yaml: w; i'],
    [{ file: 'a.yaml', line: 3, column: 7, path: '/x', what: 'w' }, 'a.yaml:3:7: /x: w'],
    [{ path: '/x', what: 'w' }, '/x: w'],
  ])('a problem %j', (problem, expected) => {
    expect(problemText(problem)).toBe(expected)
  })

  it.each([
    [Object.assign(new Error('ENOSPC: …, write'), { code: 'ENOSPC' }), 'no space left on the device'],
    [Object.assign(new Error('something new'), { code: 'ENEW' }), 'something new'],
    [new Error('plain'), 'plain'],
    ['thrown text', 'thrown text'],
    [null, 'null'],
  ])('what the system says: %s', (error, expected) => {
    expect(systemText(error)).toBe(expected)
  })
})

describe('options', () => {
  it.each([
    [positive, '1', 1],
    [positive, '1000000', 1_000_000],
    [seed, '../../x', '../../x'],
    [shard, '2/5', { index: 2, of: 5 }],
    [cast, 'a=ours,b=exec:./x', { a: 'ours', b: 'exec:./x' }],
  ])('%o takes %s', (parse, text, expected) => {
    expect((parse as (text: string) => unknown)(text)).toEqual(expected)
  })

  it.each([
    [positive, ['0', '-1', '1.5', '1e3', '', 'x', '1000001', ' 1']],
    [seed, ['', ' x', 'a\nb', '\x1b[2J', 'x'.repeat(101)]],
    [shard, ['0/2', '3/2', '1/0', '1', '1/2/3', '-1/2']],
    [cast, ['bob', '=x', 'bob=', 'Bob=ours', 'a=b,', 'a=b c']],
  ])('%o refuses what is not one', (parse, texts) => {
    for (const text of texts) expect(() => (parse as (text: string) => unknown)(text), text).toThrow(/^write /)
  })
})
