/** How a machine sits on its networks, as data. */
import { z } from 'zod'
import { link } from './link.ts'
import { cidr, name } from './words.ts'

const ends = z
  .strictObject({
    address: z.union([cidr, z.array(cidr).min(1)]).describe('The addresses here.'),
    gateway: z
      .union([cidr, z.array(cidr)])
      .optional()
      .describe('Where the rest goes, one for each family. Default: the network knows.'),
    link: link.optional().describe('Both cables here, over the link of the network and under `up` and `down`.'),
    up: link.optional().describe('The cable from here into the network, over the defaults of the network.'),
    down: link.optional().describe('The cable from the network to here.'),
  })
  .describe('How a machine sits on a network.')

export const attachment = z.union([cidr, z.array(cidr).min(1), ends])
export type Attachment = z.infer<typeof attachment>
/** One attachment for each network, by the network's name. In the trace the place is called `host:network`. */
export const interfaces = z.record(name, attachment)
