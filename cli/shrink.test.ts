/** `wglab shrink` as a user meets it, with a scenario of which the smallest is known. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { parse } from 'yaml'
import { failureReason } from './shrink-reason.ts'

const BIN = fileURLToPath(new URL('./wglab.js', import.meta.url))
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wglab-shrink-'))
  writeFileSync(join(folder, 'lab.json'), JSON.stringify(LAB))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const wg = (name: string, n: number, peers: readonly string[]) =>
  [`[Interface]\nPrivateKey = <${name}>\nAddress = 10.0.0.${n}/24\nListenPort = 51820\nMTU = 1400\n`, ...peers].join(
    '\n',
  )
const peer = (name: string, n: number) =>
  `[Peer]\nPublicKey = <${name}.pub>\nAllowedIPs = 10.0.0.${n}/32\nEndpoint = 198.51.100.${n}:51820\nPersistentKeepalive = 25\n`

/** bob's cable is cut before what is sent to him; all else is of no matter. */
const LAB = {
  schema: 'wglab/scenario@1',
  title: 'A lab with much in it',
  duration: '60s',
  networks: { internet: { link: { delay: '20ms' } } },
  hosts: {
    alice: {
      interfaces: { internet: { address: '198.51.100.1', up: { jitter: '3ms', rate: '10Mbit' } } },
      wg: { wg0: wg('alice', 1, [peer('bob', 2), peer('carol', 3)]) },
    },
    bob: {
      interfaces: { internet: { address: '198.51.100.2', down: { jitter: '1ms', mtu: 1500 } } },
      wg: { wg0: wg('bob', 2, [peer('alice', 1)]) },
    },
    carol: { interfaces: { internet: '198.51.100.3' }, wg: { wg0: wg('carol', 3, [peer('alice', 1)]) } },
  },
  steps: [
    { do: 'ping', at: '1s', name: 'other', from: 'carol', to: '10.0.0.1', count: 3 },
    { do: 'link', at: '2s', node: 'carol', network: 'internet', set: { delay: '50ms' } },
    { do: 'link', at: '2.5s', node: 'bob', network: 'internet', set: { cut: true, delay: '9ms' } },
    { do: 'send', at: '3s', name: 'lost', from: 'alice', to: '10.0.0.2:9', count: 5, interval: '1s', size: 700 },
    { do: 'ping', at: '5s', from: 'alice', to: '10.0.0.3' },
  ],
  expect: [
    { see: 'delivered', step: 'other' },
    { see: 'delivered', step: 'lost' },
    { see: 'delivered', step: '#4' },
  ],
}

const ALICE =
  '[Interface]\nPrivateKey = <alice>\n\n[Peer]\nPublicKey = <bob.pub>\nAllowedIPs = 10.0.0.2/32\nEndpoint = 198.51.100.2:51820\n'

const SMALLEST = {
  schema: 'wglab/scenario@1',
  title: 'A lab with much in it',
  duration: '4s',
  networks: { internet: {} },
  hosts: {
    alice: { interfaces: { internet: '198.51.100.1' }, wg: { wg0: ALICE } },
    bob: { interfaces: { internet: '198.51.100.2' } },
  },
  steps: [
    { do: 'link', at: '2.5s', node: 'bob', network: 'internet', set: { cut: true } },
    { do: 'send', at: '3s', name: 'lost', from: 'alice', to: '10.0.0.2:9' },
  ],
  expect: [{ see: 'delivered', step: 'lost' }],
  seed: '1',
}

function wglab(...args: string[]) {
  const env = { ...process.env, NO_COLOR: '1' }
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], { cwd: folder, encoding: 'utf8', env })
  return { status, out: stdout, err: stderr }
}

describe('wglab shrink', () => {
  it('writes the smallest that fails for the same reason, which runs and fails', { timeout: 120_000 }, () => {
    const { status, out, err } = wglab('shrink', 'lab.json', '--out', 'small.yaml')
    expect([status, err]).toEqual([0, ''])
    expect(out.replace(/\d+ tried/, 'n tried').replace(/\d+ bytes/g, 'n bytes')).toBe(
      [
        'lab fails by delivered lost, because of link-cut',
        '  was     3 hosts, 5 steps, n bytes',
        '  now     2 hosts, 2 steps, n bytes; nothing in it can be left out (n tried)',
        '  written small.yaml',
        '  again   npx wglab run small.yaml --seed 1',
        '',
      ].join('\n'),
    )
    const text = readFileSync(join(folder, 'small.yaml'), 'utf8')
    expect(text.split('\n').slice(0, 2)).toEqual([
      '# Made of lab by wglab shrink: it fails by delivered lost, because of link-cut.',
      '# Run it:  npx wglab run small.yaml --seed 1',
    ])
    expect(parse(text)).toEqual(SMALLEST)
    const again = wglab('run', 'small.yaml', '--json')
    expect(again.status).toBe(1)
    expect(failureReason(JSON.parse(again.out).verdicts[0])).toBe('delivered lost, because of link-cut')
  })

  const wrong: readonly (readonly [readonly string[], number, string])[] = [
    [[], 2, 'wglab: name one scenario, or write --generated-seed N\n'],
    [['lab.json', '--generated-seed', '1'], 2, 'wglab: name one scenario, or write --generated-seed N\n'],
    [['lab.json', '--out', 'x.txt'], 2, 'wglab: --out x.txt: write a name that ends in .yaml or .json\n'],
    [['none.yaml'], 3, 'wglab: none.yaml: no such file\n'],
    [
      ['lab.json', '--cast', 'dora=ours'],
      2,
      'wglab: --cast dora=…: lab has no host "dora" (hosts: alice, bob, carol)\n',
    ],
    [
      ['handshake/one-round-trip'],
      2,
      'wglab: handshake/one-round-trip does not fail with seed 1 (pass: all n checks hold), so there is nothing to make smaller; to look for what two implementations do differently, write --against kernel-6.12\n',
    ],
  ]
  it.each(wrong)('shrink %j ends with %i', { timeout: 60_000 }, (args, status, said) => {
    const run = wglab('shrink', ...args)
    expect([run.status, run.err.replace(/all \d+ checks/, 'all n checks')]).toEqual([status, said])
  })

  it('writes the best so far when it is asked to stop', { timeout: 120_000 }, async () => {
    let looked = 0
    const raised: string[] = []
    const said: string[] = []
    vi.doMock('./signals.ts', () => ({
      watchSignals: () => ({
        get signal() {
          return ++looked > 25 ? 'SIGINT' : undefined
        },
        onSignal: () => {},
        end: () => {},
      }),
      raise: (signal: string) => void raised.push(signal),
    }))
    vi.doMock('./print.ts', () => ({ print: async (text: string) => void said.push(text) }))
    const { shrink } = await import('./shrink.ts')
    const out = join(folder, 'best.json')
    await shrink(join(folder, 'lab.json'), { cast: {}, questions: 1000, draws: 1, out, json: true })
    const report = JSON.parse(said.join(''))
    expect(report).toMatchObject({ schema: 'wglab/shrink@1', file: out, minimal: false })
    expect(report.scenario.steps.length).toBeLessThan(LAB.steps.length)
    expect(JSON.parse(readFileSync(out, 'utf8'))).toEqual({ ...report.scenario, seed: '1' })
    expect(raised).toEqual(['SIGINT'])
  })
})
