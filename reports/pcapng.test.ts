import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PcapngWriter, SECRETS_WIREGUARD } from './pcapng.ts'

interface Block {
  readonly type: number
  readonly body: Buffer
}

/** Reads blocks with nothing of the writer's: every rule of the format that a reader can check is checked. */
function readBlocks(chunks: readonly Uint8Array[]): Block[] {
  const file = Buffer.concat(chunks)
  const blocks: Block[] = []
  for (let at = 0; at < file.length; ) {
    const length = file.readUInt32LE(at + 4)
    expect(length % 4).toBe(0)
    expect(file.readUInt32LE(at + length - 4)).toBe(length)
    blocks.push({ type: file.readUInt32LE(at), body: file.subarray(at + 8, at + length - 4) })
    at += length
  }
  return blocks
}

function readOptions(bytes: Buffer): Map<number, Buffer> {
  const options = new Map<number, Buffer>()
  for (let at = 0; at < bytes.length; ) {
    const [code, length] = [bytes.readUInt16LE(at), bytes.readUInt16LE(at + 2)]
    if (code === 0) {
      expect([length, at + 4]).toEqual([0, bytes.length])
      break
    }
    options.set(code, bytes.subarray(at + 4, at + 4 + length))
    const end = at + 4 + length
    at = end + ((4 - (end % 4)) % 4)
    expect(bytes.subarray(end, at).every(byte => byte === 0)).toBe(true)
  }
  return options
}

function write(comment?: string) {
  const chunks: Uint8Array[] = []
  const options = { application: 'wglab 0.1.0', ...(comment === undefined ? {} : { comment }) }
  return { chunks, writer: new PcapngWriter(chunk => chunks.push(chunk), options) }
}

describe('PcapngWriter', () => {
  it('writes the section, the secrets, the interfaces and the packets', () => {
    const { chunks, writer } = write('what it is')
    writer.secrets('LOCAL_STATIC_PRIVATE_KEY = x\n')
    const id = writer.addInterface({ name: 'alice:internet', description: 'what alice sends' })
    const time_ns = 1_700_000_000_123_456_789n
    writer.packet({ interface: id, time_ns, bytes: Uint8Array.of(0x45, 1, 2), direction: 'out', comment: 'hello' })
    const [section, secrets, face, packet, ...rest] = readBlocks(chunks)
    expect(rest).toEqual([])
    expect(chunks).toHaveLength(4)
    expect(section?.type).toBe(0x0a0d0d0a)
    expect(section?.body.subarray(0, 16).toString('hex')).toBe('4d3c2b1a01000000ffffffffffffffff')
    expect(readOptions(section!.body.subarray(16))).toEqual(
      new Map([
        [1, Buffer.from('what it is')],
        [4, Buffer.from('wglab 0.1.0')],
      ]),
    )
    expect(secrets?.type).toBe(10)
    expect(secrets?.body.readUInt32LE(0)).toBe(SECRETS_WIREGUARD)
    expect(secrets?.body.subarray(8, 8 + secrets.body.readUInt32LE(4)).toString()).toBe(
      'LOCAL_STATIC_PRIVATE_KEY = x\n',
    )
    expect(face?.type).toBe(1)
    expect(face?.body.subarray(0, 8).toString('hex')).toBe('6500000000000000')
    expect(readOptions(face!.body.subarray(8)).get(9)).toEqual(Buffer.of(9))
    expect(packet?.type).toBe(6)
    const stamp = (BigInt(packet!.body.readUInt32LE(4)) << 32n) | BigInt(packet!.body.readUInt32LE(8))
    expect(stamp).toBe(time_ns)
    expect(readOptions(packet!.body.subarray(24)).get(2)).toEqual(Buffer.of(2, 0, 0, 0))
  })

  it('gives back any bytes, any comment, any time', () => {
    const packets = fc.array(
      fc.record({
        bytes: fc.uint8Array({ maxLength: 70 }),
        comment: fc.string({ unit: 'binary', maxLength: 40 }),
        time_ns: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
        direction: fc.constantFrom('in', 'out', undefined),
      }),
      { maxLength: 4 },
    )
    fc.assert(
      fc.property(packets, fc.string({ unit: 'binary' }), (given, about) => {
        const { chunks, writer } = write(about)
        writer.addInterface({ name: 'a:b' })
        for (const { direction, ...packet } of given) {
          writer.packet({ interface: 0, ...packet, ...(direction === undefined ? {} : { direction }) })
        }
        const [section, , ...blocks] = readBlocks(chunks)
        expect(readOptions(section!.body.subarray(16)).get(1)?.toString() ?? '').toBe(about)
        const read = blocks.map(({ body }) => {
          const length = body.readUInt32LE(12)
          expect(body.readUInt32LE(16)).toBe(length)
          const options = readOptions(body.subarray(20 + Math.ceil(length / 4) * 4))
          return {
            bytes: new Uint8Array(body.subarray(20, 20 + length)),
            comment: options.get(1)?.toString() ?? '',
            time_ns: (BigInt(body.readUInt32LE(4)) << 32n) | BigInt(body.readUInt32LE(8)),
            direction: [undefined, 'in', 'out'][options.get(2)?.[0] ?? 0],
          }
        })
        expect(read).toEqual(given)
      }),
    )
  })

  it('cuts a comment of more than 65,532 bytes between characters', () => {
    const { chunks } = write('€'.repeat(30_000))
    expect(readOptions(readBlocks(chunks)[0]!.body.subarray(16)).get(1)?.toString()).toBe('€'.repeat(21_844))
  })

  it('refuses what no reader could understand', () => {
    const { writer } = write()
    const packet = { interface: 0, time_ns: 0n, bytes: new Uint8Array(1) }
    expect(() => writer.packet(packet)).toThrow('pcapng: no interface 0 (there are 0)')
    writer.addInterface({ name: 'a' })
    expect(() => writer.packet({ ...packet, interface: 1 })).toThrow(RangeError)
    expect(() => writer.packet({ ...packet, time_ns: -1n })).toThrow('pcapng: -1 ns is no time since 1970')
    expect(() => writer.packet({ ...packet, time_ns: 1n << 64n })).toThrow(RangeError)
    writer.packet(packet)
    expect(() => writer.secrets('x')).toThrow('pcapng: secrets must be written before the first packet')
  })
})
