import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { scenarioJsonSchema } from './schema.ts'

const FILE = new URL('../scenario.schema.json', import.meta.url)

test('the published JSON Schema is what the schemas generate (WGLAB_WRITE_SCHEMA=1 writes it)', () => {
  const text = `${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`
  if (process.env['WGLAB_WRITE_SCHEMA'] === '1') writeFileSync(FILE, text)
  expect(existsSync(FILE) ? readFileSync(FILE, 'utf8') : 'no file').toBe(text)
})

test('it names its parts, and every reference leads somewhere', () => {
  const schema = scenarioJsonSchema()
  const defined = Object.keys(schema['$defs'] as object)
  expect(defined).toEqual(
    expect.arrayContaining(['attachment', 'duration', 'expectation', 'host', 'link', 'nat', 'step']),
  )
  const references = [...JSON.stringify(schema).matchAll(/"#\/\$defs\/([^"]+)"/g)].map(match => match[1])
  expect(new Set(references)).toEqual(new Set(defined))
})
