import { expect, test } from 'vitest'
import { checkShape } from './validate.ts'

const STEP = { do: 'tcp', at: '1s', name: 'page', from: 'alice', to: '192.0.2.2:80', bytes: 1000 }

function problems(step: object, expectation: object): string[] {
  const checked = checkShape({
    schema: 'wglab/scenario@1',
    title: 'bytes',
    duration: '60s',
    networks: { internet: {} },
    hosts: { alice: { interfaces: { internet: '192.0.2.1' } }, bob: { interfaces: { internet: '192.0.2.2' } } },
    steps: [
      { ...STEP, ...step },
      { do: 'ping', at: '1s', name: 'ping', from: 'alice', to: '192.0.2.2' },
    ],
    expect: [expectation],
  })
  return 'problems' in checked ? checked.problems.map(({ path, what, instead }) => `${path}: ${what}: ${instead}`) : []
}

const SEE = { see: 'completed', step: 'page' }
const table: [string, object, object, string[]][] = [
  ['in order', {}, SEE, []],
  ['a host that is not there', { from: 'alcie' }, SEE, ['/steps/0/from: there is no host "alcie": write "alice"']],
  [
    'no port',
    { to: '192.0.2.2' },
    SEE,
    ['/steps/0/to: "192.0.2.2" is no address with a port: write 203.0.113.5:51820 or [2001:db8::5]:51820'],
  ],
  [
    'a port that nobody has',
    { to: '192.0.2.2:8080' },
    SEE,
    [
      '/steps/0/to: nobody listens on TCP port 8080: write one of 7, 9, 19, 22, 80, 443, or expect { see: broken, because: connection refused }',
    ],
  ],
  ['a wall that is expected', { to: '192.0.2.2:8080' }, { see: 'broken', step: 'page', because: 'refused' }, []],
  ['no time at all', { deadline: '0s' }, SEE, ['/steps/0/deadline: a deadline of no time is over at once: write 30s']],
  [
    'an expectation of a ping',
    {},
    { see: 'goodput', step: 'ping', at_least: '1Mbit' },
    ['/expect/0/step: step "ping" is no tcp step (do: ping): name a tcp step: page'],
  ],
  [
    'delivered, of bytes',
    {},
    { see: 'delivered', step: 'page' },
    ['/expect/0/step: step "page" sends no packets (do: tcp): name a ping, send or lookup: ping'],
  ],
  [
    'a step that is not there',
    {},
    { see: 'stalled', step: 'pgae' },
    ['/expect/0/step: there is no step "pgae": write "page"'],
  ],
  [
    'no bound',
    {},
    { see: 'goodput', step: 'page' },
    ['/expect/0: neither at_least nor at_most is given: write at_least: 10Mbit'],
  ],
  [
    'bounds the wrong way round',
    {},
    { see: 'goodput', step: 'page', at_least: '2Mbit', at_most: '512kbit' },
    ['/expect/0: at_least is more than at_most: write the smaller one as at_least'],
  ],
]
test.each(table)('%s', (_, step, expectation, expected) => {
  expect(problems(step, expectation)).toEqual(expected)
})
