import { describe, expect, it } from 'vitest'
import { checkShape } from './validate.ts'

const BASE = {
  schema: 'wglab/scenario@1',
  title: 'A home',
  duration: '10s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: { router: { inside: { home: '192.168.1.1/24' }, outside: { internet: '203.0.113.77' } } },
  routers: {
    mid: {
      interfaces: { internet: '198.51.100.1', home: '192.168.1.9/24' },
      routes: [{ to: '10.0.0.0/8', via: '192.168.1.1' }],
    },
  },
  hosts: { laptop: { interfaces: { home: '192.168.1.10/24' } } },
  steps: [{ do: 'ping', at: '1s', name: 'hello', from: 'laptop', to: '192.168.1.1' }],
  expect: [{ see: 'delivered', step: 'hello' }],
}

/** What is said about a scenario whose NAT has these keys as well. */
function nat(more: object): string[] {
  return said({ ...BASE, nats: { router: { ...BASE.nats.router, ...more } } })
}

function router(more: object): string[] {
  return said({ ...BASE, routers: { mid: { ...BASE.routers.mid, ...more } } })
}

function said(scenario: object): string[] {
  const checked = checkShape(scenario)
  if ('scenario' in checked) return []
  return checked.problems.map(({ path, what, instead }) => {
    expect(instead).not.toBe('')
    return `${path}: ${what}`
  })
}

describe('what makes no sense is refused with its place', () => {
  it.each<[object, string]>([
    [
      { nat64: '64:ff9b::/95' },
      '/nats/router/nat64: "64:ff9b::/95" is no prefix that IPv4 addresses can be put into (RFC 6052)',
    ],
    [
      { nat64: '10.0.0.0/8' },
      '/nats/router/nat64: "10.0.0.0/8" is no prefix that IPv4 addresses can be put into (RFC 6052)',
    ],
    [
      { ipv6: { translate: 'prefix' } },
      '/nats/router/ipv6: a prefix is translated when both are said: that it is, and which',
    ],
    [
      { ipv6: { translate: 'prefix', prefixes: { inside: 'fd00:1::/48', outside: '2001:db8::/56' } } },
      '/nats/router/ipv6/prefixes: NPTv6 takes two IPv6 prefixes of one length, up to /64',
    ],
    [
      { forward: [{ port: 1, to: '[fd00::1]:2' }] },
      '/nats/router/forward/0/to: [fd00::1]:2 is IPv6: ports are forwarded for IPv4',
    ],
    [
      {
        forward: [
          { port: 1, to: '192.168.1.10:2' },
          { port: 1, to: '192.168.1.10:3' },
        ],
      },
      '/nats/router/forward/1/port: udp 1 is forwarded already',
    ],
    [{ block: [{ protocol: 'icmp', port: 7 }] }, '/nats/router/block/0/port: ICMP has no ports'],
    [{ block: [{ with: '300.0.0.0/8' }] }, '/nats/router/block/0/with: "300.0.0.0/8" is no address'],
    [
      { nat64: '64:ff9b::/96', fragment_order: 'any' },
      '/nats/router/fragment_order: with nat64 fragments are put together',
    ],
    [
      { fragments: 'drop', fragment_order: 'any' },
      '/nats/router/fragment_order: fragments are dropped: there is no order',
    ],
  ])('NAT %j', (more, problem) => {
    expect(nat(more)).toEqual([problem])
  })

  it.each<[object, string]>([
    [{ spread: 'packet' }, '/routers/mid/spread: no route has more than one next hop'],
    [
      { routes: [{ to: '10.0.0.0/8', via: '192.168.1.1', equal: ['fd00::1'] }] },
      '/routers/mid/routes/0/equal/0: fd00::1 is of another family than 192.168.1.1',
    ],
    [
      { balance: { address: '198.51.100.2', servers: ['192.168.1.10'] } },
      '/routers/mid/balance/address: 198.51.100.2 is no address of this router',
    ],
    [
      { balance: { address: '198.51.100.1', servers: ['fd00::1'] } },
      '/routers/mid/balance/servers/0: fd00::1 is of another family than 198.51.100.1',
    ],
  ])('router %j', (more, problem) => {
    expect(router(more)).toEqual([problem])
  })

  it.each<object>([
    { nat64: '64:ff9b::/96' },
    { ipv6: { translate: 'prefix', prefixes: { inside: 'fd00:1::/48', outside: '2001:db8:1::/48' } } },
    {
      forward: [
        { port: 1, to: '192.168.1.10:2' },
        { port: 1, protocol: 'tcp', to: '192.168.1.10:2' },
      ],
    },
    { block: [{ protocol: 'udp', port: 443, how: 'reject' }], police: [{ rate: '1Mbit' }] },
  ])('takes %j', more => {
    expect(nat(more)).toEqual([])
  })

  it('the same without any of it', () => {
    expect(said(BASE)).toEqual([])
  })
})
