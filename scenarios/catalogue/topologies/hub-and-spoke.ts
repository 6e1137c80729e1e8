import type { Scenario } from '../../language/scenario.ts'
import { SAMPLES } from '../../samples/texts.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Spokes reach each other through a hub that forwards',
  about: 'Three things are needed: forwarding on the hub, and on each spoke AllowedIPs that cover the others.',
  claims: ['ops-09', 'route-14'],
  duration: '30s',
  networks: { internet: {} },
  hosts: {
    hub: { interfaces: { internet: '192.0.2.1' }, wg: { wg0: SAMPLES['hub-and-spoke/hub'] } },
    spoke1: { interfaces: { internet: '198.51.100.11' }, wg: { wg0: SAMPLES['hub-and-spoke/spoke1'] } },
    spoke2: { interfaces: { internet: '198.51.100.12' }, wg: { wg0: SAMPLES['hub-and-spoke/spoke2'] } },
    spoke3: { interfaces: { internet: '198.51.100.13' }, wg: { wg0: SAMPLES['hub-and-spoke/spoke3'] } },
  },
  steps: [
    { do: 'ping', at: '2s', name: 'spoke to hub', from: 'spoke1', to: '10.0.0.1' },
    { do: 'ping', at: '3s', name: 'spoke to spoke', from: 'spoke1', to: '10.0.0.3', count: 3 },
    { do: 'ping', at: '8s', name: 'spoke to spoke over IPv6', from: 'spoke3', to: 'fd00::2', count: 3 },
  ],
  expect: [
    { see: 'delivered', step: 'spoke to hub' },
    { see: 'delivered', name: 'through the hub', step: 'spoke to spoke' },
    { see: 'delivered', step: 'spoke to spoke over IPv6' },
  ],
  twin: {
    about: 'The hub does not forward.',
    changes: [{ path: '/hosts/hub/wg/wg0', replace: 'PostUp = sysctl -w net.ipv4.ip_forward=1', with: '' }],
    fails: 'through the hub',
  },
} satisfies Scenario
