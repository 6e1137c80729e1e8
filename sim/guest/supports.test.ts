/** What a guest is refused for, in words that say what to do; everything else it plays. */
import { expect, it } from 'vitest'
import type { Scenario } from '../../scenarios/language/scenario.ts'
import type { Host } from '../../scenarios/language/topology.ts'
import { supportsGuests } from './supports.ts'

const scenarioOf = (host: Partial<Host>, steps: Scenario['steps'] = []): Scenario => ({
  schema: 'wglab/scenario@1',
  title: 'Supported',
  duration: '1s',
  networks: { internet: {} },
  hosts: { alice: { interfaces: { internet: '198.51.100.1' }, ...host }, bob: { interfaces: {} } },
  steps,
  expect: [],
})

const nap = (host: string): Scenario['steps'] => [{ do: 'suspend', at: '1s', host, for: '1m' }]
const outside = 'alice is to be kernel-6.12, in a guest,'

it.each<[string, Scenario, string, string | undefined]>([
  [
    'a radio, a resolver and a clock',
    scenarioOf({ radio: {}, resolver: '::1', clock: { rtc: 'none' } }),
    'kernel-6.12',
    undefined,
  ],
  ['timers that it has by itself', scenarioOf({ timers: 'boottime' }), 'kernel-6.12', undefined],
  [
    'those of another',
    scenarioOf({ timers: 'monotonic' }),
    'kernel-6.12',
    `${outside} whose timers are not "monotonic"`,
  ],
  ['those of Go', scenarioOf({ timers: 'monotonic' }), 'wireguard-go', undefined],
  [
    'sleep of a kernel',
    scenarioOf({}, nap('alice')),
    'kernel-6.12',
    `${outside} which can not sleep: this kernel has no sleep state`,
  ],
  ['sleep of somebody else', scenarioOf({}, nap('bob')), 'kernel-6.12', undefined],
  ['sleep of Go', scenarioOf({}, nap('alice')), 'wireguard-go', undefined],
  ['DF outside', scenarioOf({ outer_df: true }), 'kernel-6.12', `${outside} which sets no DF`],
  ['programs', scenarioOf({ services: {} }), 'kernel-6.12', `${outside} where the programs of "services"`],
  ['a stranger', scenarioOf({}), 'wirequard', 'nothing here is called wirequard'],
])('%s', (_, scenario, implementation, because) => {
  const support = supportsGuests(scenario, { alice: implementation })
  if (because === undefined) expect(support).toEqual({ ok: true })
  else expect(support.ok ? 'ok' : support.because.slice(0, because.length)).toBe(because)
})
