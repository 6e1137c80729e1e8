/** The texts that go into a guest and come out of it. */
import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseAddress, parsePrefix } from '../../impl/ip/address.ts'
import type { PortOptions } from '../host/options.ts'
import { stateRows } from './dump.ts'
import { attachCommands, detachCommands, fileCommands, setupCommands } from './setup.ts'
import { stepOrder } from './steps.ts'

const prefixes = (...texts: string[]) => texts.map(text => parsePrefix(text)!)
const internet: PortOptions = {
  port: 'internet',
  addresses: prefixes('198.51.100.1/32', '2001:db8::1/128'),
  gateways: [],
  mtu: 1500,
  onlink: 'all',
}
const lan: PortOptions = {
  port: 'home',
  addresses: prefixes('192.168.1.10/24'),
  gateways: [parseAddress('192.168.1.1')!],
  mtu: 1400,
  onlink: 'prefix',
}

it('sets a machine up by commands a person could type', () => {
  expect([...attachCommands(internet), ...attachCommands(lan), ...detachCommands('home')]).toEqual([
    'ip addr flush dev internet',
    'ip link set dev internet mtu 1500 up',
    'ip addr add 198.51.100.1/32 dev internet',
    'ip addr add 2001:db8::1/128 dev internet',
    'ip addr add fe80::1/64 dev internet',
    'ip route replace default dev internet',
    'ip -6 route replace default dev internet',
    'ip addr flush dev home',
    'ip link set dev home mtu 1400 up',
    'ip addr add 192.168.1.10/24 dev home',
    'ip route replace default via 192.168.1.1 dev home onlink',
    'ip addr flush dev home',
    'ip link set dev home down',
  ])
})

it('opens the WireGuard ports of a firewall, and answers', () => {
  const base = { ports: [lan], confs: new Map(), forward: false, names: new Map() }
  const last = (listenPorts: number[]) => setupCommands({ ...base, firewall: true, listenPorts }).at(-1) ?? ''
  expect(last([51820, 7])).toContain('udp dport { 51820, 7 } accept; drop;')
  expect(last([])).not.toContain('udp dport')
  expect(setupCommands({ ...base, firewall: false, listenPorts: [] }).join()).not.toContain('nft')
})

it('writes any file through a shell, byte for byte', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary-ascii', maxLength: 60 }), fc.nat(3), (text, times) => {
      const whole = text.replaceAll('\0', '').repeat(times * 100)
      const script = fileCommands('/dev/stdout', whole).map(each => each.replace(/>>? \/dev\/stdout$/, ''))
      expect(execFileSync('sh', ['-c', script.join('\n')], { encoding: 'latin1' })).toBe(whole)
    }),
    { numRuns: 30 },
  )
})

it.each([
  [{ do: 'ping', at: '1s', from: 'a', to: '10.0.0.2' }, '5 1 1000000000 56 0 10.0.0.2'],
  [
    { do: 'ping', at: '1s', from: 'a', to: 'fd00::2', count: 3, interval: '20ms', size: 1400, df: true },
    '5 3 20000000 1400 1 fd00::2',
  ],
  [
    { do: 'send', at: '1s', from: 'a', to: '10.0.0.2:9', count: 2, interval: '0s', tos: 3 },
    '5 2 0 64 0 3 40005 9 10.0.0.2',
  ],
  [{ do: 'send', at: '1s', from: 'a', to: '[fd00::2]:7' }, '5 1 1000000000 64 0 0 40005 7 fd00::2'],
] as const)('orders a step (%#)', (step, order) => {
  expect(stepOrder(step, 5)).toBe(order)
})

it('reads what wg tells of all its peers', () => {
  const dump = `wg0\t(key)\tpub\t51820\toff
wg0\tBOB\t(none)\t198.51.100.2:51820\t10.0.0.2/32,fd00::2/128\t1767225607\t180\t328\t25
wg0\tEVE\t(none)\t(none)\t(none)\t0\t0\t0\toff
`
  const rows = stateRows(9, dump, { host: 'alice', nameOf: key => key.toLowerCase(), epoch_s: 1767225600 })
  const common = { kind: 'state', t: 9, host: 'alice', iface: 'wg0' }
  expect(rows).toEqual([
    {
      ...common,
      peer: 'bob',
      endpoint: '198.51.100.2:51820',
      latest_handshake: 7_000_000_000,
      rx_bytes: 180,
      tx_bytes: 328,
      allowed_ips: ['10.0.0.2/32', 'fd00::2/128'],
      keepalive_s: 25,
    },
    {
      ...common,
      peer: 'eve',
      endpoint: '(none)',
      latest_handshake: null,
      rx_bytes: 0,
      tx_bytes: 0,
      allowed_ips: [],
      keepalive_s: 0,
    },
  ])
})
