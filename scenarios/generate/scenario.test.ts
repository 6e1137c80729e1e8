/** What is generated can run, whatever the seed. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkScenario, scenarioWarnings } from '../../sim/check.ts'
import { supportsGuests } from '../../sim/guest/supports.ts'
import { chanceOf } from './chance.ts'
import { generateScenario } from './scenario.ts'

describe('a generated scenario', () => {
  it('has no problem and no oddity, and a kernel can play each of its machines', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 20 }), seed => {
        const { scenario } = generateScenario(seed)
        expect(checkScenario(scenario)).toEqual([])
        expect(scenarioWarnings(scenario)).toEqual([])
        const cast = Object.fromEntries(Object.keys(scenario.hosts).map(host => [host, 'kernel-6.12']))
        expect(supportsGuests(scenario, cast)).toEqual({ ok: true })
      }),
      { numRuns: 300 },
    )
  })

  it('depends on its seed alone, and survives JSON', () => {
    const one = generateScenario('7')
    expect(JSON.parse(JSON.stringify(one))).toEqual(generateScenario('7'))
    expect(generateScenario('8')).not.toEqual(one)
  })

  it('has everything it can have, in a hundred of them', () => {
    const all = Array.from({ length: 100 }, (_, n) => generateScenario(`${n}`).scenario)
    const steps = new Set(all.flatMap(({ steps }) => steps.map(step => step.do)))
    expect([...steps].sort()).toEqual(['link', 'nat', 'ping', 'roam', 'run', 'send'])
    const texts = all.map(each => JSON.stringify(each))
    const words = ['PresharedKey', 'PersistentKeepalive', '"loss"', '"jitter"', '"mtu"', '2001:db8', 'router2', '-new']
    expect(words.filter(word => !texts.some(text => text.includes(word)))).toEqual([])
  })
})

it('chance: streams of other names are others, and one does not move another', () => {
  const draw = (name: string) => {
    const own = chanceOf('x').split(name)
    return Array.from({ length: 8 }, () => own.below(1000))
  }
  expect(draw('a')).toEqual(draw('a'))
  expect(draw('a')).not.toEqual(draw('b'))
})
