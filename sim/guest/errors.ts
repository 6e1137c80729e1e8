/** What goes wrong in a guest, in the words that a simulated machine has for it. */
import type { IcmpError } from '../../impl/ip/icmp.ts'

type Kind = IcmpError['kind']

/** By type and code: RFC 792, RFC 1812 §5.2.7.1. */
const V4: Readonly<Record<string, Kind>> = {
  '3/0': 'no-route',
  '3/1': 'host-unreachable',
  '3/2': 'protocol-unreachable',
  '3/3': 'port-unreachable',
  '3/4': 'too-big',
  '3/9': 'prohibited',
  '3/10': 'prohibited',
  '3/13': 'prohibited',
  '11/0': 'time-exceeded',
  '11/1': 'reassembly-timeout',
}
/** RFC 4443 §3. */
const V6: Readonly<Record<string, Kind>> = {
  '1/0': 'no-route',
  '1/1': 'prohibited',
  '1/3': 'host-unreachable',
  '1/4': 'port-unreachable',
  '2/0': 'too-big',
  '3/0': 'time-exceeded',
  '3/1': 'reassembly-timeout',
  '4/1': 'protocol-unreachable',
}

/** `words`: family, type, code and what comes with it, as the agent tells them. */
export function icmpErrorText(words: string): string {
  const [family = '', type = '', code = '', info = ''] = words.split(' ')
  const kind = (family === '6' ? V6 : V4)[`${type}/${code}`]
  if (kind === undefined) return `icmp type ${type}, code ${code}`
  return kind === 'too-big' ? `icmp too-big (MTU ${info})` : `icmp ${kind}`
}

/** As strerror(3) has it, but for the capital letter. */
export function systemErrorText(words: string): string {
  return `${words.slice(0, 1).toLowerCase()}${words.slice(1)}`
}
