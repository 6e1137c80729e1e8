import { expect, it } from 'vitest'
import { configuration, driver, edited, edits, HZ, recipeHash } from './recipe.ts'

it('edits what is there exactly as often as it must be', () => {
  const edit = { file: 'a/b.c', find: 'one', replace: 'two', why: '' }
  expect(edited('it is one.', edit)).toBe('it is two.')
  expect(edited('one and one', { ...edit, times: 2 })).toBe('two and two')
  expect(() => edited('none', { ...edit, find: 'three' })).toThrow(
    'a/b.c: found 0 times, not 1, what is to be changed (three…): this source is not one that the recipe knows',
  )
  expect(() => edited('one and one', edit)).toThrow('a/b.c: found 2 times, not 1')
})

it('says why of each edit, and keeps keys to itself unless asked', () => {
  for (const { why } of edits(HZ)) expect(why).not.toBe('')
  const keys = edits(HZ).filter(({ replace }) => replace.includes('lab_tell_ephemeral'))
  expect(keys.map(({ file, why }) => [file, why.startsWith('labkeys: ')])).toEqual([
    ['drivers/net/wireguard/noise.c', true],
    ['drivers/net/wireguard/noise.c', true],
  ])
  expect(keys[0]?.replace).toContain('static bool labkeys;')
})

it('has another hash for another source, series or tick', () => {
  const hashes = [
    recipeHash('6.12', 'a'),
    recipeHash('6.12', 'b'),
    recipeHash('6.1', 'a'),
    recipeHash('6.12', 'a', 100),
  ]
  expect(new Set(hashes).size).toBe(4)
  expect(recipeHash('6.12', 'a')).toBe(hashes[0])
})

it('has WireGuard, virtual time and nothing that needs modules', () => {
  const lines = configuration().split('\n')
  for (const line of [
    'CONFIG_WIREGUARD=y',
    'CONFIG_UML_TIME_TRAVEL_SUPPORT=y',
    'CONFIG_MODULES=n',
    'CONFIG_HOSTFS=y',
  ]) {
    expect(lines).toContain(line)
  }
  expect(driver()).toContain('SPDX-License-Identifier: GPL-2.0')
})
