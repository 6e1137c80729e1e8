/** A NAT as Linux makes one: the commands that root would type for it. All of it is nftables and sysctl. */

export interface LinuxNat {
  /** Names of interfaces. */
  readonly inside: readonly string[]
  readonly outside: readonly string[]
  /** The IPv4 address that stands for all inside, where a rule has to name it. */
  readonly address: string
  /** Which outer port: the inner one where that is free, or any. */
  readonly ports: 'kept' | 'random' | 'fully-random'
  /** Outer ports; absent: as Linux has its classes. */
  readonly range?: readonly [number, number]
  /** One outer end for each inner end, open to everybody, also from inside: by rules, as netfilter has no such thing. */
  readonly fullCone: boolean
  /** What becomes of packets to the machine itself from outside; dropped, they leave no entry in conntrack. */
  readonly input: 'accept' | 'drop'
  readonly times_s: LinuxTimes
  /** TCP segments that are no SYN open a flow. */
  readonly loose: boolean
  /** Entries of conntrack. */
  readonly most: number
  readonly fragments: 'pass' | 'drop'
  /** ICMP errors come in. */
  readonly icmp: boolean
}

/** Seconds. */
export interface LinuxTimes {
  readonly udp: number
  readonly stream: number
  readonly icmp: number
  readonly syn: number
  readonly established: number
  readonly closing: number
  readonly reset: number
}

/** As the kernel comes up; TCP: nf_conntrack_proto_tcp.c. */
export const LINUX_TIMES: LinuxTimes = {
  udp: 30,
  stream: 120,
  icmp: 30,
  syn: 120,
  established: 432_000,
  closing: 120,
  reset: 10,
}

/** Few buckets make one long: looked through for each packet. */
const MOST_BUCKETS = 65_536

/** After its interfaces are up. */
export function natCommands(nat: LinuxNat): string[] {
  const { times_s: times } = nat
  const set = (key: string, value: number) => `net.netfilter.nf_conntrack_${key}=${value}`
  return [
    'sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1',
    // The table is there as soon as a rule asks for it.
    `nft -f - <<'END'\n${natRules(nat)}END`,
    `sysctl -qw ${[
      set('buckets', Math.min(nat.most, MOST_BUCKETS)),
      set('max', nat.most),
      set('udp_timeout', times.udp),
      set('udp_timeout_stream', times.stream),
      set('icmp_timeout', times.icmp),
      set('tcp_timeout_syn_sent', times.syn),
      set('tcp_timeout_syn_recv', times.syn),
      set('tcp_timeout_established', times.established),
      set('tcp_timeout_fin_wait', times.closing),
      set('tcp_timeout_close', times.reset),
      set('tcp_loose', nat.loose ? 1 : 0),
    ].join(' ')}`,
  ]
}

/** A file for nft. */
export function natRules(nat: LinuxNat): string {
  const { inside, outside, input, fragments, icmp } = nat
  const [ins, outs] = [names(inside), names(outside)]
  return `table ip wglab-nat {
${nat.fullCone ? coneRules(nat) : masqueradeRules(nat)}}
table inet wglab-filter {
${fragments === 'drop' ? fragmentRules(outs, ins) : ''}\
  chain forward {
    type filter hook forward priority filter; policy accept;
${icmp ? '' : `    iifname ${outs} ct state related meta l4proto icmp drop\n`}\
    iifname ${outs} oifname ${ins} ct state established,related accept
    iifname ${outs} oifname ${ins} ct status dnat accept
    iifname ${outs} oifname ${ins} drop
  }
  chain input {
    type filter hook input priority filter; policy accept;
${input === 'accept' ? '' : `    iifname ${outs} ct state new drop\n`}\
  }
}
`
}

function masqueradeRules({ outside, ports, range }: LinuxNat): string {
  const flags = ports === 'kept' ? '' : ports === 'random' ? ' random' : ' fully-random'
  const ranged =
    range === undefined
      ? ''
      : `    oifname ${names(outside)} meta l4proto { tcp, udp } masquerade to :${range[0]}-${range[1]}${flags}\n`
  return `  chain outwards {
    type nat hook postrouting priority srcnat; policy accept;
${ranged}\
    oifname ${names(outside)} masquerade${flags}
  }
`
}

/**
 * Two maps remember which outer port an inner end has, for as long as conntrack remembers its flows. An inner end that is
 * known gets its port again, towards whomever; what comes to the port goes to the inner end, from whomever.
 */
function coneRules({ inside, outside, address, times_s: { udp, stream } }: LinuxNat): string {
  const [ins, outs] = [names(inside), names(outside)]
  const ours = 'ct reply proto-dst'
  const inner = 'ct original ip saddr . ct original proto-src'
  const asked = 'ct original proto-dst'
  const host = 'ct reply ip saddr . ct reply proto-src'
  const keep = (status: string, seconds: number, port: string, end: string) =>
    `    meta l4proto udp ${status} update @cone { ${port} timeout ${seconds}s : ${end} } update @kept { ${end} timeout ${seconds}s : ${port} } update @taken { ${port} timeout ${seconds}s }\n`
  const young = 'ct status & assured == 0'
  const old = 'ct status & assured == assured'
  const ownFlow = 'ct status & snat == snat'
  const asksFor = 'ct status & (snat | dnat) == dnat'
  return `  map cone { type inet_service : ipv4_addr . inet_service; size 65535; flags dynamic,timeout; }
  map kept { type ipv4_addr . inet_service : inet_service; size 65535; flags dynamic,timeout; }
  set taken { type inet_service; size 65535; flags dynamic,timeout; }
  chain inwards {
    type nat hook prerouting priority dstnat; policy accept;
    ip daddr ${address} meta l4proto udp dnat ip to udp dport map @cone
  }
  chain outwards {
    type nat hook postrouting priority srcnat; policy accept;
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
    type filter hook postrouting priority 150; policy accept;
${keep(`${ownFlow} ${young}`, udp, ours, inner)}\
${keep(`${ownFlow} ${old}`, stream, ours, inner)}\
${keep(`${asksFor} ${young}`, udp, asked, host)}\
${keep(`${asksFor} ${old}`, stream, asked, host)}\
  }
`
}

/** Before conntrack puts them together (priority -400). */
function fragmentRules(...sides: readonly string[]): string {
  const rules = sides.map(side => `    iifname ${side} ip frag-off & 0x3fff != 0 drop\n`).join('')
  return `  chain pieces {
    type filter hook prerouting priority -450; policy accept;
${rules}\
  }
`
}

function names(interfaces: readonly string[]): string {
  return `{ ${interfaces.map(name => `"${name}"`).join(', ')} }`
}
