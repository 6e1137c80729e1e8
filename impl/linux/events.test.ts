import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DeviceEvent } from '../api.ts'
import type { PublicKey } from '../key.ts'
import { follow, tunnelStatusOf } from './client.ts'
import { type EventsServer, serveEvents } from './events.ts'
import { History } from './history.ts'
import { tunnelStatus } from './status.ts'

const peer = `${'B'.repeat(43)}=` as PublicKey
const id = { box: 'wg0', n: 1 }
const dropped: DeviceEvent = { kind: 'drop', id, reason: 'no-endpoint', peer }
const device = { publicKey: peer, listenPort: 1, fwmark: 2, up: true, underLoad: false, peers: [] }
const facts = { iface: 'wg0', pid: 7, plane: 'plain', lacks: ['much'] }

let folder: string
let server: EventsServer
const history = new History()

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wglab-events-'))
  server = await serveEvents({
    path: join(folder, 'wg0.events'),
    status: async () => tunnelStatus(facts, device, history),
    log: () => {},
    now_ms: () => 1000,
  })
})

afterEach(() => {
  server.file.close()
  rmSync(folder, { recursive: true, force: true })
})

function say(text: string): Promise<string> {
  return new Promise(resolve => {
    const client = connect(join(folder, 'wg0.events'))
    let heard = ''
    client.on('data', piece => {
      heard += piece
    })
    client.on('close', () => resolve(heard))
    client.end(text)
  })
}

describe('the socket for questions', () => {
  it('tells the status', async () => {
    expect(await tunnelStatusOf('wg0', folder)).toEqual(
      JSON.parse(JSON.stringify(tunnelStatus(facts, device, history))),
    )
    expect(await tunnelStatusOf('wg1', folder)).toBeUndefined()
  })

  it('says what it understands', async () => {
    const refused = '{"error":"not a question; write status or follow"}\n'
    expect(await say('get=1\n\n')).toBe(refused)
    expect(await say('x'.repeat(1000))).toBe(refused)
    expect(await say('')).toBe('')
    expect(JSON.parse(await say('status\nfollow\n')).interface).toBe('wg0')
  })

  it('tells all who follow, until it ends', async () => {
    const heard: string[][] = [[], []]
    let listening = 0
    const both = heard.map(lines =>
      follow(
        'wg0',
        line => {
          if (lines.push(line) === 1) listening++
        },
        folder,
      ),
    )
    // They follow once they have heard something.
    while (listening < 2) {
      server.publish(dropped)
      await new Promise(resolve => setImmediate(resolve))
    }
    server.publish({ kind: 'peer', peer, what: 'removed' })
    const last = JSON.stringify({ at_ms: 1000, kind: 'peer', peer, what: 'removed' })
    while (!heard.every(lines => lines.includes(last))) await new Promise(resolve => setImmediate(resolve))
    server.file.close()
    await Promise.all(both)
    expect(JSON.parse(heard[0]?.[0] ?? '')).toEqual({
      at_ms: 1000,
      kind: 'drop',
      peer,
      reason: 'no-endpoint',
      text: 'The peer has no known endpoint: none is configured, and it has not sent anything yet.',
    })
  })

  it('lets one that does not read miss events, and tells it how many', async () => {
    const client = connect(join(folder, 'wg0.events'))
    await new Promise<void>(resolve => client.once('connect', () => resolve()))
    let heard = ''
    client.on('data', piece => {
      heard += piece
    })
    client.write('follow\n')
    while (heard === '') {
      server.publish(dropped)
      await new Promise(resolve => setImmediate(resolve))
    }
    client.pause()
    const sent = 40_000
    for (let n = 0; n < sent; n++) server.publish(dropped)
    client.resume()
    while (!heard.includes('"missed"')) {
      server.publish(dropped)
      await new Promise(resolve => setImmediate(resolve))
    }
    const missed = /"kind":"missed","count":(\d+)/.exec(heard)?.[1]
    expect(Number(missed)).toBeGreaterThan(0)
    expect(Number(missed)).toBeLessThan(sent)
    client.destroy()
  })
})

describe('history', () => {
  it('keeps the last eight kinds of drop of each peer, and how often each came', () => {
    const seen = new History()
    const reasons = ['no-endpoint', 'no-endpoint', 'replayed', 'no-endpoint'] as const
    for (const [at, reason] of reasons.entries()) seen.take({ kind: 'drop', id, reason, peer }, at)
    expect(seen.recent(peer)).toEqual([
      { reason: 'no-endpoint', at_ms: 1, count: 2 },
      { reason: 'replayed', at_ms: 2, count: 1 },
      { reason: 'no-endpoint', at_ms: 3, count: 1 },
    ])
    for (let at = 0; at < 100; at++) {
      seen.take({ kind: 'drop', id, reason: at % 2 === 0 ? 'bad-data' : 'replayed', peer }, at)
    }
    expect(seen.recent(peer).map(drop => drop.at_ms)).toEqual([92, 93, 94, 95, 96, 97, 98, 99])
    expect(seen.unknown()).toEqual({})
  })

  it('counts what belongs to nobody, and forgets a peer that was removed', () => {
    const seen = new History()
    for (const at of [1, 2]) seen.take({ kind: 'drop', id, reason: 'bad-mac1' }, at)
    seen.take(dropped, 3)
    expect(seen.unknown()).toEqual({ 'bad-mac1': 2 })
    expect(seen.recent(undefined)).toEqual([{ reason: 'bad-mac1', at_ms: 2, count: 2 }])
    seen.take({ kind: 'peer', peer, what: 'removed' }, 4)
    expect(seen.recent(peer)).toEqual([])
  })
})
