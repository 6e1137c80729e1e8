/**
 * The firewall of a full tunnel: nobody outside reaches the tunnel's own addresses, and answers to the tunnel's UDP
 * packets carry its mark, so that the reverse path filter lets them in. Tables and comments are named as wg-quick names
 * them, so that either program takes away what the other has made.
 */
import type { Prefix } from '../../api.ts'
import { formatAddress } from '../../ip/address.ts'
import type { QuickStep } from './step.ts'

export type Firewall = 'nft' | 'iptables'

export interface GuardOptions {
  readonly iface: string
  readonly family: 4 | 6
  /** Of the interface; those of the other family are passed over. */
  readonly addresses: readonly Prefix[]
  readonly mark: number
}

export function addGuard(firewall: Firewall, options: GuardOptions): QuickStep {
  if (firewall === 'nft') return { kind: 'run', argv: ['nft', '-f', '-'], input: nftRules(options) }
  return {
    kind: 'run',
    argv: [options.family === 4 ? 'iptables-restore' : 'ip6tables-restore', '-n'],
    input: iptablesRules(options),
  }
}

/** `tables`: the lines of `nft list tables`. */
export function removeNftGuard(iface: string, tables: readonly string[]): QuickStep[] {
  const ours = tables.map(line => line.trim()).filter(line => line.endsWith(` ${tableName(iface)}`))
  if (ours.length === 0) return []
  return [{ kind: 'run', argv: ['nft', '-f', '-'], input: ours.map(table => `delete ${table}\n`).join('') }]
}

/** `saved`: what `iptables-save` or `ip6tables-save` prints. */
export function removeIptablesGuard(iface: string, family: 4 | 6, saved: string): QuickStep[] {
  const lines = saved.split('\n').filter(line => /^\*|^COMMIT$/.test(line) || isOurs(line, iface))
  if (!lines.some(line => line.startsWith('-A'))) return []
  const input = lines.map(line => `${line.replace(/^-A/, '-D')}\n`).join('')
  return [{ kind: 'run', argv: [family === 4 ? 'iptables-restore' : 'ip6tables-restore', '-n'], input }]
}

function nftRules({ iface, family, addresses, mark }: GuardOptions): string {
  const ip = family === 4 ? 'ip' : 'ip6'
  const drops = ofFamily(addresses, family).map(
    address => `    iifname != "${iface}" ${ip} daddr ${address} fib saddr type != local drop\n`,
  )
  return `table ${ip} ${tableName(iface)} {
  chain preraw {
    type filter hook prerouting priority -300;
${drops.join('')}  }
  chain premangle {
    type filter hook prerouting priority -150;
    meta l4proto udp meta mark set ct mark
  }
  chain postmangle {
    type filter hook postrouting priority -150;
    meta l4proto udp mark ${mark} ct mark set mark
  }
}
`
}

function iptablesRules({ iface, family, addresses, mark }: GuardOptions): string {
  const comment = `-m comment --comment "${commentText(iface)}"`
  return [
    '*raw',
    ...ofFamily(addresses, family).map(
      address => `-I PREROUTING ! -i ${iface} -d ${address} -m addrtype ! --src-type LOCAL -j DROP ${comment}`,
    ),
    'COMMIT',
    '*mangle',
    `-I POSTROUTING -m mark --mark ${mark} -p udp -j CONNMARK --save-mark ${comment}`,
    `-I PREROUTING -p udp -j CONNMARK --restore-mark ${comment}`,
    'COMMIT',
    '',
  ].join('\n')
}

function isOurs(line: string, iface: string): boolean {
  return line.startsWith('-A ') && line.includes(`-m comment --comment "${commentText(iface)}"`)
}

function commentText(iface: string): string {
  return `wg-quick(8) rule for ${iface}`
}

function tableName(iface: string): string {
  return `wg-quick-${iface}`
}

function ofFamily(addresses: readonly Prefix[], family: 4 | 6): string[] {
  const length = family === 4 ? 4 : 16
  return addresses.filter(prefix => prefix.address.length === length).map(prefix => formatAddress(prefix.address))
}
