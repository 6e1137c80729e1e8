/** `wglab nat` as a user meets it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { nodeCrypto } from '../impl/crypto/node/provider.ts'
import { nat as natShape } from '../scenarios/language/nat.ts'
import { resolveNat } from '../scenarios/language/nat-parameters.ts'
import { NAT_PRESET_NAMES } from '../scenarios/language/nat-presets.ts'
import { punchTable, SIDES } from '../sim/natprobe/table.ts'
import { natCommand } from './nat.ts'
import { punchMarkdown, punchSvg, punchText } from './nat-punch-text.ts'
import { statusOf } from './status.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wglab-nat-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Runs the command in this process. */
async function nat(...args: readonly string[]) {
  const spies = (['stdout', 'stderr'] as const).map(stream =>
    vi.spyOn(process[stream], 'write').mockImplementation((...taken: unknown[]) => {
      const done = taken.at(-1)
      if (typeof done === 'function') done()
      return true
    }),
  )
  const before = process.cwd()
  process.chdir(folder)
  let status = 0
  try {
    await natCommand().exitOverride().parseAsync(args, { from: 'user' })
  } catch (error) {
    status = statusOf(error)
  }
  process.chdir(before)
  const [out = '', err = ''] = spies.map(spy => spy.mock.calls.map(call => String(call[0])).join(''))
  for (const spy of spies) spy.mockRestore()
  return { status, out, err }
}

describe('wglab nat presets', () => {
  it('lists all of them, a line each', async () => {
    const { status, out } = await nat('presets')
    expect(status).toBe(0)
    expect(out.trimEnd().split('\n')).toHaveLength(NAT_PRESET_NAMES.length)
  })

  it('prints one as parameters that a scenario takes', async () => {
    const { out } = await nat('presets', 'linux-masquerade', '--json')
    const { parameters } = JSON.parse(out)
    expect(parameters).toEqual(resolveNat({ preset: 'linux-masquerade' }))
    expect(
      natShape.safeParse({ inside: { a: '10.0.0.1/24' }, outside: { b: '192.0.2.1' }, ...parameters }).success,
    ).toBe(true)
    expect((await nat('presets', 'linux-masquerade')).out).toContain('\ntimeout_stream: 120s\n')
  })

  it('names the nearest of a name that is none', async () => {
    expect(await nat('presets', 'linux-masquerad')).toEqual({
      status: 3,
      out: '',
      err: 'wglab: no preset "linux-masquerad"; did you mean linux-masquerade?\n',
    })
  })
})

describe('wglab nat probe', () => {
  it('says of each parameter what it is and how it was seen, or why it is not', { timeout: 60_000 }, async () => {
    const { status, out } = await nat('probe', 'nat/mapping-expires', '--most', '40')
    expect(status).toBe(0)
    expect(out).toMatch(/^router of nat\/mapping-expires, measured: \d+ packets, the NAT started anew \d+ times\n/)
    expect(out).toMatch(/\ntimeout +60s\n +one datagram out, one back; /)
    expect(out).toMatch(/\nsharing +not observable: a mapping serves all remote ends/)
  })

  it('--json has the parameters of a NAT that acts alike', { timeout: 60_000 }, async () => {
    const { status, out } = await nat('probe', '--preset', 'routeros', '--json', '--most', '40')
    expect(status).toBe(0)
    const report = JSON.parse(out)
    expect(report.schema).toBe('wglab/nat-probe@1')
    expect(report.findings.timeout).toMatchObject({ kind: 'measured', value: '10s' })
    expect(resolveNat(report.parameters)).toEqual(report.parameters)
  })

  it.each([
    [['probe'], 2, 'wglab: name a scenario with a NAT, or --preset NAME\n'],
    [
      ['probe', 'nat/mapping-expires', '--preset', 'pf'],
      2,
      'wglab: name a scenario or a preset, not both ("nat/mapping-expires" and --preset)\n',
    ],
    [['probe', 'handshake/one-round-trip'], 3, 'wglab: handshake/one-round-trip has no NAT\n'],
    [['probe', '--linux', 'masquerad'], 3, 'wglab: no ruleset "masquerad"; did you mean masquerade?\n'],
    [['probe', '--markdown', '--preset', 'pf'], 2, 'wglab: --markdown is for the tables of --linux\n'],
    [['probe', 'nat/double-nat'], 2, 'wglab: nat/double-nat has several NATs; write --nat and one of cgn, router\n'],
    [['probe', 'nat/double-nat', '--nat', 'zoe'], 3, 'wglab: nat/double-nat has no NAT "zoe"; its NATs: cgn, router\n'],
  ] as const)('%j ends with %i', async (args, status, err) => {
    expect(await nat(...args)).toEqual({ status, out: '', err })
  })

  it('a NAT without IPv4 is told so', async () => {
    writeFileSync(
      join(folder, 'six.yaml'),
      `schema: wglab/scenario@1
title: IPv6 alone
duration: 10s
networks: { internet: {}, home: { kind: lan, gateway: "2001:db8:1::1" } }
nats: { router: { inside: { home: "2001:db8:1::1/64" }, outside: { internet: "2001:db8:2::1" } } }
hosts: { a: { interfaces: { home: "2001:db8:1::2/64" } }, b: { interfaces: { internet: "2001:db8:2::2" } } }
steps: [{ do: ping, at: 1s, name: p, from: a, to: "2001:db8:2::2" }]
expect: [{ see: lost, step: p }]
`,
    )
    expect(await nat('probe', 'six.yaml')).toEqual({
      status: 1,
      out: '',
      err: 'wglab: router of six: the NAT has no IPv4 address inside: there is nothing to measure\n',
    })
  })
})

describe('wglab nat punch', () => {
  const sides = SIDES.filter(({ mapping, filtering }) => mapping === filtering && mapping !== 'address-dependent')
  const table = punchTable({ seed: '1', crypto: nodeCrypto, sides })
  const same = (text: string) => text

  it('is a matrix with a legend', () => {
    expect(punchText(table, { good: same, bad: same, dim: same })).toBe(`\
Hole punching between 4 kinds of NAT: 13 of 16 ordered pairs meet. Down: the NAT of the one that begins. Across: the other's.

mapping           EI
  filtering       EI   APD
      ports       k r  k r
EI  EI   kept     · ·  · ·
EI  EI   random   · ·  · ·
APD APD  kept     · ·  · a
APD APD  random   · ·  a a

·  they meet
a  the first one's NAT: nat-filtered; the second one's NAT: nat-filtered (3 pairs)
EI endpoint-independent, AD address-dependent, APD address-and-port-dependent (RFC 4787)
`)
  })

  it('as Markdown and as SVG it has every cell and every reason', () => {
    const markdown = punchMarkdown(table)
    expect(markdown.split('\n').filter(line => line.startsWith('| '))).toHaveLength(5)
    const svg = punchSvg(table)
    expect(svg.match(/<rect class="[wf]"/g)).toHaveLength(16)
    for (const { text } of table.reasons) expect(markdown).toContain(text)
  })

  it('refuses a file of no known kind before it begins', async () => {
    expect(await nat('punch', '--out', 'table.png')).toEqual({
      status: 2,
      out: '',
      err: 'wglab: --out table.png: write a name that ends in .svg, .md or .json\n',
    })
  })
})
