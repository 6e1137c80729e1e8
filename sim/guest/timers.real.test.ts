/**
 * The kernel's timers, measured in virtual time, beside ours in the same seat. One machine under test with a peer for each
 * timer; every measure is allowed what the kernel allows itself: its jitter, and a step of its timer wheel.
 */
import { performance } from 'node:perf_hooks'
import { describe, expect, it } from 'vitest'
import { runOne, runOneWithGuests } from '../../cli/evidence.ts'
import { openGuests } from '../../cli/guests.ts'
import { readyGuests, SKIP_TEXT } from '../../kernel/testing.ts'
import { decodeIp } from '../../scenarios/decode/ip.ts'
import { messageKind, type WireMessageKind } from '../../scenarios/decode/wireguard.ts'
import type { Scenario } from '../../scenarios/language/scenario.ts'
import type { Row } from '../../scenarios/language/trace.ts'
import { EPOCH } from '../parts.ts'

const ready = await readyGuests('6.12')

/** In the order of their addresses, 203.0.113.1 and up; `nobody` is not there. */
const PARTNERS = ['nobody', 'echo', 'caller', 'talker', 'kept', 'mute'] as const
type Partner = (typeof PARTNERS)[number]

const outside = (partner: Partner) => `203.0.113.${PARTNERS.indexOf(partner) + 1}`
const inside = (partner: Partner) => `10.0.0.${PARTNERS.indexOf(partner) + 11}`

const SUBJECT = '198.51.100.1'
const peerText = (partner: Partner) => `
[Peer]
PublicKey = <${partner}.pub>
AllowedIPs = ${inside(partner)}/32
${partner === 'caller' ? '' : `Endpoint = ${outside(partner)}:51820`}
${partner === 'kept' ? 'PersistentKeepalive = 25' : ''}`

const partnerHost = (partner: Partner) => ({
  interfaces: { internet: outside(partner) },
  wg: {
    wg0: `[Interface]
PrivateKey = <${partner}>
Address = ${inside(partner)}/24
ListenPort = 51820

[Peer]
PublicKey = <subject.pub>
AllowedIPs = 10.0.0.1/32
Endpoint = ${SUBJECT}:51820
`,
  },
})

const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Every timer of a peer',
  duration: '600s',
  networks: { internet: {} },
  hosts: {
    subject: {
      interfaces: { internet: SUBJECT },
      wg: {
        wg0: `[Interface]
PrivateKey = <subject>
Address = 10.0.0.1/24
ListenPort = 51820
${PARTNERS.map(peerText).join('')}`,
      },
    },
    ...Object.fromEntries(PARTNERS.filter(each => each !== 'nobody').map(each => [each, partnerHost(each)])),
  },
  steps: [
    { do: 'ping', at: '1s', name: 'unheard', from: 'subject', to: inside('nobody') },
    { do: 'ping', at: '1s', name: 'steady', from: 'subject', to: inside('echo'), count: 125 },
    // The caller starts the session and falls silent; the subject speaks until the session is too old.
    { do: 'ping', at: '1s', name: 'call', from: 'caller', to: '10.0.0.1' },
    { do: 'link', at: '100s', node: 'caller', network: 'internet', set: { cut: true } },
    {
      do: 'send',
      at: '178s',
      name: 'on the old session',
      from: 'subject',
      to: `${inside('caller')}:9`,
      count: 50,
      interval: '100ms',
    },
    { do: 'ping', at: '1s', name: 'meet', from: 'talker', to: '10.0.0.1' },
    { do: 'send', at: '30s', name: 'say', from: 'talker', to: '10.0.0.1:9' },
    { do: 'ping', at: '1s', name: 'heard once', from: 'subject', to: inside('mute') },
    { do: 'link', at: '20s', node: 'mute', network: 'internet', set: { cut: true } },
    { do: 'send', at: '40s', name: 'unanswered', from: 'subject', to: `${inside('mute')}:9` },
  ],
  expect: [{ see: 'delivered', step: 'steady' }],
} satisfies Scenario

/** Outside nobody sees keys being wiped. The kernel speaks of it; the time of each word is told at the end, by a command that fails. */
const withWords: Scenario = {
  ...scenario,
  steps: [
    ...scenario.steps,
    {
      do: 'run',
      at: '500ms',
      host: 'subject',
      command: [
        'mount -t debugfs none /sys/kernel/debug',
        'echo module wireguard +p > /sys/kernel/debug/dynamic_debug/control',
        'mknod /run/kmsg c 1 11',
        `(cat /run/kmsg | while read -r line; do case $line in *Zeroing*) date +%s.%N >> /run/wiped;; esac; done) > /dev/null 2>&1 &`,
      ].join('; '),
    },
    { do: 'run', at: '599s', name: 'words', host: 'subject', command: 'echo wiped at $(cat /run/wiped); exit 1' },
  ],
}

interface Sent {
  readonly at_s: number
  readonly kind: WireMessageKind
}

/** What the subject sent to each partner, and what was said of keys. */
interface Seen {
  readonly sent: ReadonlyMap<string, readonly Sent[]>
  readonly zeroed: readonly number[]
  readonly rows: readonly Row[]
}

function seenIn(rows: readonly Row[], zeroed: readonly number[]): Seen {
  const sent = new Map<string, Sent[]>()
  for (const row of rows) {
    if (row.kind !== 'hop' || row.at !== 'subject:internet' || row.dir !== 'out' || row.bytes === undefined) continue
    const kind = messageKind(row.bytes)
    const to = decodeIp(row.bytes)?.destination.join('.')
    if (kind === undefined || to === undefined) continue
    sent.set(to, [...(sent.get(to) ?? []), { at_s: row.t / 1e9, kind }])
  }
  return { sent, zeroed, rows }
}

function ours(): Seen {
  const rows: Row[] = []
  runOne({ id: 'timers', scenario }, { cast: {}, seed: '1', onRow: row => rows.push(row) })
  const zeroed = rows.flatMap(row =>
    row.kind === 'timer' && row.host === 'subject' && row.timer === 'zero-key-material' && row.what === 'fired'
      ? [row.t / 1e9]
      : [],
  )
  return seenIn(rows, zeroed)
}

async function kernels(): Promise<Seen> {
  const cast = { subject: 'kernel-6.12' }
  const guests = await openGuests(cast)
  if ('lacks' in guests) throw new Error(guests.lacks)
  const rows: Row[] = []
  try {
    const named = { id: 'timers', scenario: withWords }
    await runOneWithGuests(named, { cast, seed: '1', onRow: row => rows.push(row) }, guests)
  } finally {
    await guests.stop()
  }
  const words = rows.flatMap(row => (row.kind === 'step' && row.step === 'words' ? [row.detail ?? ''] : [])).join(' ')
  const said = /status 1: wiped at (.*)/.exec(words)?.[1] ?? ''
  const zeroed = [...said.matchAll(/\d+\.\d+/g)].map(([text]) => Number(text) - EPOCH.sec)
  return seenIn(rows, zeroed)
}

const JITTER_S = 0.333
/** A tick at HZ=250. */
const TICK_S = 0.004

/** A step of the timer wheel at HZ=250 for a timer that far away (kernel/time/timer.c): 63 ticks a level, each 8 times coarser. */
function stepOfWheel(delay_s: number): number {
  let step = TICK_S
  while (delay_s >= 63 * step) step *= 8
  return step
}

interface Measure {
  readonly what: string
  readonly nominal_s: number
  readonly jitter_s?: number
  /** Seconds by which what sets it off may come later than the timer: the rhythm of the traffic. */
  readonly rhythm_s?: number
  /** No timer, so no wheel: an age that is looked at when there is something to send. */
  readonly age?: true
  readonly of: (seen: Seen) => number[]
}

const to = (seen: Seen, partner: Partner, kind: WireMessageKind) =>
  (seen.sent.get(outside(partner)) ?? []).filter(each => each.kind === kind).map(each => each.at_s)
const gaps = (times: readonly number[]) => times.slice(1).map((time, i) => time - (times[i] ?? 0))
const RTT_S = 0.04

const MEASURES: readonly Measure[] = [
  {
    what: 'a retry of an initiation that nobody answers',
    nominal_s: 5,
    jitter_s: JITTER_S,
    of: seen => gaps(to(seen, 'nobody', 'initiation')),
  },
  {
    what: 'a new handshake by the initiator, with the first packet on a session of 120 s',
    nominal_s: 120,
    rhythm_s: 1,
    age: true,
    of: seen => gaps(to(seen, 'echo', 'initiation')).map(gap => gap - RTT_S),
  },
  {
    what: 'a new handshake by the responder, with the first packet after the session has expired',
    nominal_s: 180,
    rhythm_s: 0.1,
    age: true,
    of: seen => {
      const derived = to(seen, 'caller', 'response')[0] ?? 0
      return to(seen, 'caller', 'initiation')
        .slice(0, 1)
        .map(time => time - derived)
    },
  },
  {
    what: 'a keepalive that confirms data',
    nominal_s: 10,
    of: seen =>
      to(seen, 'talker', 'keepalive')
        .filter(time => time > 30)
        .map(time => time - 30 - RTT_S / 2),
  },
  {
    what: 'a persistent keepalive',
    nominal_s: 25,
    of: seen => gaps(to(seen, 'kept', 'keepalive').filter(time => time < 100)),
  },
  {
    what: 'a new handshake when data is not answered',
    nominal_s: 15,
    jitter_s: JITTER_S,
    of: seen =>
      to(seen, 'mute', 'initiation')
        .filter(time => time > 40)
        .slice(0, 1)
        .map(time => time - 40),
  },
]

/** `5 s: ours 5.005 to 5.331, kernel 5.120 to 5.376 (at most 5.589)` */
function line({ what, nominal_s }: Measure, most: number, ours_s: readonly number[], theirs_s: readonly number[]) {
  const range = (all: readonly number[]) => `${Math.min(...all).toFixed(3)} to ${Math.max(...all).toFixed(3)} s`
  return `${String(nominal_s).padStart(4)} s  ours ${range(ours_s)}, kernel ${range(theirs_s)} (at most ${most.toFixed(3)} s)  ${what}`
}

describe.skipIf(ready === undefined)(`the timers of a kernel${ready === undefined ? ` (${SKIP_TEXT})` : ''}`, () => {
  it('are ours, to the step of its timer wheel', async () => {
    const started = performance.now()
    const kernel = await kernels()
    const own = ours()
    const took_s = (performance.now() - started) / 1000
    const lines: string[] = []
    for (const measure of MEASURES) {
      const { what, nominal_s, jitter_s = 0, rhythm_s = 0, age } = measure
      const loose = nominal_s + jitter_s + rhythm_s
      const most = age === true ? loose : loose + stepOfWheel(nominal_s + jitter_s) + TICK_S
      const [ours_s, theirs_s] = [measure.of(own), measure.of(kernel)]
      expect(ours_s.length, `${what}: ours`).toBeGreaterThan(0)
      expect(theirs_s.length, `${what}: the kernel`).toBeGreaterThan(0)
      lines.push(line(measure, most, ours_s, theirs_s))
      const early = nominal_s - TICK_S
      expect(
        ours_s.filter(time => time < early || time > loose + TICK_S),
        lines.at(-1),
      ).toEqual([])
      expect(
        theirs_s.filter(time => time < early || time > most),
        lines.at(-1),
      ).toEqual([])
    }
    const tries = [own, kernel].map(seen => to(seen, 'nobody', 'initiation').length)
    lines.push(`      ours ${tries[0]}, kernel ${tries[1]}  initiations before it gives up`)
    expect(tries).toEqual([20, 20])

    // Three sessions of the first second are never renewed: those with caller, talker and mute.
    const wiped = (seen: Seen) => seen.zeroed.map(at => at.toFixed(3)).join(', ')
    lines.push(` 540 s  ours at ${wiped(own)} s, kernel at ${wiped(kernel)} s  keys are wiped`)
    expect([own.zeroed.length, kernel.zeroed.length], lines.at(-1)).toEqual([3, 3])
    expect(
      own.zeroed.filter(at => at < 541 || at > 541.1),
      lines.at(-1),
    ).toEqual([])
    expect(
      kernel.zeroed.filter(at => at < 541 - TICK_S || at > 541.1 + stepOfWheel(540)),
      lines.at(-1),
    ).toEqual([])
    process.stdout.write(`${lines.join('\n')}\n600 s of a kernel and of ours in ${took_s.toFixed(1)} s\n`)
  }, 300_000)
})
