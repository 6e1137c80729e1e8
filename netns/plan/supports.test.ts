/** What of the catalogue can be run on real Linux, and why not the rest: the whole list is in supports.catalogue.json. */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { scenario as oneRoundTrip } from '../../scenarios/catalogue/handshake/one-round-trip.ts'
import type { Scenario } from '../../scenarios/language/scenario.ts'
import { supportsNetns } from './supports.ts'

const CATALOGUE = fileURLToPath(new URL('../../scenarios/catalogue/', import.meta.url))
const LISTED: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(new URL('./supports.catalogue.json', import.meta.url), 'utf8'),
)

async function answers(): Promise<Record<string, string>> {
  const files = readdirSync(CATALOGUE, { recursive: true, encoding: 'utf8' }).filter(file =>
    /(?<!\.test)\.ts$/.test(file),
  )
  const entries = files.toSorted().map(async (file): Promise<[string, string]> => {
    const { scenario }: { scenario: Scenario } = await import(`${CATALOGUE}${file}`)
    const support = supportsNetns(scenario, {})
    const without = supportsNetns(scenario, {}, { netem: false })
    return [file.replace(/\.ts$/, ''), support.ok ? (without.ok ? 'yes' : 'with netem') : support.because]
  })
  return Object.fromEntries(await Promise.all(entries))
}

describe('what of the catalogue real Linux can do', () => {
  it('is what the list says, reason by reason', async () => {
    const now = await answers()
    // One that is not listed yet is not judged: `WGLAB_LIST=1` prints the list anew.
    if (process.env['WGLAB_LIST'] !== undefined) process.stdout.write(`${JSON.stringify(now, null, 2)}\n`)
    const known = Object.keys(LISTED).map(id => [id, now[id] ?? 'is no more'])
    expect(Object.fromEntries(known)).toEqual(LISTED)
    const yes = Object.values(now).filter(each => each === 'yes' || each === 'with netem')
    expect(yes.length).toBeGreaterThanOrEqual(140)
    expect(yes.filter(each => each === 'yes').length).toBeGreaterThanOrEqual(115)
  }, 180_000)

  it('names who and why: the cast', () => {
    const casts: readonly (readonly [Record<string, string>, string | undefined])[] = [
      [{ alice: 'ours', bob: 'kernel-6.12' }, undefined],
      [{ alice: 'exec:/opt/wg', bob: 'boringtun' }, undefined],
      [{ carol: 'ours' }, 'the cast names a host "carol", which the scenario does not have'],
      [
        { bob: 'openvpn' },
        'nothing here is called openvpn (write ours, wireguard-go, boringtun, kernel-6.12, kernel-6.1 or exec:PROGRAM)',
      ],
    ]
    for (const [cast, because] of casts) {
      expect(supportsNetns(oneRoundTrip, cast)).toEqual(
        because === undefined ? { ok: true } : { ok: false, verdict: 'unsupported', because },
      )
    }
  })

  it('without netem a cable that asks for it is skipped, not unsupported', () => {
    const slow: Scenario = { ...oneRoundTrip, networks: { internet: { link: { delay: '5ms' } } } }
    expect(supportsNetns(slow, {})).toEqual({ ok: true })
    expect(supportsNetns(slow, {}, { netem: false })).toEqual({
      ok: false,
      verdict: 'skipped',
      because: "the cable of alice on internet needs netem, which this machine's kernel lacks (CONFIG_NET_SCH_NETEM)",
    })
  })

  it('a private key never stands in a command line', () => {
    const run = (command: string): Scenario => ({
      ...oneRoundTrip,
      steps: [{ do: 'run', at: '1s', host: 'bob', command }],
    })
    expect(supportsNetns(run('wg set wg0 private-key <bob-new>'), {})).toEqual({ ok: true })
    expect(supportsNetns(run('echo <bob> > /etc/wireguard/x'), {})).toMatchObject({
      ok: false,
      because: 'the run step #0 has the key <bob> in its command line, where everybody can read it',
    })
  })
})
