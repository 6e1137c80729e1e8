import { describe, expect, it } from 'vitest'
import { iperfRows, stoppedCounting } from './iperf.ts'

const S = 1_000_000_000
const reader = { step: 't', from: 'alice', to: 'bob', began: S, ended: 9 * S, connected: 2 * S }
const interval = (end: number, bytes: number) => ({ sum: { end, bytes } })
const said = (client: object | string, server: object | string = '', over = reader): string[] => {
  const text = (report: object | string) => (typeof report === 'string' ? report : JSON.stringify(report))
  return iperfRows(text(client), text(server), over).map(
    ({ t, host, what, bytes, detail }) =>
      `${t / S} ${host} ${what}${bytes === undefined ? '' : ` ${bytes}`}${detail === undefined ? '' : ` ${detail}`}`,
  )
}
const start = (reverse = 0) => ({ connected: [{}], test_start: { reverse } })

describe('iperfRows', () => {
  it('up: what the server says has arrived, second by second', () => {
    const client = { start: start(), intervals: [interval(1, 900)], end: { sum_received: { end: 2.5, bytes: 800 } } }
    const server = { intervals: [interval(1, 500), interval(2, 0), interval(2.5, 300)] }
    expect(said(client, server)).toEqual([
      '2 alice answered',
      '3 bob arrived 500',
      '4.5 bob arrived 800',
      '9 alice done',
    ])
  })

  it('up, and the server was ended before it spoke: the total that it told the client', () => {
    const client = { start: start(), end: { sum_received: { end: 2.5, bytes: 800 } } }
    expect(said(client)).toEqual(['2 alice answered', '4.5 bob arrived 800', '9 alice done'])
  })

  it('down: the client counts; without a capture the clock begins with the command', () => {
    const client = { start: start(1), intervals: [interval(1, 700)], end: { sum_received: { end: 1, bytes: 700 } } }
    const over = { ...reader, connected: undefined } as unknown as typeof reader
    expect(said(client, '', over)).toEqual(['1 alice answered', '2 alice arrived 700', '9 alice done'])
  })

  it('an error is told as iperf3 tells it, with or without a report', () => {
    const error = 'unable to connect to server: Connection refused'
    expect(said({ start: { connected: [] }, error })).toEqual([`9 alice error ${error}`, '9 alice done'])
    expect(said('iperf3: out of order\n')).toEqual(['9 alice error iperf3: out of order', '9 alice done'])
    expect(said('')).toEqual(['9 alice error iperf3 said nothing', '9 alice done'])
  })

  it('nothing is told after its end', () => {
    const client = { start: start(), end: { sum_received: { end: 60, bytes: 5 } } }
    expect(said(client)).toEqual(['2 alice answered', '9 bob arrived 5', '9 alice done'])
  })

  it('reads a report with a line behind it', () => {
    const text = `${JSON.stringify({ start: start(1), intervals: [interval(1, 7)] })}\niperf3: interrupt\n`
    expect(said(text)).toEqual(['2 alice answered', '3 alice arrived 7', '9 alice done'])
  })
})

describe('stoppedCounting', () => {
  const ends = (sent: number, received: number) => ({
    sum_sent: { bytes: sent },
    sum_received: { end: 1, bytes: received },
  })
  it.each([
    [{ end: ends(1000, 400) }, true],
    [{ end: ends(1000, 1000) }, false],
    // Cut off by whatever else: it did not think that it was done.
    [{ end: ends(1000, 400), error: 'interrupt' }, false],
    [{ error: 'unable to connect' }, false],
  ])('%j: %s', (report, expected) => expect(stoppedCounting(JSON.stringify(report))).toBe(expected))

  it('what is no report says nothing', () => expect(stoppedCounting('')).toBe(false))
})
