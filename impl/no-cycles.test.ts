/** No file of the pure part of this room imports itself by a detour: what is loaded first must never matter. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const ROOM = dirname(fileURLToPath(import.meta.url))

/** File → the files of the room it imports or exports from, types too. */
function importsOf(paths: readonly string[], read: (path: string) => string): Map<string, string[]> {
  return new Map(
    paths.map(path => [
      path,
      Array.from(read(path).matchAll(/^(?:import|export|\})[^'\n]*'(\.[^']+)'/gm), match =>
        normalize(join(dirname(path), match[1]!)),
      ),
    ]),
  )
}

/** The first way from a file back to itself. */
function cycle(imports: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>()
  const way: string[] = []
  const visit = (path: string): string[] | undefined => {
    if (way.includes(path)) return [...way.slice(way.indexOf(path)), path]
    if (done.has(path)) return undefined
    way.push(path)
    for (const next of imports.get(path) ?? []) {
      const found = visit(next)
      if (found !== undefined) return found
    }
    way.pop()
    done.add(path)
    return undefined
  }
  for (const path of imports.keys()) {
    const found = visit(path)
    if (found !== undefined) return found
  }
  return undefined
}

it('no import leads back to where it began', () => {
  const paths = readdirSync(ROOM, { recursive: true, encoding: 'utf8' }).filter(
    path => path.endsWith('.ts') && !path.endsWith('.test.ts') && !path.startsWith('linux/'),
  )
  const imports = importsOf(paths, path => readFileSync(join(ROOM, path), 'utf8'))
  expect(imports.get('device.ts')).toContain('state.ts')
  expect(cycle(imports)).toBeUndefined()
})

it('a cycle is found, also one of types and of re-exports', () => {
  const files: Readonly<Record<string, string>> = {
    'a.ts': "import { b } from './x/b.ts'\n",
    'x/b.ts': "import {\n  c,\n} from './c.ts'\n",
    'x/c.ts': "export type { A } from '../a.ts'\n",
  }
  const imports = importsOf(Object.keys(files), path => files[path]!)
  expect(cycle(imports)).toEqual(['a.ts', 'x/b.ts', 'x/c.ts', 'a.ts'])
})
