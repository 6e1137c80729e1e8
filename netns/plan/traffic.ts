/** Steps with packets of their own, as the commands of plain tools. */
import { parseEndpoint } from '../../scenarios/decode/address.ts'
import { durationNs } from '../../scenarios/language/quantity.ts'
import type { StepOf } from '../../scenarios/language/step.ts'
import type { Command } from './plan.ts'

/** The first source port of `send` steps, as everywhere in the lab. */
const FIRST_SOURCE_PORT = 40_000

export function pingLine({ to, count = 1, interval = '1s', size = 56, df, ttl, tos }: StepOf<'ping'>): string {
  return [
    `ping -n -D -O -c ${count} -i ${durationNs(interval) / 1e9} -s ${size} -M ${df === true ? 'do' : 'dont'}`,
    ...(ttl === undefined ? [] : [`-t ${ttl}`]),
    ...(tos === undefined ? [] : [`-Q ${tos}`]),
    to,
  ].join(' ')
}

export function sendLine(step: StepOf<'send'>, number: number): { readonly line: string; readonly port: number } {
  const { to, count = 1, interval = '1s', size = 64, df, tos = 0, ttl = 64 } = step
  const { address, port } = endpointOf(to)
  const source = FIRST_SOURCE_PORT + (number % 20_000)
  const numbers = [port, source, count, durationNs(interval) / 1e9, size, df === true ? 1 : 0, tos, ttl]
  return { line: `perl /run/tools/udp.pl send ${address} ${numbers.join(' ')}`, port }
}

/** The client has to find the server: it is started first, and waits for one client. */
export function tcpLines(step: StepOf<'tcp'>): { readonly line: string; readonly server: string } {
  const { to, bytes, direction = 'up', congestion, deadline } = step
  const { address, port } = endpointOf(to)
  const client = [
    ...(deadline === undefined ? [] : [`timeout ${durationNs(deadline) / 1e9}`]),
    `iperf3 -c ${address} -p ${port} -n ${bytes} -J`,
    ...(direction === 'down' ? ['-R'] : []),
    ...(congestion === undefined ? [] : [`-C ${congestion}`]),
  ]
  return { line: client.join(' '), server: `iperf3 -s -1 -p ${port} -J` }
}

/** What of TCP belongs to a machine as a whole, at both ends. */
export function tcpSettings({ mtu_probing = 0, ecn = false }: StepOf<'tcp'>, machines: readonly string[]): Command[] {
  const line = `sysctl -qw net.ipv4.tcp_mtu_probing=${mtu_probing} net.ipv4.tcp_ecn=${ecn ? 1 : 0}`
  return machines.filter(name => name !== '').map(on => ({ on, line }))
}

/** `10.0.0.2:9`, `[fd00::2]:9` */
export function endpointOf(to: string): { readonly address: string; readonly port: number } {
  const port = parseEndpoint(to)?.port ?? 0
  return { address: to.replace(/:\d+$/, '').replace(/^\[|\]$/g, ''), port }
}
