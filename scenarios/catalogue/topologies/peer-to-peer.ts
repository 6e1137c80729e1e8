import type { Scenario } from '../../language/scenario.ts'
import { SAMPLES } from '../../samples/texts.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A full mesh of three, one of them reached over IPv6',
  claims: ['ops-09'],
  about: 'Everybody has a public address and everybody knows everybody: no traffic takes a detour.',
  duration: '30s',
  networks: { internet: {} },
  hosts: {
    ann: { interfaces: { internet: ['192.0.2.1', '2001:db8:1::1'] }, wg: { wg0: SAMPLES['peer-to-peer/ann'] } },
    ben: { interfaces: { internet: ['198.51.100.1', '2001:db8:2::1'] }, wg: { wg0: SAMPLES['peer-to-peer/ben'] } },
    cat: { interfaces: { internet: ['203.0.113.1', '2001:db8:3::1'] }, wg: { wg0: SAMPLES['peer-to-peer/cat'] } },
  },
  steps: [
    { do: 'ping', at: '1s', name: 'ann to ben', from: 'ann', to: '10.0.0.2', count: 3 },
    { do: 'ping', at: '1s', name: 'ben to cat', from: 'ben', to: 'fd00::3', count: 3 },
    { do: 'ping', at: '5s', name: 'cat to ann', from: 'cat', to: '10.0.0.1', count: 3 },
  ],
  expect: [
    { see: 'delivered', name: 'direct', step: 'ann to ben', within: '81ms' },
    { see: 'delivered', step: 'ben to cat' },
    { see: 'delivered', step: 'cat to ann' },
    { see: 'endpoint', host: 'ben', peer: 'cat', is: '[2001:db8:3::1]:51820' },
  ],
  twin: {
    about: "Ann has ben's old address.",
    changes: [
      { path: '/hosts/ann/wg/wg0', replace: 'Endpoint = 198.51.100.1:51820', with: 'Endpoint = 198.51.100.99:51820' },
    ],
    fails: 'direct',
  },
} satisfies Scenario
