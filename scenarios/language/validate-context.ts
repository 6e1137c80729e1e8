/** What the checks of a scenario's sense share: complaints, names, addresses. */
import ipaddr from 'ipaddr.js'
import { nearest } from './nearest.ts'
import { type Path, pointerText } from './pointer.ts'
import type { Problem } from './problem.ts'
import type { Scenario } from './scenario.ts'

export interface Context {
  readonly scenario: Scenario
  readonly problems: Problem[]
}

/** The name of each step: its own, or `#n` from 0. */
export function stepNames(scenario: Scenario): string[] {
  return scenario.steps.map((step, i) => step.name ?? `#${i}`)
}

export function complain(context: Context, path: Path, what: string, instead: string): void {
  context.problems.push({ path: pointerText(path), what, instead })
}

/** "there is no host "bbo"": with the nearest there is. */
export function checkKnown(
  context: Context,
  path: Path,
  what: string,
  name: string,
  known: readonly string[],
): boolean {
  if (known.includes(name)) return true
  const meant = nearest(name, known)
  const list = known.length === 0 ? `there is none at all` : `one of ${known.join(', ')}`
  complain(context, path, `there is no ${what} "${name}"`, meant === undefined ? list : `write "${meant}"`)
  return false
}

/** The address in its canonical text, or undefined after a complaint. */
export function checkAddress(context: Context, path: Path, text: string): string | undefined {
  const [address = '', length, ...rest] = text.split('/')
  const v4 = ipaddr.IPv4.isValidFourPartDecimal(address)
  if (rest.length > 0 || !(v4 || ipaddr.IPv6.isValid(address))) {
    complain(context, path, `"${text}" is no address`, 'write 203.0.113.5, 192.168.1.2/24 or 2001:db8::5')
    return undefined
  }
  const most = v4 ? 32 : 128
  if (length !== undefined && Number(length) > most) {
    complain(
      context,
      path,
      `"/${length}" is too long for ${v4 ? 'IPv4' : 'IPv6'}`,
      `write a prefix length up to ${most}`,
    )
    return undefined
  }
  return ipaddr.parse(address).toString()
}

export function checkEndpoint(context: Context, path: Path, text: string): void {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text)
  const address = match?.[1] ?? match?.[2] ?? ''
  const valid = match?.[1] === undefined ? ipaddr.IPv4.isValidFourPartDecimal(address) : ipaddr.IPv6.isValid(address)
  const port = Number(match?.[3] ?? 0)
  if (match !== null && valid && port >= 1 && port <= 65_535) return
  complain(context, path, `"${text}" is no address with a port`, 'write 203.0.113.5:51820 or [2001:db8::5]:51820')
}
