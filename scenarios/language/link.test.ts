import { describe, expect, it } from 'vitest'
import { link } from './link.ts'
import { expandLink, LINK_PRESETS, presetLink, presetName, stackLinks } from './link-presets.ts'
import type { Scenario } from './scenario.ts'
import { checkShape } from './validate.ts'

function withLink(set: unknown): Scenario {
  return {
    schema: 'wglab/scenario@1',
    title: 'a cable',
    duration: '10s',
    networks: { internet: {} },
    hosts: {
      alice: { interfaces: { internet: { address: '198.51.100.1', up: set as never } } },
      bob: { interfaces: { internet: '203.0.113.2' } },
    },
    steps: [{ do: 'ping', at: '1s', name: 'hello', from: 'alice', to: '203.0.113.2' }],
    expect: [{ see: 'delivered', step: 'hello' }],
  }
}

function problems(set: unknown): string[] {
  const checked = checkShape(withLink(set))
  if (!('problems' in checked)) return []
  const base = '/hosts/alice/interfaces/internet/up'
  return checked.problems.map(({ path, what, instead }) => `${path.replace(base, '')}: ${what} (${instead})`)
}

describe('presets', () => {
  it('are all there, each once, with a source, and are links like any other', () => {
    expect(LINK_PRESETS.map(({ name }) => name)).toEqual(presetName.options)
    for (const { name, about, source } of LINK_PRESETS) {
      expect([about.length > 10, source.length > 10]).toEqual([true, true])
      for (const direction of ['up', 'down'] as const) {
        const values = presetLink(name, direction)
        expect(link.parse(values)).toEqual(values)
        expect(values.delay).toBeDefined()
        expect(values.mtu).toBeGreaterThanOrEqual(1280)
        expect(problems(values)).toEqual([])
      }
    }
  })

  it('give way to the keys beside them, and forget those from before', () => {
    expect(expandLink({ preset: 'dsl-pppoe', delay: '1ms' }, 'up')).toEqual({
      delay: '1ms',
      mtu: 1492,
      queue: 200,
      rate: '10Mbit',
    })
    expect(expandLink({ preset: 'dsl-pppoe' }, 'down').rate).toBe('50Mbit')
    const plain = { loss: 0.1 }
    expect(expandLink(plain, 'up')).toBe(plain)
    expect(stackLinks({ preset: 'leo', loss: 0 }, { mtu: 1400 })).toEqual({ preset: 'leo', loss: 0, mtu: 1400 })
    expect(stackLinks({ loss: 1 }, { preset: 'lossy' })).toEqual({ preset: 'lossy' })
    expect(stackLinks(undefined, undefined)).toEqual({})
  })
})

describe('what makes no sense is said, with what to write', () => {
  it.each<[unknown, string[]]>([
    [{ preset: 'lio' }, ['/preset: "lio" is none of the words for this (write "leo")']],
    [{ lose: [{ size: {} }] }, ['/lose/0: a size without min and max takes everything (write size: { min: 1400 })']],
    [{ lose: [{ size: { min: 9, max: 8 } }] }, ['/lose/0: min 9 is more than max 8 (write the smaller one as min)']],
    [
      { blackouts: [{ at: '1s', for: '9s', every: '9s' }] },
      ['/blackouts/0/every: each 9s for 9s: it never ends (write a time that is longer, or cut: true)'],
    ],
    [
      { blackouts: [{ at: '1s', for: '0s' }] },
      ['/blackouts/0/for: a blackout at 1s of no time loses nothing (write 8s)'],
    ],
    [{ blackouts: [{ at: '-1s', for: '1s' }] }, ['/blackouts/0/at: "-1s" is negative (write 0s or more)']],
    [
      { corrupt_field: [{ message: 'data', field: 'tag' }] },
      ['/corrupt_field/0: one of flip and hex says what is changed (write flip: 0, or hex: "00ff")'],
    ],
    [
      { replays: [{ after: '0s' }] },
      ['/replays/0/after: a copy at once is a duplicate (write duplicate, or after: 30s)'],
    ],
    [
      { gilbert_elliott: { p: 0, r: 0 } },
      ['/gilbert_elliott: with p and r both 0 the state never changes (write p: 0.01, r: 0.25)'],
    ],
    [
      { rate: '1Mbit', discipline: { kind: 'codel', target: '1s' } },
      ['/discipline/target: a target of 1s is over the interval of 100ms (write a tenth of it)'],
    ],
    [
      { rate: '1Mbit', discipline: { kind: 'codel', interval: '0s' } },
      ['/discipline/interval: an interval of no time (write 100ms)'],
    ],
    [
      { distribution: { samples: ['1ms', '-1ms'] }, jitter: '1ms' },
      [
        '/distribution/samples/1: "-1ms" is negative (write what is over the delay: 0ms or more)',
        '/jitter: samples say all about the jitter already (remove jitter, or the samples)',
      ],
    ],
  ])('%j', (set, expected) => {
    expect(problems(set)).toEqual(expected)
  })
})
