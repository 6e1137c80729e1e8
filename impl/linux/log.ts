/** The daemon's log: wireguard-go's three levels, and peers by the ends of their public keys. Secrets have no way in. */
import { DROPS } from '../drops.ts'
import { formatEndpoint } from '../ip/address.ts'
import type { PublicKey } from '../key.ts'
import type { PlaneEvent } from './dataplane.ts'
import { portProblem } from './status.ts'

export type LogLevel = 'silent' | 'error' | 'verbose'

export type Log = (level: 'error' | 'verbose', text: string) => void

/** The value of LOG_LEVEL; undefined for a word that is none. */
export function logLevel(word: string | undefined): LogLevel | undefined {
  switch (word) {
    case undefined:
    case '':
    case 'error':
      return 'error'
    case 'verbose':
    case 'debug':
      return 'verbose'
    case 'silent':
      return 'silent'
    default:
      return undefined
  }
}

/** A log that writes lines `ERROR: (wg0) 2026/05/01 12:00:00 text`. */
export function makeLog(iface: string, level: LogLevel, write: (line: string) => void): Log {
  return (of, text) => {
    if (level === 'silent' || (level === 'error' && of === 'verbose')) return
    write(`${of === 'error' ? 'ERROR' : 'DEBUG'}: (${iface}) ${stamp(new Date())} ${text}\n`)
  }
}

/** `peer(AbCd…wxyz)`: enough to know it, and no more than wireguard-go shows. */
export function shortPeer(peer: PublicKey): string {
  return `peer(${peer.slice(0, 4)}…${peer.slice(39, 43)})`
}

/** What happened, in a line; undefined for what would fill the log and tells people nothing. */
export function eventText(event: PlaneEvent): string | undefined {
  switch (event.kind) {
    case 'drop':
      return `${event.peer === undefined ? '' : `${shortPeer(event.peer)} - `}Dropped a packet: ${DROPS[event.reason]}`
    case 'drops':
      return `${event.peer === undefined ? '' : `${shortPeer(event.peer)} - `}Dropped ${event.count} packets more: ${DROPS[event.reason]}`
    case 'link':
      return portProblem(event.port, event.errno) ?? (event.up ? 'Up' : 'Down')
    case 'handshake':
      return `${shortPeer(event.peer)} - ${HANDSHAKE[event.what]}${event.attempt === undefined ? '' : ` (try ${event.attempt})`}`
    case 'key':
      return `${shortPeer(event.peer)} - Session key ${event.what}${event.role === undefined ? '' : ` as ${event.role}`}`
    case 'endpoint':
      return `${shortPeer(event.peer)} - Endpoint is ${formatEndpoint(event.to)} now`
    case 'peer':
      return `${shortPeer(event.peer)} - Peer ${event.what}`
    case 'load':
      return event.underLoad ? `Under load: ${event.queued} handshake messages wait` : 'No longer under load'
    case 'timer':
      return event.what === 'fired' ? `${shortPeer(event.peer)} - Timer ${event.timer}: ${event.reason}` : undefined
  }
}

const HANDSHAKE = {
  initiated: 'Sent a handshake initiation',
  retried: 'Handshake was not answered, tried again',
  answered: 'Received a handshake initiation and sent the response',
  completed: 'Handshake completed',
  blocked: 'Handshake was not answered, not tried again: a response was sent less than 5 s ago',
  'given-up': 'Handshake given up: the peer did not answer',
} as const

function stamp(at: Date): string {
  const two = (n: number): string => String(n).padStart(2, '0')
  const day = `${at.getFullYear()}/${two(at.getMonth() + 1)}/${two(at.getDate())}`
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`
}
