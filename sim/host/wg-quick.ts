/** What wg-quick(8) does on Linux for up and down, as the commands that it runs. */
import type { Instant } from '../../impl/box.ts'
import type { Conf, InterfaceConf, Item } from '../../impl/config/conf.ts'
import { addconfChange } from '../../impl/config/resolve.ts'
import { addressInPrefix, formatAddress, formatPrefix, parsePrefix } from '../../impl/ip/address.ts'
import { endpointNames } from './command-wg.ts'
import { type Quick, runLine } from './commands.ts'
import { failed, type Machine, OK, type Outcome } from './machine.ts'
import { MAIN_TABLE } from './routes.ts'

/** Where wg-quick begins to look for a free table; the mark has the same number. */
const FIRST_TABLE = 51820
/** IPv6 outside: 40, UDP: 8, WireGuard: 32. */
const OVERHEAD = 80

export class WgQuick implements Quick {
  readonly #machine: Machine
  /** Every command it ran, as it prints them. */
  readonly transcript: string[] = []

  constructor(machine: Machine) {
    this.#machine = machine
  }

  up(now: Instant, name: string): Outcome {
    const machine = this.#machine
    const conf = machine.confs.get(name)
    const face = conf?.interface
    if (conf === undefined) return failed(`wg-quick: \`/etc/wireguard/${name}.conf' does not exist`)
    if (machine.stack.interfaces.get(name) !== undefined) return failed(`wg-quick: \`${name}' already exists`)
    if (!this.#begin(now, name, face)) return this.#giveUp(now, name, face)
    const tunnel = machine.tunnels.get(name)
    let outcome: Outcome = OK
    let late = false
    // As long as wg waits for a name, so does wg-quick.
    machine.retries.begin(now, `wg-quick up ${name}`, (at, last) => {
      if (machine.tunnels.get(name) !== tunnel) return 'over'
      if (!last && endpointNames(conf).some(host => !machine.answers(host))) return 'no-answer'
      if (this.#bringUp(at, name, conf, face)) return 'over'
      outcome = this.#giveUp(at, name, face)
      if (late) machine.outbox.note(at, 'warning', `failed: wg-quick up ${name} gave up`)
      return 'over'
    })
    late = true
    return outcome
  }

  #giveUp(now: Instant, name: string, face: InterfaceConf | undefined): Outcome {
    if (this.#machine.tunnels.has(name)) this.#remove(now, name, face)
    return failed(`wg-quick up ${name} gave up`)
  }

  down(now: Instant, name: string): Outcome {
    const face = this.#machine.confs.get(name)?.interface
    if (!this.#machine.tunnels.has(name)) return failed(`wg-quick: \`${name}' is not a WireGuard interface`)
    if (!this.#hooks(now, name, face?.preDown, 'PreDown')) return failed(`wg-quick down ${name} gave up`)
    this.#remove(now, name, face)
    return this.#hooks(now, name, face?.postDown, 'PostDown') ? OK : failed(`wg-quick down ${name} gave up`)
  }

  /** Before wg is asked. False at the first command that fails. */
  #begin(now: Instant, name: string, face: InterfaceConf | undefined): boolean {
    return (
      this.#run(now, name, `ip link add dev ${name} type wireguard`) && this.#hooks(now, name, face?.preUp, 'PreUp')
    )
  }

  /** False at the first command that fails. */
  #bringUp(now: Instant, name: string, conf: Conf, face: InterfaceConf | undefined): boolean {
    if (!this.#configure(now, name, conf)) return false
    for (const { value } of face?.addresses ?? []) {
      if (!this.#run(now, name, `ip ${flag(value)} address add ${formatPrefix(value)} dev ${name}`)) return false
    }
    const mtu = face?.mtu?.value ?? this.#mtu(now, name)
    if (!this.#run(now, name, `ip link set mtu ${mtu} up dev ${name}`)) return false
    this.#dns(now, name, face)
    for (const range of this.#ranges(name)) if (!this.#addRoute(now, name, range, face)) return false
    return this.#hooks(now, name, face?.postUp, 'PostUp')
  }

  #configure(now: Instant, name: string, conf: Conf): boolean {
    this.transcript.push(`wg addconf ${name} /dev/fd/63`)
    const { change, problems } = addconfChange(conf, this.#machine.names)
    const wrong = problems.find(problem => problem.severity === 'error')
    if (wrong === undefined) {
      this.#machine.tunnels.get(name)?.configure(now, change)
      return true
    }
    const { file, line, column, what, instead } = wrong
    this.#machine.outbox.note(now, 'warning', `${file}:${line}:${column}: ${what}; instead: ${instead}`)
    return false
  }

  /** The least MTU of the routes to the endpoints, else that of the default route, else 1500; less 80. */
  #mtu(now: Instant, name: string): number {
    const { stack, tunnels } = this.#machine
    let least = Number.POSITIVE_INFINITY
    for (const { endpoint } of tunnels.get(name)?.status().peers ?? []) {
      const flow = endpoint === undefined ? undefined : stack.flow(now, endpoint.address)
      if (flow !== undefined) least = Math.min(least, flow.mtu)
    }
    if (least === Number.POSITIVE_INFINITY) {
      for (const route of stack.routes.all()) {
        const isDefault = route.table === MAIN_TABLE && route.prefix.length === 0 && route.prefix.address.length === 4
        if (!isDefault) continue
        least = route.mtu ?? stack.interfaces.get(route.dev)?.mtu ?? 1500
        break
      }
    }
    return (Number.isFinite(least) && least > 0 ? least : 1500) - OVERHEAD
  }

  #dns(now: Instant, name: string, face: InterfaceConf | undefined): void {
    const words = (face?.dns ?? []).map(({ value }) =>
      value.kind === 'server' ? formatAddress(value.address) : value.domain,
    )
    if (words.length === 0) return
    this.transcript.push(`resolvconf -a tun.${name} -m 0 -x`)
    const servers = (face?.dns ?? []).flatMap(({ value }) => (value.kind === 'server' ? value.address : []))
    if (servers.length > 0) this.#machine.tunnelDns.set(name, servers)
    this.#machine.outbox.note(now, 'info', `${name}: DNS is ${words.join(', ')} now`)
  }

  /** The allowed IPs of all peers, longest prefix first, then as `sort -nr` leaves them. */
  #ranges(name: string): string[] {
    const peers = this.#machine.tunnels.get(name)?.status().peers ?? []
    const ranges = peers.flatMap(peer => peer.allowedIps.map(formatPrefix))
    return ranges.sort((a, b) => lengthOf(b) - lengthOf(a) || (a < b ? 1 : a > b ? -1 : 0))
  }

  #addRoute(now: Instant, name: string, range: string, face: InterfaceConf | undefined): boolean {
    const table = face?.table?.value ?? { kind: 'auto' }
    const proto = range.includes(':') ? '-6' : '-4'
    switch (table.kind) {
      case 'off':
        return true
      case 'table':
        return this.#run(now, name, `ip ${proto} route add ${range} dev ${name} table ${table.table}`)
      case 'auto':
        if (lengthOf(range) === 0) return this.#addDefault(now, name, range, proto)
        return this.#isCovered(name, range) || this.#run(now, name, `ip ${proto} route add ${range} dev ${name}`)
    }
  }

  /** All traffic but what carries the mark goes into the tunnel; more specific routes of the main table stay in force. */
  #addDefault(now: Instant, name: string, range: string, proto: '-4' | '-6'): boolean {
    const table = this.#mark(name) ?? this.#freeTable()
    if (this.#mark(name) === undefined && !this.#run(now, name, `wg set ${name} fwmark ${table}`)) return false
    const commands = [
      `ip ${proto} route add ${range} dev ${name} table ${table}`,
      `ip ${proto} rule add not fwmark ${table} table ${table}`,
      `ip ${proto} rule add table main suppress_prefixlength 0`,
    ]
    for (const command of commands) if (!this.#run(now, name, command)) return false
    if (proto === '-4') this.transcript.push('sysctl -q net.ipv4.conf.all.src_valid_mark=1')
    this.transcript.push('nft -f /dev/fd/63')
    this.#machine.netfilter.guard(name, proto === '-4' ? 4 : 6)
    return true
  }

  #remove(now: Instant, name: string, face: InterfaceConf | undefined): void {
    const { stack, netfilter, tunnels } = this.#machine
    const table = this.#mark(name)
    const auto = (face?.table?.value.kind ?? 'auto') === 'auto'
    const ranges =
      tunnels
        .get(name)
        ?.status()
        .peers.flatMap(peer => peer.allowedIps) ?? []
    if (auto && table !== undefined && ranges.some(range => range.length === 0)) {
      for (const family of [4, 6] as const) {
        while (stack.routes.rules(family).some(rule => rule.table === table)) {
          if (!this.#run(now, name, `ip -${family} rule delete table ${table}`)) break
        }
        while (stack.routes.rules(family).some(rule => rule.table === MAIN_TABLE && rule.suppressPrefixLength === 0)) {
          if (!this.#run(now, name, `ip -${family} rule delete table main suppress_prefixlength 0`)) break
        }
      }
    }
    this.#run(now, name, `ip link delete dev ${name}`)
    if ((face?.dns ?? []).length > 0) this.transcript.push(`resolvconf -d tun.${name} -f`)
    this.#machine.tunnelDns.delete(name)
    netfilter.unguard(name)
  }

  #mark(name: string): number | undefined {
    const mark = this.#machine.tunnels.get(name)?.status().fwmark ?? 0
    return mark === 0 ? undefined : mark
  }

  #freeTable(): number {
    const used = new Set(Array.from(this.#machine.stack.routes.all(), route => route.table))
    let table = FIRST_TABLE
    while (used.has(table)) table++
    return table
  }

  /** `ip route show dev NAME match RANGE` prints something. */
  #isCovered(name: string, text: string): boolean {
    const range = parsePrefix(text)
    if (range === undefined) return false
    for (const { dev, table, prefix } of this.#machine.stack.routes.all()) {
      if (dev !== name || table !== MAIN_TABLE || prefix.length > range.length) continue
      if (addressInPrefix(range.address, prefix)) return true
    }
    return false
  }

  #hooks(now: Instant, name: string, hooks: readonly Item<string>[] | undefined, kind: string): boolean {
    for (const { value, line } of hooks ?? []) {
      const command = value.replaceAll('%i', name)
      this.transcript.push(command)
      if (!runLine(now, this.#machine, this, command, `${kind} in line ${line} of ${name}.conf`)) return false
    }
    return true
  }

  #run(now: Instant, name: string, command: string): boolean {
    this.transcript.push(command)
    return runLine(now, this.#machine, this, command, `wg-quick for ${name}`)
  }
}

function flag(prefix: { readonly address: Uint8Array }): '-4' | '-6' {
  return prefix.address.length === 4 ? '-4' : '-6'
}

function lengthOf(range: string): number {
  return Number(range.slice(range.indexOf('/') + 1))
}
