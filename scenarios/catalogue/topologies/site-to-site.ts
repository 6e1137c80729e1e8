import type { Scenario } from '../../language/scenario.ts'
import { SAMPLES } from '../../samples/texts.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Two LANs, joined by their gateways',
  about: 'Hosts that know nothing of WireGuard talk across it, in both families.',
  claims: ['ops-09', 'route-19'],
  duration: '30s',
  networks: {
    internet: {},
    eastlan: { kind: 'lan', gateway: ['10.1.0.1', 'fd01::1'] },
    westlan: { kind: 'lan', gateway: ['10.2.0.1', 'fd02::1'] },
  },
  hosts: {
    east: {
      interfaces: { internet: '192.0.2.1', eastlan: ['10.1.0.1/24', 'fd01::1/64'] },
      wg: { wg0: SAMPLES['site-to-site/east'] },
    },
    west: {
      interfaces: { internet: '198.51.100.1', westlan: ['10.2.0.1/24', 'fd02::1/64'] },
      wg: { wg0: SAMPLES['site-to-site/west'] },
    },
    eve: { interfaces: { eastlan: ['10.1.0.5/24', 'fd01::5/64'] } },
    walt: { interfaces: { westlan: ['10.2.0.5/24', 'fd02::5/64'] } },
  },
  steps: [
    { do: 'ping', at: '1s', name: 'LAN to LAN', from: 'eve', to: '10.2.0.5', count: 3 },
    { do: 'ping', at: '5s', name: 'LAN to LAN over IPv6', from: 'walt', to: 'fd01::5', count: 3 },
    { do: 'ping', at: '10s', name: 'gateway to LAN', from: 'east', to: '10.2.0.5', count: 3 },
  ],
  expect: [
    { see: 'delivered', name: 'joined', step: 'LAN to LAN' },
    { see: 'delivered', step: 'LAN to LAN over IPv6' },
    { see: 'delivered', name: 'the gateway itself', step: 'gateway to LAN' },
  ],
  twin: {
    about: "West does not list the other gateway's own tunnel address.",
    changes: [{ path: '/hosts/west/wg/wg0', replace: 'AllowedIPs = 10.255.0.1/32, fd00:ff::1/128', with: '' }],
    fails: 'the gateway itself',
  },
} satisfies Scenario
