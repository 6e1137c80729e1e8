/** Packets sealed and opened where they stand are the very packets of the ordinary way. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DeviceInput, DeviceOutput } from '../../api.ts'
import { type Endpoint, instant, type PacketId } from '../../box.ts'
import { keyToBase64 } from '../../config/base64.ts'
import { noble } from '../../crypto/noble.ts'
import type { CryptoProvider } from '../../crypto/provider.ts'
import { Device } from '../../device.ts'
import { buildIp } from '../../ip/packet.ts'
import type { PublicKey } from '../../key.ts'
import { testKey, testRandom } from '../../testing.ts'
import { loadLibcrypto } from './libcrypto.ts'

const loaded = loadLibcrypto()
const missing = 'missing' in loaded ? loaded.missing : undefined
const HEADROOM = 16
const TAILROOM = 31

interface Packet {
  readonly wide: boolean
  readonly length: number
  readonly tos: number
  readonly damage: boolean
}

const packets = fc.array(
  fc.record({
    wide: fc.boolean(),
    length: fc.oneof(fc.nat(60), fc.nat(1380), fc.constantFrom(1379, 1380)),
    tos: fc.nat(255),
    damage: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  }),
  { maxLength: 40 },
)

describe.skipIf(missing !== undefined)(`in place${missing === undefined ? '' : ` (missing: ${missing})`}`, () => {
  it('gives the same messages, packets, statistics and drops', () => {
    fc.assert(
      fc.property(packets, fc.constantFrom(1420, 1400, 1399, 0), (list, mtu) => {
        expect(story(list, mtu, loaded as CryptoProvider, true)).toEqual(story(list, mtu, noble, false))
      }),
      { numRuns: 40 },
    )
  })
})

/** The first packets wait for the handshake; what each device gives out, in order, as text. */
function story(list: readonly Packet[], mtu: number, crypto: CryptoProvider, inPlace: boolean): string[] {
  const told: string[] = []
  const memory = new Uint8Array(new ArrayBuffer(4096))
  const make = (name: string) =>
    new Device({ name, crypto, random: testRandom(name), wallClock: () => ({ sec: 1000, nsec: 0 }), mtu })
  const [a, b] = [make('a'), make('b')]
  const devices = new Map([
    ['a', a],
    ['b', b],
  ])
  const now = instant(1e9)
  const publicOf = (name: string) => keyToBase64(noble.privateKey(testKey(name).reveal()).publicKey) as PublicKey
  const endpoint = (name: string): Endpoint => ({ address: Uint8Array.of(10, 0, 0, name === 'a' ? 1 : 2), port: 51820 })
  const give = (name: string, input: DeviceInput) => {
    const device = devices.get(name)!
    device.handleInput(now, input)
    const outputs: DeviceOutput[] = []
    for (let output = device.pollOutput(); output !== undefined; output = device.pollOutput()) {
      outputs.push(kept(output))
    }
    // The memory is the caller's again: nothing may still need it.
    memory.fill(0xee)
    for (const output of outputs) {
      told.push(`${name} ${text(output)}`)
      if (output.kind === 'datagram') deliver(name === 'a' ? 'b' : 'a', name, output.id, output.bytes)
    }
  }
  const deliver = (to: string, from: string, id: PacketId, sent: Uint8Array) => {
    const data = inPlace && sent[0] === 4
    const bytes = data ? memory.subarray(7, 7 + sent.length) : sent.slice()
    bytes.set(sent)
    give(to, { kind: 'datagram', id, bytes, from: endpoint(from), ecn: 1, inPlace: data })
  }
  const send = (n: number, packet: Uint8Array) => {
    const at = HEADROOM + 3
    const bytes = inPlace ? memory.subarray(at, at + packet.length) : packet
    bytes.set(packet)
    expect(at + packet.length + TAILROOM).toBeLessThan(memory.length)
    give('a', { kind: 'inner', id: { box: 'host', n }, packet: bytes, inPlace })
  }
  for (const name of ['a', 'b']) {
    const other = name === 'a' ? 'b' : 'a'
    const allowedIps = [4, 16].map(length => ({ address: new Uint8Array(length), length: 0 }))
    const peers = [{ publicKey: publicOf(other), endpoint: endpoint(other), allowedIps }]
    give(name, { kind: 'configure', change: { privateKey: testKey(name), peers } })
    give(name, { kind: 'link', up: true })
  }
  list.forEach((packet, n) => {
    send(n, build(packet))
  })
  for (const [name, device] of devices) told.push(`${name} ${JSON.stringify(device.status())}`)
  return told
}

function build({ wide, length, tos, damage }: Packet): Uint8Array {
  const address = (last: number) => Uint8Array.from({ length: wide ? 16 : 4 }, (_, i) => (i === 0 ? 10 : last))
  const payload = Uint8Array.from({ length }, (_, i) => i * 11)
  const packet = buildIp({ source: address(1), destination: address(2), protocol: 253, tos, payload })
  // A length that does not fit: the receiver drops it.
  if (damage) packet[wide ? 4 : 2] = 0xff
  return packet
}

/** The caller takes what it wants to keep before it uses the memory again. */
function kept(output: DeviceOutput): DeviceOutput {
  if (output.kind === 'datagram') return { ...output, bytes: output.bytes.slice() }
  return output.kind === 'inner' ? { ...output, packet: output.packet.slice() } : output
}

function text(output: DeviceOutput): string {
  return JSON.stringify(output, (_, value) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value,
  )
}
