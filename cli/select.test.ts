/** Which scenario a word means, whatever lies about in the folder. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { catalogueIds, select } from './select.ts'

const PLAIN = {
  schema: 'wglab/scenario@1',
  title: 'x',
  duration: '5s',
  networks: { internet: {} },
  hosts: { a: { interfaces: { internet: '198.51.100.1' } } },
  steps: [{ do: 'ping', at: '1s', name: 'p', from: 'a', to: '198.51.100.1' }],
  expect: [{ see: 'delivered', step: 'p' }],
}
const json = JSON.stringify(PLAIN)
const TS = `import type { Scenario } from 'wglab'\nimport { title } from './title.ts'\nexport const scenario = { ...${json}, title } as const satisfies Scenario\n`

const before = process.cwd()
let root: string
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'wglab-select-'))
  for (const folder of ['a/p', 'b/p', 'nat', '.hidden', 'node_modules/x', 'none'])
    mkdirSync(join(root, folder), { recursive: true })
  const files = {
    'lab.json': json,
    'lab.yaml': json,
    'handshake.json': json,
    'nat/double-nat.yaml': json,
    'a/p/x.json': json,
    'b/p/x.json': json,
    '.hidden/y.yaml': json,
    'node_modules/x/z.yaml': json,
    'title.ts': "export const title: string = 'typed'\n",
    'typed.ts': TS,
    'nothing.ts': 'export const other: number = 1\n',
    'broken.ts': 'export const scenario = {\n',
    'thrown.mjs': "throw new Error('boom')\n",
    'getter.mjs': "export const scenario = { get title() { throw new Error('boom') } }\n",
    'empty.yaml': '',
    'notes.txt': 'x',
    '.yaml': json,
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, name), text)
  writeFileSync(join(root, 'latin1.yaml'), Buffer.from('schema: wglab/scenario@1\ntitle: caf\xe9\n', 'latin1'))
  writeFileSync(join(root, 'utf16.yaml'), Buffer.from(`\ufeff${json}`, 'utf16le'))
  writeFileSync(join(root, 'bom.json'), `\ufeff${json}`)
  writeFileSync(join(root, 'huge.yaml'), `#${' '.repeat(17_000_000)}`)
  symlinkSync('../../lab.json', join(root, 'a/p/link.json'))
  symlinkSync(join(root, 'a'), join(root, 'a/p/loop'))
  symlinkSync('gone.json', join(root, 'a/p/gone.json'))
  symlinkSync('ring.json', join(root, 'ring.json'))
  process.chdir(root)
})
afterAll(() => {
  process.chdir(before)
  rmSync(root, { recursive: true, force: true })
})

const found = async (...selectors: string[]) =>
  (await select(selectors)).map(({ id, selector }) => `${id} < ${selector}`)

describe('select', () => {
  it('takes the whole catalogue when nothing is said', async () => {
    expect((await select([])).map(each => each.id)).toEqual(catalogueIds())
    expect(catalogueIds().length).toBeGreaterThan(20)
  })

  it.each([
    ['an id', ['handshake/one-round-trip'], ['handshake/one-round-trip < handshake/one-round-trip']],
    ['a pattern of ids', ['handshake/one-*-trip'], ['handshake/one-round-trip < handshake/one-round-trip']],
    ['a file', ['lab.yaml'], ['lab < lab.yaml']],
    ['one twice, once', ['lab.yaml', './lab.yaml', join('nat', '..', 'lab.yaml')], ['lab < lab.yaml']],
    ['a file called like a chapter', ['handshake.json'], ['handshake < handshake.json']],
    ['two files of one name', ['lab.json', 'lab.yaml'], ['lab.json < lab.json', 'lab.yaml < lab.yaml']],
    [
      'a file called like a scenario of the catalogue, and that one',
      ['nat/double-nat.yaml', 'nat/double-nat'],
      ['nat/double-nat.yaml < nat/double-nat.yaml', 'nat/double-nat < nat/double-nat'],
    ],
    ['a file without a name', ['.yaml'], ['.yaml < .yaml']],
    ['a link to a file', ['a/p/link.json'], ['a/p/link < a/p/link.json']],
    [
      'a pattern of files, with links to files, without links to folders',
      ['a/**/*.json'],
      ['a/p/link < a/p/link.json', 'a/p/x < a/p/x.json'],
    ],
    ['a folder', ['./nat'], ['nat/double-nat < nat/double-nat.yaml']],
    ['a file with a mark of byte order', ['bom.json'], ['bom < bom.json']],
  ])('%s', async (_, selectors, expected) => {
    expect(await found(...selectors)).toEqual(expected)
  })

  it('two files of one path in two folders elsewhere stay two', async () => {
    process.chdir(join(root, 'none'))
    try {
      const ids = (await select(['../a/p/x.json', '../b/p/x.json'])).map(each => each.id)
      expect(ids.map(id => id.split('/').slice(-3).join('/'))).toEqual(['a/p/x.json', 'b/p/x.json'])
    } finally {
      process.chdir(root)
    }
  })

  it('TypeScript, in a folder that has no package.json', async () => {
    expect((await select(['typed.ts']))[0]?.scenario.title).toBe('typed')
  })

  it.each([
    ['', 2, /^an empty word selects nothing/],
    ['no/such', 3, /^nothing matches "no\/such".*wglab list/],
    ['gone.yaml', 3, /^gone\.yaml: no such file$/],
    ['ring.json', 3, /^ring\.json: no such file$/],
    ['[', 3, /^nothing matches "\["/],
    ['none', 3, /^none: no scenario in this folder/],
    ['notes.txt', 2, /^notes\.txt: a scenario is a \.yaml, \.json or \.ts file$/],
    ['empty.yaml', 2, /^empty\.yaml:1:1: the file is empty/],
    ['latin1.yaml', 2, /^latin1\.yaml:2: not UTF-8; save the file as UTF-8 text$/],
    ['utf16.yaml', 2, /^utf16\.yaml:1: not UTF-8/],
    ['huge.yaml', 2, /^huge\.yaml: 18 MB are too many/],
    ['nothing.ts', 2, /^nothing\.ts: exports no scenario/],
    ['broken.ts', 2, /^broken\.ts: does not load: /],
    ['thrown.mjs', 2, /^thrown\.mjs: does not load: boom$/],
    ['getter.mjs', 2, /^getter\.mjs: its scenario is not plain data: boom$/],
  ])('%j is refused', async (selector, status, message) => {
    await expect(select([selector])).rejects.toMatchObject({ status, message: expect.stringMatching(message) })
  })
})
