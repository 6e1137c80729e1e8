import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ipv4, ipv6 } from '../../scenarios/decode/testing.ts'
import { readCapture } from './pcap.ts'

interface Frame {
  readonly sec: number
  readonly part: number
  readonly protocol: number
  readonly iface: number
  readonly type: number
  readonly bytes: Uint8Array
}

const IP = Uint8Array.from(ipv4('192.0.2.1', '192.0.2.2', 17, [1, 2, 3, 4, 5, 6, 7, 8, 9]))
const IP6 = Uint8Array.from(ipv6('2001:db8::1', '2001:db8::2', 59, [5, 6, 7]))
const frame = (over: Partial<Frame> = {}): Frame => ({
  ...{ sec: 1_800_000_000, part: 5, protocol: 0x0800, iface: 3, type: 4, bytes: IP },
  ...over,
})

/** A file as tcpdump writes it. */
function file(frames: readonly Frame[], { little = true, nano = true, linkType = 276 } = {}): Uint8Array {
  const size = 24 + frames.reduce((sum, { bytes }) => sum + 16 + 20 + bytes.length, 0)
  const all = new Uint8Array(size)
  const view = new DataView(all.buffer)
  view.setUint32(0, nano ? 0xa1b23c4d : 0xa1b2c3d4, little)
  view.setUint32(16, 262_144, little)
  view.setUint32(20, linkType, little)
  let at = 24
  for (const { sec, part, protocol, iface, type, bytes } of frames) {
    const length = 20 + bytes.length
    for (const [i, value] of [sec, part, length, length].entries()) view.setUint32(at + 4 * i, value, little)
    view.setUint16(at + 16, protocol)
    view.setUint32(at + 20, iface)
    view.setUint8(at + 26, type)
    all.set(bytes, at + 36)
    at += 16 + length
  }
  return all
}

describe('readCapture', () => {
  const first = { at_ns: 1_800_000_000_000_000_005n, interface: 3, dir: 'out', bytes: IP }

  it.each([true, false])('reads both byte orders (little: %s)', little => {
    const frames = [frame(), frame({ protocol: 0x86dd, type: 0, iface: 260, bytes: IP6 })]
    expect(readCapture(file(frames, { little }))).toEqual([first, { ...first, interface: 260, dir: 'in', bytes: IP6 }])
  })

  it('reads stamps in microseconds', () => {
    expect(readCapture(file([frame()], { nano: false }))[0]?.at_ns).toBe(1_800_000_000_000_005_000n)
  })

  it('takes the padding off, and leaves out what is no IP or only overheard', () => {
    const padded = Uint8Array.from([...IP, 0, 0, 0])
    const frames = [frame({ protocol: 0x0806 }), frame({ type: 3 }), frame({ bytes: padded })]
    expect(readCapture(file(frames))).toEqual([first])
  })

  it.each([
    [new Uint8Array(23), 'at least 24 bytes, not 23'],
    [new Uint8Array(24), 'this is no pcap file'],
    [file([], { linkType: 1 }), 'link type 1, not 276'],
  ])('refuses what is none', (bytes, why) => expect(() => readCapture(bytes)).toThrow(why))

  it('a file cut anywhere gives the packets before the cut', () => {
    const whole = file([frame(), frame({ part: 6 }), frame({ part: 7 })])
    const record = 16 + 20 + IP.length
    fc.assert(
      fc.property(fc.integer({ min: 24, max: whole.length }), end => {
        expect(readCapture(whole.subarray(0, end))).toHaveLength(Math.floor((end - 24) / record))
      }),
    )
  })
})
