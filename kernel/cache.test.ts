import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { allKept, cacheFolder, keep, kept } from './cache.ts'

let cache: string
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'wglab-cache-'))
})
afterEach(() => rmSync(cache, { recursive: true, force: true }))

const KEY = '0123456789abcdef0123'
const make = async (folder: string) => {
  writeFileSync(join(folder, 'linux'), 'binary')
  return { sha256: 'sum', made: { series: '6.12' } }
}

it.each<[string, Record<string, string>, string]>([
  ['its own variable', { WGLAB_CACHE: '/a', XDG_CACHE_HOME: '/b' }, '/a/guests'],
  ['the variable of the desktop', { XDG_CACHE_HOME: '/b' }, '/b/wglab/guests'],
])('lies where %s says', (_, environment, folder) => {
  expect(cacheFolder(environment)).toBe(folder)
})

it('keeps what is made under its key, whole', async () => {
  expect(await kept(cache, 'kernel', '6.12', KEY)).toBeUndefined()
  const { folder } = await keep(cache, '6.12', KEY, 'kernel', make)
  expect(readFileSync(join(folder, 'linux'), 'utf8')).toBe('binary')
  expect((await kept(cache, 'kernel', '6.12', KEY))?.manifest).toEqual({
    kind: 'kernel',
    key: KEY,
    sha256: 'sum',
    made: { series: '6.12' },
  })
  // The folder's name has the first digits alone; the manifest has them all.
  expect(await kept(cache, 'kernel', '6.12', `${KEY.slice(0, 16)}9999`)).toBeUndefined()
  expect((await allKept(cache)).map(each => each.folder)).toEqual([folder])
})

it('leaves nothing behind of what fails', async () => {
  const failing = keep(cache, '6.12', KEY, 'kernel', async folder => {
    writeFileSync(join(folder, 'half'), '')
    throw new Error('no space')
  })
  await expect(failing).rejects.toThrow('no space')
  expect(readdirSync(cache)).toEqual([])
})

it('takes two at once', async () => {
  const both = await Promise.all([keep(cache, '6.12', KEY, 'kernel', make), keep(cache, '6.12', KEY, 'kernel', make)])
  expect(new Set(both.map(each => each.folder)).size).toBe(1)
  expect(readdirSync(cache)).toHaveLength(1)
})

it('takes a damaged entry for none', async () => {
  const { folder } = await keep(cache, '6.12', KEY, 'kernel', make)
  writeFileSync(join(folder, 'manifest.json'), '{')
  expect(await kept(cache, 'kernel', '6.12', KEY)).toBeUndefined()
  await keep(cache, '6.12', KEY, 'kernel', make)
  expect(existsSync(join(folder, 'linux'))).toBe(true)
  expect(await kept(cache, 'kernel', '6.12', KEY)).toBeDefined()
})
