/** The thin shell round the one loop: it alone waits for guests, which run one at a time and never past the next event. */
import { type Instant, instant } from '../../impl/box.ts'
import type { Loop, Machine } from '../loop.ts'
import type { Node } from '../node.ts'
import { orderFrame, readReport } from './agent.ts'
import type { Frame } from './box.ts'

/** What the simulator needs of a guest; kernel/guest.ts is one. Times are the guest's own, nanoseconds since it started. */
export interface GuestMachine {
  /** Infinity: it waits for nothing. */
  readonly wants: number
  /** The places of those frames that found no room. */
  inject(time: number, frames: readonly Frame[]): Promise<number[]>
  /** Until before `until`, or less far where `onFrame` says so. */
  run(until: number, onFrame: (time: number, port: number, frame: Uint8Array) => number): Promise<void>
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
}

export interface Guest {
  readonly box: GuestBox
  readonly machine: GuestMachine
  /** The guest's time when the run's is 0, ns: it boots before the run begins. */
  readonly lead_ns: number
}

/** As `loop.run`, with guests. Rejects with what a guest says that goes down only where `box.wentDown` could not tell it. */
export async function runWithGuests(loop: Loop, until: Instant, guests: ReadonlyMap<Machine, Guest>): Promise<void> {
  for (let end = loop.run(until); end.kind === 'guest'; end = loop.run(until)) {
    const guest = guests.get(end.machine)
    if (guest === undefined) throw new Error(`nobody plays the guest "${end.machine.name}"`)
    try {
      await turn(loop, until, end.machine, guest)
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'GuestDown') throw error
      guest.box.wentDown(loop.now, error.message)
    }
    loop.drain(end.machine)
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
  for (const [number, command] of commands.entries()) {
    over = undefined
    output = ''
    await guest.inject(now, [{ port: control, frame: orderFrame(number + 1, 'x', command) }])
    await runWhile(() => over === undefined, command)
    const { status, output: said } = over as unknown as { status: string; output: string }
    if (status !== '0') throw new Error(`the guest ${name}: ${command}\nended with status ${status}: ${said.trim()}`)
  }
  while (guest.wants < lead_ns) await guest.run(lead_ns, onFrame)
}
