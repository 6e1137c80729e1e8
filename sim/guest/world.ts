/** The simulated world with real kernels in some of its places. */
import type { Instant } from '../../impl/box.ts'
import { instant } from '../../impl/box.ts'
import { wallSpan } from '../../scenarios/language/quantity.ts'
import type { Scenario } from '../../scenarios/language/scenario.ts'
import type { RunEnd } from '../../scenarios/language/verdict.ts'
import type { HostOptions } from '../host/options.ts'
import type { Machine } from '../loop.ts'
import { EPOCH, type GuestNatOptions } from '../parts.ts'
import { buildWorld, endOf, type RunOptions } from '../world.ts'
import { GuestHost } from './box.ts'
import { middleCommands, middlePorts } from './middle.ts'
import { GuestNat } from './nat-box.ts'
import { portsOf, setupOf } from './plan.ts'
import { setupCommands } from './setup.ts'
import { type Guest, type GuestBox, type GuestMachine, prepareGuest, runWithGuests } from './shell.ts'

/** So long a guest lives before the run begins: it boots and is set up. Nanoseconds. */
export const LEAD_NS = 20_000_000_000
/** After the end, for the answers to what was asked at the end: nothing else happens then. */
const LAST_WORDS_NS = 50_000_000

export interface GuestWanted {
  readonly host: string
  /** kernel-6.12, wireguard-go … */
  readonly implementation: string
  readonly ports: number
  readonly seed: string
  /** Nanoseconds since 1970 when the guest's clock is 0. */
  readonly epoch_ns: bigint
  /** Takes ephemeral keys for the capture. */
  readonly secret: (ephemeral: Uint8Array) => void
}

/** A guest, and what it takes to be the implementation that was asked for. */
export interface StartedGuest {
  readonly machine: GuestMachine
  /** Before anything else. */
  readonly commands: readonly string[]
  /** The environment of wg-quick, as `NAME=value ` words. */
  readonly environment: string
}

export interface GuestRunOptions extends RunOptions {
  readonly start: (wanted: GuestWanted) => Promise<StartedGuest>
}

/** A machine that a guest plays. */
interface Seat {
  readonly box: GuestBox & { readonly name: string }
  readonly ports: number
  readonly epoch: { readonly sec: number; readonly nsec: number }
  readonly implementation: string
  readonly commands: (scenario: Scenario) => readonly string[]
  /** Takes ephemeral keys for the capture. */
  readonly secret: (ephemeral: Uint8Array) => void
  readonly begin: (environment: string) => void
}

/**
 * As `run`, for a cast with others than ours. Who starts guests also ends them. Rejects with what a guest says that can not
 * be prepared; one that goes down later is a machine that is down.
 */
export async function runGuests(options: GuestRunOptions): Promise<RunEnd> {
  const seats: Seat[] = []
  const seated = <T extends Seat>(seat: T): T['box'] => {
    seats.push(seat)
    return seat.box
  }
  const playerOf = (name: string) => options.cast[name] ?? 'ours'
  const built = buildWorld(options, {
    guest: host => (playerOf(host.name) === 'ours' ? undefined : seated(hostSeat(host, playerOf(host.name), options))),
    guestNat: nat => (playerOf(nat.name) === 'ours' ? undefined : seated(middleSeat(nat, playerOf(nat.name)))),
  })
  const guests = new Map<Machine, Guest>()
  await Promise.all(
    seats.map(async seat => {
      guests.set(built.topology.machine(seat.box.name), await prepared(seat, built.scenario, options))
    }),
  )
  const { loop, topology, end } = built
  await advance(end, options.progress, until => runWithGuests(loop, until, guests))
  topology.report()
  await runWithGuests(loop, instant(end + LAST_WORDS_NS), guests)
  return endOf(built)
}

async function prepared(seat: Seat, scenario: Scenario, run: GuestRunOptions): Promise<Guest> {
  const { box, ports, epoch } = seat
  const started = await run.start({
    host: box.name,
    implementation: seat.implementation,
    ports,
    seed: `${run.seed} ${box.name}`.replaceAll(/[^A-Za-z0-9.-]/g, '_'),
    epoch_ns: BigInt(epoch.sec) * 1_000_000_000n + BigInt(epoch.nsec) - BigInt(LEAD_NS),
    secret: seat.secret,
  })
  const commands = [...started.commands, ...seat.commands(scenario)]
  await prepareGuest(started.machine, { name: box.name, control: ports, commands, lead_ns: LEAD_NS })
  box.rests(started.machine.wants - LEAD_NS)
  seat.begin(started.environment)
  return { box, machine: started.machine, lead_ns: LEAD_NS }
}

function hostSeat(host: HostOptions, implementation: string, { scenario }: RunOptions) {
  const ports = portsOf(host, scenario)
  const epoch = epochOf(host)
  const box = new GuestHost(host, ports, epoch.sec)
  return {
    box,
    ports: ports.length,
    epoch,
    implementation,
    commands: (filled: Scenario) => setupCommands(setupOf(host, filled, portsOf(host, filled))),
    secret: (key: Uint8Array) => box.ephemeral(key),
    begin: (environment: string) => box.begin(environment),
  } satisfies Seat
}

function middleSeat(nat: GuestNatOptions, implementation: string) {
  const ports = middlePorts(nat.seats)
  return {
    box: new GuestNat(nat.name, ports),
    ports: ports.length,
    epoch: EPOCH,
    implementation,
    commands: () => middleCommands(nat, ports),
    secret: () => {},
    begin: () => {},
  } satisfies Seat
}

/** Its time of day at instant 0, which may be wrong. */
function epochOf({ spec }: HostOptions): { sec: number; nsec: number } {
  const { sec, nsec } = wallSpan(spec.clock?.offset ?? '0s')
  return { sec: EPOCH.sec + sec, nsec: EPOCH.nsec + nsec }
}

const SLICES = 256

async function advance(
  end: Instant,
  progress: ((now: number) => void) | undefined,
  run: (until: Instant) => Promise<void>,
): Promise<void> {
  if (progress === undefined) return run(end)
  for (let slice = 1; slice <= SLICES; slice++) {
    const until = slice === SLICES ? end : instant(Math.floor((end / SLICES) * slice))
    await run(until)
    progress(until)
  }
}
