import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { DeviceEvent } from '../api.ts'
import { keyToBase64 } from '../config/base64.ts'
import { parseAddress } from '../ip/address.ts'
import { Key, type PublicKey } from '../key.ts'
import { eventText, logLevel, makeLog, shortPeer } from './log.ts'
import { SecretBook } from './secretbook.ts'
import { eventLine } from './status.ts'

const peer = 'AbCdefghijklmnopqrstuvwxyzABCDEFGHIJKLMwxyz=' as PublicKey
const endpoint = { address: parseAddress('192.0.2.7')!, port: 51820 }
const id = { box: 'wg0', n: 1 }

const EVENTS: readonly (readonly [event: DeviceEvent, text: string | undefined])[] = [
  [
    { kind: 'drop', id, reason: 'replayed', peer },
    'peer(AbCd…wxyz) - Dropped a packet: The message counter was seen before, or is more than 8128 behind the highest one.',
  ],
  [{ kind: 'drop', id, reason: 'unknown-peer' }, "Dropped a packet: The sender's public key is not among our peers."],
  [{ kind: 'handshake', peer, what: 'initiated', attempt: 1 }, 'peer(AbCd…wxyz) - Sent a handshake initiation (try 1)'],
  [{ kind: 'handshake', peer, what: 'completed' }, 'peer(AbCd…wxyz) - Handshake completed'],
  [
    { kind: 'key', peer, what: 'derived', role: 'initiator', localIndex: 5 },
    'peer(AbCd…wxyz) - Session key derived as initiator',
  ],
  [{ kind: 'endpoint', peer, from: undefined, to: endpoint }, 'peer(AbCd…wxyz) - Endpoint is 192.0.2.7:51820 now'],
  [{ kind: 'peer', peer, what: 'added' }, 'peer(AbCd…wxyz) - Peer added'],
  [{ kind: 'load', underLoad: true, queued: 600 }, 'Under load: 600 handshake messages wait'],
  [{ kind: 'load', underLoad: false, queued: 0 }, 'No longer under load'],
  [
    { kind: 'timer', peer, timer: 'send-keepalive', what: 'fired', reason: 'because' },
    'peer(AbCd…wxyz) - Timer send-keepalive: because',
  ],
  [{ kind: 'timer', peer, timer: 'send-keepalive', what: 'set', reason: 'because' }, undefined],
]

describe('the log', () => {
  for (const [event, text] of EVENTS) it(`says: ${text}`, () => expect(eventText(event)).toBe(text))

  it('names a peer by the ends of its key alone', () => expect(shortPeer(peer)).toBe('peer(AbCd…wxyz)'))

  it('has the levels of wireguard-go', () => {
    expect([undefined, '', 'error', 'verbose', 'debug', 'silent', 'loud'].map(logLevel)).toEqual([
      ...['error', 'error', 'error', 'verbose', 'verbose', 'silent'],
      undefined,
    ])
    const written = (['silent', 'error', 'verbose'] as const).map(level => {
      const lines: string[] = []
      const log = makeLog('wg0', level, line => lines.push(line))
      log('error', 'bad')
      log('verbose', 'news')
      return lines.map(line => line.replace(/\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d/, 'TIME'))
    })
    const bad = 'ERROR: (wg0) TIME bad\n'
    expect(written).toEqual([[], [bad], [bad, 'DEBUG: (wg0) TIME news\n']])
  })
})

describe('secrets', () => {
  const bytes = new Uint8Array(32).map((_, place) => place * 7 + 1)
  const book = new SecretBook()
  book.apply({ privateKey: new Key(bytes), peers: [{ publicKey: peer, presharedKey: new Key(bytes) }] }, () => true)
  const traces = [Buffer.from(bytes).toString('hex'), keyToBase64(bytes), bytes.join(), '01 08 0f']

  it('are not to be seen in what holds them', () => {
    const shown = [
      inspect(book, { depth: 9, showHidden: true }),
      JSON.stringify({ key: book.privateKey }),
      `${book.privateKey}`,
      inspect(book.privateKey),
    ].join('\n')
    for (const trace of traces) expect(shown).not.toContain(trace)
    expect(shown).toContain('(key)')
  })

  it('have no way into events: each field of an event line is a word, a number or a public matter', () => {
    const fields = new Set(EVENTS.flatMap(([event]) => Object.keys(JSON.parse(eventLine(event, 5)))))
    expect([...fields].sort().join(' ')).toBe(
      'at_ms attempt from kind localIndex peer queued reason role text timer to underLoad what',
    )
  })
})
