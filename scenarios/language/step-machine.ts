/** Steps that change a machine. */
import { z } from 'zod'
import { duration } from './quantity.ts'
import { common } from './step-common.ts'
import { name } from './words.ts'

export const setClock = z
  .strictObject({
    do: z.literal('clock'),
    ...common,
    host: name,
    jump: duration.optional(),
    drift_ppm: z.int().min(-100_000).max(100_000).optional(),
    sync: z.enum(['step', 'slew']).optional().describe('A time service arrives: as ntp of the host.'),
  })
  .describe('Steps the wall clock, changes its drift, or sets it right. { do: clock, at: 60s, host: alice, jump: -1h }')

export const suspend = z
  .strictObject({ do: z.literal('suspend'), ...common, host: name, for: duration })
  .describe(
    'The machine sleeps: nothing is sent or received, timers that are due run on waking (see `timers` of the host). { do: suspend, at: 60s, host: laptop, for: 10m }',
  )

export const reboot = z
  .strictObject({
    do: z.literal('reboot'),
    ...common,
    host: name,
    off: duration.optional().describe('How long it is off. Default 1s.'),
  })
  .describe('All state is lost; wg-quick up runs again at the end. { do: reboot, at: 60s, host: server, off: 30s }')

export const run = z
  .strictObject({
    do: z.literal('run'),
    ...common,
    host: name,
    command: z
      .string()
      .min(1)
      .describe(
        'One command line as root would type it: wg set, wg-quick up/down, ip route, ip rule, ip link set mtu/up/down, sysctl, iptables of the well-known kinds.',
      ),
  })
  .describe('{ do: run, at: 60s, host: alice, command: "wg set wg0 peer <bob.pub> endpoint 203.0.113.2:51820" }')
