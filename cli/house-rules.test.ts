/** The rules of the house that a machine can check, each with its reason. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const ROOMS = ['impl', 'sim', 'scenarios', 'kernel', 'netns', 'vectors', 'reports', 'cli', 'bench']

interface Source {
  readonly path: string
  readonly text: string
  /** Without comments and string contents, so that prose may name what code may not use. */
  readonly code: string
  readonly test: boolean
}

const sources: Source[] = ROOMS.flatMap(room => walk(join(ROOT, room)))
  .filter(path => /\.(ts|js)$/.test(path))
  .map(path => {
    const text = readFileSync(path, 'utf8')
    return { path: relative(ROOT, path), text, code: bare(text), test: path.endsWith('.test.ts') }
  })

const NATIVE = /^impl\/(linux|crypto\/node)\//
const isPure = ({ path, test }: Source) =>
  !test && /^(impl|sim|scenarios|reports|vectors)\//.test(path) && !NATIVE.test(path)

/** Files over 400 lines need a reason here. */
const LONG_FILES: Readonly<Record<string, string>> = {
  'sim/host/tcp/connection.ts': 'the state machine of RFC 9293 §3.10 is read as one',
}

describe('house rules', () => {
  const rules: { rule: string; because: string; where: (source: Source) => boolean; never: RegExp }[] = [
    {
      rule: 'no clock, no chance of its own in a pure room',
      because: 'a run must be the same for the same seed',
      where: isPure,
      never: /\bDate\b|\bMath\.random\b|\bperformance\b|\bprocess\b|\bsetTimeout\b|\bsetInterval\b/,
    },
    {
      rule: 'no transcendental functions in the simulator',
      because: 'engines differ in their last bits',
      where: source => isPure(source) && source.path.startsWith('sim/'),
      never: /\bMath\.(exp|log|log2|log10|log1p|expm1|pow|sin|cos|tan|atan|atan2|sqrt|cbrt|hypot)\b/,
    },
    {
      rule: 'no floating exponent operator in the simulator',
      because: 'it is Math.pow by another name',
      where: source => isPure(source) && source.path.startsWith('sim/'),
      never: /[\w)] \*\* -/,
    },
    {
      rule: 'no default export',
      because: 'a thing has one name everywhere',
      where: source => source.path !== 'vitest.config.ts',
      never: /^export default/m,
    },
    {
      rule: 'no inheritance',
      because: 'a box is a shape, not a family',
      where: () => true,
      never: /\bclass \w+(<[^>]*>)? extends (?!Error\b)|^export abstract/m,
    },
    {
      rule: 'no enum',
      because: 'unions of words survive JSON',
      where: () => true,
      never: /^\s*(export )?(const )?enum /m,
    },
    { rule: 'no for…in', because: 'its order is not ours', where: () => true, never: /for \((const|let) \w+ in / },
    {
      rule: 'no escape from the types',
      because: 'strict means strict',
      where: () => true,
      never: /@ts-ignore|@ts-nocheck|\bas any\b/,
    },
    {
      rule: 'no console outside the commands',
      because: 'rooms return, commands print',
      where: source => !source.test && !/^(cli|bench)\//.test(source.path),
      never: /\bconsole\./,
    },
    {
      rule: 'no test left alone or left out',
      because: 'a skip names what is missing: skipIf',
      where: source => source.test,
      never: /\b(it|test|describe)\.(only|skip|todo)\(/,
    },
    {
      rule: 'no real time in ordinary tests',
      because: 'sleeping tests are slow and lie',
      where: source => source.test && !source.path.endsWith('.real.test.ts'),
      never: /\bsetTimeout\b|\bperformance\.now\b|\bDate\.now\b/,
    },
  ]
  for (const { rule, because, where, never } of rules) {
    it(`${rule}: ${because}`, () => {
      const broken = sources
        .filter(source => where(source) && !source.path.includes('house-rules') && never.test(source.code))
        .map(source => `${source.path}: ${never.exec(source.code)?.[0]}`)
      expect(broken).toEqual([])
    })
  }

  it('files stay short: over 400 lines everything meets there', () => {
    const long = sources.filter(
      source => !source.test && source.text.split('\n').length > 401 && LONG_FILES[source.path] === undefined,
    )
    expect(long.map(source => `${source.path} ${source.text.split('\n').length}`)).toEqual([])
  })

  it('imports follow the arrows of the design', () => {
    const allowed: Readonly<Record<string, readonly string[]>> = {
      impl: [],
      'scenarios/language': [],
      'scenarios/decode': [],
      scenarios: ['scenarios/language', 'scenarios/decode'],
      sim: ['impl', 'scenarios/language', 'scenarios/decode', 'kernel'],
      kernel: [],
      netns: ['scenarios/language', 'scenarios/decode', 'kernel'],
      vectors: ['impl'],
      reports: ['scenarios/language'],
    }
    const wrong: string[] = []
    for (const { path, text, test } of sources) {
      const room = roomOf(path)
      const may = allowed[room]
      if (may === undefined || test) continue
      for (const match of text.matchAll(/from '(\.[^']+)'/g)) {
        const target = roomOf(relative(ROOT, join(ROOT, path, '..', match[1] ?? '')))
        if (target !== room && !may.includes(target)) wrong.push(`${path} imports ${match[1]}`)
        if (room === 'impl' && !NATIVE.test(path) && /\/(linux|crypto\/node)\//.test(match[1] ?? ''))
          wrong.push(`${path} imports ${match[1]}`)
      }
    }
    expect(wrong).toEqual([])
  })

  it('each room has a README of at most a page', () => {
    const pages = ROOMS.filter(room => sources.some(source => source.path.startsWith(`${room}/`))).map(room => {
      const lines = readFileSync(join(ROOT, room, 'README.md'), 'utf8').split('\n').length
      return { room, fits: lines > 3 && lines <= 70 }
    })
    expect(pages.filter(page => !page.fits)).toEqual([])
  })

  it('the lock file records no download addresses: everybody has their own registry', () => {
    const addresses = lockEntries().flatMap(([path, entry]) => {
      const { funding, ...rest } = entry
      return /"resolved"|https?:/.test(JSON.stringify(rest)) ? [path] : []
    })
    expect(addresses).toEqual([])
  })

  it('the lock file knows every package, also those of other platforms: else `npm ci` refuses it', () => {
    const entries = lockEntries()
    const known = new Set(entries.map(([path]) => path))
    const missing = entries.flatMap(([path, { dependencies, optionalDependencies }]) =>
      Object.keys({ ...dependencies, ...optionalDependencies })
        .filter(name => !foldersAbove(path).some(folder => known.has(`${folder}node_modules/${name}`)))
        .map(name => `${path}: ${name}`),
    )
    expect(missing).toEqual([])
  })
})

interface LockEntry {
  readonly funding?: unknown
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

function lockEntries(): [string, LockEntry][] {
  return Object.entries(JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages)
}

/** Where Node looks for what `node_modules/a/node_modules/b` needs, nearest first; each ends with a slash or is the root. */
function foldersAbove(path: string): string[] {
  const parts = path.split('node_modules/').filter(part => part !== '')
  return Array.from({ length: parts.length + 1 }, (_, up) =>
    parts
      .slice(0, parts.length - up)
      .map(part => `node_modules/${part.replace(/\/?$/, '/')}`)
      .join(''),
  )
}

function roomOf(path: string): string {
  const parts = path.split('/')
  if (parts[0] === 'scenarios' && (parts[1] === 'language' || parts[1] === 'decode')) return `scenarios/${parts[1]}`
  return parts[0] ?? ''
}

/** Strings and comments blanked out. Good enough for the words looked for here. */
function bare(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|[^:'"`\\])\/\/.*$/gm, '$1')
    .replace(/'(?:[^'\\\n]|\\.)*'/g, "''")
    .replace(/`(?:[^`\\]|\\.)*`/g, '``')
}

function walk(folder: string): string[] {
  let names: string[]
  try {
    names = readdirSync(folder)
  } catch {
    return []
  }
  return names.flatMap(name => {
    const path = join(folder, name)
    if (name === 'node_modules' || name === 'out') return []
    return statSync(path).isDirectory() ? walk(path) : [path]
  })
}
