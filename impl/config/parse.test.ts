import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatPrefix, parseAddress } from '../ip/address.ts'
import { Key, type PublicKey } from '../key.ts'
import { keyFromBase64, keyFromHex, keyToBase64, toHex } from './base64.ts'
import { type Conf, type Dialect, formatConf, formatProblem, hasErrors, type Item, parseConf } from './conf.ts'
import { editDistance, KEYWORDS, keywordOf, nearest } from './keywords.ts'

const KEY = 'HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw='
const OTHER = 'xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg='

function read(text: string, dialect: Dialect = 'wg-quick', placeholders = false) {
  return parseConf(text, { file: 'wg0.conf', dialect, placeholders })
}

const face = (lines: string) => `[Interface]\nPrivateKey = ${KEY}\n${lines}\n`
const peer = (lines: string) => `[Peer]\nPublicKey = ${OTHER}\n${lines}\n`
const said = (text: string, dialect: Dialect = 'wg-quick', placeholders = false) =>
  read(text, dialect, placeholders).problems.map(formatProblem)

describe('a whole file', () => {
  const text = `# office
[interface]   # mine
PRIVATEKEY=${KEY}
Listen Port = 51820
FwMark = 0xCA6C
Address = 10.0.0.1/24, fd00::1/64   10.1.0.1
DNS = 10.0.0.53, fd00::53 corp.example
MTU = 1420
Table = off
SaveConfig = TRUE
PreUp = echo 1; echo 2
PostUp = iptables -A FORWARD -i %i -j ACCEPT # allow
PostUp = second = two
PreDown = echo 3
PostDown = echo 4

# the road
[PEER]
# his key
PublicKey = ${OTHER}
PresharedKey = ${KEY}
AllowedIPs = 10.0.0.2/32, fd00::2/128 # himself
AllowedIPs = +192.168.0.0/16,-172.16.0.0/12
Endpoint = [fe80::1%eth0]:51820
PersistentKeepalive = 25
# the end`

  it('is read with the place of everything', () => {
    const { conf, problems } = read(text)
    expect(problems).toEqual([])
    const face = conf.interface ?? expect.fail('no interface')
    const shown = <T>(item: Item<T> | undefined) => [item?.value, item?.line, item?.column]
    expect([face.line, face.column, face.comments, face.comment]).toEqual([2, 1, ['office'], 'mine'])
    expect(face.privateKey?.value.kind === 'literal' && keyToBase64(face.privateKey.value.key.reveal())).toBe(KEY)
    expect([face.privateKey?.line, face.privateKey?.column]).toEqual([3, 12])
    expect(shown(face.listenPort)).toEqual([51820, 4, 15])
    expect(shown(face.fwmark)).toEqual([0xca6c, 5, 10])
    expect(face.addresses.map(item => [formatPrefix(item.value), item.column])).toEqual([
      ['10.0.0.1/24', 11],
      ['fd00::1/64', 24],
      ['10.1.0.1/32', 37],
    ])
    expect(face.dns.map(item => item.value.kind)).toEqual(['server', 'server', 'search'])
    expect([shown(face.mtu), shown(face.saveConfig)]).toEqual([
      [1420, 8, 7],
      [true, 10, 14],
    ])
    expect(face.table?.value).toEqual({ kind: 'off' })
    expect(face.postUp.map(item => [item.value, item.comment])).toEqual([
      ['iptables -A FORWARD -i %i -j ACCEPT', 'allow'],
      ['second = two', undefined],
    ])
    expect([face.preUp, face.preDown, face.postDown].map(hooks => hooks.map(hook => hook.value))).toEqual([
      ['echo 1; echo 2'],
      ['echo 3'],
      ['echo 4'],
    ])
    const [road] = conf.peers
    expect([road?.comments, road?.publicKey.comments, road?.publicKey.value]).toEqual([
      ['the road'],
      ['his key'],
      { kind: 'literal', key: OTHER },
    ])
    expect(
      road?.allowedIps.map(({ value, line, column, comment }) => [
        formatPrefix(value),
        value.change,
        line,
        column,
        comment,
      ]),
    ).toEqual([
      ['10.0.0.2/32', undefined, 22, 14, 'himself'],
      ['fd00::2/128', undefined, 22, 27, undefined],
      ['192.168.0.0/16', 'add', 23, 14, undefined],
      ['172.16.0.0/12', 'remove', 23, 30, undefined],
    ])
    expect(road?.endpoint?.value).toEqual({
      host: { kind: 'address', address: parseAddress('fe80::1'), zone: 'eth0' },
      port: 51820,
    })
    expect(road?.persistentKeepalive_s?.value).toBe(25)
    expect(conf.trailing).toEqual(['the end'])
  })

  it('is written in one way', () => {
    expect(formatConf(read(text).conf)).toBe(`# office
[Interface] # mine
PrivateKey = ${KEY}
ListenPort = 51820
FwMark = 0xca6c
Address = 10.0.0.1/24, fd00::1/64, 10.1.0.1/32
DNS = 10.0.0.53, fd00::53, corp.example
MTU = 1420
Table = off
SaveConfig = true
PreUp = echo 1; echo 2
PostUp = iptables -A FORWARD -i %i -j ACCEPT # allow
PostUp = second = two
PreDown = echo 3
PostDown = echo 4

# the road
[Peer]
# his key
PublicKey = ${OTHER}
PresharedKey = ${KEY}
AllowedIPs = 10.0.0.2/32, fd00::2/128, +192.168.0.0/16, -172.16.0.0/12 # himself
Endpoint = [fe80::1%eth0]:51820
PersistentKeepalive = 25
# the end
`)
  })

  it('keeps the comments of a list apart', () => {
    const text = `[Peer]\nPublicKey = ${OTHER}\nAllowedIPs = 10.0.0.1/32 # one\n# two follows\nAllowedIPs = 10.0.0.2/32\n#\n[Peer] #\nPublicKey = ${KEY}\n`
    const formatted = formatConf(read(text, 'wg').conf)
    expect(formatted).toBe(text.replace('#\n[Peer] #', '\n#\n[Peer] #'))
  })

  it('shows no secret key anywhere', () => {
    const { conf } = read(text)
    for (const shown of [
      inspect(conf, { depth: 9 }),
      JSON.stringify(conf),
      String(conf.interface?.privateKey?.value),
    ]) {
      expect(shown).not.toContain(KEY)
    }
  })
})

describe('keys by name', () => {
  it('are read where they are allowed', () => {
    const text = '[Interface]\nPrivateKey = < alice >\n[Peer]\nPublicKey = <bob.pub>\nPresharedKey=<alice-bob.psk>\n'
    const { conf, problems } = read(text, 'wg-quick', true)
    expect(problems).toEqual([])
    expect(conf.interface?.privateKey?.value).toEqual({ kind: 'named', name: 'alice' })
    expect(conf.peers[0]?.publicKey.value).toEqual({ kind: 'named', name: 'bob.pub' })
    expect(conf.peers[0]?.presharedKey?.value).toEqual({ kind: 'named', name: 'alice-bob.psk' })
    expect(formatConf(conf)).toContain('PrivateKey = <alice>\n')
  })

  it.each([
    ['PrivateKey = <alice.pub>', 'PrivateKey does not name a private key', 'PrivateKey = <alice>'],
    ['PrivateKey = <>', 'PrivateKey does not name a private key', 'PrivateKey = <alice>'],
    ['PrivateKey = <alice', 'PrivateKey does not name a private key', 'PrivateKey = <alice>'],
  ])('%s', (line, what, instead) => {
    expect(said(`[Interface]\n${line}\n`, 'wg', true)).toEqual([`wg0.conf:2:14: error: ${what}\n  instead: ${instead}`])
  })

  it('two peers of one name are one peer', () => {
    expect(said('[Peer]\nPublicKey=<bob.pub>\n[Peer]\nPublicKey=<bob.pub>\n', 'wg', true)).toEqual([
      'wg0.conf:4:11: error: the peer <bob.pub> stands twice; the first PublicKey is in line 2\n  instead: one [Peer] with all its AllowedIPs',
    ])
  })

  it('are refused elsewhere', () => {
    expect(said('[Interface]\nPrivateKey = <alice>\n[Peer]\nPublicKey = <bob>\n', 'wg')).toEqual([
      'wg0.conf:2:14: error: PrivateKey names a key in angle brackets, which only scenarios may\n  instead: PrivateKey = (the 44 characters of the key)',
      'wg0.conf:4:13: error: PublicKey names a key in angle brackets, which only scenarios may\n  instead: PublicKey = (the 44 characters of the key)',
    ])
    expect(said('[Peer]\nPublicKey = <bob>\n', 'wg', true)[0]).toContain(
      'PublicKey does not name a public key\n  instead: PublicKey = <alice.pub>',
    )
  })
})

describe('what is wrong, where, and what to write', () => {
  it.each<[string, string, string]>([
    [
      face('ListenPort = 65536'),
      '3:14: error: ListenPort is "65536", not a number from 0 to 65535',
      'ListenPort = 51820',
    ],
    [
      face('FwMark = 0x1FFFFFFFF'),
      '3:10: error: FwMark is "0x1FFFFFFFF", not off and not a number of 32 bits',
      'FwMark = off, FwMark = 51820 or FwMark = 0xca6c',
    ],
    [
      face('FwMark = on'),
      '3:10: error: FwMark is "on", not off and not a number of 32 bits',
      'FwMark = off, FwMark = 51820 or FwMark = 0xca6c',
    ],
    [
      face('MTU = 67'),
      '3:7: error: MTU is 67: IPv4 needs at least 68 bytes, IPv6 at least 1280',
      'MTU = 1420, or MTU = 1280 where paths are narrow',
    ],
    [face('MTU = big'), '3:7: error: MTU is "big", not a number of bytes', 'MTU = 1420'],
    [
      face('Address = fd00::1/64\nMTU = 1279'),
      '4:7: error: MTU is 1279 and line 3 has an IPv6 address: IPv6 needs at least 1280',
      'MTU = 1280, or no IPv6 address',
    ],
    [
      face('Table = Off'),
      '3:9: error: Table is "Off", not off, auto or a number from 1 to 4294967295',
      'Table = off (in small letters)',
    ],
    [
      face('Table = 0'),
      '3:9: error: Table is "0", not off, auto or a number from 1 to 4294967295',
      'Table = off, Table = auto or the number of a routing table',
    ],
    [
      face('SaveConfig = yes'),
      '3:14: error: SaveConfig is "yes", neither true nor false',
      'SaveConfig = true or SaveConfig = false',
    ],
    [face('M T U = 1420'), '3:1: error: wg-quick does not know MTU with white space in it', 'MTU = 1420'],
    [
      face('DNS = 10.0.0.256'),
      '3:7: error: DNS server "10.0.0.256" is no IP address',
      'DNS = 192.0.2.53, or a search domain: DNS = corp.example',
    ],
    [
      face('DNS = corp.example, fd00:::1'),
      '3:21: error: DNS server "fd00:::1" is no IP address',
      'DNS = 192.0.2.53, or a search domain: DNS = corp.example',
    ],
    [face('DNS = -x-'), '3:7: error: DNS search domain "-x-" is no domain name', 'DNS = corp.example'],
    [
      face('Address = 10.0.0.1/24 fe80::1%eth0/64'),
      '3:23: error: Address has "fe80::1%eth0/64": a zone (%) has no place here',
      'Address = 10.0.0.1/24',
    ],
    [
      face('Address = example.org'),
      '3:11: error: Address has "example.org": "example.org" is no IP address',
      'Address = 10.0.0.1/24',
    ],
    [
      face('Address = 1::2::3'),
      '3:11: error: Address has "1::2::3": "1::2::3" is no IPv6 address',
      'Address = 10.0.0.1/24',
    ],
    [
      face('Address = 10.0.0.1/255.0.255.0'),
      '3:11: error: Address has 10.0.0.1/255.0.255.0: the length "255.0.255.0" is not a number from 0 to 32',
      'Address = 10.0.0.1/32',
    ],
    [face('Address ='), '3:10: warning: Address is empty, which does nothing', 'Address = 10.0.0.1/24'],
    [face('DNS ='), '3:6: warning: DNS is empty, which does nothing', 'DNS = 10.0.0.53'],
    [
      face('PostUp ='),
      '3:9: warning: PostUp is empty, which does nothing',
      'PostUp = iptables -A FORWARD -i %i -j ACCEPT',
    ],
    [face('ListenPort'), '3:1: error: no = after ListenPort', 'ListenPort = 51820'],
    [
      face(`PresharedKey ${KEY}`),
      '3:1: error: no = after PresharedKey',
      'PresharedKey = (44 characters, as `wg genpsk` prints them)',
    ],
    [
      face('some words that mean nothing'),
      '3:1: error: this line is neither a section nor "Key = value"',
      'Key = value, [Interface], [Peer], or # before a comment',
    ],
    [
      face('12'),
      '3:1: error: this line is neither a section nor "Key = value"',
      'Key = value, [Interface], [Peer], or # before a comment',
    ],
    [face('Peer'), '3:1: error: "Peer" is no section', '[Peer]'],
    [
      face('a "quoted" key = 1'),
      '3:1: error: unknown key',
      'one of PrivateKey, ListenPort, FwMark, Address, DNS, MTU, Table, SaveConfig, PreUp, PostUp, PreDown, PostDown',
    ],
    [
      face('PersistentKeepaliv = 25'),
      '3:1: error: unknown key "PersistentKeepaliv"; did you mean PersistentKeepalive (in [Peer])?',
      'PersistentKeepalive = 25',
    ],
    [
      face(`PresharedKey = ${OTHER}`),
      '3:1: error: PresharedKey belongs in [Peer], not in [Interface]',
      '[Peer]\n  PresharedKey = (44 characters, as `wg genpsk` prints them)',
    ],
    [
      face('AllowedIPs ='),
      '3:1: error: AllowedIPs belongs in [Peer], not in [Interface]',
      '[Peer]\n  AllowedIPs = 10.0.0.2/32',
    ],
    [`${face('')}[Server]\nfoo = bar\n`, '4:1: error: "[Server]" is no section', '[Interface] or [Peer]'],
    [`${face('')}[Something]\n`, '4:1: error: "[Something]" is no section', '[Interface] or [Peer]'],
    [
      `${face('ListenPort = 1')}[Interface]\nFwMark = 3`,
      '4:1: warning: a second [Interface]; the first is in line 1',
      'one [Interface] with all its keys',
    ],
    [
      `[ Interface ]\nPrivateKey = ${KEY}\n`,
      '1:1: error: wg-quick does not know [Interface] with white space in it',
      '[Interface]',
    ],
    [
      peer(''),
      '1:1: error: no [Interface], which wg-quick needs',
      '[Interface]\n  PrivateKey = (44 characters)\n  Address = 10.0.0.1/24',
    ],
    [
      `\uFEFF[Interface]\nPrivateKey = ${KEY}`,
      '1:1: error: invisible character U+FEFF',
      'plain text without it; retype the line',
    ],
    [
      face(peer('AllowedIPs = 10.0.0.1/32,,')),
      '5:26: error: AllowedIPs has an empty entry',
      'AllowedIPs = 10.0.0.2/32, fd00::2/128',
    ],
    [
      face(peer('AllowedIPs =')),
      '5:13: warning: AllowedIPs is empty, which some versions of wg refuse',
      'no AllowedIPs line at all',
    ],
    [
      face(peer('AllowedIPs = 10.1.2.3/8')),
      '5:14: warning: AllowedIPs entry 10.1.2.3/8 has bits set after its first 8; they are ignored',
      '10.0.0.0/8',
    ],
    [
      face(peer('Endpoint =')),
      '5:11: error: Endpoint is empty',
      'Endpoint = 192.0.2.1:51820, Endpoint = [2001:db8::1]:51820 or Endpoint = vpn.example.com:51820; leave the line out when the peer is to speak first',
    ],
    [
      face(peer('Endpoint = 192.0.2.1:')),
      '5:12: error: Endpoint "192.0.2.1:" has no port',
      'Endpoint = 192.0.2.1:51820',
    ],
    [
      face(peer('Endpoint = 1:2:3:4:5:6:7:8')),
      '5:12: error: Endpoint "1:2:3:4:5:6:7:8" has no port',
      'Endpoint = [1:2:3:4:5:6:7:8]:51820',
    ],
    [face(peer('Endpoint = [::1')), '5:12: error: Endpoint has "[" and no "]"', 'Endpoint = [2001:db8::1]:51820'],
    [
      face(peer('Endpoint = 192.0.2.1:https')),
      '5:22: error: Endpoint has port "https", not a number from 1 to 65535',
      'Endpoint = 192.0.2.1:51820',
    ],
    [
      face(peer('Endpoint = 192.0.2:7')),
      '5:12: error: Endpoint host "192.0.2" is no IPv4 address: that is four numbers from 0 to 255 without leading zeros',
      'Endpoint = 192.0.2.1:7',
    ],
    [
      face(peer('Endpoint = [1::2::3]:7')),
      '5:12: error: Endpoint host "1::2::3" is no IPv6 address',
      'Endpoint = [2001:db8::1]:51820',
    ],
    [
      face(peer('Endpoint = a_b..c:7')),
      '5:12: error: Endpoint host "a_b..c" is no host name',
      'Endpoint = vpn.example.com:7',
    ],
    [
      face(peer('Endpoint = 192.0.2.1%eth0:7')),
      '5:12: error: Endpoint host "192.0.2.1%eth0": a zone (%) is the name or number of an interface, and for IPv6 alone',
      'Endpoint = [fe80::1%eth0]:7',
    ],
    [
      face(peer('Endpoint = [192.0.2.1]:7')),
      '5:12: warning: Endpoint has an IPv4 address in brackets, which are for IPv6',
      'Endpoint = 192.0.2.1:7',
    ],
    [
      face(peer('Endpoint = 2001:db8::1:7')),
      '5:12: warning: Endpoint has an IPv6 address without brackets; it is read as address 2001:db8::1, port 7',
      'Endpoint = [2001:db8::1]:7',
    ],
    [
      face(peer('PersistentKeepalive = 25s')),
      '5:23: error: PersistentKeepalive is "25s", not off and not a number of seconds from 0 to 65535',
      'PersistentKeepalive = 25',
    ],
    [
      face(peer(`PresharedKey = ${KEY.slice(0, 20)}?${KEY.slice(21)}`)),
      '5:16: error: PresharedKey has a character that is not base64 at position 21 of 44',
      'the 44 base64 characters that `wg genpsk` prints, with = at the end',
    ],
    [
      face(peer('PresharedKey =')),
      '5:15: error: PresharedKey is empty',
      'the 44 base64 characters that `wg genpsk` prints, with = at the end',
    ],
    [
      face(peer(`PresharedKey = ${KEY.slice(0, 42)}x=`)),
      '5:16: error: PresharedKey has 44 characters, but no 32 bytes end in its last ones: it is mistyped',
      'the 44 base64 characters that `wg genpsk` prints, with = at the end',
    ],
  ])('%j', (text, what, instead) => {
    expect(said(text)).toEqual([`wg0.conf:${what}\n  instead: ${instead}`])
  })

  it('all problems come at once, in the order of the file', () => {
    expect(
      said('ListenPort = 1\n[Interface]\nPrivateKey = x\nMTU = 1\n[Peer]\nEndpoint = x\n[Peer]\nPublicKey = y\n'),
    ).toEqual([
      'wg0.conf:1:1: error: ListenPort stands before any section\n  instead: [Interface] on a line of its own before it',
      'wg0.conf:3:14: error: PrivateKey has 1 characters, 0 bytes; a key has 44 characters, 32 bytes\n  instead: the 44 base64 characters that `wg genkey` prints, with = at the end',
      'wg0.conf:4:7: error: MTU is 1: IPv4 needs at least 68 bytes, IPv6 at least 1280\n  instead: MTU = 1420, or MTU = 1280 where paths are narrow',
      "wg0.conf:5:1: error: [Peer] has no PublicKey\n  instead: PublicKey = (the 44 characters of the peer's public key)",
      'wg0.conf:6:12: error: Endpoint "x" has no port\n  instead: Endpoint = x:51820',
      'wg0.conf:8:13: error: PublicKey has 1 characters, 0 bytes; a key has 44 characters, 32 bytes\n  instead: the 44 base64 characters that `wg pubkey` prints, with = at the end',
    ])
  })

  it('a second [Interface] does not allow a key a second time', () => {
    expect(said(`${face('')}[Interface]\nPrivateKey = ${KEY}\n`)[1]).toContain(
      '5:1: error: PrivateKey stands twice in this section; the first is in line 2',
    )
  })

  it('a private key set by a command is enough', () => {
    expect(said('[Interface]\nPostUp = wg set %i private-key /etc/wireguard/key\n')).toEqual([])
  })

  it('a # between quotes cuts the command, and is told', () => {
    expect(said(face("PostUp = echo '# 1'"))).toEqual([
      'wg0.conf:3:16: warning: PostUp: the # starts a comment even between quotes; the command ends before it\n  instead: the command in a script of its own',
    ])
  })

  it('tables have names', () => {
    expect(read(face('Table = main')).conf.interface?.table?.value).toEqual({ kind: 'table', table: 254 })
    expect(read(face('Table = 100')).conf.interface?.table?.value).toEqual({ kind: 'table', table: 100 })
    expect(read(face('Table = auto')).conf.interface?.table?.value).toEqual({ kind: 'auto' })
  })

  it('no message repeats a secret, whatever is wrong with it', () => {
    const damaged = fc
      .tuple(fc.nat(43), fc.constantFrom('', '!', ' x', '=', 'AA', '<', '#'))
      .map(([place, put]) => KEY.slice(0, place) + put + KEY.slice(place + 1))
    const line = fc.constantFrom(
      'PrivateKey =',
      'PrivateKey',
      'PrivateKey:',
      'PrivatKey =',
      'PresharedKey =',
      'Preshared',
      '',
    )
    fc.assert(
      fc.property(line, damaged, fc.constantFrom<Dialect>('wg', 'wg-quick'), (key, value, dialect) => {
        const text = said(`[Interface]\n${key} ${value}\n`, dialect).join('\n')
        // Nine characters in a row are no accident.
        for (let i = 0; i + 9 <= KEY.length; i++) expect(text).not.toContain(KEY.slice(i, i + 9))
      }),
    )
  })

  it('any text at all gives problems with a place in it, and throws nothing', () => {
    const words = fc.constantFrom(
      '[Interface]',
      '[Peer]',
      '\n',
      '=',
      ' ',
      '#',
      ',',
      '/',
      ':',
      '[',
      ']',
      '%',
      '<',
      '>',
      '10.0.0.1',
      '::',
      '65536',
      KEY,
      ...KEYWORDS.map(keyword => keyword.name),
    )
    fc.assert(
      fc.property(
        fc.array(fc.oneof(words, fc.string({ maxLength: 3 })), { maxLength: 30 }),
        fc.constantFrom<Dialect>('wg', 'wg-quick'),
        fc.boolean(),
        (parts, dialect, named) => {
          const text = parts.join('')
          const lines = text.split('\n')
          const { conf, problems } = read(text, dialect, named)
          for (const problem of problems) {
            expect(problem.line).toBeGreaterThanOrEqual(1)
            expect(problem.line).toBeLessThanOrEqual(lines.length)
            expect(problem.column).toBeGreaterThanOrEqual(1)
            expect(problem.column).toBeLessThanOrEqual((lines[problem.line - 1] ?? '').length + 1)
          }
          if (!hasErrors(problems)) expect(bare(read(formatConf(conf), dialect, named).conf)).toEqual(bare(conf))
        },
      ),
      { numRuns: 1000 },
    )
  })
})

/** A configuration without places, and with its keys visible. */
function bare(conf: Conf): unknown {
  return JSON.parse(
    JSON.stringify(conf, (name, value: unknown) => {
      if (name === 'line' || name === 'column') return undefined
      return value instanceof Uint8Array ? Array.from(value) : value
    }),
    // JSON hides keys, so they are compared through the text below.
  )
}

describe('parse ∘ format is the identity', () => {
  const comment = fc.string({ maxLength: 12 }).map(text => text.replace(/[\n\0]/g, '').trim())
  const comments = fc.oneof(fc.constant([]), fc.array(comment, { maxLength: 2 }))
  const place = { line: 0, column: 0 }
  const item = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<Item<T>> =>
    fc
      .record({ value, comments, comment: fc.option(comment, { nil: undefined, freq: 3 }) })
      .map(({ value: v, comments: c, comment: end }) => ({
        value: v,
        comments: c,
        ...place,
        ...(end === undefined ? {} : { comment: end }),
      }))
  const maybe = <T>(name: string, value: fc.Arbitrary<T>) =>
    fc.option(item(value), { nil: undefined }).map(one => (one === undefined ? {} : { [name]: one }))
  const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 })
  const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,6}$/)
  const secret = (suffix: string) =>
    fc.oneof(
      bytes.map(given => ({ kind: 'literal' as const, key: new Key(given) })),
      name.map(given => ({ kind: 'named' as const, name: given + suffix })),
    )
  const publicKey = fc.oneof(
    bytes.map(given => ({ kind: 'literal' as const, key: keyToBase64(given) as PublicKey })),
    name.map(given => ({ kind: 'named' as const, name: `${given}.pub` })),
  )
  const address = fc.oneof(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
  )
  const prefix = address.chain(given => fc.record({ address: fc.constant(given), length: fc.nat(given.length * 8) }))
  const change = fc.constantFrom({}, {}, { change: 'add' as const }, { change: 'remove' as const })
  const domain = fc.stringMatching(/^[a-z][a-z0-9]{0,5}\.example$/)
  const host = fc.oneof(
    address.map(given => ({ kind: 'address' as const, address: given })),
    fc
      .uint8Array({ minLength: 16, maxLength: 16 })
      .map(given => ({ kind: 'address' as const, address: given, zone: 'eth0' })),
    domain.map(given => ({ kind: 'name' as const, name: given })),
  )
  const hook = fc
    .stringMatching(/^[a-z%"$|;=,. -]{1,20}$/)
    .map(text => text.trim())
    .filter(text => text !== '')
  const section = fc
    .record({ comments, comment: fc.option(comment, { nil: undefined }) })
    .map(({ comments: c, comment: end }) => ({ ...place, comments: c, ...(end === undefined ? {} : { comment: end }) }))
  const hooks = fc.array(item(hook), { maxLength: 3 })
  const face = fc
    .tuple(
      section,
      maybe('privateKey', secret('')),
      maybe('listenPort', fc.nat(65535)),
      maybe('fwmark', fc.nat(0xffffffff)),
      maybe('mtu', fc.integer({ min: 1280, max: 65535 })),
      maybe(
        'table',
        fc.oneof(
          fc.constantFrom({ kind: 'auto' as const }, { kind: 'off' as const }),
          fc.integer({ min: 1, max: 0xffffffff }).map(table => ({ kind: 'table' as const, table })),
        ),
      ),
      maybe('saveConfig', fc.boolean()),
      fc.record({
        addresses: fc.array(item(prefix), { maxLength: 3 }),
        dns: fc.array(
          item(
            fc.oneof(
              address.map(given => ({ kind: 'server' as const, address: given })),
              domain.map(given => ({ kind: 'search' as const, domain: given })),
            ),
          ),
          { maxLength: 3 },
        ),
        preUp: hooks,
        postUp: hooks,
        preDown: hooks,
        postDown: hooks,
      }),
    )
    .map(parts => Object.assign({}, ...parts) as NonNullable<Conf['interface']>)
  const peer = fc
    .tuple(
      section,
      item(publicKey).map(key => ({ publicKey: key })),
      maybe('presharedKey', secret('.psk')),
      fc
        .array(item(fc.tuple(prefix, change).map(([range, sign]) => ({ ...range, ...sign }))), { maxLength: 4 })
        .map(allowedIps => ({ allowedIps })),
      maybe('endpoint', fc.record({ host, port: fc.integer({ min: 1, max: 65535 }) })),
      maybe('persistentKeepalive_s', fc.nat(65535)),
    )
    .map(parts => Object.assign({}, ...parts) as Conf['peers'][number])
  const id = (one: Conf['peers'][number]) =>
    one.publicKey.value.kind === 'literal' ? one.publicKey.value.key : one.publicKey.value.name
  const conf: fc.Arbitrary<Conf> = fc.record({
    file: fc.constant('wg0.conf'),
    dialect: fc.constant<Dialect>('wg-quick'),
    interface: face,
    peers: fc.uniqueArray(peer, { maxLength: 4, selector: id }),
    trailing: comments,
  })

  it('over any configuration', () => {
    fc.assert(
      fc.property(conf, given => {
        const text = formatConf(given)
        const { conf: again, problems } = read(text, 'wg-quick', true)
        expect(
          problems.filter(problem => problem.severity === 'error' && !problem.what.includes('has no PrivateKey')),
        ).toEqual([])
        expect(bare(again)).toEqual(bare(given))
        expect(formatConf(again)).toBe(text)
      }),
      { numRuns: 500 },
    )
  })
})

describe('keys as text', () => {
  it('is what Node makes of it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), bytes => {
        const text = Buffer.from(bytes).toString('base64')
        expect(keyToBase64(bytes)).toBe(text)
        expect(keyFromBase64(text)).toEqual(bytes)
        expect(toHex(bytes)).toBe(Buffer.from(bytes).toString('hex'))
        expect(keyFromHex(toHex(bytes).toUpperCase())).toEqual(bytes)
      }),
    )
  })

  it.each([
    '',
    KEY.slice(1),
    `${KEY}=`,
    `${KEY.slice(0, 43)}A`,
    `${KEY.slice(0, 42)}==`,
    KEY.replace('9', '-'),
    `${KEY.slice(0, 42)}x=`,
  ])('refuses %j', text => {
    expect(keyFromBase64(text)).toBeUndefined()
    expect(keyFromHex(text)).toBeUndefined()
  })
})

describe('keywords', () => {
  it('every one is its own nearest, in any case', () => {
    for (const { name } of KEYWORDS) {
      expect(
        nearest(
          name.toUpperCase(),
          KEYWORDS.map(keyword => keyword.name),
        ),
      ).toBe(name)
      expect(keywordOf(name.toLowerCase())?.name).toBe(name)
    }
    expect(nearest('Colour', ['Table', 'Endpoint'])).toBeUndefined()
  })

  it('edit distance is a metric', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 6 })
    fc.assert(
      fc.property(word, word, word, (a, b, c) => {
        expect(editDistance(a, a)).toBe(0)
        expect(editDistance(a, b)).toBe(editDistance(b, a))
        expect(editDistance(a, c)).toBeLessThanOrEqual(editDistance(a, b) + editDistance(b, c))
        if (a !== b) expect(editDistance(a, b)).toBeGreaterThanOrEqual(Math.max(1, Math.abs(a.length - b.length)))
      }),
    )
  })
})
