/** `wglab netns` as far as nothing is made: what it prints, and what it refuses. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Plan } from '../netns/plan/plan.ts'
import { planOf } from './netns-world.ts'
import { PACKAGE_ROOT } from './package.ts'
import { reproduceText } from './reproduce.ts'
import { select } from './select.ts'

interface Ended {
  readonly status: number
  readonly output: string
  readonly said: string
}

function wglab(...words: readonly string[]): Promise<Ended> {
  return new Promise(resolve => {
    execFile(process.execPath, [join(PACKAGE_ROOT, 'cli', 'wglab.js'), ...words], (error, output, said) => {
      resolve({ status: typeof error?.code === 'number' ? error.code : 0, output, said })
    })
  })
}

/** 32 bytes, as base64. */
const KEY = /(?<![A-Za-z0-9+/=])[A-Za-z0-9+/]{43}=/g

describe('wglab netns', () => {
  it('plan: a script with the public keys and the names of private ones, the same each time', async () => {
    const [once, again] = await Promise.all([
      wglab('netns', 'plan', 'handshake/one-round-trip', '--cast', 'bob=wireguard-go'),
      wglab('netns', 'plan', 'handshake/one-round-trip', '--cast', 'bob=wireguard-go'),
    ])
    expect(once.status).toBe(0)
    expect(once.output).toMatch(/^#!\/bin\/sh\n/)
    expect(once.output).toContain('PrivateKey = <alice>')
    expect(once.output).toBe(again.output)
  })

  it('plan --json: no private key in it either', async () => {
    const { output } = await wglab('netns', 'plan', 'interop/preshared-key', '--json')
    const [named] = await select(['interop/preshared-key'])
    if (named === undefined) throw new Error('not in the catalogue')
    const run = { scenario: named.scenario, cast: {}, seed: named.scenario.seed ?? '1' }
    const { keylog } = planOf(run, { netem: true, startOf: () => 'x' })
    expect(keylog.map(({ kind }) => kind).toSorted()).toContain('PRESHARED_KEY')
    const keys = new Set(output.match(KEY) ?? [])
    expect(keylog.filter(({ reveal }) => keys.has(reveal()))).toEqual([])
    expect((JSON.parse(output) as Plan).files.some(({ text }) => text.includes('<initiator>'))).toBe(true)
  })

  it.each([
    [['plan', 'time/laptop-sleeps'], 4, 'can not run in namespaces'],
    [['plan', 'nat/*'], 2, 'a plan is of one'],
    [['plan', 'no/such'], 3, 'no/such'],
    [['run', '--world', 'sim', 'handshake/one-round-trip'], 2, 'Allowed choices are netns, netns:guest'],
    [['run', '--verify-determinism', 'handshake/one-round-trip'], 2, 'real time is never the same twice'],
  ])('%j is refused, with a reason', async (words, status, why) => {
    const ended = await wglab('netns', ...words)
    expect({ status: ended.status, said: ended.said }).toEqual({ status, said: expect.stringContaining(why) })
  })

  it('what a verdict says to run again names the world', () => {
    expect(reproduceText('a/b', '7', { bob: 'ours' }, 'netns:guest')).toBe(
      'npx wglab run a/b --seed 7 --world netns:guest --cast bob=ours',
    )
  })
})
