/** `wg pubkey` of wireguard-tools derives the same public keys. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { vectorsOf } from './vector.ts'

const here = spawnSync('wg', ['--version']).status === 0
const text = (topic: string): string => readFileSync(new URL(`${topic}.json`, import.meta.url), 'utf8')

describe('wg pubkey', () => {
  it.skipIf(!here).each(vectorsOf(text('keys'), 'public-key'))('$id', vector => {
    const run = spawnSync('wg', ['pubkey'], { input: `${vector.private_base64}\n`, encoding: 'utf8' })
    expect(run.stderr).toBe('')
    expect(run.stdout).toBe(`${vector.public_base64}\n`)
  })
})
