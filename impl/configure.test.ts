/** Peers come and go; wrong configuration is refused: behaviours 141, 142, 150 and the errors. */
import { describe, expect, it } from 'vitest'
import type { DeviceChange, PeerChange } from './api.ts'
import { keyToBase64 } from './config/base64.ts'
import { MAX_PEERS_PER_DEVICE } from './constants.ts'
import { nodeCrypto } from './crypto/node/provider.ts'
import { stateOf } from './device.ts'
import type { PublicKey } from './key.ts'
import { dropsAt, ip, type Node, prefix, statusOf, TestNet, testKey } from './testing.ts'
import { Probe } from './testprobe.ts'

function pair(): { net: TestNet; a: Node; b: Node } {
  const net = new TestNet(nodeCrypto)
  const a = net.add('a')
  const b = net.add('b')
  net.connect(a, b)
  return { net, a, b }
}

const known = (node: Node) => node.device.status().peers.map(({ publicKey }) => publicKey)

describe('peers', () => {
  it('are listed in the order they came, with everything wg show tells', () => {
    const { net, a, b } = pair()
    const c = net.add('c')
    net.connect(a, c)
    net.configure(a, { peers: [{ publicKey: b.publicKey, presharedKey: testKey('psk'), persistentKeepalive_s: 25 }] })
    expect(known(a)).toEqual([b.publicKey, c.publicKey])
    expect(statusOf(a, b)).toEqual({
      publicKey: b.publicKey,
      hasPresharedKey: true,
      endpoint: b.endpoint,
      allowedIps: [prefix(b.inner, 32)],
      latestHandshake: undefined,
      latestHandshakeAt: undefined,
      rxBytes: 0,
      txBytes: 148,
      persistentKeepalive_s: 25,
      staged: 1,
      drops: {},
    })
    expect(a.device.peer(b.publicKey)).toEqual(statusOf(a, b))
    expect(a.device.peer(a.publicKey)).toBeUndefined()
    expect(a.device.status()).toMatchObject({
      publicKey: a.publicKey,
      listenPort: 51820,
      fwmark: 0,
      up: true,
      underLoad: false,
    })
  })

  it('129: a removed peer leaves nothing behind: no index, no timer, no packet', () => {
    const { net, a, b } = pair()
    net.fate = () => []
    net.send(a, b)
    net.configure(a, { peers: [{ publicKey: b.publicKey, remove: true }] })
    expect(dropsAt(a)).toEqual(['staged-wiped'])
    expect(known(a)).toEqual([])
    expect([stateOf(a.device).indices.size, stateOf(a.device).deadlines.size]).toEqual([0, 0])
    expect(a.device.pollTimeout()).toBe(Number.MAX_SAFE_INTEGER)
    expect(a.events.at(-1)).toMatchObject({ kind: 'peer', what: 'removed' })
    net.send(a, b)
    expect(dropsAt(a).at(-1)).toBe('no-route')
  })

  it('129: data for a removed peer’s session is refused', () => {
    const net = new TestNet(nodeCrypto)
    const a = net.add('a')
    const probe = new Probe(net, nodeCrypto, a)
    const session = probe.initiate()
    net.configure(a, { peers: [{ publicKey: probe.publicKey, remove: true }] })
    probe.inject(probe.data(session))
    expect(dropsAt(a)).toEqual(['unknown-session'])
  })

  it('a peer that comes back does not draw the same ephemeral keys and jitter again', () => {
    const { net, a, b } = pair()
    net.fate = () => []
    const sent = new Set<string>()
    for (let i = 0; i < 4; i++) {
      net.configure(a, {
        peers: [
          { publicKey: b.publicKey, remove: true },
          { publicKey: b.publicKey, endpoint: b.endpoint, allowedIps: [prefix(b.inner, 32)] },
        ],
      })
      net.send(a, b)
      sent.add(Buffer.from(net.sent.at(-1)!.bytes.subarray(8, 40)).toString('hex'))
    }
    expect(sent.size).toBe(4)
  })

  it('an unrelated peer changes neither ephemeral keys nor indices nor jitter of the others', () => {
    const first = (extra: boolean) => {
      const net = new TestNet(nodeCrypto)
      const a = net.add('a')
      const b = net.add('b')
      net.fate = () => []
      if (extra) {
        const c = net.add('c')
        net.connect(a, c)
        net.send(a, c)
      }
      net.connect(a, b)
      net.send(a, b)
      net.pass(60)
      return net.sent
        .filter(({ peer }) => peer === b.publicKey)
        .map(({ at, bytes }) => [at, bytes.subarray(4, 40).join()])
    }
    expect(first(true)).toEqual(first(false))
  })

  it('come and go by the thousand and leave nothing behind', () => {
    const { net, a, b } = pair()
    for (let n = 0; n < 5000; n++) {
      const publicKey = keyToBase64(testKey(`${n}`).reveal()) as PublicKey
      net.configure(a, { peers: [{ publicKey }, { publicKey, remove: true }] })
    }
    const state = stateOf(a.device)
    expect([state.removals.size, state.peers.size, state.deadlines.size, state.indices.size]).toEqual([4096, 1, 0, 0])
    net.send(a, b)
    net.pass(1)
    expect(b.delivered).toHaveLength(1)
  })

  it('all go at once with replacePeers, and come back new', () => {
    const { net, a, b } = pair()
    net.send(a, b)
    net.pass(1)
    const c = testKeyOf('c')
    net.configure(a, { replacePeers: true, peers: [{ publicKey: b.publicKey }, { publicKey: c }] })
    expect(known(a)).toEqual([b.publicKey, c])
    expect(statusOf(a, b)).toMatchObject({ endpoint: undefined, rxBytes: 0, allowedIps: [] })
  })

  it('updateOnly ends a peer that the same change has made, and what it took is gone', () => {
    const { net, a, b } = pair()
    const c = testKeyOf('c')
    const all = [{ address: new Uint8Array(16), length: 0 }]
    net.configure(a, { peers: [{ publicKey: b.publicKey, replaceAllowedIps: true, allowedIps: all }] })
    net.configure(a, {
      peers: [
        { publicKey: c, allowedIps: all },
        { publicKey: c, updateOnly: true },
      ],
    })
    expect(a.device.status().peers.map(peer => [peer.publicKey, peer.allowedIps])).toEqual([[b.publicKey, []]])
  })

  it('142: updateOnly and remove create nothing', () => {
    const { net, a, b } = pair()
    const c = testKeyOf('c')
    net.configure(a, {
      peers: [
        { publicKey: c, updateOnly: true },
        { publicKey: c, remove: true },
      ],
    })
    expect(known(a)).toEqual([b.publicKey])
    net.configure(a, { peers: [{ publicKey: b.publicKey, updateOnly: true, persistentKeepalive_s: 9 }] })
    expect(statusOf(a, b).persistentKeepalive_s).toBe(9)
  })

  it('141: the device’s own key is passed over in silence', () => {
    const { net, a, b } = pair()
    net.configure(a, {
      peers: [{ publicKey: a.publicKey, endpoint: b.endpoint, allowedIps: [prefix(ip(1, 0, 0, 0), 8)] }],
    })
    expect(known(a)).toEqual([b.publicKey])
  })

  it('141: a private key whose public key is a peer’s removes that peer, and in one change too', () => {
    const { net, a, b } = pair()
    net.configure(a, { privateKey: b.key })
    expect(known(a)).toEqual([])
    net.configure(a, { privateKey: a.key, peers: [{ publicKey: b.publicKey }, { publicKey: a.publicKey }] })
    expect(known(a)).toEqual([b.publicKey])
  })

  it('147: may come before the private key', () => {
    const { net, a, b } = pair()
    net.configure(a, { privateKey: null, replacePeers: true })
    net.configure(a, { peers: [{ publicKey: b.publicKey, endpoint: b.endpoint, allowedIps: [prefix(b.inner, 32)] }] })
    net.configure(a, { privateKey: a.key })
    net.send(a, b)
    net.pass(1)
    expect(b.delivered).toHaveLength(1)
  })

  it('65: a preshared key of zeros, or null, is none', () => {
    const { net, a, b } = pair()
    net.configure(a, { peers: [{ publicKey: b.publicKey, presharedKey: testKey('psk') }] })
    net.configure(a, { peers: [{ publicKey: b.publicKey }] })
    expect(statusOf(a, b).hasPresharedKey).toBe(true)
    net.configure(a, { peers: [{ publicKey: b.publicKey, presharedKey: null }] })
    expect(statusOf(a, b).hasPresharedKey).toBe(false)
  })

  it('150: more than 2^20 are refused, and nothing is changed', () => {
    const { net, a, b } = pair()
    const { peers } = stateOf(a.device)
    Object.defineProperty(peers, 'size', { value: MAX_PEERS_PER_DEVICE, configurable: true })
    const c = testKeyOf('c')
    expect(() => net.configure(a, { fwmark: 9, peers: [{ publicKey: c }] })).toThrow(
      'peers: 1048577 are too many for one device (at most 1048576)',
    )
    expect(a.device.status().fwmark).toBe(0)
    net.configure(a, {
      peers: [{ publicKey: b.publicKey }, { publicKey: c, remove: true }, { publicKey: c, updateOnly: true }],
    })
    net.configure(a, { replacePeers: true, peers: [{ publicKey: c }] })
    expect(known(a)).toEqual([c])
  })
})

describe('wrong configuration is refused with its reason, and changes nothing', () => {
  const b = testKeyOf('b')
  const peer = (change: Partial<PeerChange>): DeviceChange => ({ fwmark: 77, peers: [{ publicKey: b, ...change }] })
  const at = `peer ${b}: `
  const hint = '(44 characters of base64 for 32 bytes, as wg pubkey prints)'

  it.each<[string, DeviceChange, string]>([
    [
      'a port',
      { fwmark: 77, listenPort: 65536 },
      'listenPort: 65536 (a whole number from 0 to 65535; a UDP port, or 0 for any)',
    ],
    ['half a port', { fwmark: 77, listenPort: 0.5 }, 'listenPort: 0.5 ('],
    ['a mark', { fwmark: 2 ** 32 }, 'fwmark: 4294967296 (a whole number from 0 to 4294967295; 0 for none)'],
    ['a short key', peer({ publicKey: 'abc' as PublicKey }), `publicKey: "abc" is no key ${hint}`],
    ['a key with bits to spare', peer({ publicKey: `${'A'.repeat(42)}B=` as PublicKey }), 'is no key'],
    [
      'a keepalive',
      peer({ persistentKeepalive_s: 65536 }),
      `${at}persistentKeepalive_s: 65536 (a whole number from 0 to 65535; seconds, or 0 for off)`,
    ],
    ['a negative keepalive', peer({ persistentKeepalive_s: -1 }), 'persistentKeepalive_s: -1'],
    [
      'an endpoint',
      peer({ endpoint: { address: ip(1, 2, 3), port: 1 } }),
      `${at}endpoint: an address has 4 or 16 bytes, not 3`,
    ],
    [
      'port 0',
      peer({ endpoint: { address: ip(1, 2, 3, 4), port: 0 } }),
      `${at}endpoint: port 0 (a whole number from 1 to 65535)`,
    ],
    ['port 65536', peer({ endpoint: { address: ip(1, 2, 3, 4), port: 65536 } }), 'endpoint: port 65536'],
    ['port 1.5', peer({ endpoint: { address: ip(1, 2, 3, 4), port: 1.5 } }), 'endpoint: port 1.5'],
    ['an address', peer({ allowedIps: [prefix(ip(1), 8)] }), `${at}allowedIps: an address has 4 or 16 bytes, not 1`],
    ['/33', peer({ allowedIps: [prefix(ip(1, 2, 3, 4), 33)] }), `${at}allowedIps: /33 (from /0 to /32 for IPv4)`],
    [
      '/129',
      peer({ allowedIps: [prefix(new Uint8Array(16), 129)] }),
      `${at}allowedIps: /129 (from /0 to /128 for IPv6)`,
    ],
    ['/-1', peer({ allowedIps: [prefix(ip(1, 2, 3, 4), -1)] }), 'allowedIps: /-1'],
    ['/0.5', peer({ allowedIps: [prefix(ip(1, 2, 3, 4), 0.5)] }), 'allowedIps: /0.5'],
  ])('%s', (_, change, message) => {
    const net = new TestNet(nodeCrypto)
    const a = net.add('a')
    const before = a.device.status()
    expect(() => net.configure(a, change)).toThrow(message)
    expect(a.device.status()).toEqual(before)
  })
})

function testKeyOf(name: string): PublicKey {
  return Buffer.from(nodeCrypto.privateKey(testKey(name).reveal()).publicKey).toString('base64') as PublicKey
}
