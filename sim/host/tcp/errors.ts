/** What ICMP errors are called by the operating system. */
import type { IcmpError } from '../../../impl/ip/icmp.ts'

/** What a program that connects is told; undefined: nothing. */
export function errorText(error: IcmpError): string | undefined {
  switch (error.kind) {
    case 'too-big':
    case 'time-exceeded':
    case 'reassembly-timeout':
      return undefined
    case 'no-route':
      return 'network is unreachable'
    case 'host-unreachable':
    case 'prohibited':
      return 'no route to host'
    case 'protocol-unreachable':
      return 'protocol not available'
    case 'port-unreachable':
      return 'connection refused'
  }
}
