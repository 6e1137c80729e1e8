/** Steps of the programs above WireGuard. */
import { z } from 'zod'
import { common } from './step-common.ts'
import { name } from './words.ts'

export const service = z
  .strictObject({
    do: z.literal('service'),
    ...common,
    host: name,
    service: name.describe('One of its services.'),
    act: z
      .enum(['stop', 'start', 'now', 'revoke', 'admit'])
      .describe(
        'stop, start: as systemctl does. now: do at once what is due at times. revoke, admit: a member of a control plane.',
      ),
    member: name.optional().describe('Of a control-server: who is revoked, or admitted (again).'),
  })
  .describe('{ do: service, at: 60s, host: control, service: plane, act: revoke, member: phone }')
