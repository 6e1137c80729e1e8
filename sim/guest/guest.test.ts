/** The texts that go into a guest and come out of it. */
import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseAddress, parsePrefix } from '../../impl/ip/address.ts'
import type { Host } from '../../scenarios/language/topology.ts'
import type { PortOptions } from '../host/options.ts'
import { stateRows } from './dump.ts'
import { attachCommands, detachCommands, fileCommands, namesCommands, setupCommands } from './setup.ts'
import { lookupOrder, stepOrder, tcpOrder } from './steps.ts'

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
    'ip route replace ::/0 dev internet',
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
  [{ do: 'ping', at: '1s', from: 'a', to: '10.0.0.2' }, '5 1 1000000000 56 0 0 64 10.0.0.2'],
  [
    { do: 'ping', at: '1s', from: 'a', to: 'fd00::2', count: 3, interval: '20ms', size: 1400, df: true },
    '5 3 20000000 1400 1 0 64 fd00::2',
  ],
  [
    { do: 'send', at: '1s', from: 'a', to: '10.0.0.2:9', count: 2, interval: '0s', tos: 3 },
    '5 2 0 64 0 3 64 40005 9 10.0.0.2',
  ],
  [{ do: 'send', at: '1s', from: 'a', to: '[fd00::2]:7' }, '5 1 1000000000 64 0 0 64 40005 7 fd00::2'],
  [{ do: 'ping', at: '1s', from: 'a', to: '10.0.0.2', ttl: 3, tos: 184 }, '5 1 1000000000 56 0 184 3 10.0.0.2'],
  [{ do: 'send', at: '1s', from: 'a', to: '10.0.0.2:9', ttl: 1 }, '5 1 1000000000 64 0 0 1 40005 9 10.0.0.2'],
] as const)('orders a step (%#)', (step, order) => {
  expect(stepOrder(step, 5)).toBe(order)
})

it.each([
  [{ bytes: 9 }, '5 cubic 0 0 0 9 0 0 40005 80 10.0.0.2'],
  [{ bytes: 9, direction: 'down', congestion: 'reno', ecn: true }, '5 reno 0 1 0 0 9 0 40005 80 10.0.0.2'],
  [
    { bytes: 9, direction: 'both', mtu_probing: 2, window: 8000, deadline: '2s' },
    '5 cubic 2 0 8000 9 9 2000000000 40005 80 10.0.0.2',
  ],
] as const)('orders bytes over TCP (%#)', (step, order) => {
  expect(tcpOrder({ do: 'tcp', at: '1s', from: 'a', to: '10.0.0.2:80', ...step }, 5)).toBe(order)
})

it.each<[Partial<Host>, boolean, string]>([
  [{}, true, '5 4 0 vpn.example.com'],
  [{ resolver: '203.0.113.53', resolves: 'pool' }, true, '5 4 1 vpn.example.com 203.0.113.53'],
  [{ resolver: ['2001:db8::53', '2001:db8::54'] }, false, '5 6 0 vpn.example.com 2001:db8::53 2001:db8::54'],
])('orders a question for a name (%#)', (host, hasIpv4, order) => {
  const step = { do: 'lookup', at: '1s', host: 'a', domain: 'vpn.example.com' } as const
  expect(lookupOrder(step, 5, { interfaces: {}, ...host }, hasIpv4)).toBe(order)
})

it('writes names down: those with addresses, those that nobody answers, and none of what does not exist', () => {
  const names = new Map([
    ['vpn.example.com', [parseAddress('203.0.113.2')!, parseAddress('2001:db8::2')!]],
    ['gone.example.com', []],
    ['silent.example.com', undefined],
  ])
  const [hosts, answers] = namesCommands(names).map(each => execFileSync('sh', ['-c', each.replace(/ > .*$/, '')]))
  expect(`${hosts}--\n${answers}`).toBe(`127.0.0.1 localhost
::1 localhost
203.0.113.2 vpn.example.com
2001:db8::2 vpn.example.com
--
vpn.example.com 203.0.113.2 2001:db8::2
silent.example.com ?
`)
})

it('reads what wg tells of all its peers', () => {
  const dump = `wg0\t(key)\tpub\t51820\toff
wg0\tBOB\t(none)\t198.51.100.2:51820\t10.0.0.2/32,fd00::2/128\t1767225607\t180\t328\t25
wg0\tEVE\t(none)\t(none)\t(none)\t0\t0\t0\toff
`
  const rows = stateRows(9, dump, {
    host: 'alice',
    nameOf: key => key.toLowerCase(),
    timeOf: wall => (wall - 1767225600) * 1e9,
  })
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
