/** One line on a terminal that says how far it is, after two seconds of silence. Nothing into files and pipes. */
export interface Progress {
  say(text: string): void
  end(): void
}

const SILENT_MS = 2000
const EVERY_MS = 100

export function createProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  const started = performance.now()
  let last = started
  let shown = false
  return {
    say(text) {
      const now = performance.now()
      if (stream.isTTY !== true || now - started < SILENT_MS || now - last < EVERY_MS) return
      last = now
      shown = true
      stream.write(`\r\x1b[2K${text.slice(0, (stream.columns ?? 80) - 1)}`)
    },
    end() {
      if (shown) stream.write('\r\x1b[2K')
      shown = false
    },
  }
}
