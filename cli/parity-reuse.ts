/**
 * One guest plays many scenarios, one after the other: to boot takes longer than most of them. What it shows is a first
 * look; what differs there is asked again of a guest of its own, and that answer counts.
 */

import { orderFrame, readReport } from '../sim/guest/agent.ts'
import type { Frame } from '../sim/guest/box.ts'
import type { GuestMachine } from '../sim/guest/shell.ts'
import { type GuestWanted, LEAD_NS, type StartedGuest } from '../sim/guest/world.ts'
import type { Guests } from './guests.ts'
import { QUICK_PATH, QUICK_SCRIPT, resetScript } from './parity-script.ts'

/** Idle between two scenarios: longer than the agent waits for the last answers. */
const QUIET_NS = 12_000_000_000
/** Every scenario begins at the same place of the kernel's timer wheel, up to timers of two minutes. */
const ALIGNED_NS = 131_072_000_000
/** Nothing that a guest could keep from one scenario to the next grows for ever. */
const MOST_PLAYED = 100
/** Jobs of ours, apart from those of a run. */
const OWN_JOB = 0xfff0_0000

export interface ReusedGuests extends Pick<Guests, 'start'> {
  /** A new comparison: guests of the last one are free again. */
  next(): void
  /** They have played enough, or one has failed. */
  readonly spent: boolean
}

interface Player {
  readonly machine: GuestMachine
  readonly port: number
  /** Second names of its network, of the last scenario. */
  altnames: string[]
  /** Of the guest: it has been seen there. */
  now: number
  /** So far it may have come without a word. */
  reached: number
  /** When the clock of the scenario that it plays is 0. */
  base: number
  busy: boolean
  jobs: number
}

/** Only a kernel with one network is played again; others are started anew each time. */
export function reuseGuests(guests: Pick<Guests, 'start'>): ReusedGuests {
  const players = new Map<string, Player[]>()
  let played = 0
  let failed = false
  const start = async (wanted: GuestWanted): Promise<StartedGuest> => {
    if (wanted.ports !== 1 || !wanted.implementation.startsWith('kernel-')) return guests.start(wanted)
    const known = players.get(wanted.implementation) ?? []
    players.set(wanted.implementation, known)
    let player = known.find(({ busy }) => !busy)
    try {
      if (player === undefined) {
        const host = `reused-${wanted.implementation}-${known.length}`
        player = await begun(await guests.start({ ...wanted, host, secret: () => {} }), wanted)
        known.push(player)
      } else await again(player, wanted)
      player.busy = true
      return { machine: new Turn(player, () => (failed = true)), commands: [], environment: '' }
    } catch (error) {
      failed = true
      throw error
    }
  }
  return {
    start,
    next() {
      played++
      for (const player of [...players.values()].flat()) player.busy = false
    },
    get spent() {
      return failed || played >= MOST_PLAYED
    },
  }
}

/** A guest that has booted and knows what it needs only once. */
async function begun({ machine }: StartedGuest, { ports }: GuestWanted): Promise<Player> {
  const player: Player = { machine, port: ports, altnames: [], now: 0, reached: 0, base: 0, busy: false, jobs: 0 }
  let ready = false
  while (!ready) {
    if (machine.wants >= LEAD_NS) throw new Error('a guest is not ready in time: its agent has not spoken')
    await runOn(player, LEAD_NS, (port, frame) => {
      const report = port === player.port ? readReport(frame) : undefined
      if (report?.kind !== 'ended' || report.status !== 'ready') return false
      ready = true
      return true
    })
  }
  const quick = QUICK_SCRIPT.replaceAll("'", `'\\''`)
  await ordered(player, `mkdir -p /run/bin\nprintf %s '${quick}' > ${QUICK_PATH}\nchmod 755 /run/bin ${QUICK_PATH}`)
  return player
}

/** As if it had just booted: without what the last scenario left, at a time that is 0 for the next. */
async function again(player: Player, { epoch_ns }: GuestWanted): Promise<void> {
  player.now = Math.max(player.now, player.reached)
  const base = Math.ceil((player.now + QUIET_NS) / ALIGNED_NS) * ALIGNED_NS
  const wall_ns = epoch_ns - BigInt(base - player.now)
  const fraction = String(wall_ns % 1_000_000_000n).padStart(9, '0')
  await ordered(player, resetScript(`${wall_ns / 1_000_000_000n}.${fraction}`, player.altnames))
  player.altnames = []
  while (player.machine.wants < base) await runOn(player, base, () => false)
  player.base = player.now = base
}

/** Lets it run before any scenario; `seen` says whether it is to stand still. */
async function runOn(player: Player, until: number, seen: (port: number, frame: Uint8Array) => boolean): Promise<void> {
  let stood: number | undefined
  player.now = Math.max(player.now, player.machine.wants)
  await player.machine.run(until, (time, port, frame) => {
    player.now = Math.max(player.now, time)
    if (seen(port, frame)) stood = time
    return stood ?? until
  })
}

/** One command line, to its end. Rejects with what it said if it fails. */
async function ordered(player: Player, text: string): Promise<void> {
  const job = OWN_JOB + (player.jobs++ % 0xffff)
  let said = ''
  let status: string | undefined
  const from = player.now
  await player.machine.inject(from, [{ port: player.port, frame: orderFrame(job, 'x', text) }])
  while (status === undefined) {
    if (player.machine.wants > from + LEAD_NS) throw new Error(`a guest does not end: ${text}`)
    await runOn(player, from + LEAD_NS, (port, frame) => {
      const report = port === player.port ? readReport(frame) : undefined
      if (report === undefined || !('job' in report) || report.job !== job) return false
      if (report.kind === 'output') said += report.text
      if (report.kind === 'ended') status = report.status
      return report.kind === 'ended'
    })
  }
  if (status !== '0') throw new Error(`a guest that plays again: ${text}\nended with status ${status}: ${said.trim()}`)
}

type OnFrame = Parameters<GuestMachine['run']>[1]

/** The guest during one scenario, as it would be had it booted for it. */
class Turn implements GuestMachine {
  readonly #player: Player
  readonly #base: number
  readonly #failed: () => void
  /** What a fresh guest's agent says first. */
  #answers: Uint8Array[] = [answer(0, 'ready')]

  constructor(player: Player, failed: () => void) {
    this.#player = player
    this.#base = player.base
    this.#failed = failed
  }

  get wants(): number {
    const { now, machine } = this.#player
    return this.#answers.length > 0 ? now - this.#base : machine.wants - this.#base
  }

  async inject(time: number, frames: readonly Frame[]): Promise<number[]> {
    this.#player.now = time + this.#base
    const passed = frames.map((frame, place) => ({ frame, place })).filter(({ frame }) => !this.#keeps(frame))
    const refused = await this.#guard(() =>
      this.#player.machine.inject(
        this.#player.now,
        passed.map(({ frame }) => frame),
      ),
    )
    return refused.flatMap(at => passed[at]?.place ?? [])
  }

  async run(until: number, onFrame: OnFrame): Promise<void> {
    const { machine, port } = this.#player
    let end = until
    const answers = this.#answers
    this.#answers = []
    const now = this.#player.now - this.#base
    for (const frame of answers) end = Math.min(end, onFrame(now, port, frame))
    if (answers.length > 0 && machine.wants - this.#base > now) return
    this.#player.reached = Math.max(this.#player.reached, end + this.#base)
    await this.#guard(() =>
      machine.run(end + this.#base, (time, from, frame) => {
        this.#player.now = Math.max(this.#player.now, time)
        return onFrame(time - this.#base, from, frame) + this.#base
      }),
    )
  }

  /** Whether a frame is an order that the guest does not see as it is. */
  #keeps({ port, frame }: Frame): boolean {
    if (port !== this.#player.port || frame[18] !== 'x'.charCodeAt(0)) return false
    const text = new TextDecoder().decode(frame.subarray(19))
    const job = new DataView(frame.buffer, frame.byteOffset).getUint32(14)
    this.#player.altnames.push(...[...text.matchAll(/ altname (\w+)$/gm)].flatMap(([, name]) => name ?? []))
    // The state is for people who look at one scenario: it costs as much as the scenario.
    if (text !== 'wg show all dump') return false
    this.#answers.push(answer(job, '1'))
    return true
  }

  async #guard<T>(use: () => Promise<T>): Promise<T> {
    try {
      return await use()
    } catch (error) {
      this.#failed()
      throw error
    }
  }
}

/** What the agent says of a command that has ended. */
function answer(job: number, status: string): Uint8Array {
  const frame = orderFrame(job, 'x', status)
  frame[18] = 'e'.charCodeAt(0)
  return frame
}
