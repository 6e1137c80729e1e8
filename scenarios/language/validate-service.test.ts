/** Mistakes in services and in the acts of an adversary: each with its place and what to write. */
import { expect, test } from 'vitest'
import { checkShape } from './validate.ts'

function problems(services: object, steps: readonly object[] = []): string[] {
  const checked = checkShape({
    schema: 'wglab/scenario@1',
    title: 'services',
    duration: '60s',
    networks: { internet: {} },
    hosts: {
      hub: { interfaces: { internet: '192.0.2.1' }, wg: { wg0: '[Interface]\nPrivateKey = <hub>\n' }, services },
      mallory: { interfaces: { internet: '192.0.2.66' }, probe: true },
    },
    steps: steps.map(step => ({ at: '1s', ...step })),
    expect: [{ see: 'noted', host: 'hub', text: 'x', count: 0 }],
  })
  return 'problems' in checked ? checked.problems.map(({ path, what, instead }) => `${path}: ${what}; ${instead}`) : []
}

const plane = { kind: 'control-server', members: { phone: { allowed_ips: ['10.0.0.1/32'] } } }
const signal = { kind: 'signal-server', iface: 'wg0' }

test('services that make sense', () => {
  expect(problems({ plane, signal, relay: { kind: 'udp-relay', ports: [7001, 7002] } })).toEqual([])
})

test.each<[object, string]>([
  [{ ...signal, iface: 'wg1' }, '/hosts/hub/services/s/iface: there is no tunnel of hub "wg1"; write "wg0"'],
  [{ ...signal, port: 7 }, '/hosts/hub/services/s/port: UDP port 7 is taken by the machine; write another port'],
  [
    { kind: 'udp-relay', ports: [7001, 7001] },
    '/hosts/hub/services/s/ports/1: UDP port 7001 is taken by s; write another port',
  ],
  [
    { kind: 'udp-relay', ports: [7001], idle: '0s' },
    '/hosts/hub/services/s/idle: 0s would be without end; write a time: 5s',
  ],
  [
    { kind: 'udp-over-tcp-server', port: 443, to: '127.0.0.1' },
    '/hosts/hub/services/s/to: "127.0.0.1" is no address with a port; write 203.0.113.5:51820 or [2001:db8::5]:51820',
  ],
])('%j', (service, problem) => {
  expect(problems({ s: service })).toEqual([problem])
})

test.each<[object, string]>([
  [{ host: 'hbu', service: 'plane', act: 'now' }, '/steps/0/host: there is no host "hbu"; write "hub"'],
  [{ host: 'hub', service: 'plan', act: 'now' }, '/steps/0/service: there is no service of hub "plan"; write "plane"'],
  [
    { host: 'hub', service: 'signal', act: 'revoke', member: 'phone' },
    '/steps/0/act: "signal" is a signal-server, which has no members; name a control-server, or write stop, start or now',
  ],
  [{ host: 'hub', service: 'plane', act: 'revoke' }, '/steps/0: it is not said who; write member: phone'],
  [
    { host: 'hub', service: 'plane', act: 'revoke', member: 'phnoe' },
    '/steps/0/member: there is no member "phnoe"; write "phone"',
  ],
  [
    { host: 'hub', service: 'plane', act: 'stop', member: 'phone' },
    '/steps/0/member: stop is about no member; leave member out',
  ],
])('%j', (step, problem) => {
  expect(problems({ plane, signal }, [{ do: 'service', ...step }])).toEqual([problem])
})

test.each<[object, string]>([
  [
    { kind: 'flood', to: '192.0.2.1:1', what: 'initiation', count: 1 },
    '/steps/0/act: a valid mac1 needs the public key of the victim; write peer: bob, or what: bad-mac1',
  ],
  [
    { kind: 'flood', to: '192.0.2.1:1', what: 'data', count: 1, size: { min: 1, max: 2 } },
    '/steps/0/act/size: "data" has a size of its own; write what: random, or no size',
  ],
  [
    { kind: 'flood', to: '192.0.2.1:1', what: 'random', count: 1, sources: '2001:db8::/64' },
    '/steps/0/act/sources: "2001:db8::/64" and "192.0.2.1:1" are of two families; write a prefix of the same family as "to"',
  ],
  [{ kind: 'scan', to: '192.0.2.1', ports: [9, 7] }, '/steps/0/act/ports: port 9 is after port 7; write [7, 9]'],
  [
    { kind: 'scan', to: '10.0.0.0/8', ports: [1, 10] },
    '/steps/0/act: 167772160 addresses and ports are more than 1000000; write a longer prefix, or fewer ports',
  ],
  [
    { kind: 'icmp', error: 'too-big', about: { from: '192.0.2.1:1', to: '192.0.2.2:1' } },
    '/steps/0/act: a too-big claims an MTU; write mtu: 1280',
  ],
  [
    { kind: 'delay', delay: '1s', network: 'wifi' },
    '/steps/0/act/network: there is no network of mallory "wifi"; one of internet',
  ],
  [
    { kind: 'forge', alter: [{ field: 'counter' }] },
    '/steps/0/act/alter/0: one of flip and hex says what is altered; write flip: 0, or hex: "00ff"',
  ],
  [
    { kind: 'initiate', peer: 'hub', to: '192.0.2.1:1', save: 's', stolen: 'responder' },
    '/steps/0/act/key: with the stolen key of "hub" it can not be told whom the probe pretends to be; write the key name of another peer: key: alice',
  ],
])('%j', (act, problem) => {
  expect(problems({}, [{ do: 'probe', host: 'mallory', act }])).toEqual([problem])
})
