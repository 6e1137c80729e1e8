import { describe, expect, it } from 'vitest'
import { timeOf } from './plays.ts'
import { tcpRows } from './tcp.ts'

const S = 1_000_000_000
const ZERO = 1_795_000_000n * 1_000_000_000n
const reader = {
  step: 'page',
  number: 3,
  from: 'alice',
  began: 2 * S,
  ended: 9 * S,
  timeOf: (seconds: string) => timeOf(seconds, ZERO),
}
const said = (client: string, logs: Record<string, string> = {}): string[] =>
  tcpRows(client, new Map(Object.entries(logs)), reader).map(({ t, host, what, bytes, detail }) =>
    [t / S, host, what, bytes, detail].filter(word => word !== undefined).join(' '),
  )

describe('tcpRows', () => {
  it('up: the other machine says what arrived, in the order of time', () => {
    const client = '1795000002.500000 3 answered\n1795000004.000000 3 done 1000 2 sent again, segments of 1380\n'
    const bob = '1795000003.000000 3 arrived 400\n1795000003.250000 3 arrived 1000\n'
    expect(said(client, { bob })).toEqual([
      '2.5 alice answered connected in 500 ms',
      '3 bob arrived 400',
      '3.25 bob arrived 1000',
      '4 alice done 1000 1000 B in 2 s, 4 kbit/s; 2 sent again, segments of 1380',
    ])
  })

  it('down, and other steps in the same log are not its own', () => {
    const client = '1795000002.500000 3 answered\n1795000003.000000 3 arrived 700\n1795000003.000000 3 done 700\n'
    const bob = '1795000002.600000 13 arrived 9\n1795000002.600000 4 arrived 9\nstray words\n'
    expect(said(client, { bob })).toEqual([
      '2.5 alice answered connected in 500 ms',
      '3 alice arrived 700',
      '3 alice done 700 700 B in 1 s, 5.6 kbit/s',
    ])
  })

  it('an error in its own words', () => {
    expect(said('1795000003.000000 3 error not finished after 1 s\n1795000003.000000 3 done 0\n')).toEqual([
      '3 alice error not finished after 1 s',
      '3 alice done 0 0 B in 1 s, 0 bit/s',
    ])
  })

  it('a program that fails before it begins', () => {
    expect(said('port 40003: Address already in use\n')).toEqual([
      '9 alice error port 40003: Address already in use',
      '9 alice done 0',
    ])
  })

  it('cut off by the end of the run, it has said no more', () => expect(said('')).toEqual([]))
})
