/** The thin shell round the one loop: it alone waits for guests, which run one at a time and never past the next event. */
import { type Instant, instant } from '../../impl/box.ts'
import type { Loop, Machine } from '../loop.ts'
import type { Node } from '../node.ts'
import { orderFrame, readReport } from './agent.ts'
import { batched } from './batch.ts'
import type { Change, Frame } from './box.ts'

/** What the simulator needs of a guest; kernel/guest.ts is one. Times are the guest's own, nanoseconds since it started. */
export interface GuestMachine {
  /** Infinity: it waits for nothing. */
  readonly wants: number
  /** The places of those frames that found no room. */
  inject(time: number, frames: readonly Frame[]): Promise<number[]>
  /** Until before `until`, or less far where `onFrame` says so. */
  run(until: number, onFrame: (time: number, port: number, frame: Uint8Array) => number): Promise<void>
  /** Ends it at once. May be called twice. */
  stop?(): Promise<void>
}

/** A box whose frames are carried by this shell. */
export interface GuestBox extends Node {
  /** What is to be handed to the guest now. */
  take(): readonly Frame[]
  /** The guest has no room for it. */
  refused(now: Instant, frame: Frame): void
  /** The guest stands still and wants to go on then. */
  rests(wants: number): void
  /** The guest is no more. */
  wentDown(now: Instant, why: string): void
  /** What the guest sends, at this instant. */
  emitted(now: Instant, port: number, frame: Uint8Array): void
  /** What is to be done with its process first, now that its time has come. */
  changes?(now: Instant): Change | undefined
}

export interface Guest {
  readonly box: GuestBox
  readonly machine: GuestMachine
  /** The guest's time when the run's is 0, ns: it boots before the run begins. */
  readonly lead_ns: number
  /** Ends this one. Another in its place, as it is when the machine boots now. */
  readonly reboot?: (now: Instant) => Promise<Guest>
}

/** As `loop.run`, with guests. Rejects with what a guest says that goes down only where `box.wentDown` could not tell it. */
export async function runWithGuests(loop: Loop, until: Instant, guests: Map<Machine, Guest>): Promise<void> {
  for (let end = loop.run(until); end.kind === 'guest'; end = loop.run(until)) {
    const before = guests.get(end.machine)
    if (before === undefined) throw new Error(`nobody plays the guest "${end.machine.name}"`)
    try {
      const guest = await changed(loop.now, before)
      guests.set(end.machine, guest)
      await turn(loop, until, end.machine, guest)
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'GuestDown') throw error
      before.box.wentDown(loop.now, error.message)
    }
    loop.drain(end.machine)
  }
}

async function changed(now: Instant, guest: Guest): Promise<Guest> {
  const change = guest.box.changes?.(now)
  switch (change?.kind) {
    case undefined:
      return guest
    case 'boots':
      if (guest.reboot === undefined) throw new Error(`nobody boots the guest again`)
      return guest.reboot(now)
    case 'wakes':
      return { ...guest, lead_ns: guest.lead_ns - change.slept_ns }
  }
}

/** Hands in what came, and lets the guest run when its time has come. */
async function turn(
  loop: Loop,
  until: Instant,
  machine: Machine,
  { box, machine: guest, lead_ns }: Guest,
): Promise<void> {
  const horizon = () => loop.horizon(until) + lead_ns
  box.handleTimeout(loop.now)
  const frames = box.take()
  // Until it rests again, only what the box itself waits for stands in the loop's order.
  box.rests(Number.POSITIVE_INFINITY)
  loop.drain(machine)
  for (const place of await guest.inject(loop.now + lead_ns, frames)) box.refused(loop.now, frames[place]!)
  if (guest.wants <= loop.now + lead_ns) {
    await guest.run(horizon(), (time, port, frame) => {
      loop.moveTo(instant(time - lead_ns))
      box.emitted(loop.now, port, frame)
      loop.drain(machine)
      return horizon()
    })
  }
  box.rests(guest.wants - lead_ns)
}

export interface Preparation {
  /** For messages. */
  readonly name: string
  /** Of ctl0. */
  readonly control: number
  readonly commands: readonly string[]
  readonly lead_ns: number
}

/** Before the run begins, and alone: waits for the agent, gives it the commands one after the other. Rejects with the first that fails. */
export async function prepareGuest(
  guest: GuestMachine,
  { name, control, commands, lead_ns }: Preparation,
): Promise<void> {
  let now = 0
  let ready = false
  let over: { status: string; output: string } | undefined
  let output = ''
  const onFrame = (time: number, port: number, frame: Uint8Array): number => {
    now = time
    const report = port === control ? readReport(frame) : undefined
    if (report?.kind === 'output') output += report.text
    if (report?.kind === 'ended' && report.status === 'ready') ready = true
    else if (report?.kind === 'ended') over = { status: report.status, output }
    // Stands still as soon as there is something to say to it.
    return report?.kind === 'ended' ? time : lead_ns
  }
  const runWhile = async (waiting: () => boolean, what: string): Promise<void> => {
    while (waiting()) {
      if (guest.wants >= lead_ns) throw new Error(`the guest ${name} is not ready in time: ${what}`)
      now = Math.max(now, guest.wants)
      await guest.run(lead_ns, onFrame)
    }
  }
  await runWhile(() => !ready, 'its agent has not spoken')
  for (const [number, command] of batched(commands).entries()) {
    over = undefined
    output = ''
    await guest.inject(now, [{ port: control, frame: orderFrame(number + 1, 'x', command) }])
    await runWhile(() => over === undefined, command)
    const { status, output: said } = over as unknown as { status: string; output: string }
    if (status !== '0') throw new Error(`the guest ${name}: ${command}\nended with status ${status}: ${said.trim()}`)
  }
  while (guest.wants < lead_ns) await guest.run(lead_ns, onFrame)
}

/** So long a question may take, in the guest's time. */
const ANSWER_NS = 1_000_000_000

/** After the run: what a command says in a guest that goes on alone. Rejects with GuestDown. */
export async function askGuest(
  { machine: guest, lead_ns }: Guest,
  { control, now, command }: { readonly control: number; readonly now: Instant; readonly command: string },
): Promise<string> {
  let at = now + lead_ns
  const limit = at + ANSWER_NS
  let output = ''
  let over = false
  await guest.inject(at, [{ port: control, frame: orderFrame(LAST_JOB, 'x', command) }])
  while (!over && guest.wants < limit) {
    at = Math.max(at, guest.wants)
    await guest.run(limit, (time, port, frame) => {
      const report = port === control ? readReport(frame) : undefined
      if (report?.kind === 'output' && report.job === LAST_JOB) output += report.text
      if (report?.kind === 'ended' && report.job === LAST_JOB) over = true
      return over ? time : limit
    })
  }
  return over ? output : `${output}\n(no answer)`
}

/** A number that no box comes to. */
const LAST_JOB = 0xffff_ffff
