import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** The configurations of the topologies, as a module: scenarios are pure data and open no files. */
function generated(): string {
  const folders = readdirSync(here('.'), { withFileTypes: true }).filter(
    entry => entry.isDirectory() && entry.name !== 'broken' && entry.name !== 'snippets',
  )
  const entries = folders
    .map(folder => folder.name)
    .sort()
    .flatMap(folder =>
      readdirSync(here(folder))
        .filter(name => name.endsWith('.conf'))
        .sort()
        .map(
          name =>
            `  '${folder}/${name.replace('.conf', '')}': \`${readFileSync(here(`${folder}/${name}`), 'utf8')}\`,\n`,
        ),
    )
  return `/** The sample configurations as texts; made from the .conf files beside this one by \`WGLAB_WRITE=1 npx vitest run scenarios/samples\`. */\nexport const SAMPLES = {\n${entries.join('')}} as const\n`
}

it('the texts that scenarios use are the files that people read', () => {
  const path = here('./texts.ts')
  if (process.env['WGLAB_WRITE'] === '1') writeFileSync(path, generated())
  expect(readFileSync(path, 'utf8')).toBe(generated())
})
