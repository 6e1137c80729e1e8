/** What makes a fresh guest the machine of a scenario, as the commands that root would type. */
import type { Address } from '../../impl/box.ts'
import { formatAddress, formatPrefix } from '../../impl/ip/address.ts'
import type { PortOptions } from '../host/options.ts'

/** What the resolver says of names; undefined: nothing. */
export type Answers = ReadonlyMap<string, readonly Address[] | undefined>

/** Everything about a guest that its commands depend on. */
export interface Setup {
  readonly ports: readonly PortOptions[]
  /** Text of /etc/wireguard/NAME.conf with real keys. */
  readonly confs: ReadonlyMap<string, string>
  readonly forward: boolean
  readonly firewall: boolean
  readonly names: Answers
  readonly listenPorts: readonly number[]
  /** Its kernel tells what its WireGuard does. */
  readonly speaks?: boolean
  /** It moves bytes over TCP: net.ipv4.tcp_mtu_probing at the start. */
  readonly tcp?: { readonly mtuProbing: number }
}

/** Before the run begins: networks, files, settings. Nothing of it sends a packet. */
export function setupCommands(setup: Setup): string[] {
  return [
    // Addresses are used at once: nobody else has them. No router is looked for.
    ...['all', 'default'].flatMap(each => [
      `sysctl -qw net.ipv6.conf.${each}.accept_dad=0 net.ipv6.conf.${each}.accept_ra=0 net.ipv6.conf.${each}.router_solicitations=0`,
    ]),
    `sysctl -qw net.ipv4.ip_forward=${setup.forward ? 1 : 0} net.ipv6.conf.all.forwarding=${setup.forward ? 1 : 0}`,
    ...setup.ports.flatMap(({ onlink }, index) => (onlink === 'all' ? [neighboursCommand(`eth${index}`)] : [])),
    ...setup.ports.flatMap((port, index) => [
      `ip link set dev eth${index} addrgenmode none`,
      // The kernel's own name is what PostUp lines and iptables speak of; ip knows it by the network's name too.
      `ip link property add dev eth${index} altname ${port.port}`,
      ...attachCommands(port),
    ]),
    ...(setup.names.size === 0 ? [] : [...namesCommands(setup.names), 'mount --bind /run/hosts /etc/hosts']),
    // wg-quick tells it of DNS lines; the agent asks those servers.
    ...([...setup.confs.values()].some(text => /^\s*DNS\s*=/im.test(text))
      ? [
          'mkdir -p /run/bin /run/dns',
          ...fileCommands('/run/bin/resolvconf', RESOLVCONF),
          'chmod 755 /run/bin /run/bin/resolvconf',
        ]
      : []),
    ...[...setup.confs].flatMap(([iface, text]) => fileCommands(`/etc/wireguard/${iface}.conf`, text)),
    ...(setup.firewall ? [firewallCommand(setup)] : []),
    ...(setup.tcp === undefined ? [] : tcpCommands(setup.tcp)),
    ...(setup.speaks === true ? SPEAKS : []),
  ]
}

const RESOLVCONF = `#!/bin/sh
case $1 in
-a) grep '^nameserver' > "/run/dns/$2" ;;
-d) rm -f "/run/dns/$2" ;;
esac
`

/** Dynamic debug of WireGuard, and no word of it left out. */
const SPEAKS = [`echo 'module wireguard +p' > /proc/dynamic_debug/control`, 'sysctl -qw net.core.message_cost=0']

/** What Linux sets by itself on a machine with a gigabyte; a guest has less. */
function tcpCommands({ mtuProbing }: { readonly mtuProbing: number }): string[] {
  return [
    'echo 4096 131072 6291456 > /proc/sys/net/ipv4/tcp_rmem',
    'echo 4096 16384 4194304 > /proc/sys/net/ipv4/tcp_wmem',
    'echo 8192 12288 16384 > /proc/sys/net/ipv4/tcp_mem',
    `sysctl -qw net.ipv4.tcp_mtu_probing=${mtuProbing}`,
  ]
}

/** For programs, which look into /etc/hosts first, and for those who ask its port 53 (kernel/recipe/agent.c). */
export function namesCommands(names: Answers): string[] {
  return [...fileCommands('/run/hosts', hostsText(names)), ...fileCommands('/run/names', answersText(names))]
}

/**
 * On an internet every address is a neighbour, which no machine has in life: so there is room for all of them, and for what
 * waits until one is found.
 */
function neighboursCommand(dev: string): string {
  const settings = ['ipv4', 'ipv6'].flatMap(family => [
    `net.${family}.neigh.${dev}.unres_qlen_bytes=${2 ** 30}`,
    ...[1, 2, 3].map(n => `net.${family}.neigh.default.gc_thresh${n}=${2 ** 20}`),
  ])
  return `sysctl -qw ${settings.join(' ')}`
}

/** Addresses, MTU and default routes of one attachment, whatever it was before. */
export function attachCommands({ port, addresses, gateways, mtu, onlink }: PortOptions): string[] {
  const routes = gateways.map(
    gateway => `ip route replace ${everything(gateway)} via ${formatAddress(gateway)} dev ${port} onlink`,
  )
  // Who is on an internet has every address for a neighbour, and the internet sorts it out.
  const families = new Set(onlink === 'all' ? addresses.map(({ address }) => everything(address)) : [])
  return [
    `ip addr flush dev ${port}`,
    `ip link set dev ${port} mtu ${mtu} up`,
    ...addresses.map(prefix => `ip addr add ${formatPrefix(prefix)} dev ${port}`),
    // Who forwards asks for its neighbours from here, and without it does not ask (net/ipv6/ndisc.c: ndisc_send_ns).
    ...(addresses.some(({ address }) => address.length === 16) ? [`ip addr add fe80::1/64 dev ${port}`] : []),
    ...[...families].map(family => `ip route replace ${family} dev ${port}`),
    ...routes,
  ]
}

/** Of this address's family. */
const everything = (address: Uint8Array) => (address.length === 16 ? '::/0' : 'default')

export function detachCommands(port: string): string[] {
  return [`ip addr flush dev ${port}`, `ip link set dev ${port} down`]
}

/** Writes a file in pieces that fit a frame; quoted, so that nothing in it is read by the shell. */
export function fileCommands(path: string, text: string): string[] {
  const pieces = text.match(/[\s\S]{1,4000}/g) ?? ['']
  return pieces.map(
    (piece, i) => `umask 077; printf %s '${piece.replaceAll("'", `'\\''`)}' ${i === 0 ? '>' : '>>'} ${path}`,
  )
}

/** One line for each name that exists; ? where nobody answers. */
function answersText(names: Answers): string {
  return [...names]
    .flatMap(([name, addresses]) => {
      if (addresses === undefined) return [`${name} ?\n`]
      return addresses.length === 0 ? [] : [`${[name, ...addresses.map(formatAddress)].join(' ')}\n`]
    })
    .join('')
}

function hostsText(names: Answers): string {
  const lines = [...names].flatMap(([name, addresses = []]) =>
    addresses.map(address => `${formatAddress(address)} ${name}\n`),
  )
  return `127.0.0.1 localhost\n::1 localhost\n${lines.join('')}`
}

/** What `firewall: stateful` means on Linux: answers, and the WireGuard ports. */
function firewallCommand({ ports, listenPorts }: Setup): string {
  const open = listenPorts.length === 0 ? [] : [`udp dport { ${listenPorts.join(', ')} } accept;`]
  const names = ports.map((_, index) => `"eth${index}"`).join(', ')
  return `nft 'table inet wglab { chain input { type filter hook input priority 0; policy accept; ct state established,related accept; iifname != { ${names} } accept; icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept; ${open.join(' ')} drop; }; }'`
}
