/** wireguard-go, unmodified and on loopback, takes the vectors for what they say. Needs root, a TUN device and the program. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { instant } from '../impl/box.ts'
import { nodeCrypto } from '../impl/crypto/node/provider.ts'
import { dataMessage, readIndex, writeIndex } from '../impl/messages.ts'
import { CookieJar } from '../impl/noise/cookie.ts'
import {
  type CreatedInitiation,
  consumeResponse,
  createInitiation,
  prepareNoise,
  type TransportKeys,
} from '../impl/noise/handshake.ts'
import { tai64n } from '../impl/noise/tai64n.ts'
import { hex, named, unhex } from './bytes.ts'
import { type HandshakeVector, type Vector, vectorsOf } from './vector.ts'

/** Long for a machine that does much else; what must come comes in a moment. */
vi.setConfig({ testTimeout: 300_000 })

const here =
  spawnSync('wireguard-go', ['--version']).status === 0 && process.getuid?.() === 0 && existsSync('/dev/net/tun')

const read = <K extends Vector['kind']>(topic: string, kind: K): Extract<Vector, { kind: K }>[] =>
  vectorsOf(readFileSync(new URL(`${topic}.json`, import.meta.url), 'utf8'), kind)

const noise = prepareNoise(nodeCrypto)
const none = new Uint8Array(0)
const noPsk = new Uint8Array(32)
const running: { stop(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of running.splice(0)) await one.stop()
})

describe.skipIf(!here)('wireguard-go', () => {
  // A private key of zeros is no key to it, so the responder of "extremes" can not be played.
  const playable = read('handshake', 'handshake').filter(vector => !/^0+$/.test(vector.responder.static_private))

  it.each(playable)('answers the initiation of $id, and counts data under its keys', async vector => {
    const go = await WireguardGo.start(vector)
    go.send(unhex(vector.initiation.message))
    const response = await go.next()
    expect(readIndex(response, 8)).toBe(vector.initiator.index)
    const initiator = nodeCrypto.privateKey(unhex(vector.initiator.static_private))
    const state = stateOf(vector)
    const keys = consumeResponse(noise, initiator, state, unhex(vector.preshared_key), response)
    if (typeof keys === 'string') return expect.unreachable(keys)
    go.send(dataMessage(readIndex(response, 4), 0n, nodeCrypto.aead(keys.sending).seal(0n, none, none)))
    expect(await go.received(bytes => bytes > 148)).toBe(148 + 32)
  })

  it('is silent to every initiation that is to be refused', async () => {
    const [plain] = playable
    if (plain === undefined) return expect.unreachable('no handshake')
    const go = await WireguardGo.start(plain)
    const refused = read('handshake', 'refused-initiation')
    expect(refused.every(vector => vector.of === plain.id)).toBe(true)
    for (const vector of refused) go.send(unhex(vector.message))
    // It works on messages side by side: what it says to a good one after them, and to another, comes last.
    for (const index of [0xb0000001, 0xb0000002]) {
      go.send(freshInitiation(plain, index).message)
      expect(readIndex(await go.next(), 8)).toBe(index)
      await go.pause()
    }
    expect(await go.received(bytes => bytes >= 296)).toBe(2 * 148)
  })

  it('accepts as many counters of every replay sequence', async () => {
    const [plain] = playable
    if (plain === undefined) return expect.unreachable('no handshake')
    const go = await WireguardGo.start(plain)
    let index = 1
    for (const { id, counters, accepted } of read('replay', 'replay')) {
      const { receiver, keys } = await go.connect(plain, index++)
      const before = await go.received(() => true)
      const sending = nodeCrypto.aead(keys.sending)
      const send = (counter: bigint, plaintext: Uint8Array): void =>
        go.send(dataMessage(receiver, counter, sending.seal(counter, plaintext, none)))
      for (const counter of counters) send(BigInt(counter), none)
      // Last comes a message of another length, in order behind the others: when it is counted, all are.
      send(unused(counters.map(BigInt)), new Uint8Array(16))
      const delta = (await go.received(bytes => (bytes - before) % 32 === 16)) - before
      expect((delta - 48) / 32, id).toBe(accepted.filter(yes => yes).length)
    }
  })

  it.each(read('tai64n', 'order'))('takes timestamps in their order: $id', async ({ a, b, accepted }) => {
    const [plain] = playable
    if (plain === undefined) return expect.unreachable('no handshake')
    const go = await WireguardGo.start(plain)
    const other = { ...plain.initiator, static_private: hex(named('another initiator')) }
    await go.set(`public_key=${hex(nodeCrypto.privateKey(unhex(other.static_private)).publicKey)}\n`)
    if (!/^0+$/.test(b)) {
      go.send(freshInitiation(plain, 1, unhex(b)).message)
      expect(readIndex(await go.next(), 8)).toBe(1)
      await go.pause()
    }
    go.send(freshInitiation(plain, 2, unhex(a)).message)
    if (accepted) return expect(readIndex(await go.next(), 8)).toBe(2)
    for (const index of [3, 4]) {
      await go.pause()
      go.send(freshInitiation({ ...plain, initiator: other }, index).message)
      expect(readIndex(await go.next(), 8)).toBe(index)
    }
  })

  // Taking away a single prefix came to wireguard-go after this.
  const tables = read('allowedips', 'allowedips').filter(one => one.operations.every(({ op }) => op !== 'remove'))

  it.each(tables)('lists allowed IPs as in $id', async ({ operations }) => {
    const go = await WireguardGo.start()
    const keyOf = (peer: string): string => hex(nodeCrypto.privateKey(named(`peer ${peer}`)).publicKey)
    for (const operation of operations) {
      if (operation.op === 'insert') {
        await go.set(`public_key=${keyOf(operation.peer)}\nallowed_ip=${operation.prefix}\n`)
      } else if (operation.op === 'remove-peer') {
        await go.set(`public_key=${keyOf(operation.peer)}\nremove=true\n`)
      } else if (operation.op === 'list') {
        expect(allowedIps(await go.get(), keyOf(operation.peer))).toEqual(operation.prefixes)
      }
    }
  })
})

/** One daemon with a UDP socket of ours as its only neighbour. */
class WireguardGo {
  readonly #name: string
  readonly #child: ChildProcess
  readonly #socket: Socket
  readonly #waiting: ((message: Uint8Array) => void)[] = []
  readonly #arrived: Uint8Array[] = []
  #port = 0

  private constructor(name: string, child: ChildProcess, socket: Socket) {
    this.#name = name
    this.#child = child
    this.#socket = socket
    socket.on('message', message => {
      // It may begin a handshake of its own: only its answers count here.
      if (message[0] !== 2) return
      const waiting = this.#waiting.shift()
      if (waiting === undefined) this.#arrived.push(Uint8Array.from(message))
      else waiting(Uint8Array.from(message))
    })
  }

  /** With a vector it is the responder of that, and knows the initiator. */
  static async start(vector?: HandshakeVector): Promise<WireguardGo> {
    const name = `wgv${process.pid % 100_000}x${counter++}`
    const child = spawn('wireguard-go', ['-f', name], { stdio: 'ignore', env: { ...process.env, LOG_LEVEL: 'silent' } })
    const socket = createSocket('udp4')
    const go = new WireguardGo(name, child, socket)
    running.push(go)
    // Its socket is there a moment before it listens.
    await until(() => listens(`/var/run/wireguard/${name}.sock`))
    if (vector === undefined) return go
    expect(spawnSync('ip', ['link', 'set', name, 'up']).status).toBe(0)
    const peer = `public_key=${vector.initiator.static_public}\npreshared_key=${vector.preshared_key}\nallowed_ip=10.0.0.0/8\n`
    await go.set(`private_key=${vector.responder.static_private}\nlisten_port=0\n${peer}`)
    await until(async () => {
      go.#port = Number(/^listen_port=(\d+)$/m.exec(await go.get())?.[1] ?? 0)
      return go.#port !== 0
    })
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    return go
  }

  send(message: Uint8Array): void {
    this.#socket.send(message, this.#port, '127.0.0.1')
  }

  /** The next handshake response. */
  next(): Promise<Uint8Array> {
    const arrived = this.#arrived.shift()
    return arrived === undefined ? new Promise(resolve => this.#waiting.push(resolve)) : Promise.resolve(arrived)
  }

  /** A new session with us as the initiator of the vector. */
  async connect(vector: HandshakeVector, index: number): Promise<{ receiver: number; keys: TransportKeys }> {
    await this.pause()
    const { message, state } = freshInitiation(vector, index)
    this.send(message)
    const response = await this.next()
    expect(readIndex(response, 8)).toBe(index)
    const local = nodeCrypto.privateKey(unhex(vector.initiator.static_private))
    const keys = consumeResponse(noise, local, state, noPsk, response)
    return typeof keys === 'string' ? expect.unreachable(keys) : { receiver: readIndex(response, 4), keys }
  }

  /** rx_bytes of the only peer, once they are as wanted. */
  async received(wanted: (bytes: number) => boolean): Promise<number> {
    let bytes = 0
    await until(async () => {
      bytes = Number(/^rx_bytes=(\d+)$/m.exec(await this.get())?.[1])
      return wanted(bytes)
    })
    return bytes
  }

  /** It takes one initiation in 20 ms from a peer. */
  pause(): Promise<void> {
    return new Promise(resolve => setTimeout(resolve, 30))
  }

  get(): Promise<string> {
    return this.#ask('get=1\n\n')
  }

  async set(lines: string): Promise<void> {
    expect(await this.#ask(`set=1\n${lines}\n`)).toBe('errno=0\n\n')
  }

  async stop(): Promise<void> {
    this.#socket.close()
    if (this.#child.exitCode !== null) return
    const gone = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    await gone
  }

  async #ask(request: string): Promise<string> {
    const connection = createConnection(`/var/run/wireguard/${this.#name}.sock`).setEncoding('utf8')
    let answer = ''
    connection.on('data', part => {
      answer += part
      if (answer.endsWith('\n\n')) connection.end()
    })
    connection.write(request)
    await once(connection, 'close')
    return answer
  }
}

let counter = 0

function listens(path: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = createConnection(path, () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}

/** Tries again until it holds; the test's own time limit ends it otherwise. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise(resolve => setTimeout(resolve, 10))
}

let second = 2_000_000_000
let ephemerals = 0

/** A correct initiation with a new ephemeral key; unless one is given, with a timestamp later than all before. */
function freshInitiation(
  vector: HandshakeVector,
  index: number,
  stamp: Uint8Array = tai64n({ sec: second++, nsec: 0 }),
): { message: Uint8Array; state: CreatedInitiation } {
  const local = nodeCrypto.privateKey(unhex(vector.initiator.static_private))
  const remote = unhex(vector.responder.static_public)
  const ephemeral = nodeCrypto.privateKey(named(`ephemeral ${ephemerals++}`))
  const created = createInitiation(noise, local, remote, local.dh(remote), ephemeral, stamp)
  if (created === undefined) return expect.unreachable('the vector has good keys')
  writeIndex(created.message, 4, index)
  new CookieJar(nodeCrypto, remote).addMacs(instant(0), created.message)
  return created
}

/** Where the initiator of a vector stands after its initiation, from the vector alone. */
function stateOf(vector: HandshakeVector): CreatedInitiation {
  const last = vector.initiation.steps.at(-1)
  const ephemeral = nodeCrypto.privateKey(unhex(vector.initiator.ephemeral_private))
  return {
    kind: 'created-initiation',
    chainingKey: unhex(last?.ck ?? ''),
    hash: unhex(last?.h ?? ''),
    ephemeral,
  }
}

/** The highest counter below the highest that was not used. */
function unused(counters: readonly bigint[]): bigint {
  const used = new Set(counters)
  let free = counters.toSorted((a, b) => (a < b ? -1 : 1)).at(-1) ?? 0n
  while (used.has(free)) free--
  return free >= 0n ? free : BigInt(used.size)
}

function allowedIps(answer: string, publicKey: string): string[] {
  const section = answer.split('public_key=').find(part => part.startsWith(publicKey)) ?? ''
  return [...section.matchAll(/^allowed_ip=(.*)$/gm)].map(([, prefix]) => prefix ?? '')
}
