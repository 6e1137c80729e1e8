/** The command lines that a machine understands, from hooks of wg-quick and from `run` steps. Whatever comes in, nothing is thrown. */
import type { Instant } from '../../impl/box.ts'
import { ipCommand } from './command-ip.ts'
import { iptablesCommand } from './command-iptables.ts'
import { wgCommand } from './command-wg.ts'
import { failed, type Machine, OK, type Outcome, UNKNOWN } from './machine.ts'
import { type Command, readCommands, Words } from './words.ts'

/** wg-quick, which is made of commands itself. */
export interface Quick {
  up(now: Instant, name: string): Outcome
  down(now: Instant, name: string): Outcome
}

const FORWARDING: ReadonlyMap<string, 4 | 6> = new Map<string, 4 | 6>([
  ['net.ipv4.ip_forward', 4],
  ['net.ipv4.conf.all.forwarding', 4],
  ['net.ipv6.conf.all.forwarding', 6],
  ['net.ipv6.conf.default.forwarding', 6],
])
/** Settings that people make for tunnels, and that nothing here depends on. */
const HARMLESS =
  /^net\.ipv[46]\.conf\.[^.]+\.(rp_filter|src_valid_mark|proxy_arp|proxy_ndp|send_redirects|accept_redirects|accept_ra|disable_ipv6)$/

/**
 * Runs a line of one or more commands. False when it failed. What is unknown, refused or without effect is noted as a
 * warning (unknown, refused) or for information, with `place`: where the line stands.
 */
export function runLine(now: Instant, machine: Machine, quick: Quick, line: string, place: string): boolean {
  const commands = readCommands(line)
  if (commands === undefined) {
    note(now, machine, line, place, UNKNOWN)
    return true
  }
  let fine = true
  for (const command of commands) {
    if ((command.joined === '&&' && !fine) || (command.joined === '||' && fine)) continue
    const outcome = runCommand(now, machine, quick, command)
    note(now, machine, command.text, place, outcome)
    // A hook ends at the first command that fails, unless the next one asks for that.
    const next = commands[commands.indexOf(command) + 1]
    fine = outcome.kind !== 'failed'
    if (!fine && next?.joined === ';') return false
  }
  return fine
}

function runCommand(now: Instant, machine: Machine, quick: Quick, { words }: Command): Outcome {
  const rest = new Words(words.map(word => interfaceName(machine, word)))
  rest.take('sudo')
  const program = rest.next()?.replace(/^.*\//, '')
  switch (program) {
    case 'ip':
      return ipCommand(now, machine, rest)
    case 'wg':
      return wgCommand(now, machine, rest)
    case 'wg-quick':
      return wgQuick(now, quick, rest)
    case 'iptables':
      return iptablesCommand(machine, rest, 4)
    case 'ip6tables':
      return iptablesCommand(machine, rest, 6)
    case 'sysctl':
      return sysctl(machine, rest)
    case 'echo':
      return echo(machine, rest)
    case 'true':
    case ':':
      return OK
    case 'false':
      return failed('false')
    default:
      return UNKNOWN
  }
}

/** Networks are interfaces by their names here; in people's files they are eth0, eth1 …: the nth network of the machine. */
function interfaceName(machine: Machine, word: string): string {
  const number = /^eth(\d{1,2})$/.exec(word)?.[1]
  if (number === undefined || machine.stack.interfaces.get(word) !== undefined) return word
  const ports = [...machine.stack.interfaces.all()].filter(({ kind }) => kind === 'port')
  return ports[Number(number)]?.name ?? word
}

function wgQuick(now: Instant, quick: Quick, words: Words): Outcome {
  const verb = words.next()
  const name = words.next()?.replace(/^\/etc\/wireguard\/(.+)\.conf$/, '$1')
  if (name === undefined || (verb !== 'up' && verb !== 'down')) return UNKNOWN
  return verb === 'up' ? quick.up(now, name) : quick.down(now, name)
}

function sysctl(machine: Machine, words: Words): Outcome {
  let last: Outcome = UNKNOWN
  for (let word = words.next(); word !== undefined; word = words.next()) {
    if (/^-[wqe]+$/.test(word) || word === '--write' || word === '--quiet') continue
    const [name = '', value] = word.replaceAll('/', '.').split('=')
    last = value === undefined ? OK : setSysctl(machine, name, value)
    if (last.kind !== 'ok' && last.kind !== 'no-effect') return last
  }
  return last
}

function setSysctl(machine: Machine, name: string, value: string): Outcome {
  const family = FORWARDING.get(name)
  if (family === undefined) {
    return HARMLESS.test(name) ? { kind: 'no-effect', why: 'nothing here depends on it' } : UNKNOWN
  }
  if (value !== '0' && value !== '1') return failed(`setting key "${name}": Invalid argument`)
  machine.stack.forwarding[family] = value === '1'
  return OK
}

/** `echo 1 > /proc/sys/net/ipv4/ip_forward` */
function echo(machine: Machine, words: Words): Outcome {
  const value = words.next() ?? ''
  const arrow = words.next()
  const path = arrow === '>' ? words.next() : arrow?.replace(/^>/, '')
  if (path === undefined) return OK
  if (!path.startsWith('/proc/sys/')) return UNKNOWN
  return setSysctl(machine, path.slice('/proc/sys/'.length).replaceAll('/', '.'), value)
}

function note(now: Instant, machine: Machine, text: string, place: string, outcome: Outcome): void {
  switch (outcome.kind) {
    case 'ok':
      return
    case 'no-effect':
      return machine.outbox.note(now, 'info', `without effect: "${text}" (${place}): ${outcome.why}`)
    case 'failed':
      return machine.outbox.note(now, 'warning', `failed: "${text}" (${place}): ${outcome.why}`)
    case 'unknown':
      return machine.outbox.note(
        now,
        'warning',
        `unknown command: "${text}" (${place}): it does nothing here; known are wg set, wg-quick up and down, ip route, ip rule, ip link, ip address, sysctl, and iptables for FORWARD and MASQUERADE`,
      )
  }
}
