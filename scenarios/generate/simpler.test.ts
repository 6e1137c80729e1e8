/** What speaks of a step goes with it, or goes on speaking of the same one. */
import { expect, it } from 'vitest'
import type { Scenario } from '../language/scenario.ts'
import { simplerScenarios, withNamedSteps, withoutSteps } from './simpler.ts'

const ping = (at: number, name?: string) => ({
  do: 'ping' as const,
  at: `${at}s` as const,
  ...(name === undefined ? {} : { name }),
  from: 'alice',
  to: '10.0.0.2',
})

const SCENARIO: Scenario = {
  schema: 'wglab/scenario@1',
  title: 'Four pings',
  duration: '10s',
  networks: { internet: {} },
  hosts: { alice: { interfaces: { internet: '198.51.100.1' } } },
  steps: [ping(1), ping(2, 'two'), ping(3), ping(4, 'step 2')],
  expect: [
    { see: 'delivered', step: '#0' },
    { see: 'delivered', step: 'two' },
    { see: 'lost', step: '#2' },
    { see: 'delivered', step: 'step 2' },
  ],
}

const NONE = [{ see: 'messages', message: 'any', from: 'alice', count: { min: 0 } }]

it.each([
  ['the first', 0, 1, [ping(2, 'two'), ping(3), ping(4, 'step 2')], ['two', '#1', 'step 2']],
  ['two in the middle', 1, 3, [ping(1), ping(4, 'step 2')], ['#0', 'step 2']],
  ['the last', 3, 4, [ping(1), ping(2, 'two'), ping(3)], ['#0', 'two', '#2']],
])('without %s', (_, from, to, steps, spoken) => {
  const left = withoutSteps(SCENARIO, from, to)
  expect(left.steps).toEqual(steps)
  expect(left.expect.map(each => ('step' in each ? each.step : each))).toEqual(spoken)
})

it('without any step it expects what holds always', () => {
  expect(withoutSteps(SCENARIO, 0, 4)).toEqual({ ...SCENARIO, steps: [], expect: NONE })
})

it('steps that are spoken of by number get a name that nobody has', () => {
  const named = withNamedSteps(SCENARIO)
  expect(named.steps.map(({ name }) => name)).toEqual(['step 0', 'two', "step 2'", 'step 2'])
  expect(named.expect.map(each => ('step' in each ? each.step : ''))).toEqual(['step 0', 'two', "step 2'", 'step 2'])
})

it('no candidate is the scenario itself, and none is longer', () => {
  const size = JSON.stringify(SCENARIO).length
  const all = simplerScenarios(SCENARIO)
  expect(all.filter(each => JSON.stringify(each) === JSON.stringify(SCENARIO))).toEqual([])
  expect(all.filter(each => each.steps.length > 0 && JSON.stringify(each).length > size)).toEqual([])
  expect(all.length).toBeGreaterThan(10)
})
