/** The control socket on a plane of paper: who gets what answer, in which order, and who may not disturb whom. */
import { mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DeviceChange } from '../api.ts'
import { UapiSession } from '../config/uapi.ts'
import { type ControlOptions, serveControl } from './control.ts'
import type { DataPlane } from './dataplane.ts'
import { type SocketFile, SocketInUse } from './socketfile.ts'

let folder: string
let path: string
let plane: PaperPlane
let served: SocketFile | undefined

/** Remembers the order of what it is asked; holds a change back while the gate is shut. */
class PaperPlane implements Pick<DataPlane, 'configure' | 'uapi'> {
  readonly asked: string[] = []
  readonly answers: number[] = []
  gate: Promise<void> = Promise.resolve()
  port = 0

  async configure(change: DeviceChange): Promise<number> {
    this.asked.push(`begin ${Object.keys(change).join()}`)
    await this.gate
    this.port = change.listenPort ?? this.port
    this.asked.push('end')
    return this.answers.shift() ?? 0
  }

  async uapi() {
    this.asked.push('get')
    return this.port === 0 ? '' : `listen_port=${this.port}\n`
  }
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wglab-control-'))
  path = join(folder, 'wg0.sock')
  plane = new PaperPlane()
})

afterEach(() => {
  served?.close()
  served = undefined
  rmSync(folder, { recursive: true, force: true })
})

async function serve(more: Partial<ControlOptions> = {}): Promise<void> {
  served = await serveControl({ path, plane, log: () => {}, ...more })
}

function dial(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const client = connect(path, () => resolve(client))
    client.once('error', reject)
  })
}

/** Everything that comes until the other side ends, after all of this was said. */
async function say(...pieces: readonly (string | Uint8Array)[]): Promise<string> {
  const client = await dial()
  let heard = ''
  client.on('data', text => {
    heard += text.toString('latin1')
  })
  const over = new Promise<void>(resolve => {
    client.on('error', () => resolve())
    client.on('close', () => resolve())
  })
  for (const piece of pieces) client.write(piece)
  client.end()
  await over
  return heard
}

/** Until the condition holds: a turn of the event loop each. */
async function turnsUntil(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setImmediate(resolve))
}

const KEY = 'ab'.repeat(32)

describe('what a client hears', () => {
  const TABLE: readonly (readonly [name: string, request: string, answer: string])[] = [
    ['a get', 'get=1\n\n', 'errno=0\n\n'],
    ['a set', 'set=1\nlisten_port=7\n\n', 'errno=0\n\n'],
    ['a get after a set', 'set=1\nlisten_port=7\n\nget=1\n\n', 'errno=0\n\nlisten_port=7\nerrno=0\n\n'],
    ['an empty set', 'set=1\n\n', 'errno=0\n\n'],
    ['nothing', '', ''],
    ['an unknown operation', 'del=1\n\n', ''],
    ['the wrong version', 'get=2\n\n', ''],
    ['an answer, then nonsense', 'get=1\n\nnonsense\n\nget=1\n\n', 'errno=0\n\n'],
    ['a line without =', 'set=1\nlisten_port\n\n', 'errno=-71\n\n'],
    ['an unknown key', 'set=1\nlisten_prot=7\n\n', 'errno=-22\n\n'],
    ['a port too high', 'set=1\nlisten_port=65536\n\n', 'errno=-22\n\n'],
    ['a negative port', 'set=1\nlisten_port=-1\n\n', 'errno=-22\n\n'],
    ['a short key', 'set=1\nprivate_key=ab\n\n', 'errno=-22\n\n'],
    ['a peer line without a peer', 'set=1\nendpoint=1.2.3.4:5\n\n', 'errno=-22\n\n'],
    ['a bad endpoint', `set=1\npublic_key=${KEY}\nendpoint=host:5\n\n`, 'errno=-22\n\n'],
    ['a bad range', `set=1\npublic_key=${KEY}\nallowed_ip=10.0.0.0/33\n\n`, 'errno=-22\n\n'],
    ['a replace_peers that is false', 'set=1\nreplace_peers=false\n\n', 'errno=-22\n\n'],
    ['a wrong protocol version', `set=1\npublic_key=${KEY}\nprotocol_version=2\n\n`, 'errno=-22\n\n'],
    ['bytes that are no text', 'set=1\n\xff\xfe=\x00\n\n', 'errno=-22\n\n'],
    ['a request that stops in the middle', 'set=1\nlisten_port=9\n', ''],
    ['a get that goes on', 'get=1\nlisten_port=9\n\n', 'errno=-22\n\n'],
    ['a line without end', `set=1\n${'x'.repeat(100_000)}`, ''],
    ['an error, then a right request', 'set=1\nx=1\n\nset=1\nfwmark=3\n\n', 'errno=-22\n\nerrno=0\n\n'],
  ]
  for (const [name, request, answer] of TABLE) {
    it(name, async () => {
      await serve()
      expect(await say(Buffer.from(request, 'latin1'))).toBe(answer)
    })
  }

  it("the plane's errno, with which the rest of the request is passed over", async () => {
    await serve()
    plane.answers.push(-98)
    expect(await say('set=1\nlisten_port=1\nfwmark=2\n\n')).toBe('errno=-98\n\n')
    expect(plane.asked.filter(each => each.startsWith('begin'))).toEqual(['begin listenPort'])
  })

  it('the same however its requests are cut into pieces', async () => {
    await serve()
    const requests = 'set=1\nlisten_port=5\n\nget=1\n\nset=1\nlisten_port=x\n\nget=1\n\n'
    const whole = await say(requests)
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: requests.length - 1 }), { maxLength: 12 }), async cuts => {
        const places = [0, ...[...new Set(cuts)].sort((a, b) => a - b), requests.length]
        const pieces = places.slice(1).map((end, place) => requests.slice(places[place], end))
        expect(await say(...pieces)).toBe(whole)
      }),
      { numRuns: 30 },
    )
  })
})

describe('what a client can not do', () => {
  const line = fc.oneof(
    fc.constantFrom('set=1', 'get=1', '', 'replace_peers=true', 'listen_port=8', 'fwmark=1', `private_key=${KEY}`),
    fc.constantFrom(`public_key=${KEY}`, 'remove=true', 'update_only=true', 'allowed_ip=::/0', 'endpoint=[::1]:4'),
    fc.string({ maxLength: 40 }).map(text => text.replaceAll('\n', ' ')),
    fc
      .tuple(fc.constantFrom('listen_port', 'public_key', 'allowed_ip', 'preshared_key'), fc.string())
      .map(([key, value]) => `${key}=${value}`),
  )

  it('break it for the next one, by any bytes or any lines', async () => {
    await serve()
    const bytes = fc.uint8Array({ maxLength: 300 })
    const lines = fc.array(line, { maxLength: 12 }).map(all => Buffer.from(all.join('\n'), 'latin1'))
    await fc.assert(
      fc.asyncProperty(fc.oneof(bytes, lines), async request => {
        const answer = await say(request)
        // Whole answers alone, each ended by an errno.
        expect(answer).toMatch(/^((\w+=[^\n]*\n)*errno=(0|-22|-71)\n\n)*$/)
        expect(await say('get=1\n\n')).toMatch(/errno=0\n\n$/)
      }),
      { numRuns: 150 },
    )
  })

  it('see a state in the middle of the set of another', async () => {
    await serve()
    let open: () => void = () => {}
    plane.gate = new Promise(resolve => {
      open = resolve
    })
    const set = say('set=1\nlisten_port=1\nfwmark=2\n\n')
    await turnsUntil(() => plane.asked.length === 1)
    const get = say('get=1\n\n')
    const otherSet = say('set=1\nlisten_port=3\n\n')
    open()
    await Promise.all([set, get, otherSet])
    const order = plane.asked.join(' ')
    expect(order.startsWith('begin listenPort end begin fwmark end ')).toBe(true)
    expect(order).toContain('get')
  })

  it('take back what it has set, by hanging up', async () => {
    await serve()
    const client = await dial()
    client.write('set=1\nlisten_port=4\nfwmark=')
    await turnsUntil(() => plane.asked.includes('end'))
    client.destroy()
    expect(await say('get=1\n\n')).toBe('listen_port=4\nerrno=0\n\n')
  })

  it('hold others up for ever, by falling silent in the middle of a set', async () => {
    await serve({ patience_ms: 20 })
    const client = await dial()
    client.on('error', () => {})
    const over = new Promise(resolve => client.on('close', resolve))
    client.write('set=1\nlisten_port=4\n')
    await turnsUntil(() => plane.asked.includes('end'))
    expect(await say('get=1\n\n')).toBe('listen_port=4\nerrno=0\n\n')
    client.resume()
    await over
  })

  it('keep a place for ever that others need, when it is one of too many', async () => {
    await serve()
    const clients = await Promise.all(Array.from({ length: 128 }, dial))
    expect(await say('get=1\n\n')).toBe('')
    const over = Promise.all(clients.map(client => new Promise(resolve => client.on('close', resolve))))
    for (const client of clients) client.destroy()
    await over
    // The server hears of it a moment later.
    let answer = ''
    while (answer === '') answer = await say('get=1\n\n')
    expect(answer).toBe('errno=0\n\n')
  })
})

it('an endpoint may name its zone by an interface', () => {
  const session = new UapiSession(zone => (zone === 'eth0' ? 3 : undefined))
  const applied = (text: string): unknown => {
    session.feed(`set=1\npublic_key=${KEY}\nendpoint=${text}\n\n`)
    const step = session.poll()
    if (step?.kind === 'apply') session.applied(0)
    const last = session.poll()
    const endpoint = step?.kind === 'apply' ? step.change.peers?.[0]?.endpoint : undefined
    return [endpoint?.scope, last?.kind === 'write' ? last.text : undefined]
  }
  expect(applied('[fe80::1%eth0]:7')).toEqual([3, 'errno=0\n\n'])
  expect(applied('[fe80::1%9]:7')).toEqual([9, 'errno=0\n\n'])
  expect(applied('[fe80::1%eth1]:7')).toEqual([undefined, 'errno=-22\n\n'])
})

describe('the file', () => {
  it('is for its owner alone', async () => {
    await serve()
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it('replaces one that nobody listens at', async () => {
    // A socket whose server went without taking it away, and a file that is none.
    const dead = createServer()
    const passing = join(folder, 'dead')
    await new Promise<void>(resolve => dead.listen(passing, resolve))
    renameSync(passing, path)
    await new Promise(resolve => dead.close(resolve))
    expect(statSync(path).isSocket()).toBe(true)
    await serve()
    expect(await say('get=1\n\n')).toBe('errno=0\n\n')
    served?.close()
    writeFileSync(path, '')
    await serve()
    expect(await say('get=1\n\n')).toBe('errno=0\n\n')
  })

  it('is refused while another listens there, and stays the other one’s', async () => {
    await serve()
    await expect(serveControl({ path, plane, log: () => {} })).rejects.toThrow(SocketInUse)
    expect(await say('get=1\n\n')).toBe('errno=0\n\n')
  })

  it('goes with its server, but not when it has become another’s', async () => {
    await serve()
    expect(served?.isThere()).toBe(true)
    served?.close()
    expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined()
    await serve()
    const mine = served
    rmSync(path)
    expect(mine?.isThere()).toBe(false)
    await serve()
    mine?.close()
    expect(await say('get=1\n\n')).toBe('errno=0\n\n')
  })
})
