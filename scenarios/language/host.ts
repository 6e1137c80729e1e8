/** A machine with an operating system, as data. */
import { z } from 'zod'
import { interfaces } from './interfaces.ts'
import { duration } from './quantity.ts'
import { services } from './service.ts'
import { cidr, name } from './words.ts'

export const clock = z.strictObject({
  offset: duration.optional().describe('Wall clock ahead (or, negative, behind) of the true time.'),
  drift_ppm: z
    .int()
    .min(-100_000)
    .max(100_000)
    .optional()
    .describe('How much too fast the wall clock runs, parts per million.'),
  rtc: z
    .enum(['battery', 'none', 'saved'])
    .optional()
    .describe(
      'What the clock says after each boot. battery (default): it ran on. none: 1970-01-01, as a board without a battery. saved: the time when the machine went off, as fake-hwclock does.',
    ),
  ntp: z
    .strictObject({
      after: duration.describe('This long after each boot the true time is known.'),
      how: z
        .enum(['step', 'slew'])
        .optional()
        .describe('step (default): at once. slew: 500 parts per million faster or slower until it is right.'),
    })
    .optional()
    .describe('A time service that arrives later. From then on the clock neither drifts nor is it wrong.'),
})
export type Clock = z.infer<typeof clock>

export const radio = z
  .strictObject({
    beacon: duration.optional().describe('It wakes at every multiple of this. Default 102.4ms, as most access points.'),
    awake: duration.optional().describe('It stays awake this long after it sent or heard something. Default 100ms.'),
    buffer: z
      .int()
      .min(0)
      .optional()
      .describe('Packets that the network keeps for it meanwhile; one more is lost. Default 64.'),
  })
  .describe('A radio that dozes: what comes in waits for the next beacon, what goes out wakes it.')
export type Radio = z.infer<typeof radio>

export const host = z.strictObject({
  interfaces,
  wg: z
    .record(z.string().regex(/^[a-zA-Z0-9_=+.-]{1,15}$/), z.string())
    .optional()
    .describe('The text of /etc/wireguard/NAME.conf, keys by name: <alice>, <alice.pub>, <alice-bob.psk>.'),
  autostart: z.boolean().optional().describe('wg-quick up for every interface at time 0. Default true.'),
  forward: z.boolean().optional().describe('Forward packets between interfaces (IPv4 and IPv6). Default false.'),
  firewall: z
    .enum(['open', 'stateful'])
    .optional()
    .describe(
      'stateful: what comes in on a network (not on a tunnel) needs to answer something that went out, or a WireGuard listen port, or a port that a service of the host listens on. Default open.',
    ),
  clock: clock.optional(),
  timers: z
    .enum(['boottime', 'monotonic'])
    .optional()
    .describe(
      "The clock of WireGuard's timers. boottime (default) counts sleep, and keys are wiped before it, as in Linux; monotonic stands still in sleep and keeps them, as wireguard-go does.",
    ),
  radio: z
    .record(name, radio)
    .optional()
    .describe('Power saving of the radio on these networks. Default: it never sleeps. { wifi: { beacon: 300ms } }'),
  resolver: z
    .union([cidr, z.array(cidr).min(1)])
    .optional()
    .describe('Where its `lookup` steps ask for names, before a DNS line of a tunnel says otherwise.'),
  resolves: z
    .enum(['exclusive', 'pool'])
    .optional()
    .describe(
      'What the DNS line of a tunnel does. exclusive (default): only its servers are asked, as `resolvconf -x` asks for. pool: they are asked with the others, in turn, as where nobody heeds -x.',
    ),
  outer_df: z
    .boolean()
    .optional()
    .describe(
      'The datagrams of its tunnels are not to be cut: DF in IPv4, no fragments in IPv6, as some programs in user space have it. Default false, as Linux.',
    ),
  handshake_cost: duration
    .optional()
    .describe('What one handshake message costs this machine. Default 0s: never under load.'),
  services: services.optional(),
  probe: z
    .boolean()
    .optional()
    .describe(
      'Played by the lab: speaks by script, may lie. Its keys are derived from its name. It sees what passes the networks it sits on.',
    ),
})
export type Host = z.infer<typeof host>
