import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { formatFile } from './file.ts'
import { vectorFiles } from './files.ts'

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const schema = z.fromJSONSchema(JSON.parse(readFileSync(path('schema.json'), 'utf8')))
const files = vectorFiles()

// WGLAB_WRITE_VECTORS=1 npx vitest run vectors/vectors.test.ts writes the files anew.
if (process.env['WGLAB_WRITE_VECTORS'] === '1') {
  for (const file of files) writeFileSync(path(`${file.topic}.json`), formatFile(file))
}

describe.each(files.map(file => [file.topic, file] as const))('%s.json', (topic, file) => {
  const text = readFileSync(path(`${topic}.json`), 'utf8')

  it('is what the generator writes, byte for byte', () => {
    expect(text).toBe(formatFile(file))
  })

  it('keeps to schema.json', () => {
    expect(schema.safeParse(JSON.parse(text)).error?.issues ?? []).toEqual([])
  })

  it('names its vectors once', () => {
    const names = file.vectors.map(vector =>
      JSON.stringify(Object.entries(vector).slice(0, topic === 'padding' ? 3 : 2)),
    )
    expect(new Set(names).size).toBe(names.length)
  })

  it('is confirmed by tests that exist and read it', () => {
    for (const { test } of file.confirmed_by) {
      expect(existsSync(path(`../${test}`)), test).toBe(true)
      expect(readFileSync(path(`../${test}`), 'utf8')).toContain(`'${topic}'`)
    }
  })
})

describe('schema.json', () => {
  it('refuses what is not a vector', () => {
    const good = JSON.parse(readFileSync(path('tai64n.json'), 'utf8'))
    expect(schema.safeParse(good).success).toBe(true)
    for (const bad of [
      { ...good, format: 'wglab/vectors@2' },
      { ...good, topic: 'weather' },
      { ...good, more: 1 },
      { ...good, vectors: [] },
      { ...good, vectors: [{ ...good.vectors[0], timestamp: 'ABCDEF' }] },
      { ...good, vectors: [{ ...good.vectors[0], kind: 'order' }] },
    ]) {
      expect(schema.safeParse(bad).success).toBe(false)
    }
  })
})

describe('the folder', () => {
  it('holds no vector file that is not generated', () => {
    const found = readdirSync(path('.')).filter(
      name => name.endsWith('.json') && !['schema.json', 'tsconfig.json'].includes(name),
    )
    expect(found.sort()).toEqual(files.map(file => `${file.topic}.json`).sort())
  })
})
