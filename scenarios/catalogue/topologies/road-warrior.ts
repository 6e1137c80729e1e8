import type { Scenario } from '../../language/scenario.ts'
import { SAMPLES } from '../../samples/texts.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Road warriors behind NAT reach the LAN behind a gateway',
  about: 'A laptop at home and a phone on a carrier network; the gateway knows neither address before they speak.',
  claims: ['ops-09', 'nat-01'],
  duration: '60s',
  networks: {
    internet: {},
    office: { kind: 'lan', gateway: '10.10.0.1' },
    home: { kind: 'lan', gateway: '10.200.1.1' },
    carrier: { kind: 'lan', gateway: '10.64.0.1', link: { delay: '30ms' } },
  },
  nats: {
    router: { inside: { home: '10.200.1.1/24' }, outside: { internet: '198.51.100.7' } },
    cgn: {
      inside: { carrier: '10.64.0.1/10' },
      outside: { internet: '203.0.113.9' },
      mapping: 'address-and-port-dependent',
      ports: 'random',
      timeout: '30s',
    },
  },
  hosts: {
    gateway: {
      interfaces: { internet: '192.0.2.1', office: '10.10.0.1/24' },
      wg: { wg0: SAMPLES['road-warrior/gateway'] },
    },
    printer: { interfaces: { office: '10.10.0.9/24' } },
    laptop: { interfaces: { home: '10.200.1.2/24' }, wg: { wg0: SAMPLES['road-warrior/laptop'] } },
    phone: { interfaces: { carrier: '10.64.3.2/10' }, wg: { wg0: SAMPLES['road-warrior/phone'] } },
  },
  steps: [
    { do: 'ping', at: '1s', name: 'laptop to printer', from: 'laptop', to: '10.10.0.9', count: 3 },
    { do: 'ping', at: '1s', name: 'phone to printer', from: 'phone', to: '10.10.0.9', count: 3 },
    { do: 'ping', at: '50s', name: 'printer to phone', from: 'printer', to: '10.0.0.3' },
    { do: 'ping', at: '52s', name: 'laptop to phone', from: 'laptop', to: '10.0.0.3' },
  ],
  expect: [
    { see: 'delivered', name: 'laptop reaches the LAN', step: 'laptop to printer' },
    { see: 'delivered', step: 'phone to printer' },
    { see: 'delivered', step: 'printer to phone' },
    { see: 'delivered', step: 'laptop to phone' },
  ],
  twin: {
    about: 'The laptop does not have the preshared key.',
    changes: [{ path: '/hosts/laptop/wg/wg0', replace: 'PresharedKey = <gateway-laptop.psk>', with: '' }],
    fails: 'laptop reaches the LAN',
  },
} satisfies Scenario
