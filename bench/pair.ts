/** Two Devices wired to each other, without a network. */
import type { DeviceOutput } from '../impl/api.ts'
import { instant, NS_PER_S } from '../impl/box.ts'
import { nodeCrypto } from '../impl/crypto/node/provider.ts'
import { Device } from '../impl/device.ts'
import { parseAddress } from '../impl/ip/address.ts'
import { buildIp } from '../impl/ip/packet.ts'
import type { PublicKey } from '../impl/key.ts'
import { KeyRing } from '../sim/keys.ts'
import { seededRandom } from '../sim/random.ts'

export interface Pair {
  /** Both sides of one new handshake, started by the first, one virtual minute later each time. */
  handshake(): void
  /** Seals one packet at the first device; the message is thrown away. */
  seal(): void
  /** Sends one packet from the first to the second; throws when it does not come out. */
  pass(): void
}

const NAMES = ['left', 'right'] as const

export function createPair(innerBytes: number): Pair {
  const keys = new KeyRing('bench', nodeCrypto)
  const endpoint = (port: number) => ({ address: address('192.0.2.1'), port })
  const devices = NAMES.map((name, side) => {
    const device = new Device({
      name,
      crypto: nodeCrypto,
      random: seededRandom(name),
      wallClock: now => ({ sec: 1_700_000_000 + Math.floor(now / NS_PER_S), nsec: now % NS_PER_S }),
    })
    device.handleInput(instant(0), { kind: 'configure', change: change(name, NAMES[1 - side] ?? name, 1 - side) })
    device.handleInput(instant(0), { kind: 'link', up: true })
    return device
  })
  const [left, right] = devices as [Device, Device]
  const packet = inner(innerBytes)
  let now = instant(0)
  let n = 0
  let arrived = 0
  const id = () => ({ box: 'bench', n: ++n })

  function change(own: string, other: string, otherSide: number) {
    return {
      privateKey: keys.privateKey(own),
      listenPort: 1,
      peers: [
        {
          publicKey: keys.publicKey(other) as PublicKey,
          endpoint: endpoint(otherSide + 1),
          allowedIps: [{ address: address(`10.0.0.${otherSide + 1}`), length: 32 }],
        },
      ],
    }
  }

  function settle(): void {
    let moved = true
    while (moved) {
      moved = false
      for (const [side, device] of devices.entries()) {
        for (let output = device.pollOutput(); output !== undefined; output = device.pollOutput()) {
          moved = true
          forward(side, output)
        }
      }
    }
  }

  function forward(side: number, output: DeviceOutput): void {
    if (output.kind === 'inner') arrived++
    if (output.kind !== 'datagram') return
    const other = side === 0 ? right : left
    other.handleInput(now, { kind: 'datagram', id: output.id, bytes: output.bytes, from: endpoint(side + 1), ecn: 0 })
  }

  function send(): void {
    left.handleInput(now, { kind: 'inner', id: id(), packet })
  }

  send()
  settle()
  if (arrived !== 1) throw new Error('the two devices did not come together')
  return {
    handshake() {
      // Down and up wipes the session, so that the next packet asks for a new one at once.
      now = instant(now + 60 * NS_PER_S)
      left.handleInput(now, { kind: 'link', up: false })
      left.handleInput(now, { kind: 'link', up: true })
      const before = arrived
      send()
      settle()
      if (arrived !== before + 1) throw new Error('a handshake did not complete')
    },
    seal() {
      send()
      while (left.pollOutput() !== undefined);
    },
    pass() {
      const before = arrived
      send()
      settle()
      if (arrived !== before + 1) throw new Error('a packet was lost')
    },
  }
}

function inner(length: number): Uint8Array {
  return buildIp({
    source: address('10.0.0.1'),
    destination: address('10.0.0.2'),
    protocol: 17,
    ttl: 64,
    tos: 0,
    id: 0,
    payload: new Uint8Array(length - 20),
  })
}

function address(text: string): Uint8Array {
  const parsed = parseAddress(text)
  if (parsed === undefined) throw new Error(`no address: ${text}`)
  return parsed
}
