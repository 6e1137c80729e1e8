/** Asked to stop, we stop in order, and end by the same signal, so that the shell's loop around us ends too. */

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** npm passes on a Ctrl-C that the terminal has sent us as well; who presses it a third time means now. */
const PATIENCE = 3

export interface Stop {
  /** The first one that came. */
  readonly signal: NodeJS.Signals | undefined
  /** Calls `run` when the first one comes; at once when it has come. */
  onSignal(run: () => void): void
  /** Back to what signals do by themselves. */
  end(): void
}

export function watchSignals(): Stop {
  let signal: NodeJS.Signals | undefined
  let times = 0
  const wanted: (() => void)[] = []
  const handle = (which: NodeJS.Signals) => {
    times++
    if (times >= PATIENCE) raise(which)
    if (signal !== undefined) return
    signal = which
    for (const run of wanted) run()
  }
  for (const name of SIGNALS) process.on(name, handle)
  return {
    get signal() {
      return signal
    },
    onSignal(run) {
      if (signal === undefined) wanted.push(run)
      else run()
    },
    end() {
      for (const name of SIGNALS) process.removeListener(name, handle)
    },
  }
}

/** Ends this process as the signal would have, without anybody listening. */
export function raise(signal: NodeJS.Signals): void {
  process.removeAllListeners(signal)
  if (process.platform === 'win32') process.exit(1)
  process.kill(process.pid, signal)
}
