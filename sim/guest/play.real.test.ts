/** What a scenario asks of a machine, asked of a real kernel: bytes over TCP, names, clocks, going off and coming back. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runOneWithGuests } from '../../cli/evidence.ts'
import { openGuests } from '../../cli/guests.ts'
import { readyGuests, SKIP_TEXT } from '../../kernel/testing.ts'
import type { Cast, Scenario } from '../../scenarios/language/scenario.ts'
import type { Step } from '../../scenarios/language/step.ts'
import type { Row } from '../../scenarios/language/trace.ts'

const ready = await readyGuests('6.12')

const conf = (name: string, other: string, number: number, endpoint: string) => `[Interface]
PrivateKey = <${name}>
Address = 10.0.0.${number}/24
ListenPort = 51820
DNS = 10.0.0.2

[Peer]
PublicKey = <${other}.pub>
PresharedKey = <alice-bob.psk>
Endpoint = ${endpoint}:51820
AllowedIPs = 10.0.0.${3 - number}/32
`

function scenarioOf(steps: Step[], more: Partial<Scenario> = {}): Scenario {
  return {
    schema: 'wglab/scenario@1',
    title: 'What a guest plays',
    duration: '60s',
    networks: { internet: {} },
    names: { 'vpn.example.com': '203.0.113.2', 'gone.example.com': 'no-such-name', 'mute.example.com': 'no-answer' },
    hosts: {
      alice: {
        interfaces: { internet: '198.51.100.1' },
        resolver: '203.0.113.2',
        wg: { wg0: conf('alice', 'bob', 1, 'vpn.example.com') },
      },
      bob: { interfaces: { internet: '203.0.113.2' }, wg: { wg0: conf('bob', 'alice', 2, '198.51.100.1') } },
    },
    steps,
    expect: [{ see: 'messages', message: 'initiation', from: 'alice', count: { min: 0 } }],
    ...more,
  }
}

interface Played {
  readonly sha: string
  /** `alice page done 100` */
  readonly steps: readonly string[]
  readonly notes: readonly string[]
}

async function play(scenario: Scenario, cast: Cast, out?: string): Promise<Played> {
  const guests = await openGuests(cast)
  if ('lacks' in guests) throw new Error(guests.lacks)
  const rows: Row[] = []
  try {
    const named = { id: 'guest/plays', scenario }
    const verdict = await runOneWithGuests(named, { cast, seed: '1', out, onRow: row => rows.push(row) }, guests)
    if (verdict.trace_sha256 === '') throw new Error(verdict.because)
    const steps = rows.flatMap(row => {
      if (row.kind !== 'step' || row.what === 'begun' || row.what === 'sent') return []
      const { host, step, what, bytes, detail } = row
      return [[host, step, what, bytes ?? '-', what === 'error' ? detail : '-'].join(' ')]
    })
    const notes = rows.flatMap(row => (row.kind === 'note' ? [`${row.at} ${row.text}`] : []))
    return { sha: verdict.trace_sha256, steps, notes }
  } finally {
    await guests.stop()
  }
}

/** The last of each, as bytes come in many pieces. */
const ends = ({ steps }: Played, name: string) =>
  [...new Map(steps.filter(each => each.split(' ')[1] === name).map(each => [each.split(' ', 3).join(), each]))]
    .map(([, each]) => each)
    .toSorted()

const GUESTS: readonly Cast[] = [
  { alice: 'kernel-6.12' },
  { bob: 'kernel-6.12' },
  { alice: 'kernel-6.12', bob: 'kernel-6.12' },
]

describe.skipIf(ready === undefined)(`what guests play${ready === undefined ? ` (${SKIP_TEXT})` : ''}`, () => {
  const tcp = (name: string, more: Partial<Extract<Step, { do: 'tcp' }>>): Step => ({
    do: 'tcp',
    at: '1s',
    name,
    from: 'alice',
    to: '10.0.0.2:443',
    bytes: 60_000,
    ...more,
  })
  const streams = scenarioOf(
    [
      tcp('up', {}),
      tcp('down', { at: '5s', direction: 'down', congestion: 'reno', ecn: true }),
      tcp('both', { at: '10s', direction: 'both', mtu_probing: 1 }),
      tcp('refused', { at: '15s', to: '10.0.0.2:81' }),
      tcp('narrow', { at: '20s', direction: 'down', window: 8000 }),
      tcp('slow', { at: '25s', bytes: 400_000_000, deadline: '90ms' }),
    ],
    { duration: '30s', expect: [{ see: 'broken', step: 'refused', because: 'connection refused' }] },
  )

  it.each(GUESTS)('bytes over TCP: %o', async cast => {
    const played = await play(streams, cast)
    expect(ends(played, 'slow')).toContain('alice slow error - not finished after 90 ms')
    expect(['up', 'down', 'both', 'refused', 'narrow'].map(name => ends(played, name))).toEqual([
      ['alice up answered - -', 'alice up done 60000 -', 'bob up arrived 60000 -'],
      ['alice down answered - -', 'alice down arrived 60000 -', 'alice down done 60000 -'],
      ['alice both answered - -', 'alice both arrived 60000 -', 'alice both done 120000 -', 'bob both arrived 60000 -'],
      ['alice refused done 0 -', 'alice refused error - connection refused'],
      ['alice narrow answered - -', 'alice narrow arrived 60000 -', 'alice narrow done 60000 -'],
    ])
  })

  const names = scenarioOf([
    { do: 'lookup', at: '1s', name: 'known', host: 'alice', domain: 'vpn.example.com' },
    { do: 'lookup', at: '2s', name: 'gone', host: 'alice', domain: 'gone.example.com' },
    { do: 'lookup', at: '3s', name: 'mute', host: 'alice', domain: 'mute.example.com' },
    { do: 'dns', at: '20s', domain: 'gone.example.com', to: ['203.0.113.7', '2001:db8::7'] },
    { do: 'lookup', at: '20s', name: 'back', host: 'alice', domain: 'gone.example.com' },
    { do: 'run', at: '21s', name: 'file', host: 'alice', command: 'grep -q "203.0.113.7 gone" /etc/hosts' },
    { do: 'ping', at: '22s', name: 'short', from: 'alice', to: '203.0.113.9', ttl: 9, tos: 184 },
  ])

  it.each(GUESTS.slice(0, 2))('names are asked over the network, and change: %o', async cast => {
    const { steps } = await play(
      cast['alice'] === undefined ? { ...names, steps: names.steps.slice(0, 5) } : names,
      cast,
    )
    expect(steps.filter(each => !each.includes(' file ') && !each.includes(' short '))).toEqual([
      'alice known answered - -',
      'alice known done - -',
      'alice gone error - there is no gone.example.com',
      'alice gone done - -',
      'alice mute error - no resolver answers',
      'alice mute done - -',
      'resolver #3 done - -',
      'alice back answered - -',
      'alice back done - -',
    ])
    if (cast['alice'] !== undefined)
      expect(steps.filter(each => each.includes(' file '))).toEqual(['alice file done - -'])
  })

  const reboots = scenarioOf([
    { do: 'ping', at: '1s', name: 'before', from: 'alice', to: '10.0.0.2' },
    { do: 'ping', at: '9s', name: 'cut off', from: 'bob', to: '10.0.0.1', count: 9 },
    { do: 'run', at: '9s', name: 'left', host: 'bob', command: 'touch /run/left' },
    { do: 'clock', at: '9s', host: 'bob', jump: '1h' },
    { do: 'reboot', at: '10s', name: 'boot', host: 'bob', off: '5s' },
    { do: 'run', at: '12s', name: 'off', host: 'bob', command: 'true' },
    { do: 'run', at: '16s', name: 'lost', host: 'bob', command: 'test ! -e /run/left' },
    // An hour ahead, as it was set; and up for a second, but for what booting took.
    { do: 'run', at: '16s', name: 'clock', host: 'bob', command: 'test "$(date -u +%FT%T)" = 2026-01-01T01:00:16' },
    { do: 'ping', at: '17s', name: 'after', from: 'bob', to: '10.0.0.1' },
  ])

  it.each(GUESTS.slice(1, 2))('a reboot loses everything, and the tunnel comes up again: %o', async cast => {
    const { steps } = await play(reboots, cast)
    expect(steps.filter(each => !/#|cut off answered/.test(each))).toEqual([
      'alice before answered - -',
      'alice before done - -',
      'bob left done - -',
      'bob cut off error - the machine was switched off',
      'bob cut off done - -',
      'bob off error - the machine is switched off',
      'bob off done - -',
      'bob boot done - -',
      'bob lost done - -',
      'bob clock done - -',
      'bob after answered - -',
      'bob after done - -',
    ])
  })

  it('a clock drifts, is slewed and set right, to two milliseconds', async () => {
    const shown = (at: `${number}s`, name: string, true_s: number, late_ms: number): Step => ({
      do: 'run',
      at,
      name,
      host: 'alice',
      command: `d=$(( $(date +%s%N) / 1000 - ${1_767_225_600 + true_s}000000 - ${Math.round(late_ms * 1000)} )); test $d -ge -2000 -a $d -le 2000 || { echo $d; false; }`,
    })
    const scenario = scenarioOf([
      { do: 'clock', at: '0s', host: 'alice', drift_ppm: 1234 },
      shown('10s', 'drifted', 10, 12.3 + 0.04),
      { do: 'clock', at: '10s', host: 'alice', jump: '20ms', drift_ppm: 0 },
      shown('20s', 'jumped', 20, 32.3 + 0.04),
      { do: 'clock', at: '20s', host: 'alice', sync: 'slew' },
      shown('50s', 'slewed', 50, 17.3),
      { do: 'clock', at: '51s', host: 'alice', sync: 'step' },
      shown('52s', 'right', 52, 0),
    ])
    const { steps } = await play(scenario, { alice: 'kernel-6.12' })
    const told = steps.filter(each => !each.includes('#'))
    expect(told).toEqual(['drifted', 'jumped', 'slewed', 'right'].map(name => `alice ${name} done - -`))
  })

  it('a program sleeps, and its time stands still', async () => {
    const scenario = scenarioOf([
      { do: 'run', at: '5s', name: 'before', host: 'alice', command: 'cut -d. -f1 /proc/uptime > /run/up' },
      { do: 'suspend', at: '10s', name: 'nap', host: 'alice', for: '20s' },
      { do: 'ping', at: '15s', name: 'postponed', from: 'alice', to: '10.0.0.2' },
      {
        do: 'run',
        at: '35s',
        name: 'up',
        host: 'alice',
        command: 'test $(($(cut -d. -f1 /proc/uptime) - $(cat /run/up))) = 10',
      },
      { do: 'run', at: '36s', name: 'day', host: 'alice', command: 'test $(date +%s) = 1767225636' },
    ])
    const { steps } = await play(scenario, { alice: 'wireguard-go' })
    expect(steps).toEqual(
      ['before', 'nap', 'postponed', 'up', 'day'].flatMap(name => [
        ...(name === 'postponed' ? ['alice postponed answered - -'] : []),
        `alice ${name} done - -`,
      ]),
    )
  })

  it('the same seed gives the same trace, with the words of the kernel in it', async () => {
    const steps = [...streams.steps.slice(0, 3), ...reboots.steps.slice(-5), ...names.steps.slice(3, 5)]
    const scenario = scenarioOf(steps.map((step, i) => ({ ...step, at: `${1 + 4 * i}s` }) as Step))
    const cast = { alice: 'kernel-6.12', bob: 'kernel-6.12' }
    const folder = mkdtempSync(join(tmpdir(), 'wglab-plays-'))
    try {
      const [one, two] = [await play(scenario, cast), await play(scenario, cast, folder)]
      expect(two).toEqual(one)
      expect(one.notes).toContain('alice wireguard: wg0: Receiving handshake response from peer 1 (203.0.113.2:51820)')
      // Alone, and of no consequence for the run: what it says of itself at the end.
      const said = readFileSync(join(folder, 'inside-alice.txt'), 'utf8')
      expect(said).toMatch(/^alice, a real Linux, in its own words\n/)
      expect(said).toMatch(
        /\$ wg show all dump\nwg0\t\(key\)\t<alice.pub>\t51820\toff\nwg0\t<bob.pub>\t\(key\)\t203.0.113.2:51820\t/,
      )
      expect(said).toContain('10.0.0.0/24 dev wg0')
      expect(said).not.toMatch(/[A-Za-z0-9+/]{43}=/)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
