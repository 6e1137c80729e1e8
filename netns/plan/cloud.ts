/**
 * Networks and their cables. An internet is a router that knows where each address is; a lan is a bridge. A cable has its
 * delays in the network's namespace, so that a machine sees its packets when it sends them.
 */
import type { Network } from '../../scenarios/language/topology.ts'
import { type Cable, qdiscs, shapeLines } from './cable.ts'
import { alone, bare, type Ends, ipFor, isV6, type Seat, USUAL_MTU } from './layout.ts'
import { ecnWords, policyRules } from './policy.ts'

/** What errors of an internet come from, and the next hop of who is on it: RFC 7600, and the discard prefix of RFC 6666. */
export const CLOUD = '192.0.0.8'
const CLOUD6 = '100::8'
const NEXT6 = 'fe80::1'
const BRIDGE = 'the_switch'

/** What crosses a bridge is none of the rules' business; unknown where br_netfilter is not loaded. */
const BRIDGED = ['sysctl -eqw net.bridge.bridge-nf-call-iptables=0 net.bridge.bridge-nf-call-ip6tables=0']

/** What a network is, before it has cables: interfaces begin with the settings of their time. */
export function networkLines(network: Network): string[] {
  if (network.kind === 'lan')
    return [...BRIDGED, `sysctl -qw net.ipv6.conf.default.disable_ipv6=1`, `ip link add name ${BRIDGE} up type bridge`]
  return [
    ...BRIDGED,
    `sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 ${unlimited()}`,
    // Who takes everybody for a neighbour (`ip route add default dev eth0`) is answered.
    'sysctl -qw net.ipv4.conf.all.proxy_arp=1',
    `ip addr add ${CLOUD}/32 dev lo`,
    `ip -6 addr add ${CLOUD6}/128 dev lo`,
  ]
}

/** Linux holds its ICMP errors to a rate unless no kind is to be. A rate of 0 would leave no room for those of routes. */
export function unlimited(): string {
  return 'net.ipv4.icmp_ratemask=0 net.ipv6.icmp.ratelimit=0'
}

/** The rules of an internet: of its own, and of its cables. '' for none. */
export function networkRules(network: Network, seats: readonly Seat[]): string {
  const table = 'table inet wglab'
  const cut = `  set cut_up { type ifname;${elements(seats, 'up')} }\n  set cut_down { type ifname;${elements(seats, 'down')} }\n`
  const fate = [
    'iifname @cut_up drop',
    'oifname @cut_down drop',
    ...seats.flatMap(seat => [
      ...fateLines(`iifname "${seat.port}"`, seat.up),
      ...fateLines(`oifname "${seat.port}"`, seat.down),
    ]),
  ]
  // Instead of the one before, at once.
  return `${table}\ndelete ${table}\n${table} {\n${cut}${policyRules(network, waysOf(seats), fate)}}\n`
}

function elements(seats: readonly Seat[], direction: 'up' | 'down'): string {
  const cut = seats.filter(seat => seat[direction].cut === true)
  return cut.length === 0 ? '' : ` elements = { ${cut.map(({ port }) => `"${port}"`).join(', ')} }`
}

export function waysOf(seats: readonly Seat[]) {
  return seats.map(({ port, down }) => ({ device: port, mtu: down.mtu ?? USUAL_MTU }))
}

/** Whether an internet needs rules at all. */
export function hasRules(network: Network, seats: readonly Seat[], changes: boolean): boolean {
  const { kind: _kind, link: _link, gateway: _gateway, dns64: _dns64, ...policy } = network
  const keys: (keyof Cable)[] = ['cut', 'lose', 'ecn', 'dscp', 'blackouts']
  const fated = (cable: Cable) => keys.some(key => cable[key] !== undefined)
  return changes || Object.keys(policy).length > 0 || seats.some(({ up, down }) => fated(up) || fated(down))
}

const MESSAGES = {
  initiation: 'meta l4proto udp @th,64,32 0x01000000 ',
  response: 'meta l4proto udp @th,64,32 0x02000000 ',
  'cookie-reply': 'meta l4proto udp @th,64,32 0x03000000 ',
  data: 'meta l4proto udp @th,64,32 0x04000000 udp length != 40 ',
  keepalive: 'meta l4proto udp @th,64,32 0x04000000 udp length 40 ',
  any: 'meta l4proto udp @th,64,32 { 0x01000000, 0x02000000, 0x03000000, 0x04000000 } ',
} as const

/** A number that is never reached: a count to it is a count from the start. */
const FROM_THE_START = 4_000_000_000

/** What exactly is lost, and what is marked, by rules. */
export function fateLines(where: string, { lose = [], ecn = 'pass', dscp }: Cable): string[] {
  return [
    ...lose.flatMap(rule => {
      const nth =
        'nth' in rule && rule.nth !== undefined
          ? `numgen inc mod ${FROM_THE_START} { ${rule.nth.map(n => n - 1).join(', ')} } `
          : ''
      if ('message' in rule) return [`${where} ${MESSAGES[rule.message]}${nth}drop`]
      if (!('size' in rule)) return [`${where} ${nth}drop`]
      const { min = 0, max = 65_535 } = rule.size
      return [`${where} meta length ${min}-${max} ${nth}drop`]
    }),
    ...['ip', 'ip6'].flatMap(family => [
      ...ecnWords(family, ecn).map(words => `${where} ${words}`),
      ...(dscp === undefined ? [] : [`${where} ${family} dscp set ${dscp}`]),
    ]),
  ]
}

/** A cable from a machine to a network: a veth, and where what it sends is delayed a second one, joined by a bridge. */
export function cableLines(seat: Seat, netns: { readonly machine: string; readonly network: string }): string[] {
  const { eth, port, mac, portMac, narrow } = seat
  const [near, far] = [narrow ? `${eth}_w` : eth, seat.far ? `${port}_w` : port]
  const inMachine = (line: string) => `ip -n ${netns.machine} ${line}`
  const inNetwork = (line: string) => `ip -n ${netns.network} ${line}`
  const address = (device: string, mine: string, its: string) => (device === mine ? ` address ${its}` : '')
  return [
    inMachine(
      `link add ${near}${address(near, eth, mac)} type veth peer name ${far}${address(far, port, portMac)} netns ${netns.network}`,
    ),
    // It sends smaller packets than it takes: a veth of its size would drop the large ones, a bridge before it does not.
    ...(narrow
      ? [
          inMachine(`link add ${eth} address ${mac} type bridge`),
          inMachine(`link set dev ${near} master ${eth} addrgenmode none gso_max_segs 1 up`),
        ]
      : []),
    inMachine(`link property add dev ${eth} altname ${seat.network}`),
    // What is captured is what is on the wire: it is cut before, not behind.
    inMachine(`link set dev ${eth} addrgenmode none gso_max_segs 1`),
    ...(seat.far
      ? [
          inNetwork(`link add ${port}_b up type bridge`),
          inNetwork(`link add ${port} address ${portMac} type veth peer name ${port}_c`),
          ...[`${port}_w`, `${port}_c`].map(end =>
            inNetwork(`link set dev ${end} master ${port}_b addrgenmode none up`),
          ),
          inNetwork(`link set dev ${port}_b addrgenmode none`),
        ]
      : []),
  ]
}

/** In the network's namespace: the machine is here now, or its cable has changed. `fresh`: there was no cable before. */
export function plugLines(seat: Seat, ends: Ends, netem: boolean, fresh: boolean): string[] {
  const { port, lan } = seat
  const { far } = seat
  const size = sizeWords(Math.max(...mtusOf(ends)), fresh)
  return [
    ...(lan || fresh ? [] : unplugLines(seat)),
    ...(far && size !== '' ? ['w', 'b', 'c'].map(end => `ip link set dev ${port}_${end}${size}`) : []),
    lan ? `ip link set dev ${port}${size} master ${BRIDGE} up` : `ip link set dev ${port}${size} addrgenmode none up`,
    ...(lan || !fresh ? [] : [`sysctl -qw net.ipv4.neigh.${port}.proxy_delay=0`]),
    ...shapeLines(port, qdiscs(ends.down, lan, netem), fresh),
    ...(far ? shapeLines(`${port}_c`, qdiscs(ends.up, lan, netem), fresh) : []),
    ...(lan ? [] : wayLines(seat, ends)),
  ]
}

/** Up, and down. */
export function mtusOf({ up, down }: Pick<Ends, 'up' | 'down'>): readonly [number, number] {
  return [up.mtu ?? USUAL_MTU, down.mtu ?? USUAL_MTU]
}

/** In the machine: the size of what it sends. */
export function mtuLines({ eth, narrow }: Seat, ends: Ends, fresh: boolean): string[] {
  const [up, down] = mtusOf(ends)
  return [
    ...(narrow ? [`ip link set dev ${eth}_w mtu ${Math.max(up, down)}`] : []),
    `ip link set dev ${eth}${sizeWords(up, fresh)} up`,
  ]
}

/** Every interface begins with 1500. */
function sizeWords(mtu: number, fresh: boolean): string {
  return fresh && mtu === USUAL_MTU ? '' : ` mtu ${mtu}`
}

/** The addresses are here, and behind the first of a family what is routed to the machine. */
function wayLines({ port, mac }: Seat, ends: Ends): string[] {
  const [up, down] = mtusOf(ends)
  const size = down < up ? ` mtu lock ${down}` : ''
  return [
    ...ends.addresses.flatMap(address => [
      `${ipFor(address)} neigh replace ${bare(address)} lladdr ${mac} dev ${port} nud permanent`,
      `${ipFor(address)} route replace ${alone(address)} dev ${port}${size}`,
    ]),
    ...ends.behind.map(prefix => {
      const via = ends.addresses.find(address => isV6(address) === isV6(prefix)) ?? ''
      return `${ipFor(prefix)} route replace ${prefix} via ${bare(via)} dev ${port} onlink${size}`
    }),
  ]
}

/** The machine has left: nothing is sent to it any more. */
export function unplugLines({ port, lan }: Seat): string[] {
  return lan ? [`ip link set dev ${port} down`] : [`ip route flush dev ${port}`, `ip -6 route flush dev ${port}`]
}

/** In the machine: addresses, MTU and default routes of one attachment. */
export function attachLines(seat: Seat, ends: Ends, fresh: boolean): string[] {
  const { eth, portMac, lan } = seat
  const { addresses, gateways } = ends
  const families = [false, true].filter(six => addresses.some(address => isV6(address) === six))
  const metric = (six: boolean) => {
    const rank = Number(eth.slice(3)) * 100
    return rank === 0 ? '' : ` metric ${six ? rank + 1024 : rank}`
  }
  const nextHops = families.flatMap(six => {
    if (!lan) {
      const next = six ? NEXT6 : CLOUD
      const ip = six ? 'ip -6' : 'ip'
      return [
        `${ip} neigh replace ${next} lladdr ${portMac} dev ${eth} nud permanent`,
        `${ip} route replace default via ${next} dev ${eth} onlink${metric(six)}`,
      ]
    }
    const gateway = gateways.find(each => isV6(each) === six)
    return gateway === undefined
      ? []
      : [`${ipFor(gateway)} route replace default via ${gateway} dev ${eth}${metric(six)}`]
  })
  return [
    ...(fresh ? [] : [`ip addr flush dev ${eth}`]),
    ...(lan && families.includes(true) ? [`ip link set dev ${eth} addrgenmode eui64`] : []),
    ...mtuLines(seat, ends, fresh),
    ...addresses.map(address => `${ipFor(address)} addr add ${lan ? address : alone(address)} dev ${eth}`),
    ...nextHops,
  ]
}

export function detachLines({ eth }: Seat): string[] {
  return [`ip addr flush dev ${eth}`, `ip link set dev ${eth} down`]
}
