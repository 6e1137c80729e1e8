import { describe, expect, it } from 'vitest'
import type { Row } from '../scenarios/language/trace.ts'
import type { RunEnd } from '../scenarios/language/verdict.ts'
import { type CaptureOptions, createCapture } from './capture.ts'
import { datagram } from './testing.ts'
import { drop, endOf, feed, hop, MS, ref, S } from './testing-trace.ts'

const [alice, nat, bob] = ['192.168.1.2:51820', '198.51.100.7:4242', '203.0.113.2:51820']
const options: CaptureOptions = {
  epoch: { sec: 1_700_000_000, nsec: 5 },
  application: 'wglab 0.1.0',
  about: 'nat/expiry, seed 1, world sim',
}

interface Read {
  readonly comment: string
  readonly packets: { readonly at: string; readonly time: bigint; readonly comment: string }[]
  readonly file: Buffer
}

/** The comments and stamps of a capture, by a reader of its own. */
function capture(rows: readonly Row[], end: RunEnd, over: Partial<CaptureOptions> = {}) {
  const { sink, finish } = createCapture({ ...options, ...over })
  feed(sink, rows)
  const chunks: Uint8Array[] = []
  const summary = finish(end, chunk => chunks.push(chunk))
  const read: Read = { comment: comments(Buffer.from(chunks[0]!), 24).join(), packets: [], file: Buffer.concat(chunks) }
  for (const chunk of chunks.map(bytes => Buffer.from(bytes))) {
    if (chunk.readUInt32LE(0) !== 6) continue
    const time = (BigInt(chunk.readUInt32LE(12)) << 32n) | BigInt(chunk.readUInt32LE(16))
    const at = end.vantages[chunk.readUInt32LE(8)]?.name ?? '?'
    const options = 28 + Math.ceil(chunk.readUInt32LE(20) / 4) * 4
    read.packets.push({ at, time, comment: comments(chunk, options).join() })
  }
  return { ...read, summary }
}

function comments(block: Buffer, from: number): string[] {
  const found: string[] = []
  for (let at = from; at < block.length - 4 && block.readUInt16LE(at) !== 0; ) {
    const [code, length] = [block.readUInt16LE(at), block.readUInt16LE(at + 2)]
    if (code === 1) found.push(block.subarray(at + 4, at + 4 + length).toString())
    at += 4 + Math.ceil(length / 4) * 4
  }
  return found
}

const line = ({ at, comment }: Read['packets'][number]) => `${at}  ${comment}`

describe('createCapture', () => {
  it('says on each packet what became of it and why', () => {
    const init = datagram(alice, bob, 1, 148)
    const data = datagram(alice, bob, 4, 128, 3)
    const rows: Row[] = [
      { kind: 'step', t: 0, step: 'hello', host: 'alice', what: 'sent', seq: 1, packet: ref('alice/1') },
      hop(0, 'alice', 'born', 'alice/1'),
      hop(0, 'alice:wg0', 'out', 'alice/1', data.subarray(0, 28)),
      { ...hop(0, 'alice', 'born', 'alice/2'), cause: ref('alice/1') },
      hop(0, 'alice:net', 'out', 'alice/2', init),
      drop(10 * MS, 'alice:net up', 'alice/2', 'listed-loss', { detail: 'initiation 1' }),
      hop(5 * S, 'alice:net', 'out', 'alice/1', data),
      hop(5 * S + 10 * MS, 'bob:net', 'in', 'alice/1', data),
      hop(5 * S + 10 * MS, 'bob', 'done', 'alice/1'),
      hop(6 * S, 'alice:net', 'out', 'alice/3', data),
      hop(6 * S, 'bob:net', 'in', 'alice/3', data, 1),
      drop(6 * S, 'bob', 'alice/3', 'replayed', { layer: 'inner', copy: 1 }),
      hop(6 * S, 'alice:net', 'out', 'alice/5', init),
      drop(6 * S, 'alice:wg0', 'alice/5', 'no-key'),
      hop(7 * S, 'alice:net', 'out', 'alice/4', data),
      drop(7 * S, 'alice:net up', 'alice/4', 'link-loss'),
      hop(8 * S, 'bob', 'done', 'alice/4'),
      hop(9 * S, 'elsewhere', 'in', 'alice/4', data),
    ]
    const legend = { 'listed-loss': 'The scenario lists this packet.', replayed: 'The counter was seen before.' }
    const { packets, summary } = capture(rows, endOf(['alice:net', 'alice:wg0', 'bob:net'], { legend }))
    expect(packets.map(line)).toEqual([
      'alice:wg0  alice/1 udp 0 B, step hello 1, delivered to bob at 5.01 s'.replace('udp, cut short', 'udp'),
      'alice:net  alice/2 initiation 148 B, answers alice/1, lost on the cable alice:net up at 10 ms: listed-loss: The scenario lists this packet (initiation 1)',
      'alice:net  alice/1 data 128 B, counter 3, step hello 1, delivered to bob at 5.01 s',
      'bob:net  alice/1 data 128 B, counter 3, step hello 1, delivered to bob at 5.01 s',
      'alice:net  alice/3 data 128 B, counter 3, still on its way at the end',
      'bob:net  alice/3 (copy 1) data 128 B, counter 3, dropped by bob at 6 s: replayed: The counter was seen before',
      'alice:net  alice/5 initiation 148 B, dropped by alice:wg0 at 6 s: no-key',
      'alice:net  alice/4 data 128 B, counter 3, delivered to bob at 8 s; a part of it was lost on the cable alice:net up at 7 s: link-loss',
    ])
    expect(packets[3]?.time).toBe(1_700_000_005_010_000_005n)
    expect(summary).toEqual({ packets: 8, omitted: 0, interfaces: 3 })
  })

  it('claims nothing about packets of a world that can not see inside', () => {
    const rows = [hop(0, 'alice:net', 'out', 'alice/1', datagram(alice, bob, 1, 148))]
    expect(capture(rows, endOf(['alice:net'], { blind: ['inside'] })).packets.map(line)).toEqual([
      'alice:net  alice/1 initiation 148 B',
    ])
  })

  it('keeps what the limit allows, and says what it left out', () => {
    const rows = Array.from({ length: 9 }, (_, n) =>
      hop(n, 'alice:net', 'out', `alice/${n}`, datagram(alice, bob, 4, 64)),
    )
    const other = hop(9, 'home', 'out', 'alice/8', datagram(alice, bob, 4, 64))
    const { comment, packets, summary } = capture([...rows, other], endOf(['alice:net']), { maxPackets: 6 })
    expect(packets).toHaveLength(6)
    expect(summary.omitted).toBe(3)
    expect(comment).toContain('3 packets more are not in the file: it keeps the first 6.')
  })

  it('says how it can be read', () => {
    const about = (end: RunEnd) => capture([], end).comment.split('\n')
    const keylog = [{ kind: 'LOCAL_EPHEMERAL_PRIVATE_KEY', reveal: () => 'x' }] as const
    expect(about(endOf([], { keylog, warnings: ['alice: odd\x1b'] }))).toEqual([
      'nat/expiry, seed 1, world sim',
      'The WireGuard keys of this run are in the file: Wireshark and tshark decrypt it as it is.',
      'Warning: alice: odd\ufffd',
    ])
    expect(about(endOf(['alice:wg0']))[1]).toBe(
      'No side gave its session keys away: the packets in the clear are on the tunnel interfaces of this file.',
    )
    expect(about(endOf(['alice:net']))[1]).toBe('No side gave its session keys away: this file can not be decrypted.')
  })

  it('gives the same bytes for the same run', () => {
    const rows = [hop(0, 'alice:net', 'out', 'alice/1', datagram(alice, bob, 1, 148))]
    const [one, other] = [capture(rows, endOf(['alice:net'])), capture(rows, endOf(['alice:net']))]
    expect(one.file.equals(other.file)).toBe(true)
  })
})

describe('order', () => {
  const places = ['alice:lan', 'alice:wg0', 'home:lan', 'home:net', 'bob:net']
  const through = (t: number, id: string, counter: number): Row[] => [
    hop(t, 'alice:wg0', 'out', id, datagram('10.0.0.1:9', '10.0.0.2:9', 0, 20)),
    hop(t, 'alice:lan', 'out', id, datagram(alice, bob, 4, 64, counter)),
    hop(t + 1, 'home:lan', 'in', id, datagram(alice, bob, 4, 64, counter)),
    hop(t + 2, 'home:net', 'out', id, datagram(nat, bob, 4, 64, counter)),
    hop(t + 3, 'bob:net', 'in', id, datagram(nat, bob, 4, 64, counter)),
  ]

  it('is time, but for the two sides of a NAT', () => {
    const { packets, comment } = capture([...through(0, 'a/1', 1), ...through(10, 'a/2', 2)], endOf(places))
    const start = 1_700_000_000_000_000_005n
    expect(packets.map(({ at, time }) => `${at} ${time - start}`)).toEqual([
      ...['alice:wg0 0', 'alice:lan 0', 'home:lan 1', 'alice:wg0 10', 'alice:lan 10', 'home:lan 11'],
      ...['home:net 2', 'bob:net 3', 'home:net 12', 'bob:net 13'],
    ])
    expect(comment).toContain('Sort by time to mix them.')
  })

  it('is time where a message is only replayed from elsewhere', () => {
    const original = datagram('192.0.2.1:1', bob, 4, 64, 1)
    const rows = [
      hop(0, 'alice:net', 'out', 'a/1', original),
      hop(1, 'bob:net', 'in', 'a/1', original),
      hop(2, 'eve:net', 'out', 'e/1', datagram('192.0.2.66:1', bob, 4, 64, 1)),
      hop(3, 'bob:net', 'in', 'e/1', datagram('192.0.2.66:1', bob, 4, 64, 1)),
      hop(4, 'alice:net', 'out', 'a/2', datagram('192.0.2.1:1', bob, 4, 64, 2)),
    ]
    const { packets, comment } = capture(rows, endOf(['bob:net', 'alice:net', 'eve:net']))
    expect(packets.map(({ at }) => at)).toEqual(['alice:net', 'bob:net', 'eve:net', 'bob:net', 'alice:net'])
    expect(comment).not.toContain('NAT')
  })
})
