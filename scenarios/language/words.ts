/** The words that all parts of a scenario share. */
import { z } from 'zod'

export const name = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,30}$/)
  .describe('A name: lower case letters, digits and hyphens, starting with a letter.')

/** An address with or without a prefix length. Whether it is a real one is checked by `validate`, with the place. */
export const cidr = z
  .string()
  .regex(/^[0-9a-fA-F:.]+(\/\d{1,3})?$/)
  .describe('An address, with its prefix length where the network is a LAN: 203.0.113.5, 192.168.1.2/24, 2001:db8::5.')

export const fraction = z.number().min(0).max(1)

/** Which messages a rule is about, as the lab's own decoder names them. */
export const messageName = z.enum(['initiation', 'response', 'cookie-reply', 'data', 'keepalive', 'any'])
export type MessageKind = z.infer<typeof messageName>
