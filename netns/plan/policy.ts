/** What a box on the way refuses, holds down, marks and says, as rules of nftables: networks, routers, and NATs beside their own. */
import type { GateSpec } from '../../scenarios/language/gate.ts'
import type { PathPolicy } from '../../scenarios/language/path-policy.ts'
import { rateBits } from '../../scenarios/language/quantity.ts'
import type { Network, Router } from '../../scenarios/language/topology.ts'
import { isV6 } from './layout.ts'

/** The keys of any of them. */
export type Policy = Partial<Pick<Network, 'icmp' | 'icmp_pass' | 'fragments' | 'ecn' | 'dscp'>> &
  PathPolicy &
  GateSpec &
  Pick<Router, 'spread' | 'balance'>

/** A way out of it, for what is cut on the way. */
export interface Way {
  readonly device: string
  readonly mtu: number
}

/** Why nftables can not do it, as the end of a sentence that begins with its name. */
export function policyRefusal(policy: Omit<Policy, 'icmp' | 'icmp_pass' | 'fragments'>): string | undefined {
  const { too_big, claims_mtu, ttl, errors_per_s, spread, balance } = policy
  if (too_big === 'clear-df' || too_big === 'tell-outside')
    return `does "${too_big}" with what is too big, and Linux decides by DF before a rule can change it`
  if (claims_mtu !== undefined) return 'names a false MTU in its errors, and Linux names the true one'
  if (ttl === 'keep') return 'keeps the TTL, and Linux takes one off'
  if (errors_per_s !== undefined && errors_per_s > 100_000) return `sends ${errors_per_s} errors a second`
  if (spread === 'packet') return 'spreads packets in turn, and Linux spreads flows'
  if (balance !== undefined) return 'balances without tracking connections, and Linux tracks them'
  return undefined
}

/** The chains of `table inet wglab`, or '' where nothing is asked for. `fate`: rules of cables, asked first. */
export function policyRules(policy: Policy, ways: readonly Way[], fate: readonly string[] = []): string {
  const pieces = policy.fragments === 'drop' ? ['ip frag-off & 0x3fff != 0 drop', 'exthdr frag exists drop'] : []
  const forward = [
    ...fate,
    ...pieceLines(policy, ways),
    ...gateLines(policy),
    ...passLines(policy),
    ...markLines(policy),
  ]
  const said = saidLines(policy)
  return [
    ...(policy.police ?? []).map(limitLine),
    chain('pieces', 'prerouting priority -450', pieces),
    chain('path', 'forward priority filter', forward),
    chain('said', 'output priority filter', said),
  ].join('')
}

function chain(name: string, hook: string, lines: readonly string[]): string {
  if (lines.length === 0) return ''
  return `  chain ${name} {\n    type filter hook ${hook};\n${lines.map(line => `    ${line}\n`).join('')}  }\n`
}

/** What would be cut here: pieces that may not pass. */
function pieceLines({ fragments }: Policy, ways: readonly Way[]): string[] {
  if (fragments !== 'drop' || new Set(ways.map(({ mtu }) => mtu)).size < 2) return []
  return ways.map(
    ({ device, mtu }) => `oifname "${device}" meta nfproto ipv4 meta length > ${mtu} ip frag-off & 0x4000 == 0 drop`,
  )
}

type Rule = NonNullable<GateSpec['block']>[number] | NonNullable<GateSpec['police']>[number]

function gateLines({ block = [], police = [] }: Policy): string[] {
  return [
    ...block.flatMap(rule =>
      matches(rule).map(match => `${match}${rule.how === 'reject' ? 'reject with icmpx admin-prohibited' : 'drop'}`),
    ),
    // A rule for each end, and one bucket for both.
    ...police.flatMap((rule, i) => matches(rule).map(match => `${match}limit name "police${i}" drop`)),
  ]
}

function limitLine(rule: NonNullable<GateSpec['police']>[number], index: number): string {
  const bytes = Math.max(1, Math.floor(rateBits(rule.rate) / 8))
  return `  limit police${index} {\n    rate over ${bytes} bytes/second burst ${rule.burst ?? 15_000} bytes\n  }\n`
}

/** The port, and the address, may be at either end. */
function matches({ protocol, port, with: prefix }: Rule): string[] {
  const kinds =
    protocol === undefined
      ? port === undefined
        ? ''
        : '{ tcp, udp }'
      : protocol === 'icmp'
        ? '{ icmp, ipv6-icmp }'
        : protocol
  const head = kinds === '' ? '' : `meta l4proto ${kinds} `
  const ports = port === undefined ? [''] : [`th sport ${port} `, `th dport ${port} `]
  const family = prefix !== undefined && isV6(prefix) ? 'ip6' : 'ip'
  const ends = prefix === undefined ? [''] : [`${family} saddr ${prefix} `, `${family} daddr ${prefix} `]
  return ports.flatMap(at => ends.map(end => `${head}${at}${end}`))
}

const UNREACHABLE = ['icmp type destination-unreachable icmp code != 4', 'icmpv6 type destination-unreachable']
const TOO_BIG = ['icmp type destination-unreachable icmp code 4', 'icmpv6 type packet-too-big']
const EXCEEDED = ['icmp type time-exceeded', 'icmpv6 type time-exceeded']

/** Other people's ICMP. */
function passLines({ icmp_pass = true }: Policy): string[] {
  if (icmp_pass === true) return []
  const kinds = {
    echo: ['icmp type { echo-request, echo-reply }', 'icmpv6 type { echo-request, echo-reply }'],
    'too-big': TOO_BIG,
    unreachable: UNREACHABLE,
    'time-exceeded': EXCEEDED,
  }
  const allowed: readonly string[] = icmp_pass === false ? [] : icmp_pass
  return Object.entries(kinds).flatMap(([kind, lines]) =>
    allowed.includes(kind) ? [] : lines.map(line => `${line} drop`),
  )
}

function markLines({ ecn = 'pass', dscp = 'pass' }: Policy): string[] {
  return ['ip', 'ip6'].flatMap(family => [
    ...ecnWords(family, ecn),
    ...(dscp === 'pass' ? [] : [`${family} dscp set ${dscp === 'bleach' ? 0 : dscp}`]),
  ])
}

/** What becomes of the ECN bits of one family. */
export function ecnWords(family: string, ecn: 'pass' | 'bleach' | 'mark'): string[] {
  if (ecn === 'pass') return []
  return [ecn === 'bleach' ? `${family} ecn set not-ect` : `${family} ecn != not-ect ${family} ecn set ce`]
}

/** The ICMP errors of its own. */
function saidLines({ icmp = true, too_big, errors_per_s }: Policy): string[] {
  const kinds = {
    'too-big': TOO_BIG,
    'no-route': [
      'icmp type destination-unreachable icmp code { 0, 1 }',
      'icmpv6 type destination-unreachable icmpv6 code { 0, 3 }',
    ],
    'port-unreachable': [
      'icmp type destination-unreachable icmp code 3',
      'icmpv6 type destination-unreachable icmpv6 code 4',
    ],
    'time-exceeded': EXCEEDED,
  }
  const allowed: readonly string[] = icmp === true ? Object.keys(kinds) : icmp === false ? [] : icmp
  const silent = Object.entries(kinds).filter(
    ([kind]) => !allowed.includes(kind) || (kind === 'too-big' && too_big === 'silent'),
  )
  const errors = [
    'icmp type { destination-unreachable, time-exceeded }',
    'icmpv6 type { destination-unreachable, packet-too-big, time-exceeded }',
  ]
  // One bucket for each family.
  const few =
    errors_per_s === 0 ? ' drop' : ` limit rate over ${errors_per_s}/second burst ${errors_per_s} packets drop`
  return [
    ...silent.flatMap(([, lines]) => lines.map(line => `${line} drop`)),
    ...(errors_per_s === undefined ? [] : errors.map(error => `${error}${few}`)),
  ]
}
