/** Shrinking keeps what is looked for, and leaves nothing that can be left out. */
import fc from 'fast-check'
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
    const { scenario, minimal } = await shrinkScenario(first, async each => can(each) && wanted(each))
    expect(minimal).toBe(true)
    expect(scenario).toEqual({
      schema: 'wglab/scenario@1',
      title: first.title,
      seed: first.seed,
      duration: scenario.duration,
      networks: scenario.networks,
      hosts: scenario.hosts,
      ...(scenario.nats === undefined ? {} : { nats: scenario.nats }),
      steps: [
        {
          do: 'link',
          at: expect.any(String),
          node: expect.any(String),
          network: expect.any(String),
          set: { cut: true },
        },
      ],
      expect: [{ see: 'messages', message: 'any', from: expect.any(String), count: { min: 0 } }],
    })
    expect(Object.keys(scenario.hosts)).toHaveLength(2)
  })

  it('the least that still says what it says: the whole answer is known', async () => {
    const wanted = (each: Scenario) =>
      each.steps.some(step => step.do === 'ping') && Object.values(each.hosts).some(host => lossOf(host) !== undefined)
    const first = find(
      each => wanted(each) && each.hosts['carol'] !== undefined && lossOf(each.hosts['alice']) !== undefined,
    )
    const holds = async (each: Scenario) => can(each) && wanted(each) && lossOf(each.hosts['alice']) !== undefined
    const { scenario } = await shrinkScenario(first, holds)
    const { up, down } = attachmentOf(scenario.hosts['alice'])
    expect([up, down].filter(each => each !== undefined)).toEqual([{ loss: expect.any(Number) }])
    expect(scenario.steps).toEqual([
      {
        do: 'ping',
        at: expect.any(String),
        name: expect.any(String),
        from: expect.any(String),
        to: expect.any(String),
      },
    ])
    const [, other] = Object.values(scenario.hosts)
    expect(Object.values(other?.interfaces ?? {})).toEqual([expect.any(String)])
  })

  it('itself where nothing can go, and it asks no question twice', async () => {
    const { scenario } = generateScenario('5')
    const asked: string[] = []
    const shrunk = await shrinkScenario(scenario, async each => {
      asked.push(JSON.stringify(each))
      return false
    })
    expect(shrunk).toEqual({ scenario, asked: asked.length, minimal: true })
    expect(new Set(asked).size).toBe(asked.length)
    expect(asked.length).toBeGreaterThan(20)
  })
})

it('ends with the best so far when it is told to, or when the questions are used up', async () => {
  const { scenario } = generateScenario('5')
  let told = 0
  const stopped = await shrinkScenario(scenario, async each => can(each), {
    stopped: () => told === 2,
    onSmaller: () => told++,
  })
  const few = await shrinkScenario(scenario, async () => true, { can, most: 3 })
  expect(sizeOf(stopped.scenario)).toBeLessThan(sizeOf(scenario))
  expect([stopped.minimal, few.minimal, few.asked]).toEqual([false, false, 3])
})

describe('whatever is looked for', () => {
  /** Things a scenario may have: the question is whether some of them are there. */
  const FACTS: Readonly<Record<string, (scenario: Scenario) => boolean>> = {
    ping: ({ steps }) => steps.some(step => step.do === 'ping'),
    'two sends': ({ steps }) => steps.filter(step => step.do === 'send').length > 1,
    fault: ({ steps }) => steps.some(step => step.do === 'link' || step.do === 'roam' || step.do === 'run'),
    psk: ({ hosts }) => JSON.stringify(hosts).includes('PresharedKey'),
    loss: ({ hosts }) => JSON.stringify(hosts).includes('"loss"'),
    nat: ({ nats = {} }) => Object.keys(nats).length > 0,
    carol: ({ hosts }) => hosts['carol'] !== undefined,
    long: ({ duration }) => Number.parseInt(duration, 10) > 90,
  }

  it('it still holds, is smaller, and without any one thing it would hold no more', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 5000 }), fc.subarray(Object.keys(FACTS)), async (seed, names) => {
        const first = generateScenario(`${seed}`).scenario
        const facts = names.filter(name => FACTS[name]?.(first))
        const wanted = (each: Scenario) => can(each) && facts.every(name => FACTS[name]?.(each))
        const { scenario, minimal } = await shrinkScenario(first, async each => wanted(each), { can })
        expect(minimal).toBe(true)
        expect(wanted(scenario)).toBe(true)
        expect(sizeOf(scenario)).toBeLessThanOrEqual(sizeOf(first))
        expect(oneLess(scenario).filter(wanted)).toEqual([])
      }),
      { numRuns: 12 },
    )
  })
})

function attachmentOf(host: Scenario['hosts'][string] | undefined) {
  const [attachment] = Object.values(host?.interfaces ?? {})
  return typeof attachment === 'object' && !Array.isArray(attachment) ? attachment : { address: '' }
}

function lossOf(host: Scenario['hosts'][string] | undefined): number | undefined {
  const { up, down } = attachmentOf(host)
  return up?.loss ?? down?.loss
}

const sizeOf = (scenario: Scenario) => JSON.stringify(scenario).length

/** The oracle, made without a word of what it judges: each single step, cable's word, NAT's word and line of text gone. */
function oneLess(scenario: Scenario): Scenario[] {
  const copies: Scenario[] = []
  const edit = (change: (copy: Scenario) => void) => {
    const copy = structuredClone(scenario)
    change(copy)
    copies.push(copy)
  }
  for (let i = 0; i < scenario.steps.length; i++) edit(({ steps }) => void steps.splice(i, 1))
  for (const [name, { interfaces, wg = {} }] of Object.entries(scenario.hosts)) {
    for (const [network, attachment] of Object.entries(interfaces)) {
      if (typeof attachment === 'string' || Array.isArray(attachment)) continue
      for (const way of ['up', 'down'] as const) {
        for (const word of Object.keys(attachment[way] ?? {})) {
          edit(({ hosts }) => {
            const copy = hosts[name]?.interfaces[network] as unknown as Record<string, Record<string, unknown>>
            delete copy[way]?.[word]
          })
        }
      }
    }
    for (const [iface, text] of Object.entries(wg)) {
      text.split('\n').forEach((line, i, lines) => {
        if (!line.includes('=')) return
        edit(({ hosts }) => {
          const host = hosts[name]
          if (host?.wg !== undefined) host.wg[iface] = lines.filter((_, n) => n !== i).join('\n')
        })
      })
    }
  }
  for (const [name, nat] of Object.entries(scenario.nats ?? {})) {
    for (const word of Object.keys(nat)) {
      if (word !== 'inside' && word !== 'outside')
        edit(({ nats = {} }) => void delete (nats[name] as Record<string, unknown>)[word])
    }
  }
  return copies
}
