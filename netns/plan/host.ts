/** A machine of a scenario: files of its own, forwarding, firewall, and tunnels by the real wg-quick. */

import type { Answer } from '../../scenarios/language/step-names.ts'
import type { Host } from '../../scenarios/language/topology.ts'
import type { Seat } from './layout.ts'
import type { Command, PlanFile } from './plan.ts'

/** Undefined: the kernel's own WireGuard. Else the command that wg-quick starts with the name of the interface behind it. */
export type Start = string | undefined

export type Names = ReadonlyMap<string, Answer>

/** Key names in a text. */
const KEY = /<([a-z0-9-]+?)(\.pub|\.psk)?>/g

export interface HostPlan {
  readonly name: string
  readonly host: Host
  readonly seats: readonly Seat[]
  readonly start: Start
  /** `alice`, `alice.pub`, `alice-bob.psk` → base64. */
  readonly keyOf: (name: string) => string
  readonly names: Names
}

/** What makes a process of the machine: put before a command in the folder of the run. */
export function enterHost(name: string, start: Start): string {
  const daemon = start === undefined ? '' : ' WG_QUICK_USERSPACE_IMPLEMENTATION=/run/lab/daemon'
  return `nsenter --target "$(cat ${name}/pid)" --net --mount -- env "PATH=$PATH:/run/tools"${daemon}`
}

export function hostFiles({ name, host, start, keyOf, names }: HostPlan): PlanFile[] {
  const confs = Object.entries(host.wg ?? {}).map(([iface, text]): PlanFile => {
    return { path: `${name}/wireguard/${iface}.conf`, text: withKeys(text, keyOf), secret: true, named: text }
  })
  const daemon = `#!/bin/sh\n# What this machine has for WireGuard: ${name}/daemon INTERFACE.\nexec ${start} "$@" </dev/null >>/run/lab/daemon.log 2>&1\n`
  return [
    ...confs,
    { path: `${name}/wireguard/README`, text: `/etc/wireguard of ${name}\n`, secret: false },
    { path: `${name}/hosts`, text: hostsText(names), secret: false },
    { path: `${name}/resolv.conf`, text: '', secret: false },
    ...(start === undefined ? [] : [{ path: `${name}/daemon`, text: daemon, secret: false, program: true }]),
  ]
}

export function hostsText(names: Names): string {
  const lines = [...names].flatMap(([name, answer]) => {
    const addresses = typeof answer === 'string' ? [answer] : answer
    return addresses.filter(each => /[.:]/.test(each)).map(address => `${address} ${name}\n`)
  })
  return `127.0.0.1 localhost\n::1 localhost\n${lines.join('')}`
}

/** After its interfaces are there. */
export function hostLines({ host, seats }: HostPlan): string[] {
  const forward = host.forward === true ? 1 : 0
  return [
    ...(forward === 1 ? ['sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1'] : []),
    ...(host.firewall === 'stateful' ? [firewallLine(host, seats)] : []),
  ]
}

/** wg-quick up, of each of its interfaces. */
export function upCommands(name: string, host: Host): Command[] {
  return Object.keys(host.wg ?? {}).map(iface => ({ on: name, line: `wg-quick up ${iface}` }))
}

/** Whether it speaks first, so that the others have to be there already. */
export function speaksFirst(host: Host): boolean {
  return Object.values(host.wg ?? {}).some(text => /^\s*PersistentKeepalive\s*=\s*[1-9]/im.test(text))
}

/** The values of a key of a wg-quick file, as `Address = 10.0.0.1/24, fd00::1/64` has two. */
export function confValues(host: Host, key: string): string[] {
  const line = new RegExp(`^\\s*${key}\\s*=([^#\\n]*)`, 'gim')
  return Object.values(host.wg ?? {}).flatMap(text =>
    [...text.matchAll(line)].flatMap(match => (match[1] ?? '').split(',').map(value => value.trim())),
  )
}

export function withKeys(text: string, keyOf: HostPlan['keyOf']): string {
  return text.replace(KEY, (_, name: string, kind = '') => keyOf(`${name}${kind}`))
}

/** `wg set` reads secret keys from files: their names stand for them. */
export function commandLine(
  command: string,
  host: string,
  step: number,
  keyOf: HostPlan['keyOf'],
): { readonly line: string; readonly files: readonly PlanFile[] } {
  const files: PlanFile[] = []
  const line = command.replace(
    /\b(private-key|preshared-key) (<[a-z0-9-]+?(?:\.psk)?>)/g,
    (_, word: string, name: string) => {
      const path = `step${step}-${files.length}.key`
      files.push({ path: `${host}/${path}`, text: `${withKeys(name, keyOf)}\n`, secret: true, named: `${name}\n` })
      return `${word} /run/lab/${path}`
    },
  )
  return { line: withKeys(line, keyOf), files }
}

/** Private and preshared keys that would stand in a command line. */
export function secretInLine(command: string): string | undefined {
  const rest = command.replace(/\b(private-key|preshared-key) <[a-z0-9-]+?(\.psk)?>/g, '')
  return [...rest.matchAll(KEY)].find(match => match[2] !== '.pub')?.[0]
}

/** Answers, WireGuard, and what IPv6 needs to find its neighbours. */
function firewallLine(host: Host, seats: readonly Seat[]): string {
  const ports = confValues(host, 'ListenPort')
  return `nft -f - <<'END'
table inet wglab {
  chain input {
    type filter hook input priority filter;
    ct state established,related accept
    iifname != { ${seats.map(({ eth }) => `"${eth}"`).join(', ')} } accept
    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
${ports.length === 0 ? '' : `    udp dport { ${ports.join(', ')} } accept\n`}\
    drop
  }
}
END`
}
