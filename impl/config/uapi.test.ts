import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DeviceChange, DeviceStatus, PeerChange } from '../api.ts'
import { formatPrefix, parseAddress, parseEndpoint, parsePrefix } from '../ip/address.ts'
import { Key, type PublicKey } from '../key.ts'
import { keyToBase64, toHex } from './base64.ts'
import { ERRNO, UapiSession } from './uapi.ts'
import { formatUapiSet, type UapiSnapshot } from './uapi-format.ts'

const bytes = (n: number) => new Uint8Array(32).fill(n)
const hex = (n: number) => toHex(bytes(n))
const publicKey = (n: number) => keyToBase64(bytes(n)) as PublicKey
const prefix = (text: string) => parsePrefix(text) ?? expect.fail(text)

const status: DeviceStatus = {
  publicKey: undefined,
  listenPort: 0,
  fwmark: 0,
  up: true,
  underLoad: false,
  peers: [],
}
const empty: UapiSnapshot = { status, privateKey: undefined, presharedKey: () => undefined }

/** Keys become numbers, so that changes compare and read well. */
function shown(change: DeviceChange): unknown {
  const replace = (value: unknown): unknown => {
    if (value instanceof Key) return `key ${value.reveal()[0]}`
    if (value instanceof Uint8Array) return Array.from(value).join('.')
    if (Array.isArray(value)) return value.map(replace)
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, replace(field)]))
    return value
  }
  return replace(change)
}

/** Plays a device behind a session: what it was told, and what the client reads. `errno`: how it takes each change. */
function talk(chunks: readonly string[], errno: (change: DeviceChange) => number = () => 0, snapshot = empty) {
  const session = new UapiSession()
  const changes: DeviceChange[] = []
  let written = ''
  let closed = false
  for (const chunk of chunks) {
    session.feed(chunk)
    for (let step = session.poll(); step !== undefined; step = session.poll()) {
      if (step.kind === 'write') written += step.text
      else if (step.kind === 'close') closed = true
      else {
        expect(session.poll()).toBeUndefined()
        if (step.kind === 'get') session.answerGet(snapshot)
        else {
          const answer = errno(step.change)
          if (answer === 0) changes.push(step.change)
          session.applied(answer)
        }
      }
    }
  }
  return { changes, written, closed }
}

const set = (...lines: string[]) => `set=1\n${lines.map(line => `${line}\n`).join('')}\n`

describe('set', () => {
  it.each<[string, string[], unknown[]]>([
    ['nothing', [], []],
    ['a private key', [`private_key=${hex(1)}`], [{ privateKey: 'key 1' }]],
    ['no private key', [`private_key=${hex(0)}`], [{ privateKey: null }]],
    ['in capitals', [`private_key=${'AB'.repeat(32)}`], [{ privateKey: 'key 171' }]],
    [
      'device lines in their order',
      ['fwmark=4294967295', 'listen_port=65535', 'replace_peers=true'],
      [{ fwmark: 0xffffffff }, { listenPort: 65535 }, { replacePeers: true }],
    ],
    ['a peer', [`public_key=${hex(2)}`], [{ peers: [{ publicKey: publicKey(2) }] }]],
    [
      'a peer with everything',
      [
        `public_key=${hex(2)}`,
        'update_only=true',
        'protocol_version=1',
        `preshared_key=${hex(3)}`,
        'endpoint=[fe80::1%3]:7',
        'persistent_keepalive_interval=25',
        'replace_allowed_ips=true',
        'allowed_ip=10.0.0.1/32',
        'allowed_ip=-10.0.0.2/31',
      ],
      [
        {
          peers: [
            {
              publicKey: publicKey(2),
              updateOnly: true,
              presharedKey: 'key 3',
              endpoint: { address: '254.128.0.0.0.0.0.0.0.0.0.0.0.0.0.1', port: 7, scope: 3 },
              persistentKeepalive_s: 25,
              replaceAllowedIps: true,
              allowedIps: [
                { address: '10.0.0.1', length: 32 },
                { address: '10.0.0.2', length: 31, remove: true },
              ],
            },
          ],
        },
      ],
    ],
    [
      'two peers',
      [`public_key=${hex(2)}`, 'remove=true', `public_key=${hex(3)}`, `preshared_key=${hex(0)}`],
      [
        { peers: [{ publicKey: publicKey(2), remove: true }] },
        { peers: [{ publicKey: publicKey(3), presharedKey: null }] },
      ],
    ],
    [
      'ranges before they are replaced',
      [`public_key=${hex(2)}`, 'allowed_ip=10.0.0.1/32', 'replace_allowed_ips=true', 'allowed_ip=10.0.0.2/32'],
      [
        {
          peers: [
            { publicKey: publicKey(2), allowedIps: [{ address: '10.0.0.1', length: 32 }] },
            { publicKey: publicKey(2), replaceAllowedIps: true, allowedIps: [{ address: '10.0.0.2', length: 32 }] },
          ],
        },
      ],
    ],
    [
      'ranges before an update_only are taken all the same',
      [`public_key=${hex(2)}`, 'allowed_ip=10.0.0.1/32', 'replace_allowed_ips=true', 'update_only=true'],
      [
        {
          peers: [
            { publicKey: publicKey(2), allowedIps: [{ address: '10.0.0.1', length: 32 }] },
            { publicKey: publicKey(2), updateOnly: true, replaceAllowedIps: true },
          ],
        },
      ],
    ],
    [
      'ranges before a remove',
      [`public_key=${hex(2)}`, 'allowed_ip=10.0.0.1/32', 'remove=true', 'allowed_ip=10.0.0.2/32'],
      [
        {
          peers: [
            { publicKey: publicKey(2), allowedIps: [{ address: '10.0.0.1', length: 32 }] },
            { publicKey: publicKey(2), remove: true, allowedIps: [{ address: '10.0.0.2', length: 32 }] },
          ],
        },
      ],
    ],
  ])('%s', (_, lines, expected) => {
    const { changes, written, closed } = talk([set(...lines)])
    expect(changes.map(shown)).toEqual(expected)
    expect([written, closed]).toEqual(['errno=0\n\n', false])
  })

  const peer = `public_key=${hex(2)}`
  it.each<[string[], number]>([
    [['listen_port'], 71],
    [[peer, 'remove'], 71],
    [['colour=blue'], 22],
    [['private_key=00'], 22],
    [[`private_key=${'g'.repeat(64)}`], 22],
    [['listen_port=65536'], 22],
    [['listen_port=-1'], 22],
    [['listen_port='], 22],
    [['fwmark=4294967296'], 22],
    [['fwmark=0x1'], 22],
    [['replace_peers=false'], 22],
    [['endpoint=192.0.2.1:5'], 22],
    [['public_key=abcd'], 22],
    [[peer, 'listen_port=5'], 22],
    [[peer, 'update_only=false'], 22],
    [[peer, 'remove=1'], 22],
    [[peer, 'replace_allowed_ips=false'], 22],
    [[peer, 'protocol_version=2'], 22],
    [[peer, 'preshared_key=0'], 22],
    [[peer, 'endpoint=vpn.example:5'], 22],
    [[peer, 'endpoint=2001:db8::1:5'], 22],
    [[peer, 'persistent_keepalive_interval=off'], 22],
    [[peer, 'allowed_ip=10.0.0.1'], 22],
    [[peer, 'allowed_ip=10.0.0.1/33'], 22],
    [[peer, 'allowed_ip=-x/1'], 22],
    [[peer, 'colour=blue'], 22],
  ])('%j ends with errno', (lines, errno) => {
    expect(talk([set(...lines)]).written).toBe(`errno=-${errno}\n\n`)
  })

  it('what stood before the bad line is applied, what follows is not', () => {
    const { changes, written } = talk([
      set(
        'listen_port=5',
        peer,
        'persistent_keepalive_interval=1',
        'nonsense=1',
        'persistent_keepalive_interval=2',
        'also not',
      ),
      'get=1\n\n',
    ])
    expect(changes.map(shown)).toEqual([
      { listenPort: 5 },
      { peers: [{ publicKey: publicKey(2), persistentKeepalive_s: 1 }] },
    ])
    expect(written).toBe('errno=-22\n\nerrno=0\n\n')
  })

  it('a bad public key does not reach into the peer before it', () => {
    const { changes, written } = talk([set(peer, 'public_key=00', 'remove=true')])
    expect(changes.map(shown)).toEqual([{ peers: [{ publicKey: publicKey(2) }] }])
    expect(written).toBe('errno=-22\n\n')
  })

  it('a device that refuses ends the request with its errno', () => {
    const inUse = (change: DeviceChange) => (change.listenPort === undefined ? 0 : ERRNO.EADDRINUSE)
    const first = talk([set('fwmark=1', 'listen_port=5', 'fwmark=2')], inUse)
    expect([first.changes, first.written]).toEqual([[{ fwmark: 1 }], 'errno=-98\n\n'])
    const full = (change: DeviceChange) => (change.peers === undefined ? 0 : ERRNO.EINVAL)
    const last = talk([set('fwmark=1', peer), set('fwmark=2')], full)
    expect([last.changes, last.written]).toEqual([[{ fwmark: 1 }, { fwmark: 2 }], 'errno=-22\n\nerrno=0\n\n'])
  })
})

describe('get', () => {
  it("shows everything in wireguard-go's order, the private key clamped", () => {
    const full: UapiSnapshot = {
      privateKey: new Key(bytes(255)),
      presharedKey: key => (key === publicKey(2) ? new Key(bytes(7)) : undefined),
      status: {
        ...status,
        listenPort: 51820,
        fwmark: 51,
        peers: [
          {
            publicKey: publicKey(2),
            hasPresharedKey: true,
            endpoint: { address: parseAddress('192.0.2.1') ?? expect.fail(), port: 9 },
            allowedIps: [prefix('10.0.0.0/8'), prefix('::/0')],
            latestHandshake: { sec: 1700000000, nsec: 5 },
            latestHandshakeAt: undefined,
            rxBytes: 3,
            txBytes: 4,
            persistentKeepalive_s: 25,
            staged: 0,
            drops: {},
          },
          {
            publicKey: publicKey(3),
            hasPresharedKey: false,
            endpoint: undefined,
            allowedIps: [],
            latestHandshake: undefined,
            latestHandshakeAt: undefined,
            rxBytes: 0,
            txBytes: 0,
            persistentKeepalive_s: 0,
            staged: 0,
            drops: {},
          },
        ],
      },
    }
    expect(talk(['get=1\n\n'], undefined, full).written).toBe(`private_key=f8${'ff'.repeat(30)}7f
listen_port=51820
fwmark=51
public_key=${hex(2)}
preshared_key=${hex(7)}
protocol_version=1
endpoint=192.0.2.1:9
last_handshake_time_sec=1700000000
last_handshake_time_nsec=5
tx_bytes=4
rx_bytes=3
persistent_keepalive_interval=25
allowed_ip=10.0.0.0/8
allowed_ip=::/0
public_key=${hex(3)}
preshared_key=${hex(0)}
protocol_version=1
last_handshake_time_sec=0
last_handshake_time_nsec=0
tx_bytes=0
rx_bytes=0
persistent_keepalive_interval=0
errno=0

`)
  })

  it('takes no more lines', () => {
    expect(talk(['get=1\nx\n\nget=1\n\n']).written).toBe('errno=-22\n\nerrno=0\n\n')
  })
})

describe('the connection', () => {
  it.each(['hello\n', '\n', 'get=2\n', 'set=1 \n', 'x'.repeat(5000)])('closes on %j', text => {
    const { written, closed } = talk([text, 'get=1\n\n'])
    expect([written, closed]).toEqual(['', true])
  })

  it('takes text in pieces of any size', () => {
    const text = `${set('listen_port=5', `public_key=${hex(2)}`, 'allowed_ip=10.0.0.1/32')}get=1\n\n${set('fwmark=x')}${set('fwmark=3')}`
    const whole = talk([text])
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 40 }), sizes => {
        const chunks: string[] = []
        let at = 0
        for (const size of sizes) {
          chunks.push(text.slice(at, at + size))
          at += size
        }
        const pieces = talk([...chunks, text.slice(at)])
        expect(pieces.written).toBe(whole.written)
        expect(pieces.changes.map(shown)).toEqual(whole.changes.map(shown))
      }),
    )
    expect(whole.written).toBe('errno=0\n\nerrno=0\n\nerrno=-22\n\nerrno=0\n\n')
  })

  it('answers to what was not asked are a fault of the caller', () => {
    expect(() => new UapiSession().applied(0)).toThrow('applied without an apply')
    expect(() => new UapiSession().answerGet(empty)).toThrow('answerGet without a get')
  })
})

describe('formatUapiSet', () => {
  const key = fc.uint8Array({ minLength: 32, maxLength: 32 }).filter(given => given.some(byte => byte !== 0))
  const secret = fc.option(
    key.map(given => new Key(given)),
    { nil: null },
  )
  const range = fc
    .tuple(fc.constantFrom('10.0.0.0/8', '192.0.2.1/32', '::/0', 'fd00::/64'), fc.boolean())
    .map(([text, remove]) => (remove ? { ...prefix(text), remove } : prefix(text)))
  const peer: fc.Arbitrary<PeerChange> = fc.record(
    {
      publicKey: key.map(given => keyToBase64(given) as PublicKey),
      remove: fc.constant(true),
      updateOnly: fc.constant(true),
      presharedKey: secret,
      endpoint: fc
        .constantFrom('192.0.2.1:1', '[fe80::1%4]:65535')
        .map(text => parseEndpoint(text) ?? expect.fail(text)),
      persistentKeepalive_s: fc.nat(65535),
      replaceAllowedIps: fc.constant(true),
      allowedIps: fc.array(range, { minLength: 1, maxLength: 3 }),
    },
    { requiredKeys: ['publicKey'] },
  )
  const change: fc.Arbitrary<DeviceChange> = fc.record(
    {
      privateKey: secret,
      listenPort: fc.nat(65535),
      fwmark: fc.nat(0xffffffff),
      replacePeers: fc.constant(true),
      peers: fc.array(peer, { minLength: 1, maxLength: 3 }),
    },
    { requiredKeys: [] },
  )

  it('is read back as the same change', () => {
    fc.assert(
      fc.property(change, given => {
        const { changes, written } = talk([formatUapiSet(given)])
        const peers = changes.flatMap(one => one.peers ?? [])
        const merged: DeviceChange = Object.assign({}, ...changes, peers.length === 0 ? {} : { peers })
        expect(shown(merged)).toEqual(shown(given))
        expect(written).toBe('errno=0\n\n')
      }),
    )
  })

  it('refuses a public key that is none', () => {
    expect(() => formatUapiSet({ peers: [{ publicKey: 'x' as PublicKey }] })).toThrow('base64 of 32 bytes')
    expect(formatPrefix(prefix('10.0.0.0/8'))).toBe('10.0.0.0/8')
  })
})
