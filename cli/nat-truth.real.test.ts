/** A real Linux kernel's NAT: what the probe measures of it is what the presets say, and scenarios end alike with either. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readyGuests, SKIP_TEXT, withGuests } from '../kernel/testing.ts'
import type { Cast, NamedScenario } from '../scenarios/language/scenario.ts'
import type { Row } from '../scenarios/language/trace.ts'
import { RULESETS, truthTable } from '../sim/guest/truth.ts'
import { runOne, runOneWithGuests } from './evidence.ts'
import { openGuests } from './guests.ts'
import { select } from './select.ts'
import { valueText } from './value-text.ts'

const ready = await readyGuests('6.12')
const WALL = { timeout: 600_000 }

async function play(named: NamedScenario, cast: Cast, out?: string) {
  const guests = await openGuests(cast)
  if ('lacks' in guests) throw new Error(guests.lacks)
  try {
    return await runOneWithGuests(named, { cast, seed: '1', out }, guests)
  } finally {
    await guests.stop()
  }
}

describe.skipIf(ready === undefined)(`the NAT of Linux${ready === undefined ? ` (${SKIP_TEXT})` : ''}`, () => {
  it.each(RULESETS)('$name: Linux and $preset agree in all that the probe sees', WALL, ruleset =>
    withGuests(ready!, async start => {
      const guest = await start({ ports: 2 })
      const { rows } = await truthTable({ guest, ruleset, seed: '1', most: 80 })
      const different = rows.filter(row => !row.agrees)
      expect(different.map(({ parameter, linux, preset }) => [parameter, linux, preset])).toEqual([])
      // Of a table that says nothing nobody would learn anything.
      expect(rows.filter(row => row.linux.kind === 'measured').length).toBeGreaterThan(22)
      const value = (name: string) => valueText(rows.find(row => row.parameter === name)?.linux.value)
      const { udp, stream } = ruleset.nat.times_s
      expect([value('timeout_unreplied'), value('timeout'), value('timeout_stream')]).toEqual([
        `${udp}s`,
        `${udp}s`,
        `${stream}s`,
      ])
    }),
  )

  it.each([
    ['nat/linux-stream-after-two-seconds', { router: 'kernel-6.12' }],
    ['nat/same-listen-port-behind-one-nat', { router: 'kernel-6.12' }],
    ['nat/keepalive-keeps-the-mapping', { router: 'kernel-6.12' }],
  ] as const)('%s ends as with ours', WALL, async (id, cast) => {
    const [named] = await select([id])
    expect((await play(named!, cast)).because).toBe(runOne(named!, { cast: {}, seed: '1' }).because)
  })

  it('a mapping that ends too soon cuts the tunnel in a kernel too', WALL, async () => {
    const [found] = await select(['nat/keepalive-keeps-the-mapping'])
    const { scenario } = found!
    const nats = { router: { ...scenario.nats!['router']!, timeout: '20s' as const } }
    const named = { ...found!, scenario: { ...scenario, nats } }
    const { verdict, because } = await play(named, { router: 'kernel-6.12' })
    expect([verdict, because]).toEqual(['fail', expect.stringMatching(/^reachable: /)])
  })

  it('a packet keeps its id through it, and what it swallows is accounted for', WALL, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'wglab-nat-'))
    try {
      const [named] = await select(['nat/mapping-expires'])
      const { verdict, because } = await play(named!, { router: 'kernel-6.12' }, folder)
      // Why it drops a kernel does not say: the scenario asks for that too.
      expect([verdict, because]).toEqual([
        'unsupported',
        'dropped: router is played by kernel-6.12, which does not say why it drops.',
      ])
      const lines = readFileSync(join(folder, 'trace.jsonl'), 'utf8').trim().split('\n')
      const rows = lines.map(line => JSON.parse(line) as Row)
      const at = (place: string, dir: string) =>
        rows.flatMap(row => (row.kind === 'hop' && row.at === place && row.dir === dir ? [row.packet] : []))
      const came = new Set(at('router:home', 'in').map(id => JSON.stringify(id)))
      const left = at('router:internet', 'out').map(id => JSON.stringify(id))
      expect(left.length).toBeGreaterThan(3)
      // The kernel speaks for itself as well: it tells the server that nobody is there.
      const own = left.filter(id => !came.has(id))
      expect(own.every(id => id.includes('router'))).toBe(true)
      const swallowed = rows.filter(row => row.kind === 'drop' && row.reason === 'inside-guest')
      expect(swallowed.length).toBeGreaterThan(0)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
