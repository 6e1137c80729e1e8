import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { PublicKey } from '../key.ts'
import { Key } from '../key.ts'
import { type Conf, formatConf, formatProblem, hasErrors, parseConf } from './conf.ts'
import { lintConf } from './lint.ts'
import { type Names, setconfChange } from './resolve.ts'

const SAMPLES = fileURLToPath(new URL('../../scenarios/samples/', import.meta.url))
const TOPOLOGIES = {
  'two-peers': ['alice', 'bob'],
  'road-warrior': ['gateway', 'laptop', 'phone'],
  'site-to-site': ['east', 'west'],
  'hub-and-spoke': ['hub', 'spoke1', 'spoke2', 'spoke3'],
  'peer-to-peer': ['ann', 'ben', 'cat'],
  'bounce-server': ['bounce', 'home', 'laptop', 'office', 'phone'],
  'full-tunnel': ['client', 'server'],
  'nat-to-nat': ['left', 'right'],
} as const

/** Knows every key by name, and no host. */
const names: Names = {
  resolveHost: () => undefined,
  secretKey: () => new Key(new Uint8Array(32).fill(1)),
  publicKey: name => name as PublicKey,
}

const read = (path: string) => readFileSync(SAMPLES + path, 'utf8')
const confFiles = (folder: string) => readdirSync(SAMPLES + folder).filter(file => file.endsWith('.conf'))

function parse(path: string, dialect: 'wg' | 'wg-quick' = 'wg-quick') {
  return parseConf(read(path), { file: path, dialect, placeholders: true })
}

/** Who names whom: `<bob.pub>` → bob. */
function peersOf(conf: Conf): string[] {
  return conf.peers.map(peer => (peer.publicKey.value.kind === 'named' ? peer.publicKey.value.name.slice(0, -4) : ''))
}

describe('every sample topology', () => {
  it.each(Object.entries(TOPOLOGIES))('%s has exactly its hosts', (folder, hosts) => {
    expect(confFiles(folder)).toEqual(hosts.map(host => `${host}.conf`))
  })

  const files = Object.entries(TOPOLOGIES).flatMap(([folder, hosts]) => hosts.map(host => `${folder}/${host}.conf`))

  it.each(files)('%s has no problem, resolves, and survives formatting', path => {
    const { conf, problems } = parse(path)
    expect(problems).toEqual([])
    expect(setconfChange(conf, names).problems).toEqual([])
    const text = formatConf(conf)
    const again = parseConf(text, { file: path, dialect: 'wg-quick', placeholders: true })
    expect(again.problems).toEqual([])
    expect(formatConf(again.conf)).toBe(text)
  })

  it.each(Object.entries(TOPOLOGIES))('%s: whoever names a host is named by it', (folder, hosts) => {
    const all = new Map(hosts.map(host => [host as string, peersOf(parse(`${folder}/${host}.conf`).conf)]))
    for (const [host, peers] of all) {
      for (const peer of peers) expect(all.get(peer), `${host} names ${peer}`).toContain(host)
    }
  })

  it('advice is given where it is due', () => {
    const advice = files.flatMap(path => lintConf(parse(path).conf).map(formatProblem))
    expect(advice.map(text => text.split('\n')[0])).toEqual([
      'bounce-server/laptop.conf:9:14: warning: AllowedIPs 10.0.0.0/24 contains 10.0.0.2/32 of another peer: the longer prefix wins',
      'bounce-server/laptop.conf:9:27: warning: AllowedIPs fd00::/64 contains fd00::2/128 of another peer: the longer prefix wins',
      'bounce-server/office.conf:10:14: warning: AllowedIPs 10.0.0.0/24 contains 10.0.0.4/32 of another peer: the longer prefix wins',
      'bounce-server/office.conf:10:27: warning: AllowedIPs fd00::/64 contains fd00::4/128 of another peer: the longer prefix wins',
    ])
  })
})

describe('snippets', () => {
  it.each(confFiles('snippets'))('%s has no problem', file => {
    const dialect = file === 'shared-peers.conf' ? 'wg' : 'wg-quick'
    expect(parse(`snippets/${file}`, dialect).problems).toEqual([])
  })
})

describe('broken files', () => {
  it.each(confFiles('broken'))('%s is told exactly what is wrong with it', file => {
    const { conf, problems } = parse(`broken/${file}`, file.startsWith('wg.') ? 'wg' : 'wg-quick')
    const resolved = [...problems, ...setconfChange(conf, names).problems]
    const all = hasErrors(resolved) ? resolved : [...resolved, ...lintConf(conf)]
    const text = all.map(problem => `${formatProblem(problem)}\n`).join('')
    const expected = `broken/${file.replace(/conf$/, 'problems')}`
    if (process.env['UPDATE_SAMPLES'] === '1') writeFileSync(SAMPLES + expected, text)
    expect(text).not.toBe('')
    expect(text).toBe(read(expected))
  })
})
