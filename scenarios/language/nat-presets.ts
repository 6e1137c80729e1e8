/**
 * NATs that people meet, each as plain parameters with where its numbers come from. What a source does not say is the
 * default of nat-parameters.ts. "Not re-checked" stands where a number is recalled and was not read again at its source.
 */
import type { NatBehaviours } from './nat.ts'

export const NAT_PRESET_NAMES = [
  'rfc4787',
  'linux-masquerade',
  'linux-masquerade-random-fully',
  'linux-fullcone',
  'openwrt',
  'routeros',
  'pf',
  'pf-static-port',
  'cisco-ios',
  'aws-nat-gateway',
  'gcp-cloud-nat',
  'azure-nat-gateway',
  'azure-lb',
  'cgn-rfc6888',
  'cgn-rfc7422',
  'cgn-short-timeout',
  'cellular-symmetric',
  'home-router-median-of-imc10',
  'home-router-worst-of-imc10',
  'symmetric',
  'port-overloading',
] as const
export type NatPresetName = (typeof NAT_PRESET_NAMES)[number]

export interface NatPreset {
  /** What it is, for people. */
  readonly about: string
  /** Where the numbers come from. */
  readonly source: string
  readonly parameters: Omit<NatBehaviours, 'preset'>
}

const APD = 'address-and-port-dependent'

/**
 * One entry of conntrack is one flow. Its port is kept unless the answers could then not be told from those of another
 * flow, and another one is used towards other places as well: so it looks endpoint-independent until two hosts behind it
 * use one port towards one place. Compared with the kernel's own in sim/net/nat-linux.real.test.ts.
 */
const LINUX = {
  mapping: APD,
  filtering: APD,
  ports: 'preserving',
  ports_taken: 'linux',
  ports_reuse: true,
  port_class: 'linux',
  sharing: 'by-remote',
  unsolicited: 'occupies',
  timeout: '30s',
  timeout_unreplied: '30s',
  timeout_stream: '120s',
  stream_after: '2s',
  refresh: 'both',
  when_full: 'evict-unreplied',
  max_mappings: 262_144,
  tcp: { timeout_syn: '120s', timeout: '5d', timeout_closing: '120s', timeout_reset: '10s', pick_up: true },
  query: { timeout: '30s' },
} as const satisfies NatPreset['parameters']

const LINUX_SOURCE =
  'Linux 6.1: nf_nat_core.c (the allocator), nf_conntrack_proto_udp.c (30 s, 120 s after 2 s), nf_conntrack_proto_tcp.c; the size of the table and the times of TCP and ICMP are not re-checked'

/** One state a flow; ports at random from 50001 up; the times differ by how many packets each side has sent. */
const PF = {
  mapping: APD,
  filtering: APD,
  ports: 'random',
  ports_taken: 'next',
  port_range: [50_001, 65_535],
  port_class: 'none',
  sharing: 'by-remote',
  timeout_first: '60s',
  timeout_unreplied: '30s',
  timeout: '60s',
  refresh: 'both',
  tcp: { timeout_syn: '30s', timeout: '24h', timeout_closing: '15m', timeout_reset: '90s', pick_up: false },
  query: { timeout: '20s' },
} as const satisfies NatPreset['parameters']

const PF_SOURCE =
  'PFTM_UDP_FIRST_PACKET_VAL 60, PFTM_UDP_SINGLE_VAL 30, PFTM_UDP_MULTIPLE_VAL 60 in the source of pf; its port range and the times of TCP and ICMP are not re-checked'

/** A cloud's NAT: one flow, one port; a port may serve several places. */
const CLOUD = {
  mapping: APD,
  filtering: APD,
  ports: 'random',
  port_class: 'none',
  sharing: 'by-remote',
  refresh: 'both',
} as const satisfies NatPreset['parameters']

export const NAT_PRESETS: Readonly<Record<NatPresetName, NatPreset>> = {
  rfc4787: {
    about: 'What RFC 4787 asks for, with its recommended timeout.',
    source: 'RFC 4787 REQ-1, 2, 3, 4, 5, 6, 8, 9',
    parameters: {
      mapping: 'endpoint-independent',
      filtering: 'address-dependent',
      port_parity: true,
      timeout: '5m',
      hairpin: 'external',
    },
  },
  'linux-masquerade': {
    about: 'iptables -j MASQUERADE or nft masquerade on a machine whose INPUT accepts.',
    source: LINUX_SOURCE,
    parameters: LINUX,
  },
  'linux-masquerade-random-fully': {
    about: 'The same with --random-fully: no port is kept.',
    source: LINUX_SOURCE,
    parameters: { ...LINUX, ports: 'random', ports_reuse: false },
  },
  'linux-fullcone': {
    about: 'A Linux router with a full cone module.',
    source: `${LINUX_SOURCE}; the module's own behaviour is not re-checked`,
    parameters: {
      ...LINUX,
      mapping: 'endpoint-independent',
      filtering: 'endpoint-independent',
      sharing: 'none',
      unsolicited: 'ignored',
      hairpin: 'external',
      tcp: { ...LINUX.tcp, mapping: APD, filtering: APD },
      query: { ...LINUX.query, mapping: APD, filtering: APD },
    },
  },
  openwrt: {
    about: 'OpenWrt: Linux with its own times, and INPUT of the wan side drops.',
    source:
      'openwrt/openwrt package/kernel/linux/files/sysctl-nf-conntrack.conf (udp 60, stream 180, tcp 7440); else as linux-masquerade',
    parameters: {
      ...LINUX,
      unsolicited: 'ignored',
      timeout: '60s',
      timeout_unreplied: '60s',
      timeout_stream: '180s',
      tcp: { ...LINUX.tcp, timeout: '7440s' },
    },
  },
  routeros: {
    about: 'MikroTik RouterOS, masquerade.',
    source: 'udp-timeout 10 s, udp-stream-timeout 3 min by its manual (second-hand); else as linux-masquerade',
    parameters: {
      ...LINUX,
      timeout: '10s',
      timeout_unreplied: '10s',
      timeout_stream: '3m',
      tcp: { ...LINUX.tcp, timeout_syn: '5s', timeout: '1d', timeout_closing: '10s' },
      query: { timeout: '10s' },
    },
  },
  pf: { about: 'pf of the BSDs (OPNsense, pfSense) with nat-to as it comes.', source: PF_SOURCE, parameters: PF },
  'pf-static-port': {
    about: 'pf with static-port: the port is kept, or there is no state.',
    source: PF_SOURCE,
    parameters: { ...PF, ports: 'preserving', ports_taken: 'drop', port_range: [1, 65_535] },
  },
  'cisco-ios': {
    about: 'Cisco IOS, ip nat inside source … overload.',
    source:
      'IOS command reference, ip nat translation (timeout): udp 300, dns 60, tcp 86400, finrst 60, syn 60, icmp 60; ports and filtering are not re-checked',
    parameters: {
      mapping: APD,
      filtering: APD,
      ports: 'preserving',
      sharing: 'by-remote',
      timeout: '300s',
      timeout_ports: { '53': '60s' },
      refresh: 'both',
      tcp: { timeout_syn: '60s', timeout: '24h', timeout_closing: '60s', timeout_reset: '60s' },
      query: { timeout: '60s' },
    },
  },
  'aws-nat-gateway': {
    about: 'AWS NAT gateway.',
    source: 'Idle timeout 350 s by its documentation (second-hand); port range not re-checked',
    parameters: {
      ...CLOUD,
      timeout: '350s',
      tcp: { timeout_syn: '350s', timeout: '350s', timeout_closing: '350s', timeout_reset: '350s', pick_up: false },
      query: { timeout: '350s' },
    },
  },
  'gcp-cloud-nat': {
    about: 'Google Cloud NAT with its default times and 64 ports for each machine.',
    source:
      'UDP 30 s, TCP 1200 s, transitory 30 s, ICMP 30 s by its documentation (second-hand); 64 ports a machine not re-checked',
    parameters: {
      ...CLOUD,
      timeout: '30s',
      blocks: { size: 64 },
      tcp: { timeout_syn: '30s', timeout: '1200s', timeout_closing: '120s', timeout_reset: '30s' },
      query: { timeout: '30s' },
    },
  },
  'azure-nat-gateway': {
    about: 'Azure NAT gateway: all ports for all machines, chosen at random.',
    source:
      'UDP 4 min fixed, 64,512 ports, chosen at random, reused towards another destination: azure-docs (second-hand)',
    parameters: { ...CLOUD, timeout: '4m', tcp: { timeout: '4m', timeout_reset: '16s' }, query: { timeout: '4m' } },
  },
  'azure-lb': {
    about: 'Outbound rules of an Azure load balancer: 1024 ports for each machine.',
    source: 'UDP 4 min fixed (second-hand); 1024 ports a machine not re-checked',
    parameters: { ...CLOUD, timeout: '4m', blocks: { size: 1024 }, tcp: { timeout: '4m' }, query: { timeout: '4m' } },
  },
  'cgn-rfc6888': {
    about:
      'A carrier-grade NAT as RFC 6888 asks: endpoint-independent, paired, blocks, hold-down, a limit for each subscriber.',
    source: 'RFC 6888 REQ-1 (RFC 4787), REQ-2, REQ-4, REQ-8 (120 s); block size from the field (512 to 16 k)',
    parameters: {
      mapping: 'endpoint-independent',
      filtering: 'endpoint-independent',
      ports: 'random',
      port_class: 'none',
      timeout: '300s',
      hairpin: 'external',
      hold_down: '120s',
      blocks: { size: 1024, per_host: 2 },
      max_per_host: 2048,
      refusal: 'icmp',
    },
  },
  'cgn-rfc7422': {
    about: 'A carrier-grade NAT that computes the ports of a subscriber from its address, and so needs no log.',
    source: 'RFC 7422 §2; block size from the field (512 to 16 k)',
    parameters: {
      mapping: 'endpoint-independent',
      filtering: 'endpoint-independent',
      ports: 'random',
      port_class: 'none',
      timeout: '300s',
      hairpin: 'external',
      blocks: { size: 1008, order: 'deterministic' },
    },
  },
  'cgn-short-timeout': {
    about: 'The median carrier-grade NAT of a fixed line: 35 seconds.',
    source: 'Richter et al., IMC 2016, arXiv:1605.05606: median 35 s, not cellular (second-hand)',
    parameters: { ports: 'random', port_class: 'none', timeout: '35s', blocks: { size: 4096 } },
  },
  'cellular-symmetric': {
    about: 'The NAT of a mobile carrier: a port of its own for every destination, 65 seconds.',
    source: 'Richter et al., IMC 2016, arXiv:1605.05606: 40 % of cellular are symmetric, median 65 s (second-hand)',
    parameters: { mapping: APD, filtering: APD, ports: 'random', port_class: 'none', timeout: '65s' },
  },
  'home-router-median-of-imc10': {
    about: 'The median of 34 home routers: 90, 180 and 181 seconds.',
    source: 'Hätönen et al., IMC 2010, UDP-1, UDP-2 and UDP-3; not re-checked',
    parameters: { timeout_unreplied: '90s', timeout: '180s', timeout_stream: '181s', refresh: 'both' },
  },
  'home-router-worst-of-imc10': {
    about: 'The hastiest of 34 home routers: 30 seconds for what was not answered.',
    source: 'Hätönen et al., IMC 2010: minimum 30 s for solitary outbound (second-hand)',
    parameters: { timeout_unreplied: '30s', timeout: '60s', refresh: 'both' },
  },
  symmetric: {
    about: 'What STUN called symmetric: address and port dependent in all, random ports.',
    source: 'RFC 3489 §5, in the words of RFC 4787',
    parameters: { mapping: APD, filtering: APD, ports: 'random' },
  },
  'port-overloading': {
    about: 'Keeps the inner port whatever happens: two hosts with one port share one outer port.',
    source: 'RFC 4787 §4.2.1, which forbids it (REQ-3)',
    parameters: { sharing: 'always', ports: 'preserving' },
  },
}
