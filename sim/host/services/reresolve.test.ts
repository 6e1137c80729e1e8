/** When the script acts: every 30 s, on peers whose handshake is more than 135 s old by the wall clock. */
import { expect, test } from 'vitest'
import { nodeCrypto } from '../../../impl/crypto/node/provider.ts'
import { scenario as moved } from '../../../scenarios/catalogue/services/reresolve-dns.ts'
import type { Scenario } from '../../../scenarios/language/scenario.ts'
import type { Step } from '../../../scenarios/language/step.ts'
import { simWorld } from '../../world.ts'

/** Seconds at which the script moved the peer. */
function moves(service: object, steps: readonly Step[] = [], clock: object = {}): number[] {
  const base: Scenario = moved
  const laptop = { ...base.hosts['laptop']!, clock, services: { reresolve: { ...service } } }
  const scenario = {
    ...base,
    hosts: { ...base.hosts, laptop },
    // The last handshake is that of 1 s.
    steps: [
      { do: 'ping', at: '1s', from: 'laptop', to: '10.8.0.1' },
      { do: 'dns', at: '20s', domain: 'home.example.com', to: '203.0.113.99' },
      ...steps,
    ],
    expect: [{ see: 'noted', host: 'laptop', text: 'server moves', count: { min: 0 } }],
  } as unknown as Scenario
  const at: number[] = []
  simWorld.run({
    scenario,
    cast: {},
    seed: '1',
    crypto: nodeCrypto,
    sink: { row: row => row.kind === 'note' && row.text.includes('server moves') && at.push(row.t / 1e9) },
  })
  return at
}

const script = { kind: 'reresolve-dns', iface: 'wg0' }

test.each<[string, object, readonly Step[], object, number[]]>([
  // The first look after 1 s + 135 s, and more than that: 150 s.
  ['as it is', script, [], {}, [150]],
  ['every minute', { ...script, every: '60s' }, [], {}, [180]],
  ['after ten seconds already', { ...script, after: '10s' }, [], {}, [30]],
  ['a wall clock an hour ahead changes nothing', script, [], { offset: '1h' }, [150]],
  [
    'one that jumps ahead makes a handshake old',
    script,
    [{ do: 'clock', at: '40s', host: 'laptop', jump: '10m' }],
    {},
    [60],
  ],
  ['one that jumps back keeps it young', script, [{ do: 'clock', at: '40s', host: 'laptop', jump: '-5m' }], {}, [450]],
  [
    'at once, when it is called by hand, if it is old enough',
    script,
    [
      { do: 'service', at: '100s', host: 'laptop', service: 'reresolve', act: 'now' },
      { do: 'service', at: '140s', host: 'laptop', service: 'reresolve', act: 'now' },
    ],
    {},
    [140],
  ],
  [
    'not while it is stopped',
    script,
    [
      { do: 'service', at: '10s', host: 'laptop', service: 'reresolve', act: 'stop' },
      { do: 'service', at: '200s', host: 'laptop', service: 'reresolve', act: 'start' },
    ],
    {},
    [230],
  ],
])('%s', (_, service, steps, clock, at) => {
  expect(moves(service, steps, clock)).toEqual(at)
})
