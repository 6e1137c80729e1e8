/** Every loss has a row (catalogue.test.ts sees to all scenarios); a box that loses one packet without a word is caught. */
import { describe, expect, it } from 'vitest'
import { nodeCrypto } from '../impl/crypto/node/provider.ts'
import { evaluate } from '../scenarios/checks/evaluate.ts'
import { durationNs } from '../scenarios/language/quantity.ts'
import type { NamedScenario, Scenario } from '../scenarios/language/scenario.ts'
import type { CheckOutcome, RunEnd } from '../scenarios/language/verdict.ts'
import type { LinkBox, Node } from '../sim/node.ts'
import type { Parts } from '../sim/topology.ts'
import { simWorld } from '../sim/world.ts'
import { select } from './select.ts'

const NAME = 'every packet is explained'
const catalogue = await select([])

function run(named: NamedScenario, faulty?: (real: Parts) => Parts): { outcome: CheckOutcome; end: RunEnd } {
  const checks = evaluate(named, {})
  const options = { scenario: named.scenario, cast: {}, seed: '1', sink: checks.sink, crypto: nodeCrypto }
  const end = simWorld.run(faulty === undefined ? options : { ...options, faulty })
  const outcome = checks.finish(end).find(({ name }) => name === NAME)
  if (outcome === undefined) throw new Error('the check is gone')
  return { outcome, end }
}

describe('what is on its way is in the hands of a box that says so', () => {
  const short = catalogue.filter(each => durationNs(each.scenario.duration) <= 30e9)
  it.each(short.map(each => [each.id, each] as const))('%s', (_, named) => {
    const { outcome, end } = run(named)
    expect([outcome.result, outcome.actual]).toEqual(['pass', expect.stringMatching(/ still on their way\.$/)])
    expect(end.held).toBeDefined()
  })
})

function scenarioCalled(id: string): NamedScenario {
  const named = catalogue.find(each => each.id === id)
  if (named === undefined) throw new Error(`no scenario ${id}`)
  return named
}

/** Takes the nth packet that comes out of a box, and says nothing. */
function swallowing<Box extends LinkBox | Node>(box: Box, nth: number): Box {
  let seen = 0
  const pollOutput = (): ReturnType<Box['pollOutput']> => {
    for (;;) {
      const output = box.pollOutput()
      if (output?.kind !== 'packet' || ++seen !== nth) return output as ReturnType<Box['pollOutput']>
    }
  }
  return new Proxy(box, {
    get(target, key) {
      if (key === 'pollOutput') return pollOutput
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

/** Takes what it holds out of its own account. */
function forgetful<Box extends LinkBox | Node>(box: Box): Box {
  return new Proxy(box, {
    get(target, key) {
      if (key === 'holding') return undefined
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

describe('a box that loses a packet without a word', () => {
  const faults: readonly (readonly [title: string, id: string, fault: (real: Parts) => Parts])[] = [
    [
      'a cable',
      'handshake/one-round-trip',
      real => ({
        ...real,
        cable: (name, place, link) => {
          const cable = real.cable(name, place, link)
          return name === 'alice:internet up' ? swallowing(cable, 2) : cable
        },
      }),
    ],
    ['an internet', 'handshake/one-round-trip', machine('internet', 3)],
    ['a NAT', 'nat/mapping-expires', machine('router', 2)],
    ['a host that forwards', 'topologies/hub-and-spoke', machine('hub', 2)],
    ['a host', 'time/clock-jumps-back', machine('bob', 1)],
  ]
  it.each(faults)('%s', (_, id, fault) => {
    const named = scenarioCalled(id)
    const { outcome } = run(named, fault)
    expect([outcome.result, outcome.actual]).toEqual(['fail', expect.stringMatching(/^1 packet vanished: /)])
  })

  it('a machine that does not say what it holds', () => {
    const base = scenarioCalled('handshake/gives-up-after-twenty')
    const steps: Scenario['steps'] = [{ do: 'ping', at: '1s', name: 'waits', from: 'alice', to: '10.0.0.2' }]
    const expected: Scenario['expect'] = [{ see: 'lost', step: 'waits' }]
    // It ends while the packet waits in the tunnel.
    const named: NamedScenario = { ...base, scenario: { ...base.scenario, duration: '30s', steps, expect: expected } }
    expect(run(named).outcome.result).toBe('pass')
    const fault = (real: Parts): Parts => ({
      ...real,
      machine: (name, role, seats) => forgetful(real.machine(name, role, seats)),
    })
    expect(run(named, fault).outcome.result).toBe('fail')
  })
})

function machine(name: string, nth: number): (real: Parts) => Parts {
  return real => ({
    ...real,
    machine: (each, role, seats) => {
      const made = real.machine(each, role, seats)
      return each === name ? swallowing(made, nth) : made
    },
  })
}
