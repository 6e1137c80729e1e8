/** Shrinking keeps what is looked for, and leaves nothing that can be left out. */
import { describe, expect, it } from 'vitest'
import { checkScenario } from '../../sim/check.ts'
import type { Scenario } from '../language/scenario.ts'
import { generateScenario } from './scenario.ts'
import { shrinkScenario } from './shrink.ts'

const can = (scenario: Scenario) => Object.keys(scenario.hosts).length > 1 && checkScenario(scenario).length === 0

/** The first generated scenario of which it is true. */
function find(wanted: (scenario: Scenario) => boolean): Scenario {
  for (let n = 0; n < 200; n++) {
    const { scenario } = generateScenario(`${n}`)
    if (wanted(scenario)) return scenario
  }
  throw new Error('none of 200')
}

describe('shrinks to', () => {
  it('one step where one is enough', async () => {
    const wanted = (scenario: Scenario) => scenario.steps.some(step => step.do === 'link' && step.set.cut === true)
    const first = find(scenario => wanted(scenario) && scenario.steps.length > 6)
    const { scenario } = await shrinkScenario(first, async each => can(each) && wanted(each))
    expect(scenario.steps.map(step => step.do)).toEqual(['link'])
    expect(Object.keys(scenario.hosts)).toHaveLength(2)
  })

  it('two machines and plain cables', async () => {
    const first = find(each => Object.keys(each.hosts).length === 3 && JSON.stringify(each).includes('"loss"'))
    const { scenario, asked } = await shrinkScenario(first, async each => can(each))
    expect(scenario.steps).toEqual([])
    expect(Object.keys(scenario.hosts)).toHaveLength(2)
    expect(JSON.stringify(scenario.hosts)).not.toMatch(/loss|delay|PresharedKey|PersistentKeepalive/)
    expect(asked).toBeLessThan(200)
  })

  it('itself where nothing can go, and it asks no question twice', async () => {
    const { scenario } = generateScenario('5')
    const asked: string[] = []
    const shrunk = await shrinkScenario(scenario, async each => {
      asked.push(JSON.stringify(each))
      return false
    })
    expect(shrunk.scenario).toEqual(scenario)
    expect(new Set(asked).size).toBe(asked.length)
  })
})
