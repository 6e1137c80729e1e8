import type { Scenario } from '../../language/scenario.ts'
import { SAMPLES } from '../../samples/texts.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Everything through the tunnel, in both families',
  about:
    'wg-quick takes the default routes with policy rules, so that the encrypted packets do not loop into the tunnel; the server masquerades.',
  claims: ['ops-09', 'route-12', 'route-13'],
  duration: '60s',
  networks: { internet: {}, hotel: { kind: 'lan', gateway: '10.200.1.1' } },
  nats: { router: { inside: { hotel: '10.200.1.1/24' }, outside: { internet: '198.51.100.7' } } },
  hosts: {
    client: { interfaces: { hotel: '10.200.1.2/24' }, wg: { wg0: SAMPLES['full-tunnel/client'] } },
    server: { interfaces: { internet: ['192.0.2.1', '2001:db8:1::1'] }, wg: { wg0: SAMPLES['full-tunnel/server'] } },
    web: { interfaces: { internet: ['203.0.113.80', '2001:db8:80::80'] } },
  },
  steps: [
    { do: 'ping', at: '1s', name: 'the web', from: 'client', to: '203.0.113.80', count: 3 },
    { do: 'ping', at: '5s', name: 'the web over IPv6', from: 'client', to: '2001:db8:80::80', count: 3 },
    {
      do: 'send',
      at: '10s',
      name: 'datagrams',
      from: 'client',
      to: '203.0.113.80:9',
      count: 10,
      interval: '100ms',
      size: 1000,
    },
    { do: 'run', at: '20s', host: 'client', command: 'wg-quick down wg0' },
    { do: 'ping', at: '21s', name: 'past the tunnel', from: 'client', to: '203.0.113.80' },
  ],
  expect: [
    { see: 'delivered', name: 'the web answers', step: 'the web', within: '150ms' },
    { see: 'delivered', step: 'the web over IPv6' },
    { see: 'delivered', step: 'datagrams' },
    { see: 'delivered', name: 'routes are back', step: 'past the tunnel' },
  ],
  twin: {
    about: 'The server does not masquerade: answers have no way back.',
    changes: [
      {
        path: '/hosts/server/wg/wg0',
        replace: 'PostUp = iptables -t nat -A POSTROUTING -o eth0 -j MASQUERADE',
        with: '',
      },
    ],
    fails: 'the web answers',
  },
} satisfies Scenario
