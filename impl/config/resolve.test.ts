import { describe, expect, it } from 'vitest'
import type { DeviceStatus } from '../api.ts'
import { formatEndpoint, formatPrefix, parseAddress } from '../ip/address.ts'
import { Key, type PublicKey } from '../key.ts'
import { keyToBase64 } from './base64.ts'
import { type Conf, formatProblem, parseConf } from './conf.ts'
import { lintConf } from './lint.ts'
import { addconfChange, type Names, type Resolved, setconfChange, syncconfChange } from './resolve.ts'

const bytes = (n: number) => new Uint8Array(32).fill(n)
const ANN = keyToBase64(bytes(1)) as PublicKey
const BEN = keyToBase64(bytes(2)) as PublicKey
const CAT = keyToBase64(bytes(3)) as PublicKey
const SECRET = keyToBase64(bytes(9))
const ZERO = keyToBase64(bytes(0))

const names: Names = {
  resolveHost: name => (name === 'vpn.example' ? parseAddress('192.0.2.9') : undefined),
  secretKey: name => (name.startsWith('alice') ? new Key(bytes(8)) : undefined),
  publicKey: name => (name === 'bob.pub' ? BEN : undefined),
  scopeOf: zone => (zone === 'eth0' ? 2 : undefined),
}

function conf(text: string, dialect: 'wg' | 'wg-quick' = 'wg'): Conf {
  const { conf, problems } = parseConf(text, { file: 'wg0.conf', dialect, placeholders: true })
  expect(problems.filter(problem => problem.severity === 'error').map(formatProblem)).toEqual([])
  return conf
}

/** A change as a person can read it. */
function shown({ change, problems }: Resolved): unknown {
  const secret = (key: Key | null | undefined) => (key instanceof Key ? key.reveal()[0] : key)
  const { privateKey, peers, ...rest } = change
  return {
    ...rest,
    ...(privateKey === undefined ? {} : { privateKey: secret(privateKey) }),
    peers: (peers ?? []).map(({ presharedKey, endpoint, allowedIps, ...peer }) => ({
      ...peer,
      ...(presharedKey === undefined ? {} : { presharedKey: secret(presharedKey) }),
      ...(endpoint === undefined ? {} : { endpoint: formatEndpoint(endpoint) }),
      ...(allowedIps === undefined
        ? {}
        : { allowedIps: allowedIps.map(ip => (ip.remove ? '-' : '') + formatPrefix(ip)).join(' ') }),
    })),
    ...(problems.length === 0 ? {} : { problems: problems.map(formatProblem) }),
  }
}

const full = `[Interface]
PrivateKey = ${SECRET}
ListenPort = 7
FwMark = 3
[Peer]
PublicKey = ${ANN}
PresharedKey = ${SECRET}
AllowedIPs = 10.1.2.3/8, ::1
Endpoint = vpn.example:5
PersistentKeepalive = 25
[Peer]
PublicKey = ${BEN}
Endpoint = [fe80::1%eth0]:5
AllowedIPs = +10.0.0.1/32, -10.0.0.2/32
`
const fullPeers = [
  {
    publicKey: ANN,
    presharedKey: 9,
    endpoint: '192.0.2.9:5',
    persistentKeepalive_s: 25,
    replaceAllowedIps: true,
    allowedIps: '10.0.0.0/8 ::1/128',
  },
  { publicKey: BEN, endpoint: '[fe80::1%2]:5', allowedIps: '10.0.0.1/32 -10.0.0.2/32' },
]

const status = (peers: Partial<DeviceStatus['peers'][number]>[]): DeviceStatus => ({
  publicKey: undefined,
  listenPort: 1,
  fwmark: 1,
  up: true,
  underLoad: false,
  peers: peers.map(peer => ({
    publicKey: ANN,
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
    ...peer,
  })),
})

describe('a file becomes a change', () => {
  it('addconf sets what is there', () => {
    expect(shown(addconfChange(conf(full), names))).toEqual({
      privateKey: 9,
      listenPort: 7,
      fwmark: 3,
      peers: fullPeers,
    })
    expect(shown(addconfChange(conf(`[Peer]\nPublicKey = ${CAT}\n`), names))).toEqual({
      peers: [{ publicKey: CAT, replaceAllowedIps: true, allowedIps: '' }],
    })
    expect(addconfChange(conf(''), names).change).toEqual({})
  })

  it('setconf resets what is not there', () => {
    expect(shown(setconfChange(conf(full), names))).toEqual({
      privateKey: 9,
      listenPort: 7,
      fwmark: 3,
      replacePeers: true,
      peers: fullPeers,
    })
    expect(shown(setconfChange(conf(''), names))).toEqual({
      privateKey: null,
      listenPort: 0,
      fwmark: 0,
      replacePeers: true,
      peers: [],
    })
  })

  it('syncconf keeps the peers that stay, and clears what is gone from them', () => {
    const before = status([
      { publicKey: ANN, hasPresharedKey: true, persistentKeepalive_s: 5 },
      { publicKey: BEN, hasPresharedKey: false, persistentKeepalive_s: 0 },
      { publicKey: CAT },
    ])
    const bare = `[Peer]\nPublicKey=${ANN}\n[Peer]\nPublicKey=${BEN}\n`
    expect(shown(syncconfChange(before, conf(bare), names))).toEqual({
      privateKey: null,
      listenPort: 0,
      fwmark: 0,
      peers: [
        { publicKey: CAT, remove: true },
        { publicKey: ANN, presharedKey: null, persistentKeepalive_s: 0, replaceAllowedIps: true, allowedIps: '' },
        { publicKey: BEN, replaceAllowedIps: true, allowedIps: '' },
      ],
    })
    expect(shown(syncconfChange(status([]), conf(full), names))).toEqual({
      privateKey: 9,
      listenPort: 7,
      fwmark: 3,
      peers: fullPeers,
    })
    expect(shown(syncconfChange(before, conf(''), names))).toEqual({
      privateKey: null,
      listenPort: 0,
      fwmark: 0,
      replacePeers: true,
      peers: [],
    })
  })

  it('the zero key is no key', () => {
    const text = `[Interface]\nPrivateKey=${ZERO}\n[Peer]\nPublicKey=${ANN}\nPresharedKey=${ZERO}\n`
    expect(shown(addconfChange(conf(text), names))).toMatchObject({ privateKey: null, peers: [{ presharedKey: null }] })
  })

  it('names become keys', () => {
    const text =
      '[Interface]\nPrivateKey=<alice>\n[Peer]\nPublicKey=<bob.pub>\nPresharedKey=<alice-bob.psk>\nEndpoint=[fe80::1%4]:1\n[Peer]\nPublicKey=<carol.pub>\nEndpoint=[::1]:1'
    const known: Names = { ...names, publicKey: name => (name === 'bob.pub' ? BEN : CAT) }
    expect(shown(addconfChange(conf(text), known))).toMatchObject({
      privateKey: 8,
      peers: [
        { publicKey: BEN, presharedKey: 8, endpoint: '[fe80::1%4]:1' },
        { publicKey: CAT, endpoint: '[::1]:1' },
      ],
    })
  })

  it('what nobody knows is told with its place', () => {
    const text =
      '[Interface]\nPrivateKey = <bob>\n[Peer]\nPublicKey = <carol.pub>\n  Endpoint = nowhere.example:5\n[Peer]\nPublicKey = <bob.pub>\nEndpoint = [fe80::1%eth9]:5\n'
    const { change, problems } = setconfChange(conf(text), names)
    expect(problems.map(formatProblem)).toEqual([
      'wg0.conf:2:14: error: no key is named <bob>\n  instead: the name of a key of this scenario, or the key itself',
      'wg0.conf:4:13: error: no key is named <carol.pub>\n  instead: the name of a key of this scenario, or the key itself',
      'wg0.conf:5:14: error: the host name nowhere.example does not resolve\n  instead: an address, or a name that the resolver knows',
      'wg0.conf:8:12: error: the zone eth9 is no interface here\n  instead: the name or number of an interface',
    ])
    expect(change.peers?.map(peer => peer.publicKey)).toEqual([BEN])
    expect(setconfChange(conf(text), { resolveHost: () => undefined }).problems).toHaveLength(5)
  })
})

describe('advice', () => {
  const advice = (text: string, dialect: 'wg' | 'wg-quick' = 'wg-quick') =>
    lintConf(conf(text, dialect)).map(problem => `${problem.line}:${problem.column} ${problem.what}`)
  const face = `[Interface]\nPrivateKey=<alice>\nListenPort=1\nAddress=10.0.0.1/24\n`

  it.each<[string, string, string[]]>([
    ['nothing', `${face}[Peer]\nPublicKey=<bob.pub>\nAllowedIPs=10.0.0.2/32\n`, []],
    [
      'no Address',
      '[Interface]\nPrivateKey=<alice>',
      ['1:1 [Interface] has no Address: nothing inside the tunnel can answer'],
    ],
    [
      'a network as Address',
      `${face}Address = 10.3.0.0/24, 10.4.0.0/31, 10.5.0.0/32`,
      ['5:11 Address 10.3.0.0/24 is the network itself, not a host in it'],
    ],
    [
      'SaveConfig',
      `${face}SaveConfig=true`,
      ['5:12 SaveConfig overwrites this file when the interface goes down, comments and edits included'],
    ],
    ['SaveConfig off', `${face}SaveConfig=false`, []],
    [
      'a full tunnel without MTU',
      `${face}[Peer]\nPublicKey=<bob.pub>\nAllowedIPs=::/0\n`,
      ['1:1 no MTU on a full tunnel: wg-quick guesses from the route to the endpoint'],
    ],
    ['a full tunnel with MTU', `${face}MTU=1420\n[Peer]\nPublicKey=<bob.pub>\nAllowedIPs=::/0\n`, []],
    [
      'keepalive toward nowhere',
      `${face}[Peer]\nPublicKey=<bob.pub>\nAllowedIPs=10.0.0.2/32\nPersistentKeepalive=25\n`,
      ['8:21 PersistentKeepalive toward a peer without Endpoint: nothing is sent until it has spoken'],
    ],
    ['keepalive off', `${face}[Peer]\nPublicKey=<bob.pub>\nAllowedIPs=10.0.0.2/32\nPersistentKeepalive=0\n`, []],
    [
      'nobody begins',
      `[Interface]\nPrivateKey=<alice>\nAddress=10.0.0.1/24\n[Peer]\nPublicKey=<bob.pub>\nAllowedIPs=10.0.0.2/32\n`,
      ['4:1 neither this peer has an Endpoint nor this interface a ListenPort: nobody can begin'],
    ],
    [
      'no AllowedIPs',
      `${face}[Peer]\nPublicKey=<bob.pub>\n`,
      ['5:1 the peer has no AllowedIPs: it can shake hands and send nothing'],
    ],
    [
      'overlaps',
      `${face}[Peer]\nPublicKey=<a.pub>\nAllowedIPs=10.0.0.0/24,10.0.0.5/32\n[Peer]\nPublicKey=<b.pub>\nAllowedIPs=10.0.0.7/32,10.0.0.0/16,-10.0.0.0/24,10.0.0.9/24\n`,
      [
        '7:12 AllowedIPs 10.0.0.0/24 contains 10.0.0.7/32 of another peer: the longer prefix wins',
        '10:24 AllowedIPs 10.0.0.0/16 contains 10.0.0.0/24 of another peer: the longer prefix wins',
        '10:24 AllowedIPs 10.0.0.0/16 contains 10.0.0.5/32 of another peer: the longer prefix wins',
        "10:49 AllowedIPs 10.0.0.0/24 is already another peer's, in line 7: the last one takes it",
        '10:49 AllowedIPs 10.0.0.0/24 contains 10.0.0.5/32 of another peer: the longer prefix wins',
      ],
    ],
  ])('%s', (_, text, expected) => {
    expect(advice(text)).toEqual(expected)
  })

  it('a wg file has no Address to miss', () => {
    expect(advice('[Interface]\nListenPort=1\n', 'wg')).toEqual([])
    expect(advice('[Peer]\nPublicKey=<bob.pub>\nAllowedIPs=10.0.0.1\n', 'wg')).toEqual([
      '1:1 neither this peer has an Endpoint nor this interface a ListenPort: nobody can begin',
    ])
  })
})
