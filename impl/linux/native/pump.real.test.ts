/**
 * The pump on a clock of paper, with a Device across the loopback interface: what a hundred days, a night's sleep and a
 * send that the system refuses do to it. Needs Linux and koffi; its TUN is a file.
 */
import { closeSync, openSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import type { DeviceEvent, DeviceInput } from '../../api.ts'
import { instant, NS_PER_S } from '../../box.ts'
import { keyToBase64 } from '../../config/base64.ts'
import { nodeCrypto } from '../../crypto/node/provider.ts'
import { Device } from '../../device.ts'
import { parseAddress } from '../../ip/address.ts'
import { buildIp } from '../../ip/packet.ts'
import { Key, type PublicKey } from '../../key.ts'
import { type DeviceClock, LIFETIME_NS } from '../deviceclock.ts'
import { systemRandom } from '../udp-peer.ts'
import { type Libc, loadLibc } from './libc.ts'
import { Pump } from './pump.ts'
import { RECEIVER_ROOM, Receiver } from './receiver.ts'
import { SENDER_ROOM, Sender } from './sender.ts'
import { closeSockets, openSockets, type UdpSockets } from './sockets.ts'
import { createSpace } from './space.ts'
import { VNET_HEADER } from './vnet.ts'

const loaded = load()
const missing = typeof loaded === 'string' ? loaded : undefined
const real = loaded as Libc

const DAY_S = 86_400
const HERE = '127.0.0.1'
const opened: (() => void)[] = []
afterEach(() => {
  for (const close of opened.splice(0)) close()
})

/** True time in seconds; a clock that was put back is behind it. */
class PaperClock implements DeviceClock {
  true_s = 5
  behind_s = 0

  now() {
    return instant(Math.round((this.true_s - this.behind_s) * NS_PER_S))
  }

  rebase(by_s: number) {
    this.behind_s += by_s
  }

  wall() {
    return { sec: 1_700_000_000 + Math.floor(this.true_s), nsec: 0 }
  }
}

function secret(n: number) {
  const key = new Key(new Uint8Array(32).fill(n))
  return { key, publicKey: keyToBase64(nodeCrypto.privateKey(key.reveal()).publicKey) as PublicKey }
}

const [OURS, THEIRS] = [secret(1), secret(2)]
const address = (text: string) => parseAddress(text) ?? expect.fail(text)
const packet = (from: string, to: string) =>
  buildIp({
    source: address(from),
    destination: address(to),
    protocol: 17,
    ttl: 64,
    tos: 0,
    id: 0,
    payload: new Uint8Array(100),
  })

/** A Device on sockets of its own, at the other end of the loopback interface. */
function other(clock: () => number) {
  const sockets = openSockets(real, 0, 0) as UdpSockets
  opened.push(() => closeSockets(real, sockets))
  const space = createSpace(SENDER_ROOM + RECEIVER_ROOM)
  const sender = new Sender(real, space, 0, () => {})
  sender.use(sockets)
  const receiver = new Receiver(real, space, SENDER_ROOM)
  const device = new Device({
    name: 'other',
    crypto: nodeCrypto,
    random: systemRandom,
    wallClock: now => ({ sec: 1_700_000_000 + Math.floor(now / NS_PER_S), nsec: 0 }),
  })
  let arrived = 0
  const input = (each: DeviceInput) => {
    device.handleInput(instant(Math.round(clock() * NS_PER_S)), each)
    for (let output = device.pollOutput(); output !== undefined; output = device.pollOutput()) {
      if (output.kind === 'inner') arrived++
      if (output.kind === 'datagram') sender.push(output.bytes, output.to, undefined, 0)
    }
    sender.flush()
  }
  const allowedIps = [{ address: address('10.0.0.1'), length: 32 }]
  input({ kind: 'configure', change: { privateKey: THEIRS.key, peers: [{ publicKey: OURS.publicKey, allowedIps }] } })
  input({ kind: 'link', up: true })
  const listen = () =>
    void receiver.receive(sockets.v4 ?? expect.fail('no IPv4'), ({ from, length, segment, source }) => {
      for (let at = from; at < from + length; at += segment) {
        const bytes = space.bytes.slice(at, Math.min(at + segment, from + length))
        input({ kind: 'datagram', id: { box: 'wire', n: 0 }, bytes, from: { ...source }, ecn: 0 })
      }
    })
  const answer = () => input({ kind: 'inner', id: { box: 'there', n: 0 }, packet: packet('10.0.0.2', '10.0.0.1') })
  return { port: sockets.port, answer, listen, arrived: () => arrived }
}

/** Runs the steps one after the other, with enough rounds between them for everything to arrive. */
function play(steps: (stage: Stage) => readonly (() => void)[]): void {
  const tun = openSync('/dev/null', 'r+')
  const clock = new PaperClock()
  const events: DeviceEvent[] = []
  const peer = other(() => clock.true_s)
  let written = 0
  let round = 0
  const libc: Libc = {
    ...real,
    poll(polls, count) {
      peer.listen()
      // A round takes a millisecond: what costs time gets done.
      clock.true_s += 0.001
      if (++round % 10 === 0) {
        const next = script.shift()
        if (next === undefined) pump.end('over')
        else next()
      }
      return real.poll(polls, count, 0)
    },
    read: (fd, at, length) => (fd === tun ? 0 : real.read(fd, at, length)),
    write: (fd, at, length) => {
      if (fd !== tun) return real.write(fd, at, length)
      // One byte asks whether the link is up.
      if (length > VNET_HEADER + 1) written++
      return length
    },
  }
  const pump: Pump = new Pump({
    libc,
    clock,
    tun: { fd: tun, iface: 'paper', offloads: { tcp: false, udp: false } },
    wakeFd: -1,
    mtu: 1420,
    crypto: nodeCrypto,
    log: () => {},
    onEvent: event => {
      if (event.kind !== 'drops' && event.kind !== 'link') events.push(event)
    },
    onWake: () => {},
    onRound: () => {},
  })
  const stage: Stage = {
    pump,
    clock,
    peer,
    written: () => written,
    completed: () => events.filter(each => each.kind === 'handshake' && each.what === 'completed').length,
    drops: () => events.flatMap(each => (each.kind === 'drop' ? [each.reason] : [])),
    send: () => pump.apply({ kind: 'inner', id: { box: 'app', n: 0 }, packet: packet('10.0.0.1', '10.0.0.2') }),
    connect(to = { address: address(HERE), port: peer.port }) {
      const allowedIps = [{ address: address('10.0.0.2'), length: 32 }]
      const peers = [{ publicKey: THEIRS.publicKey, endpoint: to, allowedIps }]
      pump.apply({ kind: 'configure', change: { privateKey: OURS.key, peers } })
      pump.setLink(true)
    },
  }
  const script = [...steps(stage)]
  try {
    expect(pump.run()).toBe('over')
  } finally {
    closeSync(tun)
  }
}

interface Stage {
  readonly pump: Pump
  readonly clock: PaperClock
  readonly peer: ReturnType<typeof other>
  /** Packets to the TUN. */
  written(): number
  completed(): number
  drops(): readonly string[]
  send(): void
  connect(to?: { address: Uint8Array; port: number }): void
}

describe.skipIf(missing !== undefined)(`the pump${missing === undefined ? '' : ` (missing: ${missing})`}`, () => {
  it('keeps its session when its clock is put back after a hundred days', () => {
    let before = 0
    play(({ connect, send, clock, completed, peer, pump, written }) => [
      () => {
        clock.true_s = LIFETIME_NS / NS_PER_S - 60
      },
      () => {
        connect()
        send()
      },
      () => {
        expect([completed(), peer.arrived()]).toEqual([1, 1])
        before = pump.status().peers[0]!.txBytes
        peer.answer()
      },
      () => {
        clock.true_s += 100
      },
      () => {
        expect(clock.behind_s).toBe(100 * DAY_S + 40 - 3600)
        send()
      },
      () => peer.answer(),
      () => {
        expect([completed(), peer.arrived(), written()]).toEqual([1, 2, 2])
        expect(pump.status().peers[0]!.txBytes).toBeGreaterThan(before)
        // It goes on to age: after 180 s a new one is made.
        clock.true_s += 100
      },
      () => send(),
      () => expect(completed()).toBe(2),
    ])
  })

  it('does not use a session that has grown old in a sleep', () => {
    play(({ connect, send, clock, completed, peer, drops }) => [
      () => {
        connect()
        send()
      },
      () => {
        expect([completed(), peer.arrived()]).toEqual([1, 1])
        // Only the clock that counts sleep has moved: no timer has fired, nothing was waited for.
        clock.true_s += 8 * 3600
      },
      () => send(),
      () => {
        // One handshake, at once: what was due in the sleep did not undo it.
        expect([completed(), peer.arrived()]).toEqual([2, 2])
        expect(drops()).toEqual([])
      },
    ])
  })

  it('counts what was sent, not what the system refused', () => {
    play(({ connect, send, pump }) => [
      // Without SO_BROADCAST the system lets nothing out to there.
      () => connect({ address: address('255.255.255.255'), port: 9 }),
      () => send(),
      () => {
        expect(pump.status().peers[0]).toMatchObject({ txBytes: 0, staged: 1 })
        pump.setLink(false)
        connect()
        send()
      },
      () => expect(pump.status().peers[0]!.txBytes).toBe(148 + 128 + 32),
    ])
  })
})

function load(): Libc | string {
  try {
    return loadLibc()
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
