/** Every way a packet can end between machines. The names stand in the trace; the sentences in its legend. */
export type NetDrop =
  | 'link-loss'
  | 'listed-loss'
  | 'link-cut'
  | 'gilbert-elliott-loss'
  | 'burst-loss'
  | 'blackout'
  | 'codel'
  | 'queue-full'
  | 'too-big-for-link'
  | 'bad-packet'
  | 'no-route'
  | 'ttl-expired'
  | 'df-too-big'
  | 'multicast'
  | 'unknown-neighbour'
  | 'no-listener'
  | 'fragment-dropped'
  | 'fragment-duplicate'
  | 'fragment-overlap'
  | 'fragment-bad'
  | 'reassembly-full'
  | 'reassembly-timeout'
  | 'nat-no-mapping'
  | 'nat-mapping-expired'
  | 'nat-filtered'
  | 'nat-exhausted'
  | 'nat-table-full'
  | 'nat-host-limit'
  | 'nat-tcp-no-connection'
  | 'nat-off'
  | 'nat-no-hairpin'
  | 'nat-unsupported-protocol'
  | 'nat-icmp-off'
  | 'error-to-itself'
  | 'icmp-bad-quote'
  | 'fragment-out-of-order'
  | 'blocked'
  | 'policed'
  | 'alg-refused'
  | 'udp-checksum-missing'
  | 'nat-ipv6-mismatch'
  | 'not-translatable'
  | 'icmp-filtered'
  | 'firewall'
  | 'held-by-probe'

export const NET_DROPS: Readonly<Record<NetDrop, string>> = {
  'link-loss': 'The cable lost it, by the probability that its `loss` sets.',
  'listed-loss': 'The cable lost it because its `lose` list names exactly this packet.',
  'link-cut': 'The cable is cut: nothing passes.',
  'gilbert-elliott-loss': 'The cable lost it in a bad time: `gilbert_elliott` makes losses come in bursts.',
  'burst-loss': 'The cable lost it as one of so many in a row, as its `loss_burst` says.',
  blackout: 'The cable was in one of its `blackouts`: what enters it then is lost.',
  codel: 'Packets had waited too long before the cable, and CoDel drops some to say so (RFC 8289).',
  'queue-full': 'The queue before the cable was full (tail drop): more came than its rate carries.',
  'too-big-for-link': "It is larger than the cable's MTU, and who sent it did not cut it into fragments.",
  'bad-packet': 'Its IP header is broken: no router passes it on.',
  'no-route': 'Nobody here knows where its destination is.',
  'ttl-expired': 'Its TTL (hop limit) ran out on the way.',
  'df-too-big': "It is larger than the next cable's MTU and must not be cut: DF is set, or it is IPv6.",
  multicast: 'It goes to a broadcast or multicast address, which reaches nobody in this lab.',
  'unknown-neighbour': 'No machine on this lan has the address it was sent to.',
  'no-listener': 'It was sent to a router or NAT itself, which runs no service there.',
  'fragment-dropped': 'It is an IP fragment, and this box is set to drop fragments.',
  'fragment-duplicate': 'This fragment was there already.',
  'fragment-overlap': 'Two of its fragments overlap, so the whole datagram is thrown away, as Linux does.',
  'fragment-bad': 'Its place or length among the fragments of its datagram makes no sense.',
  'reassembly-full': 'The memory for fragments that wait for the rest is used up.',
  'reassembly-timeout': 'The other fragments of its datagram did not come in time.',
  'nat-no-mapping': 'The NAT has no mapping for this: nobody inside has sent from here.',
  'nat-mapping-expired': 'The NAT had a mapping for this, but it was idle for too long and is gone.',
  'nat-filtered': 'The NAT filters it: the inside has not sent to this sender (lately).',
  'nat-exhausted': 'The NAT has no free port left for a new mapping.',
  'nat-table-full': 'The table of the NAT is full: there is no room for a new mapping.',
  'nat-host-limit': 'This inner host has as many mappings as the NAT lets one host have.',
  'nat-tcp-no-connection': 'It belongs to no connection that the NAT knows, and is no SYN.',
  'nat-off': 'The NAT is switched off.',
  'nat-no-hairpin': "It goes from the inside to the NAT's own outside address, and the NAT does not hairpin.",
  'nat-unsupported-protocol': 'The NAT translates UDP, TCP, ICMP echo and ICMP errors alone.',
  'nat-icmp-off': 'The NAT is set not to translate ICMP errors.',
  'error-to-itself':
    'The NAT wrote this ICMP error about a packet that it had translated already, and so sent it to its own outside address.',
  'icmp-bad-quote':
    'The packet quoted in this ICMP error has a wrong IP header checksum, so the NAT throws the error away (RFC 5508 REQ-3).',
  'fragment-out-of-order':
    'A later fragment came before the first one, and this box translates fragments only in their order.',
  blocked: 'A rule of this box blocks it.',
  policed: 'More came than the rate to which this box or cable holds such packets (policing: no queue).',
  'alg-refused':
    'An application-level gateway takes this port for a protocol of its own, and the packet is none of it.',
  'udp-checksum-missing': 'It is UDP without a checksum, and this box drops such packets.',
  'nat-ipv6-mismatch': 'Its address is outside of the prefix that this box translates.',
  'not-translatable': 'It has no counterpart in the other IP family (RFC 7915).',
  'icmp-filtered': 'It is ICMP of a kind that this internet or router does not let pass.',
  firewall: 'The stateful firewall refuses it: it answers nothing that went out, and no WireGuard port listens for it.',
  'held-by-probe': 'A probe on the path took it off the network.',
}
