/** What makes a fresh guest the machine of a scenario, as the commands that root would type. */
import { formatAddress, formatPrefix } from '../../impl/ip/address.ts'
import type { PortOptions } from '../host/options.ts'

/** Everything about a guest that its commands depend on. */
export interface Setup {
  readonly ports: readonly PortOptions[]
  /** Text of /etc/wireguard/NAME.conf with real keys. */
  readonly confs: ReadonlyMap<string, string>
  readonly forward: boolean
  readonly firewall: boolean
  /** Host name to addresses, for /etc/hosts. */
  readonly names: ReadonlyMap<string, readonly string[]>
  readonly listenPorts: readonly number[]
}

/** Before the run begins: networks, files, settings. Nothing of it sends a packet. */
export function setupCommands(setup: Setup): string[] {
  return [
    // Addresses are used at once: nobody else has them. No router is looked for.
    ...['all', 'default'].flatMap(each => [
      `sysctl -qw net.ipv6.conf.${each}.accept_dad=0 net.ipv6.conf.${each}.accept_ra=0 net.ipv6.conf.${each}.router_solicitations=0`,
    ]),
    `sysctl -qw net.ipv4.ip_forward=${setup.forward ? 1 : 0} net.ipv6.conf.all.forwarding=${setup.forward ? 1 : 0}`,
    ...setup.ports.flatMap((port, index) => [
      `ip link set dev eth${index} addrgenmode none`,
      // The kernel's own name is what PostUp lines and iptables speak of; ip knows it by the network's name too.
      `ip link property add dev eth${index} altname ${port.port}`,
      ...attachCommands(port),
    ]),
    ...fileCommands('/run/hosts', hostsText(setup.names)),
    'mount --bind /run/hosts /etc/hosts',
    // wg-quick tells it of DNS lines; the names of a run are in /etc/hosts.
    'mkdir -p /run/bin',
    ...fileCommands('/run/bin/resolvconf', '#!/bin/sh\n[ "$1" != -a ] || cat > /dev/null\n'),
    'chmod 755 /run/bin /run/bin/resolvconf',
    ...[...setup.confs].flatMap(([iface, text]) => fileCommands(`/etc/wireguard/${iface}.conf`, text)),
    ...(setup.firewall ? [firewallCommand(setup)] : []),
  ]
}

/** Addresses, MTU and default routes of one attachment, whatever it was before. */
export function attachCommands({ port, addresses, gateways, mtu, onlink }: PortOptions): string[] {
  const routes = gateways.map(
    gateway =>
      `ip ${gateway.length === 16 ? '-6 ' : ''}route replace default via ${formatAddress(gateway)} dev ${port} onlink`,
  )
  // Who is on an internet has every address for a neighbour, and the internet sorts it out.
  const families = new Set(onlink === 'all' ? addresses.map(({ address }) => (address.length === 16 ? '-6 ' : '')) : [])
  return [
    `ip addr flush dev ${port}`,
    `ip link set dev ${port} mtu ${mtu} up`,
    ...addresses.map(prefix => `ip addr add ${formatPrefix(prefix)} dev ${port}`),
    // Who forwards asks for its neighbours from here, and without it does not ask (net/ipv6/ndisc.c: ndisc_send_ns).
    ...(addresses.some(({ address }) => address.length === 16) ? [`ip addr add fe80::1/64 dev ${port}`] : []),
    ...[...families].map(family => `ip ${family}route replace default dev ${port}`),
    ...routes,
  ]
}

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

function hostsText(names: Setup['names']): string {
  const lines = [...names].flatMap(([name, addresses]) => addresses.map(address => `${address} ${name}\n`))
  return `127.0.0.1 localhost\n::1 localhost\n${lines.join('')}`
}

/** What `firewall: stateful` means on Linux: answers, and the WireGuard ports. */
function firewallCommand({ ports, listenPorts }: Setup): string {
  const open = listenPorts.length === 0 ? [] : [`udp dport { ${listenPorts.join(', ')} } accept;`]
  const names = ports.map((_, index) => `"eth${index}"`).join(', ')
  return `nft 'table inet wglab { chain input { type filter hook input priority 0; policy accept; ct state established,related accept; iifname != { ${names} } accept; icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept; ${open.join(' ')} drop; }; }'`
}
