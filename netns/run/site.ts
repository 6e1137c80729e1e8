/** Where a plan runs: a machine that takes command lines, and whose time passes. */

/** A command line that was begun. */
export interface Job {
  /** What it has said so far, both streams as they came. */
  readonly output: () => string
  /** When it is over; never rejects. 127 and above 128 as a shell tells them. Time need not pass for it: see `wait`. */
  readonly ended: Promise<Ended>
  /** The same, and time passes until then. Rejects where it never comes. */
  wait(): Promise<Ended>
  /** To it and all it has started. What has ended already is left in peace. */
  signal(name: 'INT' | 'TERM' | 'KILL'): void
}

export interface Ended {
  readonly status: number
  readonly output: string
}

export interface Site {
  readonly name: 'netns' | 'netns:guest'
  /** The machine's time of day when the run's is 0, nanoseconds since 1970. A whole second, as `wg show` counts. */
  readonly zero_ns: () => bigint
  /** Nanoseconds of the run. */
  now(): number
  /** The run begins at the next whole second of the machine's clock, or so. */
  begin(): Promise<void>
  /** Until then, in the time of the run. */
  sleepUntil(time_ns: number): Promise<void>
  /** At the end. Throws RunSpoiled where its clock can not be believed. */
  check(): void
  /** In the folder of the run. `enter`: words that are put before it (of a space of the plan); else beside all of them. */
  start(line: string, enter?: string): Job
  /** Paths are relative to the folder of the run. */
  write(path: string, text: string, mode: number): Promise<void>
  read(path: string): Promise<Uint8Array>
  /**
   * Ends all processes, then takes everything back by these lines, each though others failed, and by itself what is left of
   * namespaces and files. Never rejects; says what would not go.
   */
  stop(lines: readonly { readonly line: string; readonly enter: string | undefined }[]): Promise<readonly string[]>
}

/** What happened is worth nothing as evidence, for a reason that is no fault of who was tested. */
export class RunSpoiled extends Error {
  constructor(why: string) {
    super(why)
    this.name = 'RunSpoiled'
  }
}

/** Waits for it. */
export async function exec(site: Pick<Site, 'start'>, line: string, enter?: string): Promise<Ended> {
  return site.start(line, enter).wait()
}

/** For sh: the line itself, or where `enter` leads to. */
export function shellLine(line: string, enter?: string): string {
  return enter === undefined ? line : `exec ${enter} sh -eu -c '${line.replaceAll("'", `'\\''`)}'`
}
