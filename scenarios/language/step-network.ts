/** Steps that change the network. */
import { z } from 'zod'
import { attachment } from './interfaces.ts'
import { link } from './link.ts'
import { mapRequest } from './nat-edge.ts'
import { duration } from './quantity.ts'
import { common } from './step-common.ts'
import { cidr, name } from './words.ts'

export const roam = z
  .strictObject({
    do: z.literal('roam'),
    ...common,
    host: name,
    network: name.describe('The attachment that changes.'),
    to: name.optional().describe('The network to move to. Default: stay on it, only the address changes.'),
    attachment: attachment.describe('The new address or addresses, with gateway and links where needed.'),
  })
  .describe('{ do: roam, at: 20s, host: phone, network: wifi, to: mobile, attachment: 198.51.100.9 }')

export const changeLink = z
  .strictObject({
    do: z.literal('link'),
    ...common,
    node: name,
    network: name,
    direction: z.enum(['up', 'down', 'both']).optional().describe('Default both.'),
    set: link.describe('Only what is named changes.'),
  })
  .describe('{ do: link, at: 60s, node: alice, network: internet, set: { cut: true } }')

export const changeNat = z
  .strictObject({
    do: z.literal('nat'),
    ...common,
    nat: name,
    flush: z
      .boolean()
      .optional()
      .describe('Forget all mappings, as a reboot does, or a failover to a device that knows nothing of them.'),
    ports: z
      .enum(['same', 'other'])
      .optional()
      .describe(
        'After the flush: an inner end gets its outer end back (same), or one that nobody had before (other). Default: what the port assignment gives.',
      ),
    off: duration.optional().describe('Switched off for so long: nothing passes, and afterwards all is forgotten.'),
    rebind: z
      .enum(['port', 'address', 'both'])
      .optional()
      .describe('Mappings live on with another outer port, another outside address, or both. Who may answer stays.'),
    inside: cidr.optional().describe('Of this inner host alone, for flush and rebind. Default: all.'),
    outside: z.record(name, attachment).optional().describe('New outside addresses.'),
    map: mapRequest.optional().describe('An inner host asks for a port, by UPnP, NAT-PMP or PCP.'),
  })
  .describe('{ do: nat, at: 60s, nat: home, flush: true } or { do: nat, at: 60s, nat: home, rebind: port }')
