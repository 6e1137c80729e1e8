/** Why a packet was lost inside a machine, outside of its tunnels: each name with the sentence that explains it. */

export const HOST_DROPS = {
  'host-off': 'The machine is switched off.',
  'host-asleep': 'The machine is asleep and hears nothing.',
  'radio-asleep': 'The radio dozes, and the network keeps no more packets for it until the next beacon.',
  'no-such-interface': 'The packet came in on a port that the machine is not attached to any more.',
  'interface-down': 'The interface that the packet was to leave by, or came in by, is down.',
  malformed: 'The IP header is wrong: version, length or checksum.',
  'bad-checksum': 'The length or the checksum of UDP, TCP or ICMP is wrong: the packet was damaged on its way.',
  'no-route': 'The machine has no route to the destination.',
  'route-refuses': 'The route to the destination is one that refuses: blackhole, unreachable or prohibit.',
  'source-unavailable': 'The machine has no address of the right family to send from.',
  'df-too-big':
    'The packet is larger than the MTU and may not be cut into fragments: DF is set, or it is IPv6 and only passing.',
  'mtu-too-small': 'Not even a fragment with 8 bytes of data fits into the MTU.',
  'too-long': 'The packet would have more than 65535 bytes.',
  'ttl-expired': 'The packet has passed as many machines as its TTL allows.',
  'not-forwarding': 'The packet is for somebody else, and this machine does not forward.',
  'wrong-destination': 'The destination is a multicast, broadcast or unspecified address that nobody here listens to.',
  'forward-rejected': "A rule of the machine's FORWARD chain drops the packet.",
  guarded: "The packet is for the tunnel's own address but did not come out of the tunnel: wg-quick's rule drops it.",
  'no-listener': 'Nobody listens on the port.',
  'relay-no-partner': 'The relay knows only one of the two that speak on this port.',
  'relay-full': 'Two others speak on this port of the relay already.',
  'carrier-queue-full': 'The TCP carrier has more bytes on their way, or waiting for a connection, than it may hold.',
  'service-refused':
    'The service does not answer this: it is no question of its kind, or comes from where none may come.',
  'protocol-unknown': 'Nobody here speaks the protocol.',
  'no-socket': 'The tunnel has no UDP socket to send from: its interface is down or its port is taken.',
  'tunnel-loop': 'The encrypted packet is routed into its own tunnel again and again.',
  'nat-ports-exhausted': 'Every port of the masquerading address is taken for this destination.',
  'bad-payload': 'The payload is not what the sender put in, though every checksum is right.',
} as const satisfies Record<string, string>

export type HostDrop = keyof typeof HOST_DROPS
