/** The keys of both dialects, and the nearest one to a typo. */

export interface Keyword {
  readonly name: KeywordName
  readonly section: 'Interface' | 'Peer'
  readonly tool: 'wg' | 'wg-quick'
  /** May stand more than once in its section. */
  readonly repeats: boolean
  /** What a right line looks like. */
  readonly example: string
  readonly secret?: boolean
}

const TABLE = [
  {
    name: 'PrivateKey',
    section: 'Interface',
    tool: 'wg',
    repeats: false,
    secret: true,
    example: 'PrivateKey = (44 characters, as `wg genkey` prints them)',
  },
  { name: 'ListenPort', section: 'Interface', tool: 'wg', repeats: false, example: 'ListenPort = 51820' },
  { name: 'FwMark', section: 'Interface', tool: 'wg', repeats: false, example: 'FwMark = 0xca6c' },
  { name: 'Address', section: 'Interface', tool: 'wg-quick', repeats: true, example: 'Address = 10.0.0.1/24' },
  { name: 'DNS', section: 'Interface', tool: 'wg-quick', repeats: true, example: 'DNS = 10.0.0.53' },
  { name: 'MTU', section: 'Interface', tool: 'wg-quick', repeats: false, example: 'MTU = 1420' },
  { name: 'Table', section: 'Interface', tool: 'wg-quick', repeats: false, example: 'Table = off' },
  { name: 'SaveConfig', section: 'Interface', tool: 'wg-quick', repeats: false, example: 'SaveConfig = false' },
  { name: 'PreUp', section: 'Interface', tool: 'wg-quick', repeats: true, example: 'PreUp = ip rule add …' },
  {
    name: 'PostUp',
    section: 'Interface',
    tool: 'wg-quick',
    repeats: true,
    example: 'PostUp = iptables -A FORWARD -i %i -j ACCEPT',
  },
  {
    name: 'PreDown',
    section: 'Interface',
    tool: 'wg-quick',
    repeats: true,
    example: 'PreDown = iptables -D FORWARD -i %i -j ACCEPT',
  },
  {
    name: 'PostDown',
    section: 'Interface',
    tool: 'wg-quick',
    repeats: true,
    example: 'PostDown = iptables -D FORWARD -i %i -j ACCEPT',
  },
  {
    name: 'PublicKey',
    section: 'Peer',
    tool: 'wg',
    repeats: false,
    example: 'PublicKey = (44 characters, as `wg pubkey` prints them)',
  },
  {
    name: 'PresharedKey',
    section: 'Peer',
    tool: 'wg',
    repeats: false,
    secret: true,
    example: 'PresharedKey = (44 characters, as `wg genpsk` prints them)',
  },
  { name: 'AllowedIPs', section: 'Peer', tool: 'wg', repeats: true, example: 'AllowedIPs = 10.0.0.2/32' },
  { name: 'Endpoint', section: 'Peer', tool: 'wg', repeats: false, example: 'Endpoint = 192.0.2.1:51820' },
  { name: 'PersistentKeepalive', section: 'Peer', tool: 'wg', repeats: false, example: 'PersistentKeepalive = 25' },
] as const

export type KeywordName = (typeof TABLE)[number]['name']

export const KEYWORDS: readonly Keyword[] = TABLE

const BY_NAME: ReadonlyMap<string, Keyword> = new Map(KEYWORDS.map(keyword => [keyword.name.toLowerCase(), keyword]))

/** Case does not matter. */
export function keywordOf(text: string): Keyword | undefined {
  return BY_NAME.get(text.toLowerCase())
}

/** The nearest of some words, when it is near enough to be meant. Case does not matter. */
export function nearest(text: string, words: readonly string[]): string | undefined {
  let best: string | undefined
  let least = Math.floor(text.length / 3) + 1
  for (const word of words) {
    const distance = editDistance(text.toLowerCase(), word.toLowerCase())
    if (distance < least) {
      least = distance
      best = word
    }
  }
  return best
}

/** Insertions, deletions and replacements of one character (Levenshtein). */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[b.length]!
}
