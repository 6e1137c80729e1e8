/** Steps with packets of their own, as the commands of plain tools. */
import { parseEndpoint } from '../../scenarios/decode/address.ts'
import { durationNs } from '../../scenarios/language/quantity.ts'
import type { StepOf } from '../../scenarios/language/step.ts'
import type { Command } from './plan.ts'

/** The first source port of `send` steps, as everywhere in the lab. */
const FIRST_SOURCE_PORT = 40_000

export function sourcePort(step: number): number {
  return FIRST_SOURCE_PORT + (step % 20_000)
}

export function pingLine({ to, count = 1, interval = '1s', size = 56, df, ttl, tos }: StepOf<'ping'>): string {
  return [
    `ping -n -D -O -c ${count} -i ${durationNs(interval) / 1e9} -s ${size} -M ${df === true ? 'do' : 'dont'}`,
    ...(ttl === undefined ? [] : [`-t ${ttl}`]),
    ...(tos === undefined ? [] : [`-Q ${tos}`]),
    to,
  ].join(' ')
}

export function sendLine(step: StepOf<'send'>, number: number): string {
  const { to, count = 1, interval = '1s', size = 64, df, tos = 0, ttl = 64 } = step
  const { address, port } = endpointOf(to)
  const numbers = [port, sourcePort(number), count, durationNs(interval) / 1e9, size, df === true ? 1 : 0, tos, ttl]
  return `perl /run/tools/udp.pl send ${address} ${numbers.join(' ')}`
}

/** Every machine has a server already. */
export function tcpLine(step: StepOf<'tcp'>, number: number): string {
  const { to, bytes, direction = 'up', congestion = 'cubic', window = 0, deadline } = step
  const { address, port } = endpointOf(to)
  const [up, down] = [direction === 'down' ? 0 : bytes, direction === 'up' ? 0 : bytes]
  const last_s = deadline === undefined ? 0 : durationNs(deadline) / 1e9
  return `perl /run/tools/tcp.pl ask ${[address, port, sourcePort(number), number, up, down, congestion, window, last_s].join(' ')}`
}

/** What of TCP belongs to a machine as a whole, at both ends. */
export function tcpSettings({ mtu_probing = 0, ecn = false }: StepOf<'tcp'>, machines: readonly string[]): Command[] {
  const line = `sysctl -qw net.ipv4.tcp_mtu_probing=${mtu_probing} net.ipv4.tcp_ecn=${ecn ? 1 : 0}`
  return machines.map(on => ({ on, line }))
}

/** `10.0.0.2:9`, `[fd00::2]:9` */
export function endpointOf(to: string): { readonly address: string; readonly port: number } {
  const port = parseEndpoint(to)?.port ?? 0
  return { address: to.replace(/:\d+$/, '').replace(/^\[|\]$/g, ''), port }
}
