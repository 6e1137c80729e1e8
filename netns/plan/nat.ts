/**
 * A NAT as nftables and conntrack make one. What the scenario says of it Linux has to do, else it is refused; what the
 * scenario leaves open Linux does in its own way, with the times that the scenario has by default.
 */
import type { Nat } from '../../scenarios/language/nat.ts'
import { type NatParameters, resolveNat } from '../../scenarios/language/nat-parameters.ts'
import { NAT_PRESETS } from '../../scenarios/language/nat-presets.ts'
import { durationNs } from '../../scenarios/language/quantity.ts'
import { unlimited } from './cloud.ts'
import { bare, isV6, type Seat } from './layout.ts'
import { type Policy, policyRefusal, policyRules } from './policy.ts'

type Given = Partial<Nat>

const APD = 'address-and-port-dependent'
const EI = 'endpoint-independent'
/** Fewer entries than that can be reached in a run, and the size of the table belongs to the whole machine. */
const MANY = 65_536

/** Why Linux makes no such NAT, as the end of a sentence that begins with its name; undefined: it does. */
export function natRefusal(spec: Nat, outside: readonly Seat[]): string | undefined {
  const given = givenOf(spec)
  const parameters = resolveNat(spec)
  const addresses = outside.flatMap(seat => seat.addresses).filter(address => !isV6(address))
  if (addresses.length > 1) return `has ${addresses.length} IPv4 addresses outside, and masquerade takes one`
  return (
    policyRefusal(spec) ?? mappingRefusal(given, parameters) ?? timeRefusal(given, parameters) ?? otherRefusal(given)
  )
}

/** Rules that make the machine a NAT, and how long they hold. Its interfaces are there already. */
export function natLines(spec: Nat, seats: readonly Seat[]): string[] {
  const parameters = resolveNat(spec)
  const [udp, stream] = [seconds(parameters.timeout_unreplied), seconds(parameters.timeout_stream)]
  const { query, tcp } = parameters
  const given = givenOf(spec).tcp ?? {}
  const set = (key: string, value: number) => `net.netfilter.nf_conntrack_${key}=${value}`
  const times = [
    set('udp_timeout', udp),
    set('udp_timeout_stream', stream),
    set('icmp_timeout', seconds(query.timeout)),
    ...(given.timeout_syn === undefined ? [] : [set('tcp_timeout_syn_sent', seconds(tcp.timeout_syn))]),
    ...(given.timeout === undefined ? [] : [set('tcp_timeout_established', seconds(tcp.timeout))]),
    ...(given.timeout_closing === undefined ? [] : [set('tcp_timeout_fin_wait', seconds(tcp.timeout_closing))]),
    ...(given.timeout_reset === undefined ? [] : [set('tcp_timeout_close', seconds(tcp.timeout_reset))]),
    set('tcp_loose', tcp.pick_up ? 1 : 0),
  ]
  // conntrack, and with it its settings, is there as soon as a rule asks for it.
  return [
    `sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 ${unlimited()}`,
    `nft -f - <<'END'\n${natRules(spec, seats)}END`,
    `sysctl -qw ${times.join(' ')}`,
  ]
}

/** Every flow is forgotten, or those of one inner host. */
export function flushLines(spec: Nat, inside: string | undefined): string[] {
  const cone = isCone(spec)
  if (inside !== undefined) return [`conntrack -D -s ${bare(inside)} >/dev/null 2>&1 || true`]
  const maps = ['map ip wglab-nat cone', 'map ip wglab-nat kept', 'set ip wglab-nat taken']
  return ['conntrack -F', ...(cone ? maps.map(each => `nft flush ${each}`) : [])]
}

export function isCone(spec: Nat): boolean {
  const { mapping, filtering } = givenOf(spec)
  return mapping === EI && filtering === EI
}

function givenOf(spec: Nat): Given {
  const preset: Given = spec.preset === undefined ? {} : NAT_PRESETS[spec.preset].parameters
  return { ...preset, ...Object.fromEntries(Object.entries(spec).filter(([, value]) => value !== undefined)) }
}

function mappingRefusal(given: Given, parameters: NatParameters): string | undefined {
  const cone = given.mapping === EI && given.filtering === EI
  const kept = parameters.ports === 'preserving'
  // What of a key Linux does; a key that is not here does not concern it, or has a rule of its own.
  const can: { readonly [K in keyof Nat]?: readonly unknown[] } = {
    mapping: [cone ? EI : APD],
    filtering: [cone ? EI : APD],
    filter_timeout: ['none'],
    filter_refresh: ['both'],
    ports: cone ? ['preserving'] : ['preserving', 'random'],
    ports_taken: ['linux'],
    ports_reuse: [kept],
    ports_step: [],
    port_class: ['linux', ...(given.port_range === undefined ? [] : ['none'])],
    port_parity: [false],
    sharing: [cone ? 'none' : 'by-remote'],
    on_conflict: ['other-port'],
    refresh: ['both'],
    refresh_scope: ['session'],
    lifetime: ['none'],
    lifetime_spread: ['0s'],
    max_per_host: ['none'],
    when_full: ['evict-unreplied'],
    refusal: ['silent'],
    hold_down: ['0s'],
    blocks: ['none'],
    hairpin: [cone ? 'external' : 'off'],
    ...(cone ? { port_range: [], unsolicited: ['ignored'] } : {}),
  }
  for (const key of Object.keys(can) as (keyof Nat)[]) {
    const value = given[key]
    if (value === undefined || can[key]?.includes(value)) continue
    return `has ${key} ${typeof value === 'string' ? value : JSON.stringify(value)}, and conntrack does not do that`
  }
  const [low, high] = given.port_range ?? [0, 0]
  if (low < high && kept && given.ports_taken === undefined)
    return `has port_range ${low}-${high} and gives the first free one of it, and Linux begins anywhere in it`
  for (const [key, { mapping, filtering }] of Object.entries({ tcp: parameters.tcp, query: parameters.query })) {
    if (
      (given.tcp ?? given.query) !== undefined &&
      key in given &&
      (mapping !== APD || filtering !== APD) &&
      !plain(given, key)
    )
      return `has another mapping for ${key}, and conntrack has one for all`
  }
  return undefined
}

/** Only times are written of it. */
function plain(given: Given, key: string): boolean {
  const part: Readonly<Record<string, unknown>> = (key === 'tcp' ? given.tcp : given.query) ?? {}
  return part['mapping'] === undefined && part['filtering'] === undefined
}

function timeRefusal(given: Given, parameters: NatParameters): string | undefined {
  const { timeout, timeout_unreplied, timeout_first, stream_after, max_mappings } = parameters
  if (given.timeout_first !== undefined && timeout_first !== timeout_unreplied)
    return 'has a timeout for the first packet, and conntrack has none'
  if (given.timeout !== undefined && timeout !== timeout_unreplied)
    return `has ${timeout} once answered and ${timeout_unreplied} before, and conntrack knows one of both`
  if (given.stream_after !== undefined && stream_after !== '2s')
    return `has streams after ${stream_after}, conntrack after 2s`
  if (given.timeout_ports !== undefined) return 'has timeouts by port, which nothing here sets'
  if (max_mappings !== 'none' && max_mappings < MANY)
    return `has room for ${max_mappings} mappings, and the size of the table belongs to the whole machine`
  const wanted = [timeout_unreplied, parameters.timeout_stream, parameters.query.timeout]
  const odd = wanted.find(text => durationNs(text) % 1e9 !== 0 || durationNs(text) < 1e9)
  return odd === undefined ? undefined : `has a timeout of ${odd}, and conntrack counts whole seconds`
}

function otherRefusal(given: Given): string | undefined {
  for (const key of ['nat64', 'clat', 'alg'] as const) {
    if (given[key] !== undefined) return `has "${key}", which Linux does not bring along`
  }
  const plainOnes = {
    fragment_order: 'joined',
    fragment_timeout: '30s',
    icmp_errors: 'translate',
    checksums: 'update',
    ip_id: 'keep',
  }
  for (const [key, usual] of Object.entries(plainOnes) as [keyof typeof plainOnes, string][]) {
    if (given[key] !== undefined && given[key] !== usual) return `has ${key} ${given[key]}, which netfilter does not do`
  }
  const ipv6 = given.ipv6 ?? {}
  if (ipv6.translate === 'prefix') return 'translates prefixes (NPTv6), for which nothing here is set up'
  for (const key of ['filtering', 'timeout', 'timeout_unreplied'] as const) {
    if (ipv6[key] !== undefined && ipv6[key] !== APD)
      return `has ipv6 ${key} ${ipv6[key]}, and conntrack has one for both families`
  }
  if (given.forward?.some(({ to }) => to.startsWith('['))) return 'forwards a port by IPv6'
  return undefined
}

function natRules(spec: Nat, seats: readonly Seat[]): string {
  const ins = names(seats.filter(({ side }) => side === 'inside'))
  const outs = names(seats.filter(({ side }) => side === 'outside'))
  const given = givenOf(spec)
  const { ports, port_range, unsolicited, fragments, icmp } = resolveNat(spec)
  const flags = ports === 'random' ? ' fully-random' : ''
  const range = `to :${port_range[0]}-${port_range[1]}`
  const ranged =
    given.port_range === undefined ? '' : `    oifname ${outs} meta l4proto { tcp, udp } masquerade ${range}${flags}\n`
  const masquerade = `${ranged}    oifname ${outs} masquerade${flags}\n`
  const ipv6 = given.ipv6 ?? {}
  return `table ip wglab-nat {
  map forwards { type inet_proto . inet_service : ipv4_addr . inet_service; flags timeout;${forwards(spec)} }
${isCone(spec) ? cone(spec, seats, ins, outs) : `  chain outwards {\n    type nat hook postrouting priority srcnat;\n${masquerade}  }\n`}\
  chain forwarded {
    type nat hook prerouting priority dstnat - 1;
    iifname ${outs} dnat ip to meta l4proto . th dport map @forwards
  }
}
${ipv6.translate === 'masquerade' ? `table ip6 wglab-nat {\n  chain outwards {\n    type nat hook postrouting priority srcnat;\n    oifname ${outs} masquerade${flags}\n  }\n}\n` : ''}\
table inet wglab {
${policyRules({ fragments, ...policyOf(spec) }, [])}\
  chain forward {
    type filter hook forward priority filter + 1;
${icmp ? '' : `    iifname ${outs} ct state related meta l4proto icmp drop\n`}\
    iifname ${outs} oifname ${ins} ct state established,related accept
    iifname ${outs} oifname ${ins} ct status dnat accept
${ipv6.filter === 'open' ? `    iifname ${outs} oifname ${ins} meta nfproto ipv6 accept\n` : ''}\
    iifname ${outs} oifname ${ins} drop
  }
${given.unsolicited !== undefined && unsolicited === 'ignored' ? `  chain input {\n    type filter hook input priority filter;\n    iifname ${outs} ct state new drop\n  }\n` : ''}\
}
`
}

/** What it shares with routers. Its `icmp` is another thing. */
function policyOf({ block, police, too_big, errors_per_s }: Nat): Policy {
  return {
    ...(block === undefined ? {} : { block }),
    ...(police === undefined ? {} : { police }),
    ...(too_big === undefined ? {} : { too_big }),
    ...(errors_per_s === undefined ? {} : { errors_per_s }),
  }
}

function forwards(spec: Nat): string {
  const elements = (spec.forward ?? []).map(
    ({ protocol = 'udp', port, to }) => `${protocol} . ${port} : ${endpointWords(to)}`,
  )
  return elements.length === 0 ? '' : ` elements = { ${elements.join(', ')} }`
}

/** `192.168.1.10:51820` as nft concatenates. */
export function endpointWords(to: string): string {
  return to.replace(/:(\d+)$/, ' . $1')
}

/**
 * netfilter has no full cone. Two maps remember which outer port an inner end has, for as long as conntrack remembers its
 * flows: an inner end that is known gets its port again, towards whomever, and what comes to the port goes to it.
 */
function cone(spec: Nat, seats: readonly Seat[], ins: string, outs: string): string {
  const own = seats.filter(({ side }) => side === 'outside').flatMap(seat => seat.addresses)
  const address = bare(own.find(text => !isV6(text)) ?? '0.0.0.0')
  const { timeout_unreplied, timeout_stream } = resolveNat(spec)
  const keep = (status: string, s: number, port: string, end: string) =>
    `    meta l4proto udp ${status} update @cone { ${port} timeout ${s}s : ${end} } update @kept { ${end} timeout ${s}s : ${port} } update @taken { ${port} timeout ${s}s }\n`
  const kinds = [
    ['ct status & snat == snat', 'ct reply proto-dst', 'ct original ip saddr . ct original proto-src'],
    ['ct status & (snat | dnat) == dnat', 'ct original proto-dst', 'ct reply ip saddr . ct reply proto-src'],
  ] as const
  const remember = kinds.map(
    ([status, port, end]) =>
      keep(`${status} ct status & assured == 0`, seconds(timeout_unreplied), port, end) +
      keep(`${status} ct status & assured == assured`, seconds(timeout_stream), port, end),
  )
  return `  map cone { type inet_service : ipv4_addr . inet_service; size 65535; flags dynamic,timeout; }
  map kept { type ipv4_addr . inet_service : inet_service; size 65535; flags dynamic,timeout; }
  set taken { type inet_service; size 65535; flags dynamic,timeout; }
  chain inwards {
    type nat hook prerouting priority dstnat;
    ip daddr ${address} meta l4proto udp dnat ip to udp dport map @cone
  }
  chain outwards {
    type nat hook postrouting priority srcnat;
    oifname ${outs} meta l4proto udp masquerade to :ip saddr . udp sport map @kept
    oifname ${outs} udp sport @taken masquerade random
    oifname ${outs} masquerade
    iifname != ${ins} accept
    ct status & dnat == 0 accept
    meta l4proto udp snat ip to ${address}:ip saddr . udp sport map @kept
    udp sport @taken snat ip to ${address} random
    snat ip to ${address}
  }
  chain remember {
    type filter hook postrouting priority 150;
${remember.join('')}\
  }
`
}

function names(seats: readonly Seat[]): string {
  return `{ ${seats.map(({ eth }) => `"${eth}"`).join(', ')} }`
}

function seconds(text: NatParameters['timeout']): number {
  return durationNs(text) / 1e9
}
