/** The same scenarios in the simulator and in the namespaces of a real kernel: each check that both can see says the same. */
import { afterEach, describe, expect, it } from 'vitest'
import type { Cast, NamedScenario } from '../scenarios/language/scenario.ts'
import type { Verdict, VerdictKind } from '../scenarios/language/verdict.ts'
import { runOne } from './evidence.ts'
import { openGround } from './netns-guest.ts'
import { stopNetns, workInNetns } from './netns-world.ts'
import { select } from './select.ts'

const KERNEL = 'kernel-6.12'

/**
 * What the guest makes of them; the simulator passes all. `unsupported`: one check asks what is inside, which a kernel does not
 * say, and the others count.
 */
const VERDICTS: Readonly<Record<string, VerdictKind>> = {
  'handshake/one-round-trip': 'pass',
  'handshake/lost-initiation': 'unsupported',
  'interop/both-families': 'pass',
  'interop/congestion-mark': 'pass',
  'interop/small-mtu': 'pass',
  'link/a-page-in-one-turn': 'pass',
  'link/what-wg-show-counts': 'pass',
  'machine/mtu-from-the-route': 'unsupported',
  'middlebox/nat-says-so-once-a-second': 'pass',
  'nat/web-server-behind-a-forwarded-port': 'pass',
  'routing/internet-says-three-things': 'pass',
  'tcp/ssh-works-scp-hangs': 'unsupported',
}

const ground = await openGround({ alice: KERNEL })
const lacks = 'lacks' in ground ? ground.lacks : undefined
if (!('lacks' in ground)) await ground.close()

/** The kernel in every machine that has a tunnel. */
function castOf({ scenario }: NamedScenario): Cast {
  const hosts = Object.entries(scenario.hosts).filter(([, host]) => host.wg !== undefined)
  return Object.fromEntries(hosts.map(([name]) => [name, KERNEL]))
}

/** `name: pass`, of each check that `seen` could decide. */
function results({ checks }: Verdict, seen: Verdict): string[] {
  const decided = new Set(seen.checks.filter(({ result }) => result !== 'unsupported').map(({ name }) => name))
  return checks.filter(({ name }) => decided.has(name)).map(({ name, result }) => `${name}: ${result}`)
}

async function both(id: string): Promise<{ readonly sim: Verdict; readonly guest: Verdict }> {
  const [named] = await select([id])
  if (named === undefined) throw new Error(`no scenario ${id}`)
  const seed = named.scenario.seed ?? '1'
  const guest = await workInNetns(named, { cast: castOf(named), seed, world: 'netns:guest' })
  return { sim: runOne(named, { cast: {}, seed }), guest }
}

const why = lacks === undefined ? '' : ` (skipped: ${lacks})`

describe.skipIf(lacks !== undefined)(`the worlds agree${why}`, () => {
  afterEach(stopNetns)

  it.each(Object.entries(VERDICTS))(
    '%s',
    async (id, verdict) => {
      const { sim, guest } = await both(id)
      expect(results(guest, guest)).toEqual(results(sim, guest))
      expect({ sim: sim.verdict, guest: guest.verdict }).toEqual({ sim: 'pass', guest: verdict })
      // What it could not decide is not most of it.
      expect(results(guest, guest).length).toBeGreaterThan(guest.checks.length / 2)
    },
    120_000,
  )
})
