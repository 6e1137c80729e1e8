import fc from 'fast-check'
import { expect, it } from 'vitest'
import { LONGEST_COMMAND, orderFrame, readReport } from './agent.ts'

const hex = (data: Uint8Array) => Buffer.from(data).toString('hex')
/** As the agent writes it. */
const said = (job: number, kind: string, data: string | Uint8Array) => {
  const head = Buffer.from('020000000200020000000100 88b5 00000000 00'.replaceAll(' ', ''), 'hex')
  head.writeUInt32BE(job, 14)
  head.write(kind, 18, 'latin1')
  return Uint8Array.from(Buffer.concat([head, Buffer.from(data as string, 'latin1')]))
}

it('gives orders', () => {
  expect(hex(orderFrame(7, 'x', 'é'))).toBe('02000000010002000000020088b50000000778c3a9')
  expect(() => orderFrame(1, 'x', 'a'.repeat(LONGEST_COMMAND + 1))).toThrow(
    `a command of ${LONGEST_COMMAND + 1} bytes (at most ${LONGEST_COMMAND}) for a guest`,
  )
})

it.each([
  [said(3, 'o', 'text'), { kind: 'output', job: 3, text: 'text' }],
  [said(0, 'e', 'ready'), { kind: 'ended', job: 0, status: 'ready' }],
  [said(3, 'r', 'sent 12'), { kind: 'row', job: 3, what: 'sent', seq: 12, detail: '' }],
  [
    said(3, 'r', 'error 2 Message too long'),
    { kind: 'row', job: 3, what: 'error', seq: 2, detail: 'Message too long' },
  ],
  [said(0, 'a', '4 1'), { kind: 'arrived', step: 4, seq: 1 }],
  [said(0, 'b', '4 1048576'), { kind: 'bytes', step: 4, bytes: 1048576 }],
  [said(0, 'f', '4 what arrived is wrong'), { kind: 'damaged', step: 4, text: 'what arrived is wrong' }],
  [said(0, 'k', 'wireguard: wg0: x'), { kind: 'words', text: 'wireguard: wg0: x' }],
  [said(9, 'I', '>ab'), { kind: 'inner', job: 9, leaving: true, packet: Uint8Array.of(0x61, 0x62) }],
  [said(9, 'I', '<'), { kind: 'inner', job: 9, leaving: false, packet: new Uint8Array() }],
  [said(9, '?', ''), undefined],
])('reads reports (%#)', (frame, report) => {
  expect(readReport(frame)).toEqual(report)
})

it('reads anything without an exception', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), frame => void readReport(frame)))
  fc.assert(fc.property(fc.string({ maxLength: 1 }), fc.string(), (kind, text) => void readReport(said(1, kind, text))))
})
