/** Scenarios in Linux namespaces: from a scenario and a cast to a plan, a place for it, and a verdict. */
import { randomBytes } from 'node:crypto'
import { keyToBase64 } from '../impl/config/base64.ts'
import { nodeCrypto } from '../impl/crypto/node/provider.ts'
import { plan } from '../netns/plan/compile.ts'
import type { Plan } from '../netns/plan/plan.ts'
import { supportsNetns } from '../netns/plan/supports.ts'
import type { Site } from '../netns/run/site.ts'
import { runPlan, SetUpFailed } from '../netns/run/world.ts'
import type { Cast, NamedScenario, Scenario } from '../scenarios/language/scenario.ts'
import type { KeyLogLine, RunEnd, Support, Verdict } from '../scenarios/language/verdict.ts'
import { KeyRing } from '../sim/keys.ts'
import { replaceLiteralKeys } from '../sim/literalkeys.ts'
import type { RunOptions } from '../sim/world.ts'
import { NotRun, notRun, type RunOneOptions, runOneElsewhere } from './evidence.ts'
import { GuestLacks, openGround } from './netns-guest.ts'
import { hostGround } from './netns-host.ts'
import type { WorldName } from './world-name.ts'

export type NetnsWorld = Exclude<WorldName, 'sim'>

/** A machine on which plans can be carried out, and what it has. */
export interface Ground {
  readonly world: NetnsWorld
  readonly netem: boolean
  readonly poll_ms: number
  /** How an implementation is started there: undefined is the kernel's own, else the command before the interface's name. */
  startOf(implementation: string): string | undefined
  /** What it lacks for this plan, and what helps. */
  lacking(plan: Plan, cast: Cast): Promise<string | undefined>
  /** A place for one run. */
  open(run: { plan: Plan; seed: string; secret: (ephemeral: Uint8Array) => void; signal: AbortSignal }): Promise<Site>
  /** Nothing of it is left. */
  close(): Promise<void>
}

export interface Lacks {
  readonly lacks: string
}

/** The run at hand. */
let calledOff: AbortController | undefined
let working: Promise<unknown> = Promise.resolve()

/** Runs and judges it. Never rejects for what the machine lacks: that is a verdict with a reason. */
export function workInNetns(named: NamedScenario, options: RunOneOptions & { readonly world: NetnsWorld }) {
  const work = workAt(named, options)
  working = work.catch(() => {})
  return work
}

/** Settles when nothing is left of the run at hand. */
export async function stopNetns(): Promise<void> {
  calledOff?.abort(new Error('interrupted'))
  await working
}

async function workAt(named: NamedScenario, options: RunOneOptions & { world: NetnsWorld }): Promise<Verdict> {
  const stop = new AbortController()
  calledOff = stop
  // What no machine could do is no question of this one.
  const never = supportsNetns(named.scenario, options.cast)
  if (!never.ok) return runOneElsewhere(named, options, never, () => Promise.reject(new Error('it was not to run')))
  const ground = await groundOf(options.world, options.cast)
  if ('lacks' in ground) return notRun(named, options, 'skipped', ground.lacks)
  try {
    const support: Support = supportsNetns(named.scenario, options.cast, { netem: ground.netem })
    return await runOneElsewhere(named, options, support, run => play(run, ground, stop.signal))
  } catch (error) {
    if (!stop.signal.aborted) throw error
    return notRun(named, options, 'skipped', 'interrupted before its end')
  } finally {
    await ground.close()
    calledOff = undefined
  }
}

/** Where it can run, or why it can not. */
export function groundOf(world: NetnsWorld, cast: Cast): Promise<Ground | Lacks> {
  return world === 'netns' ? hostGround() : openGround(cast)
}

async function play(run: RunOptions, ground: Ground, signal: AbortSignal): Promise<RunEnd> {
  const { made, names, keylog, warnings } = planOf(run, ground)
  const lacks = await ground.lacking(made, run.cast)
  if (lacks !== undefined) throw new NotRun('skipped', lacks)
  const secret = (key: Uint8Array): void => {
    const text = keyToBase64(key)
    keylog.push({ kind: 'LOCAL_EPHEMERAL_PRIVATE_KEY', reveal: () => text })
  }
  try {
    const site = await ground.open({ plan: made, seed: run.seed, secret, signal })
    const { sink, progress } = run
    const end = await runPlan({ plan: made, site, sink, names, keylog, poll_ms: ground.poll_ms, progress })
    return { ...end, warnings: [...warnings, ...end.warnings] }
  } catch (error) {
    if (signal.aborted || !(error instanceof Error)) throw error
    if (error instanceof GuestLacks) throw new NotRun('skipped', error.message)
    if (error instanceof SetUpFailed && error.lacks !== undefined) throw new NotRun('skipped', error.lacks)
    if (['SetUpFailed', 'RunSpoiled', 'GuestDown'].includes(error.name)) throw new NotRun('inconclusive', error.message)
    throw error
  }
}

export interface MadePlan {
  readonly made: Plan
  /** Public key to name. Complete when the plan is made. */
  readonly names: ReadonlyMap<string, string>
  readonly keylog: KeyLogLine[]
  readonly warnings: readonly string[]
}

/** A plan with the keys of the run: those that the simulator would give the same scenario and seed. */
export function planOf(
  run: { readonly scenario: Scenario; readonly cast: Cast; readonly seed: string },
  { netem, startOf }: Pick<Ground, 'netem' | 'startOf'>,
  prefix = `wglab-${randomBytes(3).toString('hex')}`,
): MadePlan {
  const { scenario, warnings } = replaceLiteralKeys(run.scenario, nodeCrypto)
  const ring = new KeyRing(run.seed, nodeCrypto)
  const secrets = new Map<string, KeyLogLine>()
  const keyOf = (name: string): string => {
    if (name.endsWith('.pub')) return ring.publicKey(name.slice(0, -4))
    const shared = name.endsWith('.psk')
    const text = keyToBase64((shared ? ring.presharedKey(name.slice(0, -4)) : ring.privateKey(name)).reveal())
    secrets.set(name, { kind: shared ? 'PRESHARED_KEY' : 'LOCAL_STATIC_PRIVATE_KEY', reveal: () => text })
    return text
  }
  const made = plan({ scenario, cast: run.cast, prefix, keyOf, startOf, netem })
  return { made, names: ring.names(), keylog: [...secrets.values()], warnings }
}
