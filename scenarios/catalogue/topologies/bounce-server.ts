import type { Scenario } from '../../language/scenario.ts'
import { SAMPLES } from '../../samples/texts.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Five nodes and a bounce server',
  about:
    'Who can be reached directly is; everybody else is reached through the server with the public address. It needs forwarding, and no proxy_arp.',
  claims: ['ops-09', 'ops-13', 'nat-09'],
  duration: '60s',
  networks: {
    internet: {},
    homelan: { kind: 'lan', gateway: '10.30.0.1' },
    cafe: { kind: 'lan', gateway: '10.40.0.1' },
    carrier: { kind: 'lan', gateway: '10.50.0.1' },
  },
  nats: {
    homegate: { inside: { homelan: '10.30.0.1/24' }, outside: { internet: '203.0.113.3' } },
    cafegate: { inside: { cafe: '10.40.0.1/24' }, outside: { internet: '203.0.113.4' } },
    cgn: {
      inside: { carrier: '10.50.0.1/24' },
      outside: { internet: '203.0.113.5' },
      mapping: 'address-and-port-dependent',
      ports: 'random',
    },
  },
  hosts: {
    bounce: { interfaces: { internet: '192.0.2.1' }, wg: { wg0: SAMPLES['bounce-server/bounce'] } },
    office: { interfaces: { internet: '198.51.100.2' }, wg: { wg0: SAMPLES['bounce-server/office'] } },
    home: { interfaces: { homelan: '10.30.0.2/24' }, wg: { wg0: SAMPLES['bounce-server/home'] } },
    camera: { interfaces: { homelan: '10.30.0.8/24' } },
    laptop: { interfaces: { cafe: '10.40.0.2/24' }, wg: { wg0: SAMPLES['bounce-server/laptop'] } },
    phone: { interfaces: { carrier: '10.50.0.2/24' }, wg: { wg0: SAMPLES['bounce-server/phone'] } },
  },
  steps: [
    { do: 'ping', at: '2s', name: 'phone to home', from: 'phone', to: '10.0.0.3', count: 3 },
    { do: 'ping', at: '6s', name: 'laptop to office', from: 'laptop', to: '10.0.0.2', count: 3 },
    { do: 'ping', at: '10s', name: 'laptop to camera', from: 'laptop', to: '10.30.0.8', count: 3 },
    { do: 'ping', at: '14s', name: 'office to phone', from: 'office', to: '10.0.0.5', count: 3 },
  ],
  expect: [
    { see: 'delivered', name: 'over the bounce server', step: 'phone to home' },
    { see: 'delivered', name: 'directly', step: 'laptop to office', within: '81ms' },
    { see: 'delivered', name: 'into the LAN at home', step: 'laptop to camera' },
    { see: 'delivered', step: 'office to phone' },
  ],
  twin: {
    about: 'The bounce server does not know that the LAN is behind home.',
    changes: [{ path: '/hosts/bounce/wg/wg0', replace: ', 10.30.0.0/24', with: '' }],
    fails: 'into the LAN at home',
  },
} satisfies Scenario
