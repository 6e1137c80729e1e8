/**
 * Keys that stand written out in people's own files are replaced before anything is simulated: private keys by ones
 * derived from the seed, public keys by those that belong to them, preshared keys by others, equal ones by equal ones.
 * What comes out names keys (`<alice>`, `<alice.pub>`, `<shared-1.psk>`) and holds none.
 */
import { keyFromBase64, keyToBase64 } from '../impl/config/base64.ts'
import type { CryptoProvider } from '../impl/crypto/provider.ts'
import type { Scenario } from '../scenarios/language/scenario.ts'
import type { Step } from '../scenarios/language/step.ts'

interface Found {
  /** Literal private key to the name that takes its place. */
  readonly privates: Map<string, string>
  /** Literal public key of such a private key to the same name. */
  readonly publics: Map<string, string>
  readonly shared: Map<string, string>
  readonly strangers: Map<string, string>
  /** Names of keys that the texts use already. */
  readonly taken: Set<string>
  readonly warnings: Set<string>
}

/** 44 characters of base64 with one `=`, not part of a longer word. A key of 32 bytes, or one that was mistyped. */
const KEY = /(?<![A-Za-z0-9+/=])[A-Za-z0-9+/]{43}=(?![A-Za-z0-9+/=])/g
const ITEM = /^(PrivateKey|PublicKey|PresharedKey)=([A-Za-z0-9+/]{43}=)$/i
const NAMED = /<([A-Za-z0-9_-]+)(\.pub|\.psk)?>/g

/** The same scenario when no key stands written out in it. */
export function replaceLiteralKeys(
  scenario: Scenario,
  crypto: CryptoProvider,
): { readonly scenario: Scenario; readonly warnings: readonly string[] } {
  const texts = [
    ...Object.values(scenario.hosts).flatMap(host => Object.values(host.wg ?? {})),
    ...scenario.steps.flatMap(step => (step.do === 'run' ? [step.command] : [])),
  ]
  if (!texts.some(text => text.search(KEY) >= 0)) return { scenario, warnings: [] }
  const found: Found = {
    privates: new Map(),
    publics: new Map(),
    shared: new Map(),
    strangers: new Map(),
    taken: new Set(texts.flatMap(text => [...text.matchAll(NAMED)].map(match => match[1] ?? ''))),
    warnings: new Set(),
  }
  nameHostKeys(scenario, crypto, found)
  nameSharedKeys(texts, crypto, found)
  const hosts = Object.entries(scenario.hosts).map(([name, host]) => {
    if (host.wg === undefined) return [name, host] as const
    const wg = Object.entries(host.wg).map(([iface, text]) => [
      iface,
      replaceInConf(text, `${name}: ${iface}.conf`, crypto, found),
    ])
    return [name, { ...host, wg: Object.fromEntries(wg) }] as const
  })
  const steps = scenario.steps.map((step, index): Step => {
    if (step.do !== 'run') return step
    return { ...step, command: replaceAnywhere(step.command, `/steps/${index}/command`, crypto, found) }
  })
  return { scenario: { ...scenario, hosts: Object.fromEntries(hosts), steps }, warnings: [...found.warnings] }
}

/** A key is called after its host, and after host and interface where a host has several. */
function nameHostKeys(scenario: Scenario, crypto: CryptoProvider, found: Found): void {
  for (const [host, { wg = {} }] of Object.entries(scenario.hosts)) {
    const several = Object.keys(wg).length > 1
    for (const [iface, text] of Object.entries(wg)) {
      for (const { role, key } of keyLines(text)) {
        const bytes = role === 'privatekey' ? keyFromBase64(key) : undefined
        if (bytes === undefined) continue
        const before = found.privates.get(key)
        if (before !== undefined) {
          found.warnings.add(`${host}: ${iface}.conf has the same PrivateKey as ${before}: one key, two machines`)
          continue
        }
        const name = freeName(several ? `${host}-${iface.toLowerCase().replace(/[^a-z0-9]/g, '-')}` : host, found)
        found.privates.set(key, name)
        found.publics.set(keyToBase64(crypto.privateKey(bytes).publicKey), name)
      }
    }
  }
}

function nameSharedKeys(texts: readonly string[], crypto: CryptoProvider, found: Found): void {
  for (const text of texts) {
    for (const { role, key } of keyLines(text)) {
      if (role !== 'presharedkey' || found.shared.has(key) || isHarmless(key, crypto)) continue
      found.shared.set(key, freeName(`shared-${found.shared.size + 1}`, found))
    }
  }
}

interface KeyLine {
  readonly role: 'privatekey' | 'publickey' | 'presharedkey'
  readonly keyword: string
  readonly key: string
  /** With its #; empty when there is none. */
  readonly comment: string
}

/** As wg reads a line: white space within it means nothing, a comment begins anywhere. */
function keyLine(line: string): KeyLine | undefined {
  const hash = line.indexOf('#')
  const match = ITEM.exec((hash < 0 ? line : line.slice(0, hash)).replace(/\s/g, ''))
  if (match === null) return undefined
  const [, keyword = '', key = ''] = match
  const role = keyword.toLowerCase() as KeyLine['role']
  return { role, keyword, key, comment: hash < 0 ? '' : line.slice(hash) }
}

function keyLines(text: string): KeyLine[] {
  return text.split('\n').flatMap(line => keyLine(line) ?? [])
}

function freeName(wanted: string, found: Found): string {
  let name = wanted
  for (let n = 2; found.taken.has(name); n++) name = `${wanted}-${n}`
  found.taken.add(name)
  return name
}

/** Line by line: what a key is for decides what takes its place; in comments and commands it is what it is elsewhere. */
function replaceInConf(text: string, where: string, crypto: CryptoProvider, found: Found): string {
  return text
    .split('\n')
    .map((line, index) => {
      const place = `${where}:${index + 1}`
      const item = keyLine(line)
      if (item === undefined) return replaceAnywhere(line, place, crypto, found)
      const value = replacement(item.role, item.key, place, crypto, found)
      const comment = item.comment === '' ? '' : ` ${replaceAnywhere(item.comment, place, crypto, found)}`
      return `${item.keyword} = ${value}${comment}`
    })
    .join('\n')
}

function replacement(role: KeyLine['role'], key: string, where: string, crypto: CryptoProvider, found: Found): string {
  // A mistyped key is the parser's to refuse; its text goes no further than there.
  if (keyFromBase64(key) === undefined) return role === 'publickey' ? key : '(not a key)'
  if (role === 'privatekey') return `<${found.privates.get(key) ?? stranger(key, where, found)}>`
  if (role === 'presharedkey') {
    const name = found.shared.get(key)
    return name === undefined ? key : `<${name}.psk>`
  }
  return publicName(key, where, crypto, found)
}

function publicName(key: string, where: string, crypto: CryptoProvider, found: Found): string {
  const name = found.publics.get(key)
  if (name !== undefined) return `<${name}.pub>`
  if (found.privates.has(key)) {
    found.warnings.add(
      `${where}: this PublicKey is the private key of ${found.privates.get(key)} (write \`wg pubkey\` of it)`,
    )
  }
  return isHarmless(key, crypto) ? key : `<${stranger(key, where, found)}.pub>`
}

function replaceAnywhere(text: string, where: string, crypto: CryptoProvider, found: Found): string {
  return text.replace(KEY, key => {
    const secret = found.privates.get(key)
    if (secret !== undefined) return `<${secret}>`
    const shared = found.shared.get(key)
    return shared !== undefined ? `<${shared}.psk>` : publicName(key, where, crypto, found)
  })
}

function stranger(key: string, where: string, found: Found): string {
  let name = found.strangers.get(key)
  if (name === undefined) {
    name = freeName(`unknown-${found.strangers.size + 1}`, found)
    found.strangers.set(key, name)
    found.warnings.add(`${where}: no host of the scenario has this key; it goes by the name ${name}`)
  }
  return name
}

/** The all-zero key and the other points of low order: known to everybody, and of interest as they are (RFC 7748 §6.1). */
function isHarmless(key: string, crypto: CryptoProvider): boolean {
  const bytes = keyFromBase64(key)
  return bytes !== undefined && crypto.privateKey(new Uint8Array(32).fill(1)).dh(bytes) === undefined
}
