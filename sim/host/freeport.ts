/** The port that a machine chooses where nobody asks for one. */
import type { Random } from '../../impl/box.ts'

/** Linux: net.ipv4.ip_local_port_range. */
const FIRST_PORT = 32768
const LAST_PORT = 60999

/** One that is not taken. */
export function freePort(random: Random, taken: { has(port: number): boolean }): number {
  for (;;) {
    const port = FIRST_PORT + random.below(LAST_PORT - FIRST_PORT + 1)
    if (!taken.has(port)) return port
  }
}
