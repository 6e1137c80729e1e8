/** The simulated world with real kernels in some of its places. */
import type { Instant, WallTime } from '../../impl/box.ts'
import { instant } from '../../impl/box.ts'
import { durationNs } from '../../scenarios/language/quantity.ts'
import type { Scenario } from '../../scenarios/language/scenario.ts'
import type { RunEnd } from '../../scenarios/language/verdict.ts'
import type { HostOptions } from '../host/options.ts'
import type { KeyRing } from '../keys.ts'
import type { Machine } from '../loop.ts'
import { EPOCH, type GuestNatOptions } from '../parts.ts'
import { type BuiltWorld, buildWorld, endOf, type RunOptions } from '../world.ts'
import { GuestHost } from './box.ts'
import { middleCommands, middlePorts } from './middle.ts'
import { GuestNat } from './nat-box.ts'
import { portsOf, setupOf } from './plan.ts'
import { setupCommands } from './setup.ts'
import { askGuest, type Guest, type GuestBox, type GuestMachine, prepareGuest, runWithGuests } from './shell.ts'
import { Heard, SNAPSHOT_COMMAND } from './snapshot.ts'

/** So long a guest lives before the run begins: it boots and is set up. Nanoseconds. */
export const LEAD_NS = 20_000_000_000
/**
 * The timer wheel of a guest, for ours to be as late: HZ=250, and jiffies begin five minutes before they are 0
 * (INITIAL_JIFFIES), which is before the kernel boots. A whole turn of the wheel more, so that it is no negative number.
 */
export const GUEST_WHEEL = { timerWheel_ns: 4_000_000, timerWheelStart_ns: 2 ** 24 * 4_000_000 - 300e9 + LEAD_NS }
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
  /** Takes what each guest says of itself when the run is over, keys taken out. Changes nothing of the run. */
  readonly snapshot?: (machine: string, text: string) => void
}

/** A machine that a guest plays. */
interface Seat {
  readonly box: GuestBox & { readonly name: string }
  readonly ports: number
  readonly implementation: string
  /** Its time of day when it boots now, which may be wrong. */
  readonly wall: (now: Instant) => WallTime
  readonly commands: (scenario: Scenario) => readonly string[]
  /** Takes ephemeral keys for the capture. */
  readonly secret: (ephemeral: Uint8Array) => void
  readonly begin: (now: Instant, environment: string) => void
  /** Names may resolve to something else now. */
  readonly renamed: () => void
  readonly heard: (keys: KeyRing) => Heard
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
      guests.set(built.topology.machine(seat.box.name), await booted(seat, built.scenario, options, instant(0)))
    }),
  )
  const { loop, topology, end } = built
  for (const step of built.scenario.steps) {
    if (step.do !== 'dns') continue
    loop.plan(instant(durationNs(step.at)), 'act', () => {
      for (const seat of seats) {
        seat.renamed()
        loop.drain(topology.machine(seat.box.name))
      }
    })
  }
  await advance(end, options.progress, until => runWithGuests(loop, until, guests))
  topology.report()
  await runWithGuests(loop, instant(end + LAST_WORDS_NS), guests)
  const over = endOf(built)
  if (options.snapshot !== undefined) await snapshots(seats, built, guests, options.snapshot)
  return over
}

/** A machine that is off, or down, has nothing to say. */
async function snapshots(
  seats: readonly Seat[],
  { loop, topology, keys }: Pick<BuiltWorld, 'loop' | 'topology' | 'keys'>,
  guests: ReadonlyMap<Machine, Guest>,
  take: NonNullable<GuestRunOptions['snapshot']>,
): Promise<void> {
  for (const { box, ports, heard } of seats) {
    const guest = guests.get(topology.machine(box.name))
    if (guest === undefined) continue
    const question = { control: ports, now: loop.now, command: SNAPSHOT_COMMAND }
    const said = await askGuest(guest, question).catch((error: Error) => `(${error.message})\n`)
    take(box.name, heard(keys).text(box.name, loop.now, said))
  }
}

/** A guest that boots at this instant: it is up and set up then, as if it had taken no time. */
async function booted(seat: Seat, scenario: Scenario, run: GuestRunOptions, now: Instant): Promise<Guest> {
  const { box, ports } = seat
  const { sec, nsec } = seat.wall(now)
  const lead_ns = LEAD_NS - now
  const started = await run.start({
    host: box.name,
    implementation: seat.implementation,
    ports,
    seed: `${run.seed} ${box.name}${now === 0 ? '' : ` ${now}`}`.replaceAll(/[^A-Za-z0-9.-]/g, '_'),
    epoch_ns: BigInt(sec) * 1_000_000_000n + BigInt(nsec) - BigInt(LEAD_NS),
    secret: seat.secret,
  })
  const { machine, environment } = started
  const commands = [...started.commands, ...seat.commands(scenario)]
  await prepareGuest(machine, { name: box.name, control: ports, commands, lead_ns: LEAD_NS })
  box.rests(machine.wants - lead_ns)
  seat.begin(now, environment)
  const reboot = async (at: Instant): Promise<Guest> => {
    await machine.stop?.()
    return booted(seat, scenario, run, at)
  }
  return { box, machine, lead_ns, reboot }
}

function hostSeat(host: HostOptions, implementation: string, { scenario }: RunOptions) {
  const ports = portsOf(host, scenario)
  const box = new GuestHost(host, ports, implementation, Object.keys(scenario.names ?? {}))
  const speaks = implementation.startsWith('kernel-')
  return {
    box,
    ports: ports.length,
    implementation,
    wall: (now: Instant) => box.bootTime(now),
    commands: (filled: Scenario) => setupCommands({ ...setupOf(host, filled, box.ports), speaks }),
    secret: (key: Uint8Array) => box.ephemeral(key),
    begin: (now: Instant, environment: string) => box.begin(now, environment),
    renamed: () => box.renamed(),
    heard: () => box.heard,
  } satisfies Seat
}

function middleSeat(nat: GuestNatOptions, implementation: string) {
  const ports = middlePorts(nat.seats)
  return {
    box: new GuestNat(nat.name, ports),
    ports: ports.length,
    implementation,
    wall: () => EPOCH,
    commands: () => middleCommands(nat, ports),
    secret: () => {},
    begin: () => {},
    renamed: () => {},
    heard: (keys: KeyRing) => new Heard(keys),
  } satisfies Seat
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
