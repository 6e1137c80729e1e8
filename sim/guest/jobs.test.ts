/** What the agent tells becomes rows. */
import { expect, it } from 'vitest'
import { instant } from '../../impl/box.ts'
import { Outbox } from '../host/outbox.ts'
import { type Report, readReport } from './agent.ts'
import { type Job, Jobs } from './jobs.ts'

const frame = (job: number, kind: string, text: string): Report => {
  const head = Buffer.from('02000000020002000000020088b50000000000', 'hex')
  head.writeUInt32BE(job, 14)
  head.write(kind, 18, 'latin1')
  return readReport(Uint8Array.from(Buffer.concat([head, Buffer.from(text, 'latin1')])))!
}

/** Reports of job 1, one each millisecond from 1.001 s on, as lines. */
function told(job: Job, reports: readonly (readonly [kind: string, text: string])[]): string[] {
  const outbox = new Outbox('alice')
  const jobs = new Jobs({ outbox, steps: ['zero', 'page'], send: () => {} })
  jobs.order('t', '', job)
  for (const [i, [kind, text]] of reports.entries())
    jobs.report(instant(1_001_000_000 + i * 1_000_000), frame(1, kind, text))
  const lines: string[] = []
  for (let out = outbox.poll(); out !== undefined; out = outbox.poll()) {
    if (out.kind !== 'row') continue
    const { row } = out
    if (row.kind === 'note') lines.push(`${row.level} ${row.text}`)
    if (row.kind !== 'step') continue
    const { step, what, seq, bytes, detail } = row
    lines.push([step, what, seq ?? '-', bytes ?? '-', detail ?? '-'].join(' '))
  }
  return lines
}

const step = (what: 'ping' | 'send' | 'tcp' | 'lookup'): Job => ({
  kind: 'step',
  step: what,
  name: 'page',
  began: instant(1_000_000_000),
})

it.each<[string, Job, [string, string][], string[]]>([
  [
    'bytes over TCP',
    step('tcp'),
    [
      ['r', 'connected'],
      ['b', '1 600'],
      ['r', 'moved 1200 3 1368'],
      ['e', '0'],
    ],
    [
      'page answered - - connected in 1 ms',
      'page arrived - 600 -',
      'page done - 1200 1200 B in 3 ms, 3.2 Mbit/s; 3 sent again, segments of 1368',
    ],
  ],
  [
    'a connection that is refused',
    step('tcp'),
    [
      ['r', 'error 0 Connection refused'],
      ['r', 'moved 0 0 536'],
      ['e', '0'],
    ],
    ['page error - - connection refused', 'page done - 0 0 B in 2 ms, 0 bit/s; 0 sent again, segments of 536'],
  ],
  ['one that takes too long', step('tcp'), [['r', 'late']], ['page error - - not finished after 1 ms']],
  ['bytes that are not what was sent', step('tcp'), [['f', '1 damaged']], ['page error - - damaged']],
  [
    'ICMP errors, by family',
    step('ping'),
    [
      ['r', 'icmp 2 4 11 0 0'],
      ['r', 'icmp 3 4 3 4 1280'],
      ['r', 'icmp 0 6 1 3 0'],
      ['r', 'icmp 1 6 200 9 0'],
      ['r', 'error 4 Message too long'],
    ],
    [
      'page error 2 - icmp time-exceeded',
      'page error 3 - icmp too-big (MTU 1280)',
      'page error - - icmp host-unreachable',
      'page error 1 - icmp type 200, code 9',
      'page error 4 - Message too long',
    ],
  ],
  [
    'a name that is asked for twice',
    step('lookup'),
    [
      ['r', 'to 1 203.0.113.53'],
      ['r', 'to 1 10.0.0.53'],
      ['r', 'answered 1 10.0.0.80, 10.0.0.81'],
      ['e', '0'],
    ],
    [
      'page sent 1 - to 203.0.113.53',
      'page sent 1 - to 10.0.0.53',
      'page answered 1 - 10.0.0.80, 10.0.0.81',
      'page done - - -',
    ],
  ],
  ['a name that does not exist', step('lookup'), [['r', 'none 1 x.org']], ['page error 1 - there is no x.org']],
  [
    'the words of the kernel, but for keys',
    step('tcp'),
    [
      ['k', 'wireguard: wg0: Peer 1 created'],
      ['k', `wireguard: ${'0a'.repeat(32)}`],
    ],
    ['info wireguard: wg0: Peer 1 created'],
  ],
  ['what nobody asked for', step('tcp'), [['b', '7 1']], []],
])('%s', (_, job, reports, lines) => {
  expect(told(job, reports)).toEqual(lines)
})

it('what is not over when the machine goes off ends with why; what is over does not', () => {
  const outbox = new Outbox('alice')
  const jobs = new Jobs({ outbox, steps: [], send: () => {} })
  jobs.order('p', '', { kind: 'step', step: 'ping', name: 'one', began: instant(0) })
  jobs.order('p', '', { kind: 'step', step: 'ping', name: 'two', began: instant(0) })
  jobs.report(instant(5), frame(1, 'e', '0'))
  jobs.stop(instant(9), 'the machine was switched off')
  jobs.report(instant(9), frame(2, 'r', 'answered 1'))
  const rows: string[] = []
  for (let out = outbox.poll(); out !== undefined; out = outbox.poll())
    if (out.kind === 'row' && out.row.kind === 'step') rows.push(`${out.row.t} ${out.row.step} ${out.row.what}`)
  expect(rows).toEqual(['5 one done', '9 two error', '9 two done'])
})
