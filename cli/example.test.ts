/** The example of the README: a test of your own configuration, in virtual time. */
import { expect, test } from 'vitest'
import { applyChanges, run, scenario } from 'wglab'

const office = scenario({
  schema: 'wglab/scenario@1',
  title: 'A laptop on a train stays reachable from the office',
  duration: '20m',
  networks: { internet: {}, train: { kind: 'lan', gateway: '10.44.0.1', link: { delay: '60ms', jitter: '40ms' } } },
  nats: { carrier: { inside: { train: '10.44.0.1/16' }, outside: { internet: '203.0.113.9' }, timeout: '30s' } },
  hosts: {
    laptop: {
      interfaces: { train: '10.44.7.7/16' },
      wg: {
        wg0: `
          [Interface]
          PrivateKey = <laptop>
          Address = 10.8.0.2/24
          [Peer]
          PublicKey = <office.pub>
          Endpoint = vpn.example.com:51820
          AllowedIPs = 10.8.0.0/24
          PersistentKeepalive = 25`,
      },
    },
    office: {
      interfaces: { internet: '198.51.100.1' },
      wg: {
        wg0: `
          [Interface]
          PrivateKey = <office>
          Address = 10.8.0.1/24
          ListenPort = 51820
          [Peer]
          PublicKey = <laptop.pub>
          AllowedIPs = 10.8.0.2/32`,
      },
    },
  },
  names: { 'vpn.example.com': '198.51.100.1' },
  steps: [{ do: 'ping', at: '15m', name: 'out of the blue', from: 'office', to: '10.8.0.2' }],
  expect: [{ see: 'delivered', step: 'out of the blue', within: '1s' }],
})

test('the laptop answers after a quarter of an hour of silence', async () => {
  const verdict = await run(office)
  expect(verdict.because).toMatch(/all \d+ checks hold/)
  expect(verdict.verdict).toBe('pass')
})

test('and would not without the keepalive', async () => {
  const mute = applyChanges(office, [{ path: '/hosts/laptop/wg/wg0', replace: 'PersistentKeepalive = 25', with: '' }])
  const verdict = await run(mute)
  expect(verdict.verdict).toBe('fail')
})
