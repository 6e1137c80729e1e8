import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { byRun, deadRuns, type Found } from './clean.ts'
import { folderOf, isAlive, leases, type Owner, readLease, takeLease } from './lease.ts'

const owner = (pid: number): Owner => ({ pid, started: '5', boot: 'b' })
const namespace = (name: string): Found => ({ kind: 'namespace', name })

describe('deadRuns', () => {
  const found = [
    namespace('wglab-00000a-alice'),
    namespace('wglab-00000a-bob'),
    namespace('wglab-00000b-alice'),
    namespace('wglab-00000c-alice'),
    { kind: 'folder', name: 'wglab-00000b' } as const,
  ]

  it('those whose owner is gone, and those without one; a living run keeps everything', () => {
    const owners = new Map([
      ['wglab-00000a', owner(1)],
      ['wglab-00000b', owner(2)],
    ])
    const dead = deadRuns(found, owners, ({ pid }) => pid === 1)
    expect(Object.fromEntries(dead)).toEqual({
      'wglab-00000b': [namespace('wglab-00000b-alice'), { kind: 'folder', name: 'wglab-00000b' }],
      'wglab-00000c': [namespace('wglab-00000c-alice')],
    })
  })

  it('what is not called as a run is nobody touches', () => {
    const names = [
      'wglab',
      'wglab-shell-x',
      'wglab-00000',
      'wglab-00000g-a',
      'wglab-0000aab',
      'xwglab-00000a',
      'wgt-1-a',
    ]
    expect(byRun(names.map(namespace)).size).toBe(0)
    expect(byRun([namespace('wglab-0123ab'), namespace('wglab-0123ab-')]).size).toBe(1)
  })
})

describe('leases', () => {
  const base = mkdtempSync(join(tmpdir(), 'wglab-test-'))
  afterAll(() => rmSync(base, { recursive: true, force: true }))

  it('a run is ours as long as this process lives', () => {
    const folder = folderOf('wglab-00000d', base)
    takeLease(folder)
    const mine = readLease(folder)
    expect(mine?.pid).toBe(process.pid)
    if (process.platform === 'linux') expect(mine !== undefined && isAlive(mine)).toBe(true)
    expect(() => takeLease(folder)).toThrow('EEXIST')
  })

  it.runIf(process.platform === 'linux')(
    'a process that took over the number is another, and so is one before a reboot',
    () => {
      const mine = readLease(folderOf('wglab-00000d', base))
      expect(mine !== undefined && isAlive({ ...mine, started: '1' })).toBe(false)
      expect(mine !== undefined && isAlive({ ...mine, boot: 'another' })).toBe(false)
      expect(mine !== undefined && isAlive({ ...mine, pid: 2 ** 22 + 1 })).toBe(false)
    },
  )

  it('a folder that only sounds so has no owner, and is none', () => {
    mkdirSync(join(base, 'wglab-00000e'))
    mkdirSync(join(base, 'wglab-00000f-x'))
    writeFileSync(join(base, 'wglab-00000f-x', 'owner.json'), '{}')
    expect([...leases(base).keys()]).toEqual(['wglab-00000d'])
  })
})
