import { expect, test } from 'vitest'
import type { Scenario } from './scenario.ts'
import { checkShape } from './validate.ts'

const GOOD: Scenario = {
  schema: 'wglab/scenario@1',
  title: 'clocks, radios and names',
  duration: '60s',
  networks: { internet: {}, wifi: {} },
  names: { 'vpn.example.com': 'no-answer', 'www.example.com': ['203.0.113.80', '2001:db8::80'] },
  hosts: {
    phone: {
      interfaces: { internet: '203.0.113.1' },
      clock: { offset: '-3650d', rtc: 'none', ntp: { after: '30s', how: 'slew' } },
      radio: { internet: { beacon: '300ms' }, wifi: { buffer: 0 } },
      resolver: ['203.0.113.53'],
      resolves: 'pool',
    },
  },
  steps: [
    { do: 'dns', at: '1s', domain: 'vpn.example.com', to: '203.0.113.2' },
    { do: 'lookup', at: '2s', name: 'ask', host: 'phone', domain: 'www.example.com' },
    { do: 'clock', at: '3s', host: 'phone', sync: 'step' },
    { do: 'roam', at: '4s', host: 'phone', network: 'internet', to: 'wifi', attachment: '203.0.113.1' },
  ],
  expect: [
    { see: 'delivered', step: 'ask' },
    { see: 'marked', host: 'phone', layer: 'wire', ecn: 3, count: 0 },
  ],
}

function told(change: (scenario: { [K in keyof Scenario]: Scenario[K] }) => void): string[] {
  const scenario = structuredClone(GOOD)
  change(scenario)
  const checked = checkShape(scenario)
  return 'problems' in checked ? checked.problems.map(({ path, what, instead }) => `${path}: ${what}; ${instead}`) : []
}

const host = (scenario: Scenario) => scenario.hosts['phone'] as NonNullable<Scenario['hosts'][string]>

test('nothing is wrong with the good one', () => {
  expect(told(() => {})).toEqual([])
})

test.each<[title: string, change: Parameters<typeof told>[0], problem: string]>([
  [
    'a name that nobody spoke of',
    s => Object.assign(s.steps[0] ?? {}, { domain: 'vpn.example.org' }),
    '/steps/0/domain: there is no name in names "vpn.example.org"; write "vpn.example.com"',
  ],
  [
    'an answer that is none',
    s => Object.assign(s.steps[0] ?? {}, { to: '203.0.113.256' }),
    '/steps/0/to: "203.0.113.256" is no address; write 203.0.113.5, 192.168.1.2/24 or 2001:db8::5',
  ],
  [
    'a question by nobody',
    s => Object.assign(s.steps[1] ?? {}, { host: 'phnoe' }),
    '/steps/1/host: there is no host "phnoe"; write "phone"',
  ],
  [
    'a clock that nothing happens to',
    s => Object.assign(s.steps[2] ?? {}, { sync: undefined }),
    '/steps/2: the clock is neither moved nor made faster; write jump: -1h, drift_ppm: 50, or sync: step',
  ],
  [
    'a radio that can not sleep',
    s => Object.assign(host(s).radio ?? {}, { internet: { beacon: '10us' } }),
    '/hosts/phone/radio/internet/beacon: a beacon every 10us lets no radio sleep; write 102.4ms',
  ],
  [
    'a radio elsewhere',
    s => Object.assign(host(s).radio ?? {}, { wiif: {} }),
    '/hosts/phone/radio/wiif: there is no interface of phone on a network "wiif"; write "wifi"',
  ],
  [
    'a time service in the past',
    s => Object.assign(host(s), { clock: { ntp: { after: '-1s' } } }),
    '/hosts/phone/clock/ntp/after: "-1s" is negative; write 0s or more',
  ],
  [
    'a pool of nothing',
    s => Object.assign(host(s), { resolver: undefined }),
    '/hosts/phone/resolves: phone has no resolver before that of a tunnel; write resolver: 203.0.113.53 as well, or leave it out',
  ],
  [
    'a resolver with a prefix',
    s => Object.assign(host(s), { resolver: '203.0.113.53/24' }),
    '/hosts/phone/resolver: "203.0.113.53/24" has a prefix length; write 203.0.113.53',
  ],
  [
    'a mark of nothing',
    s => Object.assign(s.expect[1] ?? {}, { ecn: undefined }),
    '/expect/1: neither ecn nor dscp says what is expected; write ecn, dscp or both',
  ],
])('%s', (_title, change, problem) => {
  expect(told(change)).toEqual([problem])
})
