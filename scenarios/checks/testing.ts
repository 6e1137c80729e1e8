/** Rows and scenarios written by hand, for tests of the checks. */
import { shell, udp } from '../decode/testing.ts'
import type { Expectation } from '../language/expectation.ts'
import type { Cast, Scenario } from '../language/scenario.ts'
import type { Step } from '../language/step.ts'
import type { DropRow, HopRow, PacketRef, Row, StateRow, StepRow } from '../language/trace.ts'
import type { CheckOutcome, RunEnd } from '../language/verdict.ts'
import { evaluate } from './evaluate.ts'

export const MS = 1_000_000
export const S = 1_000_000_000

/** Alice behind a NAT, bob, a router in between that is also a host, and a probe. */
export function lab(expect: Expectation[], steps: Step[] = []): Scenario {
  return {
    schema: 'wglab/scenario@1',
    title: 'a lab',
    duration: '60s',
    networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
    hosts: {
      alice: { interfaces: { home: '192.168.1.2/24' }, wg: { wg0: '' } },
      bob: { interfaces: { internet: ['203.0.113.2', '2001:db8::2'] }, wg: { wg0: '' } },
      carol: { interfaces: { internet: '203.0.113.3' } },
      mallory: { interfaces: { internet: '203.0.113.66' }, probe: true },
    },
    nats: { nat: { inside: { home: '192.168.1.1/24' }, outside: { internet: '198.51.100.1' } } },
    steps,
    expect,
  }
}

export const LEGEND = {
  'link-loss': 'The cable lost it.',
  'nat-no-mapping': 'The NAT has no mapping for this.',
  replayed: 'The counter was seen before.',
}

export function runEnd(change: Partial<RunEnd> = {}): RunEnd {
  const nothing = { vantages: [], keylog: [], blind: [], names: {}, warnings: [] }
  return { ended_at: 60 * S, legend: LEGEND, ...nothing, ...change }
}

/** The outcomes of the expectations alone. */
export function judge(
  scenario: Scenario,
  rows: readonly Row[],
  { cast = {}, end = runEnd() }: { cast?: Cast; end?: RunEnd } = {},
): CheckOutcome[] {
  return judgeAll(scenario, rows, { cast, end }).slice(0, scenario.expect.length)
}

export function judgeAll(
  scenario: Scenario,
  rows: readonly Row[],
  { cast = {}, end = runEnd() }: { cast?: Cast; end?: RunEnd } = {},
): CheckOutcome[] {
  const { sink, finish } = evaluate({ id: 'lab', scenario }, cast)
  for (const row of rows) sink.row(row)
  return finish(end)
}

/** `alice/12` */
export function ref(text: string): PacketRef {
  const [box = '', n = ''] = text.split('/')
  return { box, n: Number(n) }
}

export function step(t: number, name: string, what: StepRow['what'], more: Partial<StepRow> = {}): StepRow {
  return { kind: 'step', t, step: name, host: 'alice', what, ...more }
}

export function drop(t: number, at: string, id: string, reason: string, more: Partial<DropRow> = {}): DropRow {
  return { kind: 'drop', t, at, layer: 'wire', packet: ref(id), copy: 0, reason, ...more }
}

export function hop(t: number, at: string, dir: HopRow['dir'], id: string, more: Partial<HopRow> = {}): HopRow {
  return { kind: 'hop', t, at, dir, layer: 'wire', packet: ref(id), copy: 0, size: 100, ...more }
}

export function state(t: number, change: Partial<StateRow> = {}): StateRow {
  return {
    kind: 'state',
    t,
    host: 'alice',
    iface: 'wg0',
    peer: 'bob',
    endpoint: '203.0.113.2:51820',
    latest_handshake: null,
    rx_bytes: 0,
    tx_bytes: 0,
    allowed_ips: [],
    keepalive_s: 0,
    ...change,
  }
}

type Shell = Parameters<typeof shell>[0]

/** A WireGuard message that leaves or enters a place; the ends as addresses. */
export function message(
  t: number,
  at: string,
  id: string,
  of: { kind: Shell; from: string; to: string; dir?: 'out' | 'in'; counter?: number; receiver?: number; copy?: number },
): HopRow {
  const bytes = udp(of.from, 51820, of.to, 51820, shell(of.kind, of.counter, of.receiver))
  return hop(t, at, of.dir ?? 'out', id, { bytes, size: bytes.length, copy: of.copy ?? 0 })
}
