/** Every scenario of the catalogue holds, and fails under its broken twin by the expectation the twin names. */
import { describe, expect, it } from 'vitest'
import { rowToJson } from '../scenarios/language/canonical.ts'
import { applyChanges } from '../scenarios/language/patch.ts'
import { durationNs } from '../scenarios/language/quantity.ts'
import type { NamedScenario } from '../scenarios/language/scenario.ts'
import type { Row } from '../scenarios/language/trace.ts'
import { runOne } from './evidence.ts'
import { select } from './select.ts'

const catalogue = await select([])
const LEAST = 20

describe(`the catalogue: ${catalogue.length} scenarios, ${catalogue.length} broken twins`, () => {
  it(`has at least ${LEAST} scenarios, each with a broken twin`, () => {
    expect(catalogue.length).toBeGreaterThanOrEqual(LEAST)
    expect(catalogue.filter(each => each.scenario.twin === undefined).map(each => each.id)).toEqual([])
  })

  it.each(catalogue.map(each => [each.id, each] as const))('%s holds', (_, named) => {
    const verdict = runOne(named, { cast: {}, seed: '1' })
    expect([verdict.verdict, verdict.because]).toEqual(['pass', `all ${verdict.checks.length} checks hold`])
    expect(verdict.warnings).toEqual([])
    // That is: no packet of it is lost without a word.
    expect(verdict.checks.map(check => check.name)).toContain('every packet is explained')
  })

  it.each(catalogue.map(each => [each.id, each.scenario.twin?.fails, each] as const))(
    '%s breaks: %s',
    (_, fails, named) => {
      const verdict = runOne(twinOf(named), { cast: {}, seed: '1' })
      const failed = verdict.checks.filter(check => check.result === 'fail').map(check => check.name)
      expect(verdict.checks.length, verdict.because).toBeGreaterThan(0)
      expect(failed).toContain(fails)
    },
  )

  it.each(catalogue.map(each => [each.id, each] as const))('%s holds under other seeds', (_, named) => {
    // Long ones would make the suite slow and are covered by `wglab run --seeds`.
    const seeds = durationNs(named.scenario.duration) > 700e9 ? ['2'] : ['2', '3', 'x']
    const verdicts = seeds.map(seed => runOne(named, { cast: {}, seed }))
    expect(verdicts.map(each => [each.verdict, each.because.replace(/\d+/, 'n')])).toEqual(
      seeds.map(() => ['pass', 'all n checks hold']),
    )
  })

  it.each(catalogue.slice(0, 12).map(each => [each.id, each] as const))('%s gives the same trace twice', (_, named) => {
    const first = runOne(named, { cast: {}, seed: '5' })
    const second = runOne(named, { cast: {}, seed: '5' })
    expect(first.trace_sha256).toMatch(/^[0-9a-f]{64}$/)
    expect(second.trace_sha256).toBe(first.trace_sha256)
    expect(runOne(named, { cast: {}, seed: '6' }).trace_sha256).not.toBe(first.trace_sha256)
  })

  it.each(internetScenarios())('%s: one unrelated host more changes nothing else', (_, named) => {
    const bystander = { ...named, scenario: withBystander(named.scenario) }
    const company = rowsOf(bystander)
    const alone = rowsOf(named)
    const first = alone.findIndex((row, i) => row !== company[i])
    if (first >= 0) expect(company[first]).toBe(alone[first])
    expect(company.length).toBe(alone.length)
  })
})

function twinOf(named: NamedScenario): NamedScenario {
  const { twin } = named.scenario
  if (twin === undefined) throw new Error(`${named.id} has no twin`)
  return { id: named.id, scenario: applyChanges(named.scenario, twin.changes) }
}

/** Short ones with an Internet, where a bystander can sit and talk to itself by way of the cloud. */
function internetScenarios(): (readonly [string, NamedScenario])[] {
  return catalogue
    .filter(each => each.scenario.networks['internet'] !== undefined && durationNs(each.scenario.duration) <= 120e9)
    .map(each => [each.id, each] as const)
}

function withBystander(scenario: NamedScenario['scenario']): NamedScenario['scenario'] {
  return {
    ...scenario,
    hosts: {
      ...scenario.hosts,
      bystander: { interfaces: { internet: '192.0.2.201' } },
      'bystander-friend': { interfaces: { internet: '192.0.2.202' } },
    },
    // At the end, so that unnamed steps keep their numbers.
    steps: [
      ...scenario.steps,
      { do: 'send', at: '0s', name: 'bystander', from: 'bystander', to: '192.0.2.202:9', count: 200, interval: '10ms' },
    ],
  }
}

/** As text, without those of the bystander: hundreds of thousands of objects are too slow to compare. */
function rowsOf(named: NamedScenario): string[] {
  const rows: string[] = []
  const onRow = (row: Row): void => {
    if (!about(row, 'bystander')) rows.push(rowToJson(row))
  }
  runOne(named, { cast: {}, seed: '1', onRow })
  return rows
}

function about(row: Row, box: string): boolean {
  if ('packet' in row && row.packet?.box.startsWith(box)) return true
  return 'host' in row ? row.host.startsWith(box) : row.at.startsWith(box)
}
