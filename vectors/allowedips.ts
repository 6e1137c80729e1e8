/** allowedips.json: changes to the table of allowed IPs, and questions to it. */
import type { Prefix } from '../impl/api.ts'
import { formatPrefix, parseAddress, parsePrefix } from '../impl/ip/address.ts'
import type { VectorFile } from './file.ts'
import type { AllowedIpsOperation } from './vector.ts'

export function allowedIpsFile(): VectorFile {
  return {
    topic: 'allowedips',
    about:
      'Operations on one device, in order. insert: gives the prefix to the peer, and takes it from another. remove: the exact prefix of that peer, else nothing (`removed`). ' +
      'remove-peer: all of it. lookup: the peer of the longest prefix that holds the address, or null. list: what the peer has, in order, host bits zero.',
    source: 'paper §2; behaviour of the kernel: allowedips.c',
    confirmed_by: [
      {
        party: 'wireguard-go',
        what: 'every list after insert and remove-peer',
        test: 'vectors/wireguard-go.real.test.ts',
      },
    ],
    vectors: SCRIPTS.map(([id, lines]) => ({ kind: 'allowedips', id, operations: play(lines) })),
  }
}

/** Each line is one operation: `a + 10.0.0.0/8`, `a - 10.0.0.0/8`, `a gone`, `? 10.1.2.3`, `a ?`. */
const SCRIPTS: readonly [string, readonly string[]][] = [
  ['empty', ['? 10.0.0.1', '? ::1', 'a ?']],
  [
    'longest-prefix-wins',
    [
      'a + 0.0.0.0/0',
      'b + 10.0.0.0/8',
      'c + 10.1.0.0/16',
      'a + 10.1.2.0/24',
      'b + 10.1.2.3/32',
      '? 9.255.255.255',
    ].concat([
      '? 10.0.0.0',
      '? 10.1.255.255',
      '? 10.1.2.2',
      '? 10.1.2.3',
      '? 10.1.3.0',
      '? 255.255.255.255',
      '? 0.0.0.0',
    ]),
  ],
  [
    'added-in-the-other-order',
    [
      'b + 10.1.2.3/32',
      'a + 10.1.2.0/24',
      'c + 10.1.0.0/16',
      'b + 10.0.0.0/8',
      'a + 0.0.0.0/0',
      '? 9.255.255.255',
    ].concat(['? 10.0.0.0', '? 10.1.255.255', '? 10.1.2.2', '? 10.1.2.3', '? 10.1.3.0', 'a ?', 'b ?', 'c ?']),
  ],
  [
    'families-apart',
    [
      'a + 0.0.0.0/0',
      '? ::',
      '? 0.0.0.0',
      'b + ::/0',
      '? ::',
      '? 0.0.0.0',
      '? ::ffff:10.0.0.1',
      'a gone',
      '? 0.0.0.0',
      '? ::',
    ],
  ],
  ['moves-to-the-new-peer', ['a + 10.0.0.0/8', 'b + 10.0.0.0/8', '? 10.0.0.1', 'a ?', 'b ?', 'a gone', '? 10.0.0.1']],
  [
    'host-bits',
    [
      'a + 10.1.2.3/8',
      'a + 192.168.77.66/25',
      'a + 2001:db8:1:2::5/33',
      'a ?',
      '? 10.255.0.1',
      '? 192.168.77.127',
      '? 192.168.77.128',
      '? 2001:db8:7fff::',
      '? 2001:db8:8000::',
    ],
  ],
  [
    'order-of-a-list',
    ['a + 192.168.1.0/24', 'a + 10.0.0.0/8', 'a + ::/0', 'a + 172.16.0.0/12', 'a + 10.0.0.0/8', 'a ?'],
  ],
  [
    'back-again-goes-to-the-end',
    ['a + 10.0.0.0/8', 'a + 11.0.0.0/8', 'b + 10.0.0.0/8', 'a + 10.0.0.0/8', 'a ?', 'b ?'],
  ],
  [
    'removal-is-exact',
    [
      'a + 10.0.0.0/8',
      'b + 10.1.0.0/16',
      'a - 10.1.0.0/16',
      'a - 10.0.0.0/9',
      'a - 10.0.0.0/7',
      'b - 10.1.9.9/16',
      '? 10.1.0.1',
    ].concat(['a - 10.0.0.0/8', 'a - 10.0.0.0/8', '? 10.1.0.1', 'a ?', 'b ?']),
  ],
  [
    'a-branch-loses-one-side',
    [
      'a + 10.0.0.0/9',
      'b + 10.128.0.0/9',
      'a gone',
      '? 10.0.0.1',
      '? 10.128.0.1',
      'a + 10.64.0.0/10',
      '? 10.64.0.1',
      '? 10.0.0.1',
      'b gone',
      '? 10.64.0.1',
    ],
  ],
  [
    'a-prefix-between',
    [
      'a + 10.0.0.0/8',
      'b + 10.1.1.0/24',
      'c + 10.1.0.0/16',
      '? 10.1.1.1',
      '? 10.1.2.1',
      '? 10.2.0.1',
      'c gone',
      '? 10.1.2.1',
      '? 10.1.1.1',
      'a gone',
      '? 10.1.2.1',
      '? 10.1.1.1',
    ],
  ],
  [
    'ipv6-of-all-lengths',
    [
      'a + ::/0',
      'b + 2000::/3',
      'c + 2001:db8::/32',
      'a + 2001:db8:0:8000::/49',
      'b + 2001:db8:0:1::/64',
      'c + 2001:db8:0:1:8000::/65',
    ].concat(
      [
        'a + 2001:db8:0:1::1/127',
        'b + 2001:db8:0:1::1/128',
        '? ::1',
        '? 3fff::',
        '? 2001:db8::',
        '? 2001:db8:0:8000::',
        '? 2001:db8:0:1::9',
      ],
      ['? 2001:db8:0:1:ffff::', '? 2001:db8:0:1::', '? 2001:db8:0:1::1', '? 4000::', 'a ?', 'b ?', 'c ?'],
    ),
  ],
  [
    'first-and-last-bit',
    [
      'a + 0.0.0.0/1',
      'b + 128.0.0.0/1',
      'c + 255.255.255.255/32',
      '? 127.255.255.255',
      '? 128.0.0.0',
      '? 255.255.255.254',
      '? 255.255.255.255',
      'a gone',
      '? 127.0.0.1',
    ],
  ],
]

interface Row {
  readonly peer: string
  readonly prefix: Prefix
}

/** A list and a search from end to end: slow, and nothing to get wrong. */
function play(lines: readonly string[]): AllowedIpsOperation[] {
  let rows: Row[] = []
  return lines.map((line): AllowedIpsOperation => {
    const [peer = '', verb = '', text = ''] = line.startsWith('?') ? ['', ...line.split(' ')] : line.split(' ')
    if (verb === '?' && peer === '') return { op: 'lookup', address: text, peer: lookup(rows, text) }
    if (verb === '?') return { op: 'list', peer, prefixes: rows.filter(row => row.peer === peer).map(shown) }
    if (verb === 'gone') {
      rows = rows.filter(row => row.peer !== peer)
      return { op: 'remove-peer', peer }
    }
    const prefix = parsePrefix(text)
    if (prefix === undefined) throw new Error(`not a prefix: ${line}`)
    const others = rows.filter(row => keyOf(row.prefix) !== keyOf(prefix))
    if (verb === '+') {
      rows = [...others, { peer, prefix }]
      return { op: 'insert', prefix: text, peer }
    }
    const removed = rows.some(row => row.peer === peer && keyOf(row.prefix) === keyOf(prefix))
    if (removed) rows = others
    return { op: 'remove', prefix: text, peer, removed }
  })
}

function lookup(rows: readonly Row[], text: string): string | null {
  const address = parseAddress(text)
  if (address === undefined) throw new Error(`not an address: ${text}`)
  const holding = rows.filter(({ prefix }) => keyOf(prefix) === keyOf({ address, length: prefix.length }))
  const best = holding.reduce<Row | undefined>(
    (longest, row) => (longest === undefined || row.prefix.length > longest.prefix.length ? row : longest),
    undefined,
  )
  return best?.peer ?? null
}

/** The family and the bits that count, as text: equal for equal prefixes. */
function keyOf({ address, length }: Prefix): string {
  const bits = Array.from(address, byte => byte.toString(2).padStart(8, '0')).join('')
  return `${address.length} ${bits.slice(0, length)}`
}

function shown({ prefix }: Row): string {
  const bits = keyOf(prefix).split(' ')[1] ?? ''
  const whole = bits.padEnd(prefix.address.length * 8, '0')
  const address = prefix.address.map((_, i) => Number.parseInt(whole.slice(i * 8, i * 8 + 8), 2))
  return formatPrefix({ address, length: prefix.length })
}
