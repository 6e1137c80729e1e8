/** Raw words on a control socket. */
import { connect } from 'node:net'
import { join } from 'node:path'
import { PATIENCE_MS } from './process.ts'
import { SOCKETS } from './sweep.ts'

/** Sends the text and collects everything until `errno=…` and an empty line, the end, or the bound. */
export function ask(iface: string, text: string, bound_ms = PATIENCE_MS): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(join(SOCKETS, `${iface}.sock`), () => socket.write(text))
    const timer = setTimeout(() => finish(), bound_ms)
    const finish = () => {
      clearTimeout(timer)
      socket.destroy()
      resolve(answer)
    }
    socket.setEncoding('utf8').on('data', part => {
      answer += part
      if (/(^|\n)errno=-?\d+\n\n$/.test(answer)) finish()
    })
    socket.on('end', finish)
    socket.on('error', error => {
      clearTimeout(timer)
      if ((error as NodeJS.ErrnoException).code === 'EPIPE' || (error as NodeJS.ErrnoException).code === 'ECONNRESET')
        resolve(answer)
      else reject(error)
    })
  })
}

/** Sends the text, waits until it is written, and hangs up without reading. */
export function hangUp(iface: string, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(join(SOCKETS, `${iface}.sock`), () =>
      socket.write(text, () => {
        socket.destroy()
        resolve()
      }),
    )
    socket.on('error', reject)
  })
}

/** The errno of an answer; undefined where the connection was closed without one. */
export function errnoOf(answer: string): number | undefined {
  const found = /(?:^|\n)errno=(-?\d+)\n\n$/.exec(answer)?.[1]
  return found === undefined ? undefined : Number(found)
}
