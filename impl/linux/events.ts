/**
 * The socket for people's questions, beside the control socket so that wg never meets it. A client sends one word and
 * a newline: `status` is answered with one line of JSON, `follow` with a line for each event until it hangs up.
 */
import type { Socket } from 'node:net'
import type { PlaneEvent } from './dataplane.ts'
import { listenAt, type SocketFile } from './socketfile.ts'
import { eventLine, type TunnelStatus } from './status.ts'

export interface EventsOptions {
  readonly path: string
  readonly status: () => Promise<TunnelStatus>
  readonly log: (level: 'error' | 'verbose', text: string) => void
  /** Milliseconds since 1970. */
  readonly now_ms: () => number
}

export interface EventsServer {
  readonly file: SocketFile
  /** Tells all who follow. */
  publish(event: PlaneEvent): void
}

const MOST_CLIENTS = 64
const LONGEST_QUESTION = 64
/** A follower that reads too slowly misses events beyond this many bytes, and is told how many. */
const MOST_BEHIND = 1024 * 1024

interface Follower {
  readonly client: Socket
  missed: number
}

/** Rejects with SocketInUse when another program listens there. */
export async function serveEvents(options: EventsOptions): Promise<EventsServer> {
  const followers = new Set<Follower>()
  const file = await listenAt({
    path: options.path,
    mostClients: MOST_CLIENTS,
    onClient: client => hear(client, options, followers),
    onError: text => options.log('error', text),
  })
  return {
    file,
    publish(event) {
      if (followers.size === 0) return
      const at_ms = options.now_ms()
      const line = eventLine(event, at_ms)
      for (const follower of followers) tell(follower, line, at_ms)
    },
  }
}

function tell(follower: Follower, line: string, at_ms: number): void {
  const { client } = follower
  if (client.writableLength > MOST_BEHIND) {
    follower.missed++
    return
  }
  if (follower.missed > 0) client.write(`${JSON.stringify({ at_ms, kind: 'missed', count: follower.missed })}\n`)
  follower.missed = 0
  client.write(line)
}

function hear(client: Socket, options: EventsOptions, followers: Set<Follower>): void {
  let question = ''
  let follower: Follower | undefined
  client.setEncoding('latin1')
  client.on('close', () => {
    if (follower !== undefined) followers.delete(follower)
  })
  client.on('end', () => {
    // Who follows may close its half; who asked nothing has left.
    if (follower === undefined && question === '') client.end()
  })
  client.on('data', text => {
    if (follower !== undefined) return
    question += String(text)
    const end = question.indexOf('\n')
    if (end < 0 && question.length <= LONGEST_QUESTION) return
    const word = question.slice(0, end)
    if (word === 'follow') {
      follower = { client, missed: 0 }
      followers.add(follower)
    } else if (word === 'status') {
      client.pause()
      void answer(client, options)
    } else {
      client.end(`${JSON.stringify({ error: 'not a question; write status or follow' })}\n`)
    }
  })
}

async function answer(client: Socket, options: EventsOptions): Promise<void> {
  try {
    client.end(`${JSON.stringify(await options.status())}\n`)
  } catch (error) {
    options.log('error', `status: ${error instanceof Error ? error.message : error}`)
    client.destroy()
  }
}
