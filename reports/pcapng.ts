/**
 * Writes a pcapng file as a stream of chunks: one section, the secrets, the interfaces, the packets.
 * draft-ietf-opsawg-pcapng §4.1 (section), §4.2 (interface), §4.3 (packet), §4.7 (secrets). Little endian.
 */
import { utf8 } from './utf8.ts'

export const LINKTYPE_RAW = 101
/** "WGKL": Wireshark's WireGuard key log. */
export const SECRETS_WIREGUARD = 0x57474b4c

export interface SectionOptions {
  readonly application: string
  readonly comment?: string
}

export interface CaptureInterface {
  readonly name: string
  readonly description?: string
}

export interface CapturedPacket {
  /** As `addInterface` gave it. */
  readonly interface: number
  /** Nanoseconds since 1970. */
  readonly time_ns: bigint
  readonly bytes: Uint8Array
  readonly direction?: 'in' | 'out'
  readonly comment?: string
}

interface Option {
  readonly code: number
  readonly value: Uint8Array
}

const BLOCK_SECTION = 0x0a0d0d0a
const BLOCK_INTERFACE = 1
const BLOCK_PACKET = 6
const BLOCK_SECRETS = 10
const BYTE_ORDER_MAGIC = 0x1a2b3c4d
const OPTION_COMMENT = 1
/** The length of an option is 16 bits; two end it on a multiple of 4. */
const OPTION_LIMIT = 65_532

export class PcapngWriter {
  readonly #write: (chunk: Uint8Array) => void
  #interfaces = 0
  #packets = 0

  /** Writes the section header at once. Every call writes one whole block, in one chunk. */
  constructor(write: (chunk: Uint8Array) => void, options: SectionOptions) {
    this.#write = write
    const body = new DataView(new ArrayBuffer(16))
    body.setUint32(0, BYTE_ORDER_MAGIC, true)
    body.setUint16(4, 1, true)
    body.setUint16(6, 0, true)
    // The section's length is not known while streaming: −1.
    body.setBigInt64(8, -1n, true)
    write(block(BLOCK_SECTION, body, new Uint8Array(0), [...comment(options.comment), text(4, options.application)]))
  }

  /** The key log of the run. Must come before the packets it opens. */
  secrets(keylog: string): void {
    if (this.#packets > 0) throw new Error('pcapng: secrets must be written before the first packet')
    const value = utf8(keylog)
    const body = new DataView(new ArrayBuffer(8))
    body.setUint32(0, SECRETS_WIREGUARD, true)
    body.setUint32(4, value.length, true)
    this.#write(block(BLOCK_SECRETS, body, value, []))
  }

  /** Raw IP, nanosecond stamps. Returns the number packets name it by. */
  addInterface(options: CaptureInterface): number {
    const body = new DataView(new ArrayBuffer(8))
    body.setUint16(0, LINKTYPE_RAW, true)
    const nanoseconds = { code: 9, value: Uint8Array.of(9) }
    const described = options.description === undefined ? [] : [text(3, options.description)]
    this.#write(block(BLOCK_INTERFACE, body, new Uint8Array(0), [text(2, options.name), ...described, nanoseconds]))
    return this.#interfaces++
  }

  packet(packet: CapturedPacket): void {
    if (!Number.isInteger(packet.interface) || packet.interface < 0 || packet.interface >= this.#interfaces) {
      throw new RangeError(`pcapng: no interface ${packet.interface} (there are ${this.#interfaces})`)
    }
    if (packet.time_ns < 0n || packet.time_ns >= 1n << 64n) {
      throw new RangeError(`pcapng: ${packet.time_ns} ns is no time since 1970`)
    }
    this.#packets++
    const body = new DataView(new ArrayBuffer(20))
    body.setUint32(0, packet.interface, true)
    body.setUint32(4, Number(packet.time_ns >> 32n), true)
    body.setUint32(8, Number(packet.time_ns & 0xffffffffn), true)
    body.setUint32(12, packet.bytes.length, true)
    body.setUint32(16, packet.bytes.length, true)
    const flags = packet.direction === undefined ? [] : [direction(packet.direction)]
    this.#write(block(BLOCK_PACKET, body, packet.bytes, [...comment(packet.comment), ...flags]))
  }
}

function comment(value: string | undefined): Option[] {
  return value === undefined || value === '' ? [] : [text(OPTION_COMMENT, value)]
}

function text(code: number, value: string): Option {
  return { code, value: utf8(value, OPTION_LIMIT) }
}

function direction(value: 'in' | 'out'): Option {
  return { code: 2, value: Uint8Array.of(value === 'in' ? 1 : 2, 0, 0, 0) }
}

/** Type, length, fixed part, variable part, options, length; every part ends on a multiple of 4. */
function block(type: number, fixed: DataView, variable: Uint8Array, options: readonly Option[]): Uint8Array {
  const optionBytes = options.reduce((sum, option) => sum + 4 + padded(option.value.length), 0)
  const total = 12 + fixed.byteLength + padded(variable.length) + optionBytes + (options.length > 0 ? 4 : 0)
  const out = new Uint8Array(total)
  const view = new DataView(out.buffer)
  view.setUint32(0, type, true)
  view.setUint32(4, total, true)
  out.set(new Uint8Array(fixed.buffer), 8)
  let at = 8 + fixed.byteLength
  out.set(variable, at)
  at += padded(variable.length)
  for (const option of options) {
    view.setUint16(at, option.code, true)
    view.setUint16(at + 2, option.value.length, true)
    out.set(option.value, at + 4)
    at += 4 + padded(option.value.length)
  }
  view.setUint32(total - 4, total, true)
  return out
}

function padded(length: number): number {
  return Math.ceil(length / 4) * 4
}
